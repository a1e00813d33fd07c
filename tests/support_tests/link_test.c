/* SPDX-License-Identifier: MIT */
/* The link model: each impairment alone, in numbers wide enough for chance and
 * narrow enough for mistakes, then together, twice, for determinism.
 */
#include "support/link.h"

#include "support/harness.h"

#include <stdbool.h>
#include <stdint.h>

static const uint64_t MS = 1000000;

enum { LEN = 100 };

/* Sends one packet of LEN bytes; the first copy's due time, 0 when dropped. */
static uint64_t send_one(wzp_link *link, uint64_t now_ns)
{
    uint64_t due[WZP_LINK_COPIES_MAX] = {0};
    return wzp_link_send(link, now_ns, LEN, due) > 0 ? due[0] : 0;
}

static wzp_link link_of(wzp_link_cfg cfg)
{
    wzp_link link;
    wzp_link_init(&link, &cfg);
    return link;
}

WZP_TEST(link_without_impairment_delivers_at_once)
{
    wzp_link link = link_of((wzp_link_cfg){.seed = 1});
    for (uint64_t t = 1; t <= 1000; t++) {
        uint64_t due[WZP_LINK_COPIES_MAX];
        assert_int_equal(wzp_link_send(&link, t, LEN, due), 1);
        assert_int_equal(due[0], t);
    }
    assert_int_equal(link.stats.packets, 1000);
    assert_int_equal(link.stats.delivered_bytes, 1000 * LEN);
}

static const double LOSSES[] = {0, 0.01, 0.1, 0.3, 0.5, 1};

static size_t loss_count(void)
{
    return sizeof(LOSSES) / sizeof(*LOSSES);
}

static void loss_run(size_t row)
{
    enum { N = 100000 };
    wzp_link link = link_of((wzp_link_cfg){.loss = LOSSES[row], .seed = 3});
    for (uint64_t t = 0; t < N; t++) {
        (void)send_one(&link, t);
    }
    const double lost = (double)link.stats.lost / N;
    assert_true(lost >= LOSSES[row] * 0.95 && lost <= LOSSES[row] * 1.05);
    assert_int_equal(link.stats.lost + link.stats.delivered, N);
}

WZP_ROWS(link_loses_the_configured_share, loss_count, loss_run);

WZP_TEST(link_burst_loss_comes_in_holes_of_the_configured_length)
{
    wzp_link link =
        link_of((wzp_link_cfg){.loss = 0.1, .burst_ms = 200, .seed = 5});
    const uint64_t n = 500000; /* one packet per ms */
    uint64_t run = 0, holes = 0, wrong = 0;

    for (uint64_t t = 1; t <= n; t++) {
        if (send_one(&link, t * MS) == 0) {
            run++;
            continue;
        }
        if (run != 0) {
            holes++;
            /* two holes may touch or overlap the grid by a packet */
            wrong += run < 199 || run > 201;
        }
        run = 0;
    }
    const double lost = (double)link.stats.lost / (double)n;
    assert_true(lost > 0.08 && lost < 0.12);
    assert_true(holes > 200 && wrong * 50 < holes);
}

WZP_TEST(link_burst_with_everything_or_nothing_lost_needs_no_holes)
{
    wzp_link none = link_of((wzp_link_cfg){.loss = 0, .burst_ms = 50});
    wzp_link all = link_of((wzp_link_cfg){.loss = 1, .burst_ms = 50});
    for (uint64_t t = 1; t <= 100; t++) {
        assert_int_equal(send_one(&none, t * MS), t * MS);
        assert_int_equal(send_one(&all, t * MS), 0);
    }
}

WZP_TEST(link_delay_is_spread_evenly_within_its_bounds)
{
    enum { N = 20000, BUCKETS = 4 };
    wzp_link link = link_of(
        (wzp_link_cfg){.delay_ns = 40 * MS, .jitter_ns = 20 * MS, .seed = 7});
    unsigned bucket[BUCKETS] = {0};

    for (uint64_t i = 1; i <= N; i++) {
        const uint64_t now = i * 20 * MS;
        const uint64_t delay = send_one(&link, now) - now;
        assert_in_range(delay, 20 * MS, 60 * MS);
        bucket[(delay - 20 * MS) / (10 * MS) % BUCKETS]++;
    }
    for (int b = 0; b < BUCKETS; b++) {
        assert_in_range(bucket[b], N / BUCKETS * 0.95, N / BUCKETS * 1.05);
    }
}

