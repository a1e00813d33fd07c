/* SPDX-License-Identifier: MIT */
/* Join a room for 20 s, print what happens, leave: a client on the library's
 * own thread. It hears nothing and plays to nowhere, but with "talk": then it
 * takes the machine's microphone and speaker.
 *
 *   join_room ROOM HOST:PORT [talk]
 *
 * Nothing is kept: the identity is new each time, and without engine.store
 * (wzp/client/store.h) so is the trust in the relay's certificate.
 */
#include <wzp/client/client.h>
#include <wzp/crypto/wipe.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static void print_event(const wzp_client_event *ev)
{
    static size_t talking;
    if (ev->kind == WZP_EVENT_AUDIO && ev->u.audio.what == WZP_AUDIO_STARTED) {
        printf("sound   %s, %s\n", ev->u.audio.input, ev->u.audio.output);
    } else if (ev->kind == WZP_EVENT_AUDIO) {
        printf("sound   %s\n", wzp_strerror(ev->u.audio.why));
    } else if (ev->kind == WZP_EVENT_QUALITY) {
        printf("sending %s, %u kbit/s\n", wzp_tier_name(ev->u.quality.tier),
               ev->u.quality.wire_bps / 1000);
    } else if (ev->kind == WZP_EVENT_TALKERS) {
        if (ev->u.talkers.n != talking) { /* else who, or how loud */
            talking = ev->u.talkers.n;
            printf("talking %zu\n", talking);
        }
    } else if (ev->kind == WZP_EVENT_PEER) {
        printf("member  %u %s\n", ev->u.peer.member,
               ev->u.peer.is_muted ? "is muted" : "is not muted");
    } else if (ev->kind == WZP_EVENT_STATE) {
        printf("state   %s\n", wzp_client_state_name(ev->u.state.state));
    } else if (ev->kind == WZP_EVENT_MEMBER) {
        printf("member  %s %s\n", ev->u.member.info.alias,
               ev->u.member.is_gone ? "left" : "is here");
    } else if (ev->kind == WZP_EVENT_STATS) {
        printf("heard   %ju frames\n", (uintmax_t)ev->u.stats.frames_played);
    } else if (ev->kind == WZP_EVENT_ENDED) {
        printf("ended   %s\n", ev->u.ended.text);
    }
}

static wzp_err hold_call(wzp_client *c, const char *room, const char *relay)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATE};
    time_t until = time(NULL) + 20;
    WZP_TRY(wzp_client_run_thread(c));
    WZP_TRY(wzp_client_join(c, room, relay, NULL));
    while (ev.kind != WZP_EVENT_ENDED) {
        if (until != 0 && time(NULL) >= until) {
            WZP_TRY(wzp_client_leave(c)); /* WZP_EVENT_ENDED follows */
            until = 0;
        }
        if (wzp_client_wait_event(c, 500, &ev) != WZP_OK) {
            continue;
        }
        print_event(&ev);
        if (ev.kind == WZP_EVENT_MEMBER && !ev.u.member.is_gone) {
            /* Whoever comes is a bit louder here, for nobody else. */
            WZP_TRY(wzp_client_volume(c, ev.u.member.info.member, 125));
        }
    }
    return ev.u.ended.why;
}

/* Microphone and speaker, whichever the system's are, and what makes them fit
 * to talk with. Without detection of voice, silence would be sent as sound. */
static wzp_err use_devices(wzp_engine_config *cfg, wzp_audio_device **device)
{
    wzp_audio_device_config dc;
    wzp_audio_device_config_default(&dc);
    WZP_TRY(wzp_audio_device_new(device, &dc));
    cfg->audio = wzp_audio_device_table(*device);
    cfg->capture = (wzp_capture_parts){.echo = true, .gain = true, .vad = true};
    return WZP_OK;
}

int main(int argc, char **argv)
{
    const bool talks = argc == 4 && strcmp(argv[3], "talk") == 0;
    if (argc != 3 && !talks) {
        fprintf(stderr, "usage: join_room ROOM HOST:PORT [talk]\n");
        return 2;
    }
    if (wzp_global_init() != WZP_OK) {
        return 1;
    }
    uint8_t seed[WZP_SEED_LEN];
    wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, seed, sizeof seed);

    wzp_client *client = NULL;
    wzp_audio_device *device = NULL;
    wzp_seed_identity *id = NULL;
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    wzp_err e = wzp_seed_identity_new(&id, seed);
    wzp_wipe(seed, sizeof seed);
    /* Quality is chosen by the network and those who listen; not above: */
    cfg.engine.quality.max_tier = WZP_TIER_STUDIO_48K;
    if (e == WZP_OK && talks) {
        e = use_devices(&cfg.engine, &device);
    }
    if (e == WZP_OK) {
        cfg.engine.identity = wzp_seed_identity_table(id);
        e = wzp_client_new(&client, &cfg);
    }
    if (e == WZP_OK) {
        e = hold_call(client, argv[1], argv[2]);
    }
    if (e != WZP_OK) {
        fprintf(stderr, "join_room: %s\n", wzp_strerror(e));
    }
    wzp_client_free(client, NULL, NULL);
    wzp_audio_device_free(device); /* after whoever had its table */
    wzp_seed_identity_free(id);
    wzp_global_deinit();
    return e == WZP_OK ? 0 : 1;
}
