/* SPDX-License-Identifier: MIT */
/* Loss to redundancy: up at once, down after ten seconds. */
#include "media/redundancy.h"

#include "support/harness.h"

#define PACKET_MS 20

typedef struct state {
    wzp__redundancy r;
    wzp_tstamp now;
} state;

static state begin(void)
{
    state s = {.now = WZP_S};
    wzp__redundancy_init(&s.r, s.now);
    return s;
}

static bool note(state *s, unsigned seconds, wzp__loss_view loss)
{
    bool any = false;
    for (unsigned i = 0; i < seconds; i++) {
        s->now += WZP_S;
        any |= wzp__redundancy_note(&s->r, s->now, &loss, PACKET_MS);
    }
    return any;
}

static const wzp__loss_view CLEAN = {0};

WZP_TEST(redundancy_goes_when_ten_seconds_needed_none)
{
    state s = begin();
    assert_int_equal(s.r.level, WZP_REDUNDANCY_LBRR);
    assert_false(note(&s, 9, CLEAN));
    assert_true(note(&s, 1, CLEAN));
    assert_int_equal(s.r.level, WZP_REDUNDANCY_NONE);
    assert_true(wzp__redundancy_deadline(&s.r) == WZP_NEVER);
}

WZP_TEST(redundancy_comes_with_the_first_report_of_loss)
{
    state s = begin();
    note(&s, 10, CLEAN);
    assert_true(
        note(&s, 1, (wzp__loss_view){.permille = 8, .newest_permille = 40}));
    assert_int_equal(s.r.level, WZP_REDUNDANCY_LBRR);
}

/* Five seconds decide once there is some; a bad second, where there is none. */
WZP_TEST(redundancy_is_not_raised_by_a_second_of_chance)
{
    const wzp__loss_view bad = {.permille = 40, .newest_permille = 200};
    state s = begin();
    assert_int_equal(s.r.level, WZP_REDUNDANCY_LBRR);
    note(&s, 1, bad);
    assert_int_equal(s.r.level, WZP_REDUNDANCY_LBRR);
    s.r.level = WZP_REDUNDANCY_NONE;
    note(&s, 1, bad);
    assert_int_equal(s.r.level, WZP_REDUNDANCY_BOTH);
}

typedef struct kind {
    wzp__loss_view loss;
    wzp_redundancy level;
    uint8_t step;
} kind;

static const kind KINDS[] = {
    {{.permille = 4}, WZP_REDUNDANCY_NONE, 0},
    {{.permille = 30}, WZP_REDUNDANCY_LBRR, 1},
    {{.permille = 79}, WZP_REDUNDANCY_LBRR, 1},
    {{.permille = 80}, WZP_REDUNDANCY_BOTH, 2},
    {{.permille = 300}, WZP_REDUNDANCY_BOTH, 3},
    {{.permille = 20, .cluster = 4}, WZP_REDUNDANCY_DRED, 1}, /* 80 ms */
    {{.permille = 20, .cluster = 5}, WZP_REDUNDANCY_BOTH, 1}, /* 100 ms */
};

static size_t count_kinds(void)
{
    return sizeof KINDS / sizeof *KINDS;
}

static void run_kind(size_t row)
{
    state s = begin();
    note(&s, 30, CLEAN);
    note(&s, 1, KINDS[row].loss);
    assert_int_equal(s.r.level, KINDS[row].level);
    assert_int_equal(s.r.step, KINDS[row].step);
}
WZP_ROWS(redundancy_for_each_kind_of_loss, count_kinds, run_kind);

WZP_TEST(redundancy_that_does_not_repair_is_not_enough)
{
    state s = begin();
    note(&s, 1, (wzp__loss_view){.permille = 40, .after_permille = 5});
    assert_int_equal(s.r.level, WZP_REDUNDANCY_LBRR);
    note(&s, 1, (wzp__loss_view){.permille = 40, .after_permille = 20});
    assert_int_equal(s.r.level, WZP_REDUNDANCY_DRED);
}

WZP_TEST(redundancy_stays_for_ten_seconds_after_the_last_loss_that_needed_it)
{
    state s = begin();
    note(&s, 1, (wzp__loss_view){.permille = 200});
    assert_false(note(&s, 9, CLEAN));
    note(&s, 1, (wzp__loss_view){.permille = 200});
    assert_false(note(&s, 9, CLEAN));
    assert_int_equal(s.r.level, WZP_REDUNDANCY_BOTH);
    assert_int_equal(s.r.step, 2);
    assert_true(wzp__redundancy_deadline(&s.r) == s.now + WZP_S);
    assert_true(note(&s, 1, CLEAN));
    assert_int_equal(s.r.level, WZP_REDUNDANCY_NONE);
    assert_int_equal(s.r.step, 0);
}

WZP_TEST(redundancy_does_not_swing_around_its_threshold)
{
    state s = begin();
    note(&s, 1, (wzp__loss_view){.permille = 82});
    assert_false(note(&s, 60, (wzp__loss_view){.permille = 82}));
    note(&s, 60, (wzp__loss_view){.permille = 65});
    assert_int_equal(s.r.level, WZP_REDUNDANCY_BOTH);
}
