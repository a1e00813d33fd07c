/* SPDX-License-Identifier: MIT */
/* Long talks: half an hour between clocks that do not agree, a room in which
 * almost nobody speaks for a day, and minutes made up by a seed. In make test a
 * sample; WZP_SOAK=n runs 100 n minutes with the real codec and 1,000 n with a
 * stand-in, and the long ones whole.
 */
#include "support/allocs.h"
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE     48000
#define VOICE_S  2
#define LOOK_NS  (100 * WZP_MS)
#define LOOK_MS  100
#define HOP_MS   20 /* of each access link, one way */
#define LOUD     200
#define DEAF_MS  2000 /* of silence, where there is speech and a path */
#define RECOVERY (5 * WZP_S)
#define TICK_MS  10 /* in which delay is counted */

/* Syllables of a voice of 120 Hz, pauses of 150 ms between. */
static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_S * RATE];
    const double pi = 3.14159265358979;
    for (size_t i = 0; i < VOICE_S * RATE && pcm[RATE / 10] == 0; i++) {
        const double t = (double)i / RATE;
        const double bow = fmax(0, sin(2 * pi * 2 * t));
        double sum = 0;
        for (int h = 1; h <= 20; h++) {
            sum += sin(2 * pi * 120 * h * t) / h;
        }
        pcm[i] = (int16_t)(6000 * bow * sum);
    }
    return pcm;
}

typedef struct talk {
    wzp_world *w;
    wzp_node relay, node[2];
    bool is_stand_in;
    /* since when, ms, node 1 hears nothing though it could */
    unsigned deaf_ms, deaf_most_ms;
    size_t heard_seen;
    uint64_t played_seen;
} talk;

static const wzp_link_cfg CLEAN = {.delay_ns = HOP_MS * WZP_MS};

static void begin(talk *t, uint64_t seed, bool is_stand_in)
{
    *t = (talk){.w = wzp_world_new(seed), .is_stand_in = is_stand_in};
    t->relay = wzp_world_relay(t->w, 9, NULL);
    if (is_stand_in) {
        wzp_world_no_codec(t->w);
    }
    for (int i = 0; i < 2; i++) {
        const wzp_world_client_config cfg = {.identity = (uint8_t)(1 + i),
                                             .in = voice(),
                                             .in_len = VOICE_S * RATE,
                                             .keep_heard = i == 1};
        t->node[i] = wzp_world_client(t->w, &cfg);
        wzp_world_link(t->w, t->node[i], &CLEAN, &CLEAN);
        wzp_world_join(t->w, t->node[i], "long", t->relay);
    }
    for (int i = 0; i < 2; i++) {
        assert_true(wzp_world_await_keyed(t->w, t->node[i], 1, 5 * WZP_S));
    }
}

static void finish(talk *t)
{
    for (int i = 0; i < 2; i++) {
        wzp_world_leave(t->w, t->node[i]);
    }
    wzp_world_run(t->w, 15 * WZP_S);
    wzp_world_check_empty(t->w);
    wzp_world_free(t->w);
}

static wzp_client_stats stats(talk *t, int i)
{
    return wzp_world_stats(t->w, t->node[i]);
}

/* --- is anything heard? --- */

static bool is_loud(const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (abs(pcm[i]) > LOUD) {
            return true;
        }
    }
    return false;
}

/* By node 1, since the last look. A stand-in plays zeros: its frames count. */
static bool has_heard(talk *t)
{
    size_t n = 0;
    const int16_t *pcm = wzp_world_heard(t->w, t->node[1], &n);
    const wzp_client_stats s = stats(t, 1);
    const uint64_t played = s.frames_played + s.rebuilt_lbrr + s.rebuilt_dred;
    const bool any = t->is_stand_in
                         ? played > t->played_seen
                         : is_loud(pcm + t->heard_seen, n - t->heard_seen);
    t->heard_seen = n;
    t->played_seen = played;
    return any;
}

/* Lets time pass and looks at it. */
static void run(talk *t, wzp_tstamp duration, bool is_alive)
{
    for (wzp_tstamp done = 0; done < duration; done += LOOK_NS) {
        wzp_world_run(t->w, LOOK_NS);
        t->deaf_ms = !is_alive || has_heard(t) ? 0 : t->deaf_ms + LOOK_MS;
        t->deaf_most_ms =
            t->deaf_ms > t->deaf_most_ms ? t->deaf_ms : t->deaf_most_ms;
    }
}

/* --- how long does it take? --- */

/* From mouth to ear, but for what is always the same. Longer frames, which stay
 * for a while after trouble, are in the floor as well. */
static double delay_ms(talk *t, double playout_ms)
{
    const unsigned frame = stats(t, 0).mode.frame_ms;
    return 2 * HOP_MS + (frame == 0 ? 20 : frame) + playout_ms;
}