WZP_TEST(link_jitter_larger_than_delay_never_delivers_before_sending)
{
    wzp_link link = link_of(
        (wzp_link_cfg){.delay_ns = 5 * MS, .jitter_ns = 50 * MS, .seed = 8});
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_true(send_one(&link, i * MS) >= i * MS);
    }
}

static uint64_t count_overtaking(bool keep_order)
{
    wzp_link link = link_of((wzp_link_cfg){.delay_ns = 40 * MS,
                                           .jitter_ns = 20 * MS,
                                           .keep_order = keep_order,
                                           .seed = 9});
    uint64_t overtaking = 0, last = 0;
    for (uint64_t i = 1; i <= 1000; i++) {
        const uint64_t due = send_one(&link, i * 5 * MS);
        overtaking += due < last;
        last = due > last ? due : last;
    }
    assert_int_equal(link.stats.reordered, overtaking);
    return overtaking;
}

WZP_TEST(link_jitter_reorders_unless_order_is_kept)
{
    assert_true(count_overtaking(false) > 300);
    assert_int_equal(count_overtaking(true), 0);
}

WZP_TEST(link_duplicates_the_configured_share)
{
    enum { N = 20000 };
    wzp_link link = link_of((wzp_link_cfg){
        .dup = 0.2, .delay_ns = MS, .jitter_ns = MS, .seed = 11});
    uint64_t copies = 0;
    for (uint64_t t = 1; t <= N; t++) {
        uint64_t due[WZP_LINK_COPIES_MAX] = {0};
        const int n = wzp_link_send(&link, t * MS, LEN, due);
        for (int i = 0; i < n; i++) {
            assert_in_range(due[i], t * MS, (t + 2) * MS);
        }
        copies += (uint64_t)n;
    }
    assert_int_equal(copies, N + link.stats.duplicated);
    assert_in_range(link.stats.duplicated, N * 0.19, N * 0.21);
}

WZP_TEST(link_rate_spaces_packets_by_their_length)
{
    /* 100 bytes at 80 kbit/s take 10 ms */
    wzp_link link = link_of((wzp_link_cfg){.rate_bps = 80000});
    assert_int_equal(send_one(&link, 1000 * MS), 1010 * MS);
    assert_int_equal(send_one(&link, 1000 * MS), 1020 * MS);
    assert_int_equal(send_one(&link, 1015 * MS), 1030 * MS);
    assert_int_equal(send_one(&link, 1100 * MS), 1110 * MS);
}

WZP_TEST(link_rate_limits_throughput_and_drops_the_rest)
{
    /* offered 160 kbit/s for 10 s to a bottleneck of 80 */
    wzp_link link = link_of((wzp_link_cfg){.rate_bps = 80000, .seed = 1});
    for (uint64_t i = 0; i < 2000; i++) {
        (void)send_one(&link, i * 5 * MS);
    }
    /* what passed in 10 s, and the queue of 15,000 bytes */
    assert_in_range(link.stats.delivered_bytes, 100000 + 14000, 100000 + 15000);
    assert_int_equal(link.stats.overflowed + link.stats.delivered, 2000);
}

WZP_TEST(link_queue_holds_no_more_than_its_bytes)
{
    wzp_link link =
        link_of((wzp_link_cfg){.rate_bps = 80000, .queue_bytes = 5 * LEN});
    int taken = 0;
    for (int i = 0; i < 20; i++) {
        taken += send_one(&link, MS) != 0;
    }
    assert_int_equal(taken, 5);
    assert_int_equal(link.stats.overflowed, 15);
    /* one packet has left, one more fits */
    assert_true(send_one(&link, 11 * MS) != 0);
    assert_true(send_one(&link, 11 * MS) == 0);
}

WZP_TEST(link_takes_new_conditions_while_running)
{
    wzp_link_cfg cfg = {.delay_ns = 10 * MS};
    wzp_link link = link_of(cfg);
    assert_int_equal(send_one(&link, MS), 11 * MS);

    cfg.loss = 1;
    wzp_link_set(&link, &cfg);
    assert_int_equal(send_one(&link, 2 * MS), 0);

    cfg.loss = 0;
    cfg.delay_ns = 30 * MS;
    wzp_link_set(&link, &cfg);
    assert_int_equal(send_one(&link, 3 * MS), 33 * MS);
    assert_int_equal(link.stats.packets, 3);
}

