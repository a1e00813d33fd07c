/* SPDX-License-Identifier: MIT */
/* The delay estimator: rises with the second packet, falls when 2.5 s
 * have passed, forgives one stall. A stream of packets every 20 ms; ms below.
 */
#include "media/delay.h"

#include "support/harness.h"

typedef struct path {
    wzp__delay delay;
    int64_t i; /* packets sent */
} path;

static path new_path(uint16_t start_ms, bool is_mobile)
{
    const wzp__delay_config cfg = {.min_ms = 0,
                                   .max_ms = 400,
                                   .start_ms = start_ms,
                                   .is_mobile = is_mobile};
    path p = {.i = 0};
    wzp__delay_init(&p.delay, &cfg);
    return p;
}

/* Packets of this transit, in µs. */
static void add_us(path *p, int64_t transit, unsigned times)
{
    for (unsigned n = 0; n < times; n++, p->i++) {
        wzp__delay_add(&p->delay, p->i * 20000 + transit, transit, transit);
    }
}

static void add(path *p, int64_t transit_ms, unsigned times)
{
    add_us(p, transit_ms * 1000, times);
}

static int target_ms(const path *p)
{
    return (int)(p->delay.target / 1000);
}

WZP_TEST(delay_of_a_steady_stream_falls_from_its_start_to_nothing)
{
    path p = new_path(60, false);
    assert_int_equal(target_ms(&p), 60);
    add(&p, -5000, 25);
    assert_in_range(target_ms(&p), 25, 35);
    add(&p, -5000, 26);
    assert_int_equal(p.delay.target, 0);
    assert_int_equal(p.delay.base, -5000000);
    assert_int_equal(p.delay.jitter_q4, 0);
}

WZP_TEST(delay_rises_with_the_second_packet_and_falls_soon)
{
    path p = new_path(0, false);
    add(&p, 100, 100);
    add(&p, 200, 1);
    assert_int_equal(target_ms(&p), 0);
    add(&p, 200, 1);
    assert_int_equal(target_ms(&p), 100);
    add(&p, 100, 120);
    assert_int_equal(target_ms(&p), 100);
    add(&p, 100, 20);
    assert_int_equal(target_ms(&p), 0);
}

/* All that waited behind the first comes at once. */
static void stall(path *p, int64_t ms)
{
    const int64_t until = p->i * 20000 + ms * 1000;
    for (; p->i * 20000 < until; p->i++) {
        const int64_t transit = until - p->i * 20000;
        wzp__delay_add(&p->delay, until, transit, transit);
    }
}

WZP_TEST(delay_forgives_one_stall_and_expects_a_third)
{
    path p = new_path(0, false);
    add(&p, 0, 200);
    stall(&p, 300);
    assert_int_equal(target_ms(&p), 0);
    add(&p, 0, 200);
    stall(&p, 200); /* 4 s later */
    assert_int_equal(target_ms(&p), 200);
    add(&p, 0, 100);
    assert_int_equal(target_ms(&p), 200);
    add(&p, 0, 60);
    assert_int_equal(target_ms(&p), 0);
}

WZP_TEST(delay_of_a_mobile_path_remembers_one_stall_for_ten_seconds)
{
    path p = new_path(0, true);
    add(&p, 0, 200);
    stall(&p, 300);
    assert_int_equal(target_ms(&p), 300);
    add(&p, 0, 450);
    assert_int_equal(target_ms(&p), 300);
    add(&p, 0, 60);
    assert_int_equal(target_ms(&p), 0);
}

WZP_TEST(delay_stays_within_its_bounds)
{
    const wzp__delay_config cfg = {.min_ms = 30, .max_ms = 200, .start_ms = 60};
    path p = {.i = 0};
    wzp__delay_init(&p.delay, &cfg);
    add(&p, 0, 1);
    add(&p, 1000, 50);
    assert_int_equal(target_ms(&p), 200);
    add(&p, 0, 300);
    assert_int_equal(target_ms(&p), 30);
}

WZP_TEST(delay_base_follows_a_drifting_clock)
{
    path p = new_path(0, false);
    for (int64_t i = 0; i < 6000; i++) {
        add_us(&p, 10 * i, 1); /* 500 ppm */
    }
    assert_in_range(p.delay.base, 60000 - 6000, 60000);
    assert_in_range(p.delay.target, 0, 6000);
}

WZP_TEST(delay_is_ahead_of_a_queue_that_fills)
{
    path p = new_path(0, false);
    add(&p, 0, 200);
    for (int64_t i = 0; i < 100; i++) {
        add_us(&p, 1000 * i, 1); /* 50 ms in a second */
    }
    assert_in_range(p.delay.gradient_us_s, 47000, 49000);
    assert_in_range(p.delay.target, 99000 + 9000, 99000 + 13000);
}

WZP_TEST(delay_knows_the_jitter_of_rfc_3550)
{
    path p = new_path(0, false);
    for (unsigned i = 0; i < 500; i++) {
        add(&p, (i % 2) ? 10 : 0, 1);
    }
    assert_in_range(p.delay.jitter_q4 / 16, 9000, 10000);
}