static bool is_near(double delay, double floor)
{
    return delay <= 1.2 * floor + TICK_MS;
}

/* --- clocks --- */

static const int32_t SKEWS[] = {500, -500};

static size_t skew_count(void)
{
    return sizeof SKEWS / sizeof SKEWS[0];
}

/* The listener's clock is off; so its buffer fills or empties by 0.9 s. */
static void skew_run(size_t row)
{
    talk t;
    const bool is_soak = getenv("WZP_SOAK") != NULL;
    begin(&t, 70 + row, !is_soak);
    wzp_world_skew(t.w, t.node[1], SKEWS[row]);
    run(&t, 20 * WZP_S, true);
    const double floor = stats(&t, 1).playout_delay_ms;
    double most = 0;
    for (int minute = 0; minute < 30; minute++) {
        run(&t, 60 * WZP_S, true);
        most = fmax(most, stats(&t, 1).playout_delay_ms);
    }
    assert_true(t.deaf_most_ms < DEAF_MS);
    assert_true(is_near(delay_ms(&t, most), delay_ms(&t, floor)));
    assert_int_equal(stats(&t, 1).packets_late, 0);
    finish(&t);
}

WZP_ROWS(half_an_hour_of_clocks_that_differ_costs_no_delay, skew_count,
         skew_run);

/* --- a day --- */

static void mute(talk *t, bool is_muted)
{
    for (int i = 0; i < 2; i++) {
        wzp_engine_mute(wzp_world_engine(t->w, t->node[i]), wzp_world_now(t->w),
                        is_muted);
        wzp_world_kick(t->w, t->node[i]);
    }
}

/* Ten seconds of talk an hour, a quarter of it in make test. */
WZP_TEST(in_a_room_that_is_silent_for_a_day_a_word_is_heard_at_once)
{
    talk t;
    const int hours = getenv("WZP_SOAK") != NULL ? 24 : 1;
    begin(&t, 80, true);
    run(&t, 10 * WZP_S, true);
    const double floor = stats(&t, 1).playout_delay_ms;
    for (int hour = 0; hour < hours; hour++) {
        mute(&t, true);
        wzp_world_run(t.w, 3590 * WZP_S);
        mute(&t, false);
        const uint64_t before = stats(&t, 1).frames_played;
        run(&t, 10 * WZP_S, true);
        assert_true(stats(&t, 1).frames_played - before > 450);
        assert_true(is_near(delay_ms(&t, stats(&t, 1).playout_delay_ms),
                            delay_ms(&t, floor)));
    }
    assert_true(t.deaf_most_ms < 500);
    assert_int_equal(stats(&t, 1).packets_late, 0);
    finish(&t);
}

/* --- minutes made up by a seed --- */

typedef struct scene {
    talk t;
    wzp_test_rng rng;
    wzp_trace trace;
    double floor_ms;
    double above_ms; /* most by which delay was too high after trouble */
    uint64_t hash;
    wzp_client_stats end;
} scene;

