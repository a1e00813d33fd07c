/* SPDX-License-Identifier: MIT */
/* When more is tried. */
#include "media/probe.h"

#include "support/harness.h"

#define GOOD 4

typedef struct state {
    wzp__probe p;
    wzp_tstamp now;
    unsigned rung;
} state;

static state begin(unsigned rung)
{
    state s = {.now = WZP_S, .rung = rung};
    wzp__probe_init(&s.p, s.now);
    s.p.held = rung;
    return s;
}

/* Good reports, one a second, until the next rung is to be tried: how many. */
static unsigned until_try(state *s)
{
    for (unsigned n = 1; n < 200; n++) {
        s->now += WZP_S;
        if (wzp__probe_good(&s->p, s->now, s->rung, s->rung < GOOD)) {
            return n;
        }
    }
    return 0;
}

static void climb(state *s)
{
    wzp__probe_begin(&s->p, s->now, s->rung);
    s->rung++;
}

static void give_up(state *s)
{
    wzp__probe_fail(&s->p, s->now);
    s->rung--;
}

WZP_TEST(probe_above_what_was_held_takes_thirty_calm_seconds)
{
    state s = begin(GOOD);
    assert_int_equal(until_try(&s), 30);
    climb(&s);
    assert_true(s.p.is_on);
    assert_int_equal(until_try(&s), 30); /* the next one */
    assert_false(s.p.is_on);
    assert_int_equal(s.p.held, GOOD + 1);
}

/* Not tried, and not proved by a call's beginning with it: only by time. */
WZP_TEST(probe_holds_what_was_kept_for_ten_calm_seconds)
{
    state s = begin(0);
    s.rung = GOOD;
    for (int i = 0; i < 9; i++) {
        s.now += WZP_S;
        assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    }
    assert_int_equal(s.p.held, 0);
    s.now += WZP_S;
    assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    assert_int_equal(s.p.held, GOOD);
}

WZP_TEST(probe_that_failed_waits_sixty_seconds)
{
    state s = begin(GOOD);
    until_try(&s);
    climb(&s);
    s.now += WZP_S;
    give_up(&s);
    assert_false(s.p.is_on);
    assert_int_equal(s.p.held, GOOD);
    assert_int_equal(until_try(&s), 60);
}

WZP_TEST(probe_is_over_after_five_seconds_and_three_reports)
{
    state s = begin(GOOD);
    until_try(&s);
    climb(&s);
    s.now += 10 * WZP_S; /* reports were lost */
    assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    assert_true(s.p.is_on);
    assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    assert_false(s.p.is_on);
}

/* Many listeners, or one that sends many reports. */
WZP_TEST(probe_lasts_five_seconds_however_many_reports_come)
{
    state s = begin(GOOD);
    until_try(&s);
    climb(&s);
    for (int i = 0; i < 49; i++) {
        s.now += WZP_S / 10;
        assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
        assert_true(s.p.is_on);
    }
    s.now += WZP_S / 10;
    assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    assert_false(s.p.is_on);
}

WZP_TEST(probe_comes_back_to_what_was_held_by_five_and_ten_good_reports)
{
    state s = begin(GOOD + 1);
    s.rung = GOOD - 1;
    assert_int_equal(until_try(&s), 5);
    climb(&s);
    assert_int_equal(until_try(&s), 10);
    climb(&s);
    assert_int_equal(until_try(&s), 30);
}

WZP_TEST(probe_on_the_way_back_waits_longer_each_time_it_fails)
{
    static const unsigned waits[] = {10, 20, 30, 30};
    state s = begin(GOOD);
    s.rung = 1;
    until_try(&s);
    for (size_t i = 0; i < 4; i++) {
        climb(&s);
        s.now += WZP_S;
        give_up(&s);
        assert_int_equal(until_try(&s), waits[i]);
    }
}

WZP_TEST(probe_of_a_lower_rung_does_not_wait_for_a_higher_one_that_failed)
{
    state s = begin(GOOD);
    s.rung = 1;
    until_try(&s);
    climb(&s);
    give_up(&s);
    s.rung = 0;
    assert_int_equal(until_try(&s), 5);
}

WZP_TEST(probe_counts_anew_after_trouble)
{
    state s = begin(GOOD);
    for (int i = 0; i < 29; i++) {
        s.now += WZP_S;
        assert_false(wzp__probe_good(&s.p, s.now, s.rung, false));
    }
    wzp__probe_disturb(&s.p, s.now);
    assert_int_equal(until_try(&s), 30);
}

WZP_TEST(probe_is_blocked_for_ten_seconds_by_a_path_that_became_full)
{
    state s = begin(GOOD);
    s.rung = 1;
    wzp__probe_disturb(&s.p, s.now);
    wzp__probe_block(&s.p, s.now);
    assert_int_equal(until_try(&s), 10);
}
