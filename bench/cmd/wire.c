/* SPDX-License-Identifier: MIT */
/* What a talker costs on an IPv4 wire: 20 bytes of IP, 8 of UDP, and all that
 * is inside: QUIC with connection ids of 8 bytes, headers, seal, padding, the
 * counter as it grows. Real speech, a client and a relay in the world, 60 s on
 * its clock; one run gives what every run gives.
 *
 * Packets with media are told apart from those without (wire_ear.h). What QUIC
 * adds to a packet with media in it counts as media.
 */
#include "bench/support/results.h"
#include "bench/voice/material.h"
#include "bench/voice/wire_ear.h"
#include "support/world/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECONDS = 60,
    HOP_MS = 20,
    ROWS_MAX = 40,
    RUNS = 5, /* where packets are lost */
};

/* --- a call --------------------------------------------------------------- */

typedef struct scene {
    const char *what;
    wzp_media_mode mode;
    double loss; /* towards the listener */
    double most; /* kbit/s; 0: no goal */
} scene;

/* Codec, ms, redundancy. */
#define OPUS(id, ms, red)                                                      \
    .codec = WZP_CODEC_OPUS_##id, .frame_ms = (ms),                            \
    .redundancy = WZP_REDUNDANCY_##red
#define CODEC2 .codec = WZP_CODEC_CODEC2_1200, .frame_ms = 40, .n_new = 4

static const scene SCENES[] = {
    {"lowest tier: Codec2 1200, 4 frames a packet", {CODEC2}, 0, 6},
    {"lowest tier with a window, at 50 % loss",
     {CODEC2, .window_q = 3, .window = 4},
     0.5,
     9.4},
    {"lowest tier with a window, q 2, at 30 % loss",
     {CODEC2, .window_q = 2, .window = 4},
     0.3,
     0},
    {"Opus 6k, 3 frames of 60 ms a packet",
     {OPUS(6K, 60, NONE), .n_new = 3},
     0,
     0},
    {"Opus 6k, 2 frames of 60 ms and 2 repeats",
     {OPUS(6K, 60, NONE), .n_new = 2, .n_old = 2},
     0,
     0},
    {"GOOD, 20 ms", {OPUS(24K, 20, NONE), .n_new = 1}, 0, 60},
    {"GOOD, 20 ms, LBRR", {OPUS(24K, 20, LBRR), .n_new = 1}, 0, 60},
    {"GOOD, 20 ms, DRED", {OPUS(24K, 20, DRED), .n_new = 1}, 0, 60},
    {"GOOD, 40 ms", {OPUS(24K, 40, NONE), .n_new = 1}, 0, 42},
    {"GOOD on a narrow path: 40 ms, DRED",
     {OPUS(24K, 40, DRED), .n_new = 1},
     0,
     42},
    {"GOOD on a narrow path: 60 ms, DRED",
     {OPUS(24K, 60, DRED), .n_new = 1},
     0,
     42},
    {"resilient: 32k, 40 ms, LBRR and DRED",
     {OPUS(32K, 40, BOTH), .n_new = 1},
     0,
     51},
};

static wzp_result rows[ROWS_MAX];
static char texts[ROWS_MAX][120];
static size_t n_rows;

static void row(const scene *s, const char *part, const double *v, size_t runs,
                const char *unit, wzp_goal goal_is, double goal,
                const char *conditions)
{
    const wzp_runs r = wzp_runs_of(v, runs);
    (void)snprintf(texts[n_rows], sizeof texts[0], "%s: %s", s->what, part);
    rows[n_rows] = (wzp_result){.id = "wire",
                                .what = texts[n_rows],
                                .value = r.median,
                                .unit = unit,
                                .baseline = NAN,
                                .goal_is = goal_is,
                                .goal = goal,
                                .runs = runs,
                                .spread = runs > 1 ? r.spread : NAN,
                                .conditions = conditions};
    printf("%-6s %-66s %7.2f %-6s %7.2f…%-7.2f %s\n", "wire", texts[n_rows],
           r.median, unit, r.least, r.greatest,
           goal_is == WZP_GOAL_NONE            ? ""
           : wzp_result_ok(&rows[n_rows]) == 1 ? "ok"
                                               : "MISSED");
    n_rows++;
}

static void must(bool is_true, const char *what)
{
    if (!is_true) {
        (void)fprintf(stderr, "wire: %s\n", what);
        exit(1);
    }
}

typedef struct call {
    wzp_world *w;
    wzp_node talker, listener;
} call;