static uint64_t trace_of(uint64_t seed)
{
    wzp_link link = link_of((wzp_link_cfg){.loss = 0.1,
                                           .burst_ms = 30,
                                           .delay_ns = 40 * MS,
                                           .jitter_ns = 20 * MS,
                                           .rate_bps = 64000,
                                           .dup = 0.05,
                                           .seed = seed});
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t due[WZP_LINK_COPIES_MAX] = {0};
        const int n = wzp_link_send(&link, i * 10 * MS, LEN + i % 50, due);
        for (int k = 0; k < n; k++) {
            hash = (hash ^ due[k]) * 0x100000001b3u;
        }
    }
    return hash;
}

WZP_TEST(link_repeats_itself_from_its_seed)
{
    assert_true(trace_of(1) == trace_of(1));
    assert_true(trace_of(1) != trace_of(2));
}

WZP_TEST(link_loss_does_not_change_the_delays_of_the_survivors)
{
    const wzp_link_cfg cfg = {
        .delay_ns = 40 * MS, .jitter_ns = 20 * MS, .seed = 4};
    wzp_link_cfg lossy_cfg = cfg;
    lossy_cfg.loss = 0.3;
    wzp_link clean = link_of(cfg), lossy = link_of(lossy_cfg);

    for (uint64_t i = 1; i <= 1000; i++) {
        const uint64_t a = send_one(&clean, i * MS);
        const uint64_t b = send_one(&lossy, i * MS);
        assert_true(b == 0 || a == b);
    }
}

WZP_TEST(link_holds_back_the_configured_share_and_lets_others_overtake)
{
    enum { N = 20000 };
    wzp_link link = link_of((wzp_link_cfg){.delay_ns = 40 * MS,
                                           .reorder = 0.05,
                                           .reorder_ns = 7 * MS,
                                           .seed = 13});
    uint64_t held = 0, overtaken = 0, last = 0;
    for (uint64_t i = 1; i <= N; i++) {
        const uint64_t due = send_one(&link, i * 5 * MS);
        const uint64_t delay = due - i * 5 * MS;
        assert_true(delay == 40 * MS || delay == 47 * MS);
        held += delay == 47 * MS;
        overtaken += due < last;
        last = due;
    }
    assert_in_range(held, N * 0.045, N * 0.055);
    assert_int_equal(link.stats.held_back, held);
    /* all but those whose follower was held back as well */
    assert_in_range(overtaken, held * 9 / 10, held);
}

WZP_TEST(link_drops_and_counts_what_is_larger_than_its_mtu)
{
    wzp_link_cfg cfg = {.delay_ns = MS};
    wzp_link link = link_of(cfg);
    assert_true(send_one(&link, MS) != 0);

    cfg.mtu = LEN; /* a black hole that begins in mid-run */
    wzp_link_set(&link, &cfg);
    assert_true(send_one(&link, 2 * MS) != 0);
    cfg.mtu = LEN - 1;
    wzp_link_set(&link, &cfg);
    assert_true(send_one(&link, 3 * MS) == 0);
    assert_int_equal(link.stats.too_big, 1);
    assert_int_equal(link.stats.delivered, 2);
}

WZP_TEST(link_turns_one_bit_of_the_configured_share)
{
    enum { N = 20000 };
    wzp_link link = link_of((wzp_link_cfg){.corrupt = 0.02, .seed = 17});
    uint64_t spoiled = 0;
    for (uint64_t t = 1; t <= N; t++) {
        uint8_t data[LEN] = {0};
        unsigned bits = 0;
        (void)send_one(&link, t);
        wzp_link_spoil(&link, data);
        for (size_t i = 0; i < LEN; i++) {
            bits += (unsigned)__builtin_popcount(data[i]);
        }
        assert_int_equal(bits, link.is_corrupt ? 1 : 0);
        spoiled += bits;
    }
    assert_int_equal(link.stats.corrupted, spoiled);
    assert_in_range(spoiled, N * 0.017, N * 0.023);
}

WZP_TEST(link_faults_do_not_change_loss_and_delay)
{
    const wzp_link_cfg cfg = {
        .loss = 0.2, .delay_ns = 40 * MS, .jitter_ns = 20 * MS, .seed = 4};
    wzp_link_cfg faulty_cfg = cfg;
    faulty_cfg.reorder = 0.5;
    faulty_cfg.reorder_ns = 3 * MS;
    faulty_cfg.corrupt = 0.5;
    wzp_link plain = link_of(cfg), faulty = link_of(faulty_cfg);
    for (uint64_t i = 1; i <= 1000; i++) {
        const uint64_t a = send_one(&plain, i * MS);
        const uint64_t b = send_one(&faulty, i * MS);
        assert_true(b == a || (a != 0 && b == a + 3 * MS));
    }
}