static uint64_t below(scene *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

/* One direction, and whether speech gets through: half of it at least, and no
 * hole of a second. */
static wzp_link_cfg some_link(scene *s, bool *is_alive)
{
    wzp_link_cfg link = {
        .loss = (double)below(s, 51) / 100,
        .burst_ms = below(s, 2) == 0 ? (double)(20 + below(s, 480)) : 0,
        .delay_ns = (HOP_MS + below(s, 200)) * WZP_MS,
        .jitter_ns = below(s, 60) * WZP_MS,
        .rate_bps = below(s, 4) == 0 ? 16000 + below(s, 120000) : 0,
        .queue_bytes = 4000,
        .dup = (double)below(s, 10) / 100,
        .keep_order = below(s, 2) == 0,
        .reorder = (double)below(s, 10) / 100,
    };
    *is_alive = true;
    if (below(s, 5) == 0) {
        link.trace = &s->trace;
    } else if (below(s, 8) == 0) {
        link.loss = 1; /* dead */
        *is_alive = false;
    }
    /* Until it fits the narrow path the sender fills the queue. */
    *is_alive = *is_alive && link.rate_bps == 0 && link.trace == NULL;
    return link;
}

static void trouble(scene *s)
{
    bool is_up_alive, is_down_alive;
    const wzp_link_cfg up = some_link(s, &is_up_alive);
    const wzp_link_cfg down = some_link(s, &is_down_alive);
    /* One of the two ways to node 1, so that the odds are known. */
    if (below(s, 2) == 0) {
        wzp_world_link(s->t.w, s->t.node[0], &up, &CLEAN);
        is_down_alive = is_up_alive;
    } else {
        wzp_world_link(s->t.w, s->t.node[1], &CLEAN, &down);
    }
    run(&s->t, (2 + below(s, 8)) * WZP_S, is_down_alive);
}

static void relief(scene *s)
{
    for (int i = 0; i < 2; i++) {
        wzp_world_link(s->t.w, s->t.node[i], &CLEAN, &CLEAN);
    }
    run(&s->t, RECOVERY, true);
    const double now = delay_ms(&s->t, stats(&s->t, 1).playout_delay_ms);
    const double floor = delay_ms(&s->t, s->floor_ms);
    s->above_ms = fmax(s->above_ms, is_near(now, floor) ? 0 : now - floor);
}

/* A minute: twelve seconds of calm, then trouble and relief in turns. */
static void play_scene(scene *s, uint64_t seed, bool is_stand_in)
{
    *s = (scene){.rng = {seed * 31 + 7}};
    const char *trace = wzp_trace_name(below(s, wzp_trace_count()));
    assert_true(wzp_trace_make(trace, &s->trace));
    begin(&s->t, seed, is_stand_in);
    run(&s->t, 12 * WZP_S, true);
    s->floor_ms = stats(&s->t, 1).playout_delay_ms;
    const wzp_tstamp end = wzp_world_now(s->t.w) + 48 * WZP_S;
    while (wzp_world_now(s->t.w) < end) {
        trouble(s);
        relief(s);
    }
    s->hash = wzp_world_trace(s->t.w);
    s->end = stats(&s->t, 1);
    finish(&s->t);
}

static void assert_lawful(const scene *s)
{
    if (s->t.deaf_most_ms >= DEAF_MS || s->above_ms > 0) {
        fprintf(stderr, "deaf for %u ms; delay %.0f ms above its floor\n",
                s->t.deaf_most_ms, s->above_ms);
    }
    assert_true(s->t.deaf_most_ms < DEAF_MS);
    assert_true(s->above_ms <= 0);
}

static unsigned long soak_times(unsigned long n)
{
    const char *soak = getenv("WZP_SOAK");
    return soak == NULL ? 2 : n * strtoul(soak, NULL, 10);
}

static size_t real_count(void)
{
    return soak_times(100);
}

static void real_run(size_t row)
{
    static scene s;
    play_scene(&s, 3000 + row, false);
    assert_lawful(&s);
}

WZP_ROWS(in_a_minute_of_any_network_nobody_is_deaf_and_delay_comes_back,
         real_count, real_run);

static size_t stand_in_count(void)
{
    return soak_times(1000);
}

static void stand_in_run(size_t row)
{
    static scene s;
    play_scene(&s, 5000 + row, true);
    assert_lawful(&s);
}

WZP_ROWS(the_same_of_many_more_networks_with_a_codec_that_costs_nothing,
         stand_in_count, stand_in_run);

/* --- the laws can be broken --- */

WZP_TEST(on_a_path_that_is_dead_the_listener_is_deaf)
{
    const wzp_link_cfg dead = {.loss = 1};
    for (int stand_in = 0; stand_in < 2; stand_in++) {
        talk t;
        begin(&t, 90, stand_in == 1);
        run(&t, 5 * WZP_S, true);
        assert_true(t.deaf_most_ms < DEAF_MS);
        wzp_world_link(t.w, t.node[1], &CLEAN, &dead);
        run(&t, 4 * WZP_S, true);
        assert_true(t.deaf_most_ms >= DEAF_MS);
        finish(&t);
    }
}

WZP_TEST(in_trouble_delay_is_above_its_floor)
{
    const wzp_link_cfg jittery = {.delay_ns = HOP_MS * WZP_MS,
                                  .jitter_ns = 150 * WZP_MS};
    talk t;
    begin(&t, 91, false);
    run(&t, 12 * WZP_S, true);
    const double floor = delay_ms(&t, stats(&t, 1).playout_delay_ms);
    wzp_world_link(t.w, t.node[1], &CLEAN, &jittery);
    run(&t, 5 * WZP_S, true);
    assert_false(is_near(delay_ms(&t, stats(&t, 1).playout_delay_ms), floor));
    finish(&t);
}

/* --- again --- */

WZP_TEST(the_same_seed_gives_the_same_minute)
{
    static scene a, b;
    play_scene(&a, 4000, false);
    play_scene(&b, 4000, false);
    assert_true(a.hash == b.hash);
    assert_memory_equal(&a.end, &b.end, sizeof a.end);
}

WZP_TEST(another_seed_gives_another_minute)
{
    static scene a, b;
    play_scene(&a, 4001, true);
    play_scene(&b, 4002, true);
    assert_true(a.hash != b.hash);
}

WZP_TEST(a_minute_gives_back_all_memory_it_took)
{
    static scene s;
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer looks at it instead");
    }
    play_scene(&s, 4003, true); /* what is taken once stays */
    allocs_begin(NULL);
    allocs.is_quiet = true;
    play_scene(&s, 4003, true);
    allocs_end();
    assert_true(allocs.made[0] > 1000);
    assert_int_equal(allocs.made[0], allocs.freed[0]);
}