static void begin(call *c, const scene *s, const voice_material *m,
                  uint64_t seed)
{
    const wzp_link_cfg hop = {.delay_ns = HOP_MS * WZP_MS};
    const wzp_link_cfg down = {.delay_ns = HOP_MS * WZP_MS, .loss = s->loss};
    wzp_world_client_config talker = {.identity = 1,
                                      .in = m->pcm + VOICE_LEAD,
                                      .in_len = m->end - VOICE_LEAD,
                                      .has_engine = true};
    const wzp_world_client_config listener = {.identity = 2};
    wzp_engine_config_default(&talker.engine);
    talker.engine.has_fixed_mode = true;
    talker.engine.fixed_mode = s->mode;
    c->w = wzp_world_new(seed);
    const wzp_node relay = wzp_world_relay(c->w, 9, NULL);
    c->talker = wzp_world_client(c->w, &talker);
    c->listener = wzp_world_client(c->w, &listener);
    wzp_world_link(c->w, c->talker, &hop, &hop);
    wzp_world_link(c->w, c->listener, &hop, &hop);
    voice_wire_begin(wzp_world_engine(c->w, c->talker));
    wzp_world_join(c->w, c->talker, "wire", relay);
    wzp_world_join(c->w, c->listener, "wire", relay);
    must(wzp_world_await_keyed(c->w, c->talker, 1, 5 * WZP_S) &&
             wzp_world_await_keyed(c->w, c->listener, 1, 5 * WZP_S),
         "the two did not meet");
    wzp_world_link(c->w, c->listener, &hop, &down);
    wzp_world_run(c->w, 5 * WZP_S); /* the loss begins, buffers settle */
}

static double kbps(uint64_t bytes)
{
    return (double)bytes * 8 / SECONDS / 1000;
}

typedef struct figures {
    double media, rest; /* kbit/s */
    double real;        /* per cent */
    double delay_ms;
} figures;

/* Of the frames that playing has passed, those whose sound was in a packet. */
static double real_data(const wzp_client_stats *a, const wzp_client_stats *b)
{
    const double real = (double)(b->frames_played - a->frames_played) +
                        (double)(b->rebuilt_copy - a->rebuilt_copy) +
                        (double)(b->rebuilt_parity - a->rebuilt_parity);
    const double lost = (double)(b->packets_lost - a->packets_lost);
    return 100 * real / (real + lost);
}

static figures run(const scene *s, const voice_material *m, uint64_t seed)
{
    call c;
    figures f;
    begin(&c, s, m, seed);
    const wzp_client_stats before = wzp_world_stats(c.w, c.listener);
    const voice_wire was = voice_wire_get();
    double delays = 0;
    for (int i = 0; i < SECONDS; i++) {
        wzp_world_run(c.w, WZP_S);
        delays += wzp_world_stats(c.w, c.listener).playout_delay_ms;
    }
    const wzp_client_stats after = wzp_world_stats(c.w, c.listener);
    const voice_wire is = voice_wire_get();
    f.media = kbps(is.media_bytes - was.media_bytes);
    f.rest = kbps(is.other_bytes - was.other_bytes);
    f.real = real_data(&before, &after);
    f.delay_ms = delays / SECONDS;
    voice_wire_begin(NULL);
    wzp_world_free(c.w);
    return f;
}

static void measure(const scene *s, const voice_material *m)
{
    static const char COND[] =
        "bytes on an IPv4 wire from the talker to the relay, connection ids of "
        "8 bytes, 60 s of real speech at -24 dBFS; packets with media in them";
    static const char REST[] =
        "packets without media: keep-alives, reports, acknowledgements that "
        "found no media to ride along with";
    static const char REAL[] =
        "of the frames whose time has come, those played from what was "
        "received, repeated or rebuilt by parity; the loss is on the "
        "listener's link";
    double media[RUNS], rest[RUNS], real[RUNS], delay[RUNS];
    const size_t n = s->loss > 0 ? RUNS : 1;
    for (size_t i = 0; i < n; i++) {
        const figures f = run(s, m, i + 1);
        media[i] = f.media;
        rest[i] = f.rest;
        real[i] = f.real;
        delay[i] = f.delay_ms;
    }
    const bool has_goal = s->most > 0;
    row(s, "media", media, n, "kbit/s",
        has_goal ? WZP_GOAL_AT_MOST : WZP_GOAL_NONE, s->most, COND);
    row(s, "the rest", rest, n, "kbit/s", WZP_GOAL_NONE, 0, REST);
    if (s->loss > 0) {
        row(s, "from real data", real, n, "%",
            has_goal ? WZP_GOAL_AT_LEAST : WZP_GOAL_NONE, 93, REAL);
        row(s, "playout delay, mean", delay, n, "ms", WZP_GOAL_NONE, 0, REAL);
    }
}

int main(void)
{
    const char *dir = getenv("WZP_SPEECH_DIR");
    voice_material m;
    must(voice_material_load(
             dir != NULL && dir[0] != '\0' ? dir : ".deps/speech", &m),
         "no recorded speech: run `make deps`, or set WZP_SPEECH_DIR");
    for (size_t i = 0; i < sizeof SCENES / sizeof SCENES[0]; i++) {
        measure(&SCENES[i], &m);
    }
    voice_material_free(&m);
    char error[WZP_RESULTS_ERROR_LEN];
    must(wzp_results_put("build/bench/results.json", rows, n_rows, error),
         "results.json: not written");
    return 0;
}
