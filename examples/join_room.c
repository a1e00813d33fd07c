/* SPDX-License-Identifier: MIT */
/* Join a room for 20 s, print what happens, leave: a client on the library's
 * own thread. The default device has no microphone and plays to nowhere.
 *
 *   join_room ROOM HOST:PORT
 *
 * Nothing is kept: the identity is new each time, and without engine.store
 * (wzp/client/store.h) so is the trust in the relay's certificate.
 */
#include <wzp/client/client.h>
#include <wzp/crypto/wipe.h>

#include <stdio.h>
#include <time.h>

static void print_event(const wzp_client_event *ev)
{
    if (ev->kind == WZP_EVENT_STATE) {
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
        if (wzp_client_wait_event(c, 500, &ev) == WZP_OK) {
            print_event(&ev);
        }
    }
    return ev.u.ended.why;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: join_room ROOM HOST:PORT\n");
        return 2;
    }
    if (wzp_global_init() != WZP_OK) {
        return 1;
    }
    uint8_t seed[WZP_SEED_LEN];
    wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, seed, sizeof seed);

    wzp_client *client = NULL;
    wzp_seed_identity *id = NULL;
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    wzp_err e = wzp_seed_identity_new(&id, seed);
    wzp_wipe(seed, sizeof seed);
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
    wzp_seed_identity_free(id);
    wzp_global_deinit();
    return e == WZP_OK ? 0 : 1;
}
