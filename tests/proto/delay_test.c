/* SPDX-License-Identifier: MIT */
/* The delay estimator: rises at once, falls slowly, forgives one per cent.
 */
#include "media/delay.h"

#include "support/harness.h"

static void add(wzp__delay *d, int64_t transit, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        wzp__delay_add(d, transit, 20);
    }
}

WZP_TEST(delay_of_a_steady_stream_falls_to_one_frame)
{
    wzp__delay d;
    wzp__delay_init(&d, 20, 400, 60);
    assert_int_equal(wzp__delay_target(&d), 60);
    add(&d, -5000, 50);
    assert_in_range(wzp__delay_target(&d), 25, 50);
    add(&d, -5000, 1000);
    assert_in_range(wzp__delay_target(&d), 20, 21);
    assert_int_equal(d.base, -5000);
    assert_int_equal(wzp__delay_jitter(&d), 0);
}

WZP_TEST(delay_rises_at_once_and_falls_slowly)
{
    wzp__delay d;
    wzp__delay_init(&d, 20, 400, 20);
    add(&d, 100, WZP__DELAY_WINDOW);
    add(&d, 200, 3); /* more than 1 % of the window */
    assert_int_equal(wzp__delay_target(&d), 120);
    add(&d, 100, 100);
    assert_int_equal(wzp__delay_target(&d), 120); /* still in the window */
    add(&d, 100, 200);
    assert_in_range(wzp__delay_target(&d), 30, 80);
    add(&d, 100, 500);
    assert_in_range(wzp__delay_target(&d), 20, 21);
}

WZP_TEST(delay_forgives_one_per_cent)
{
    wzp__delay d;
    wzp__delay_init(&d, 20, 400, 20);
    for (unsigned i = 0; i < 4 * WZP__DELAY_WINDOW; i++) {
        add(&d, (i % 125 == 124) ? 900 : 100, 1); /* 0.8 % */
    }
    assert_in_range(wzp__delay_target(&d), 20, 21);
}

WZP_TEST(delay_stays_within_its_bounds)
{
    wzp__delay d;
    wzp__delay_init(&d, 30, 200, 60);
    add(&d, 0, 1);
    add(&d, 100000, 100);
    assert_int_equal(wzp__delay_target(&d), 200);
    add(&d, 0, 2000);
    assert_in_range(wzp__delay_target(&d), 30, 31);
}

WZP_TEST(delay_base_follows_a_drifting_clock)
{
    wzp__delay d;
    wzp__delay_init(&d, 20, 400, 20);
    for (int64_t i = 0; i < 3000; i++) {
        add(&d, i / 10, 1); /* 100 ms in 1,000 packets: a bad clock */
    }
    assert_in_range(d.base, 270, 280);
    assert_in_range(wzp__delay_target(&d), 20, 50);
}

WZP_TEST(delay_knows_the_jitter_of_rfc_3550)
{
    wzp__delay d;
    wzp__delay_init(&d, 20, 400, 20);
    for (unsigned i = 0; i < 500; i++) {
        add(&d, (i % 2) ? 10 : 0, 1);
    }
    assert_in_range(wzp__delay_jitter(&d), 9, 10);
}
