/* SPDX-License-Identifier: MIT */
/* A relay and clients as a host has them, on one libuv loop over loopback
 * sockets, in real time: for what the world leaves out, which is the shells.
 * Aborts when something cannot be set up.
 */
#ifndef WZP_TEST_UV_ROOM_H
#define WZP_TEST_UV_ROOM_H

#include <wzp/client/client.h>
#include <wzp/relay/relay_uv.h>

#include <uv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UV_ROOM_CLIENTS = 5, UV_ROOM_TALKERS = 2 };

typedef struct uv_room {
    uv_loop_t loop;
    wzp_relay_uv *relay;
    wzp_seed_identity *ids[UV_ROOM_CLIENTS + 1]; /* the last is the relay's */
    wzp_client *clients[UV_ROOM_CLIENTS];
    uint32_t phase; /* of the sound that all talkers make */
} uv_room;

static inline void uv_room_must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "uv_room: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

static inline wzp_unix_s uv_room_unix_now(void *user)
{
    (void)user;
    return UINT64_C(1800000000);
}

static inline wzp_err uv_room_start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static inline void uv_room_stop(void *user)
{
    (void)user;
}

static inline wzp_err uv_room_speak(void *user, wzp_audio_port *port)
{
    uv_room *r = user;
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t n = wzp_audio_playout(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        pcm[i] = (int16_t)(r->phase++ * 7919 % 160 * 100);
    }
    n = wzp_audio_capture(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)n;
    return WZP_OK;
}

static inline wzp_identity uv_room_identity(uv_room *r, int i)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, 100 + i, sizeof seed);
    uv_room_must(wzp_seed_identity_new(&r->ids[i], seed), "identity");
    return wzp_seed_identity_table(r->ids[i]);
}

static inline void uv_room_join(uv_room *r, int i, const char *relay)
{
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = uv_room_identity(r, i);
    cfg.engine.unix_now = uv_room_unix_now;
    /* As many packets on a busy machine as on a quiet one. */
    cfg.engine.has_fixed_mode = true;
    cfg.engine.fixed_mode = (wzp_media_mode){
        .codec = WZP_CODEC_OPUS_24K, .frame_ms = 20, .n_new = 1};
    cfg.bind = "127.0.0.1:0";
    if (i < UV_ROOM_TALKERS) {
        cfg.engine.audio = (wzp_audio_io){.size = sizeof cfg.engine.audio,
                                          .start = uv_room_start,
                                          .stop = uv_room_stop,
                                          .tick = uv_room_speak,
                                          .user = r};
    }
    uv_room_must(wzp_client_new(&r->clients[i], &cfg), "client");
    uv_room_must(wzp_client_attach(r->clients[i], &r->loop), "attach");
    uv_room_must(wzp_client_join(r->clients[i], "loop", relay, NULL), "join");
}

static inline void uv_room_open(uv_room *r)
{
    const wzp_addr any = wzp_addr_v4((const uint8_t[]){127, 0, 0, 1}, 0);
    wzp_relay_config cfg;
    char text[64];
    memset(r, 0, sizeof *r);
    uv_room_must(wzp_global_init(), "global init");
    if (uv_loop_init(&r->loop) != 0) {
        abort();
    }
    wzp_relay_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.identity = uv_room_identity(r, UV_ROOM_CLIENTS);
    cfg.unix_now = uv_room_unix_now;
    uv_room_must(wzp_relay_uv_new(&r->relay, &r->loop, &cfg, &any, NULL, 0),
                 "relay");
    (void)snprintf(text, sizeof text, "127.0.0.1:%u",
                   wzp_relay_uv_local(r->relay).port);
    for (int i = 0; i < UV_ROOM_CLIENTS; i++) {
        uv_room_join(r, i, text);
    }
}

static inline void uv_room_end(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static inline void uv_room_run(uv_room *r, unsigned ms)
{
    uv_timer_t timer;
    (void)uv_timer_init(&r->loop, &timer);
    (void)uv_timer_start(&timer, uv_room_end, ms, 0);
    (void)uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&r->loop, UV_RUN_NOWAIT);
}

/* Datagrams the relay has forwarded so far. */
static inline uint64_t uv_room_forwarded(uv_room *r)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(wzp_relay_uv_machine(r->relay), &s);
    return s.media_out;
}

static inline void uv_room_close(uv_room *r)
{
    for (int i = 0; i < UV_ROOM_CLIENTS; i++) {
        wzp_client_free(r->clients[i], NULL, NULL);
    }
    wzp_relay_uv_stop(r->relay, "over", NULL, NULL);
    (void)uv_run(&r->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&r->loop) != 0) {
        abort();
    }
    for (int i = 0; i <= UV_ROOM_CLIENTS; i++) {
        wzp_seed_identity_free(r->ids[i]);
    }
    wzp_global_deinit();
}

#endif
