/* SPDX-License-Identifier: MIT */
/* A queue and a rate, from delays and arrivals. */
#include "media/bandwidth.h"

#include "support/harness.h"

#define STEP (100 * WZP_MS)

typedef struct way {
    wzp__bandwidth b;
    wzp_tstamp now;
    uint64_t arrived;
} way;

static way begin(unsigned smooth)
{
    way w = {.now = WZP_S};
    wzp__bandwidth_init(&w.b, smooth);
    return w;
}

/* n samples 100 ms apart. */
static void note(way *w, unsigned n, uint64_t delay_ms, uint64_t rate_bps,
                 uint64_t backlog)
{
    for (unsigned i = 0; i < n; i++) {
        w->now += STEP;
        w->arrived += rate_bps / 80;
        const wzp__bandwidth_sample s = {.delay = delay_ms * WZP_MS,
                                         .arrived = w->arrived,
                                         .backlog = backlog,
                                         .window = 500 * WZP_MS};
        wzp__bandwidth_note(&w->b, w->now, &s);
    }
}

WZP_TEST(bandwidth_queue_is_what_lies_above_the_least_delay)
{
    way w = begin(3);
    note(&w, 10, 40, 50000, 0);
    assert_int_equal(w.b.queue, 0);
    note(&w, 3, 140, 50000, 0);
    assert_true(w.b.queue == 100 * WZP_MS);
    assert_int_equal(w.b.rate_bps, 50000);
}

WZP_TEST(bandwidth_takes_no_single_delay_for_a_queue)
{
    way w = begin(3);
    note(&w, 10, 40, 50000, 0);
    note(&w, 2, 400, 50000, 0);
    assert_int_equal(w.b.queue, 0);
    assert_true(wzp__bandwidth_newest(&w.b) == 360 * WZP_MS);
    note(&w, 1, 40, 50000, 0);
    assert_int_equal(w.b.queue, 0);
}

WZP_TEST(bandwidth_rate_follows_what_arrives_within_half_a_second)
{
    way w = begin(3);
    note(&w, 20, 40, 50000, 0);
    note(&w, 5, 300, 20000, 0);
    assert_int_equal(w.b.rate_bps, 20000);
}

WZP_TEST(bandwidth_queue_that_grows_is_seen_in_what_is_under_way)
{
    way w = begin(3);
    note(&w, 20, 40, 20000, 0);
    note(&w, 3, 140, 20000, 2500); /* 1 s at 20 kbit/s */
    assert_true(wzp__bandwidth_queue(&w.b) == 960 * WZP_MS);
    assert_true(w.b.queue == 100 * WZP_MS);
}

WZP_TEST(bandwidth_without_a_sample_knows_no_queue)
{
    way w = begin(3);
    note(&w, 5, 0, 50000, 0);
    assert_int_equal(w.b.queue, 0);
    assert_int_equal(wzp__bandwidth_queue(&w.b), 0);
}

WZP_TEST(bandwidth_of_a_longer_way_is_no_queue_after_a_minute_or_at_once)
{
    way w = begin(3);
    note(&w, 20, 40, 50000, 0);
    note(&w, 20, 240, 50000, 0);
    assert_true(w.b.queue == 200 * WZP_MS);
    way other = w;
    wzp__bandwidth_rebase(&other.b, other.now);
    note(&other, 5, 240, 50000, 0);
    assert_int_equal(other.b.queue, 0);
    note(&w, 620, 240, 50000, 0);
    assert_int_equal(w.b.queue, 0);
}

/* Who sends two reports at once is no reason to divide by nothing. */
WZP_TEST(bandwidth_takes_two_samples_of_one_microsecond_for_one)
{
    way w = begin(2);
    note(&w, 5, 40, 50000, 0);
    const uint64_t before = w.b.rate_bps;
    for (uint64_t i = 1; i <= 3; i++) {
        const wzp__bandwidth_sample s = {
            .delay = 40 * WZP_MS, .arrived = w.arrived + 100 * i, .window = 1};
        wzp__bandwidth_note(&w.b, w.now + i, &s);
    }
    assert_int_equal(w.b.rate_bps, before);
}

WZP_TEST(bandwidth_queue_is_as_seen_where_nothing_arrives)
{
    way w = begin(2);
    note(&w, 5, 40, 0, 5000);
    note(&w, 2, 240, 0, 5000);
    assert_int_equal(w.b.rate_bps, 0);
    assert_true(wzp__bandwidth_queue(&w.b) == 200 * WZP_MS);
}
