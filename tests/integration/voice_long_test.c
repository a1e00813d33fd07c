/* SPDX-License-Identifier: MIT */
/* Long talks: half an hour between clocks that do not agree, a room in
 * which almost nobody speaks for a day, and outages. In make test a sample,
 * with WZP_SOAK whole. The laws are those of talk.h; minutes made up by a seed
 * are in voice_random_test.c.
 */
#include "talk.h"

static void settle(talk *t, uint64_t seed, bool is_stand_in)
{
    begin(t, seed, is_stand_in, NULL);
    join_both(t);
    run(t, 12 * WZP_S);
}

static void assert_near(const talk *t, const base *b)
{
    assert_true(delay_ms(t) > 0);
    assert_true(is_near(delay_ms(t), floor_ms(t, b)));
}

/* --- clocks --- */

static const int32_t SKEWS[] = {500, -500};

static size_t skew_count(void)
{
    return sizeof SKEWS / sizeof SKEWS[0];
}

/* The listener's clock is off; in a minute its buffer fills or empties by
 * 30 ms. */
static void skew_run(size_t row)
{
    static talk t;
    const bool is_soak = getenv("WZP_SOAK") != NULL;
    settle(&t, 70 + row, !is_soak);
    const base b = base_of(&t);
    wzp_world_skew(t.w, t.node[1], SKEWS[row]);
    const int minutes = is_soak ? 30 : 5;
    for (int minute = 0; minute < minutes; minute++) {
        run(&t, 60 * WZP_S);
        assert_near(&t, &b);
    }
    assert_true(t.deaf_most_ms < DEAF_MS);
    const wzp_client_stats s = stats(&t, 1);
    assert_int_equal(s.packets_late, 0);
    assert_true((row == 0 ? s.longer_ms : s.shorter_ms) >=
                (uint64_t)minutes * 25);
    finish(&t);
}

WZP_ROWS(half_an_hour_of_clocks_that_differ_costs_no_delay, skew_count,
         skew_run);

/* --- a day --- */

static void mute(talk *t, bool is_muted)
{
    t->is_quiet = is_muted;
    for (int i = 0; i < 2; i++) {
        wzp_engine_mute(wzp_world_engine(t->w, t->node[i]), wzp_world_now(t->w),
                        is_muted);
        wzp_world_kick(t->w, t->node[i]);
    }
}

/* Blocks of memory of the process since allocs_begin. */
static int64_t held_blocks(void)
{
    return (int64_t)allocs.made[0] - (int64_t)allocs.freed[0];
}

/* A silence, then ten seconds of talk. */
static void pass(talk *t, const base *b, wzp_tstamp silence)
{
    mute(t, true);
    wzp_world_run(t->w, silence);
    mute(t, false);
    const uint64_t before = stats(t, 1).frames_played;
    run(t, 10 * WZP_S);
    assert_true(stats(t, 1).frames_played - before > 450);
    assert_near(t, b);
}

/* Blocks held after the third hour (keys of before are kept for two) and at the
 * end: what goes on growing. */
typedef struct growth {
    int64_t third, last;
} growth;

/* leak: a block an hour, on purpose; its hours are shorter. */
static growth pass_hours(int hours, bool leak)
{
    static talk t;
    void *leaked[24] = {NULL};
    growth g = {0};
    settle(&t, 80, true);
    const base b = base_of(&t);
    allocs_begin(NULL);
    allocs.is_quiet = true;
    for (int hour = 0; hour < hours; hour++) {
        pass(&t, &b, leak ? 60 * WZP_S : 3590 * WZP_S);
        leaked[hour] = leak ? malloc(1) : NULL;
        g.last = held_blocks();
        g.third = hour < 3 ? g.last : g.third;
    }
    allocs_end();
    assert_true(t.deaf_most_ms < 500);
    assert_int_equal(stats(&t, 1).packets_late, 0);
    finish(&t);
    for (int hour = 0; hour < hours; hour++) {
        free(leaked[hour]);
    }
    return g;
}

WZP_TEST(in_a_room_that_is_silent_for_a_day_a_word_is_heard_at_once)
{
    const bool is_soak = getenv("WZP_SOAK") != NULL;
    const growth g = pass_hours(is_soak ? 24 : 1, false);
    fprintf(stderr, "blocks held: %lld after three hours, %lld in the end\n",
            (long long)g.third, (long long)g.last);
    assert_true(g.last <= g.third);
}

WZP_TEST(what_grows_from_hour_to_hour_is_noticed)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer looks at it instead");
    }
    const growth g = pass_hours(5, true);
    assert_int_equal(g.last, g.third + 2);
}

/* --- outages --- */

typedef struct outage {
    unsigned s;
    double loss;       /* before it: QUIC's window is small then */
    unsigned back_ms;  /* at most, until speech is heard again */
    bool ends_session; /* the relay gave the member up meanwhile */
} outage;

static const outage OUTAGES[] = {
    {1, 0, 300, false},    {4, 0, 300, false},   {8, 0, 300, false},
    {20, 0, 6000, true},   {2, 0.5, 500, false}, {5, 0.5, 500, false},
    {10, 0.5, 500, false},
};

static size_t outage_count(void)
{
    return sizeof OUTAGES / sizeof OUTAGES[0];
}

/* Nothing of what the speaker sends comes through for so long; then it does.
 * After loss the window is full of what was lost, and speech waits for QUIC's
 * next probe: no longer than ADR 12 has it. */
static void outage_run(size_t row)
{
    static talk t;
    const outage *o = &OUTAGES[row];
    const wzp_link_cfg dead = {.loss = 1};
    const wzp_link_cfg lossy = {
        .loss = o->loss, .burst_ms = 500, .delay_ns = HOP_MS * WZP_MS};
    settle(&t, 60 + row, true);
    wzp_world_link(t.w, t.node[0], &lossy, &CLEAN);
    run(&t, 10 * WZP_S);
    wzp_world_link(t.w, t.node[0], &dead, &CLEAN);
    run(&t, o->s * WZP_S);
    wzp_world_link(t.w, t.node[0], &CLEAN, &CLEAN);
    unsigned ms = 0;
    while (ms < 20000 && !has_heard(&t)) {
        wzp_world_run(t.w, LOOK_NS);
        ms += LOOK_MS;
    }
    fprintf(stderr, "outage of %u s: heard again after %u ms\n", o->s, ms);
    assert_true(ms <= o->back_ms);
    assert_int_equal(stats(&t, 0).reconnects, o->ends_session);
    finish(&t);
}

WZP_ROWS(after_an_outage_of_any_length_speech_is_back_soon, outage_count,
         outage_run);
