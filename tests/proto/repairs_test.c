/* SPDX-License-Identifier: MIT */
/* The wait for repairs: up at once, a few left out, over when no more
 * loss is to be expected.
 */
#include "media/repairs.h"

#include "support/harness.h"

WZP_TEST(repairs_want_nothing_where_nothing_was_lost)
{
    wzp__repairs r = {.n = 0};
    assert_true(wzp__repairs_wanted(&r, 0, 3) == INT64_MIN);
    wzp__repairs_add(&r, 1000, 70);
    assert_int_equal(wzp__repairs_wanted(&r, 15001000, 3), 70);
    assert_true(wzp__repairs_wanted(&r, 15001001, 3) == INT64_MIN);
}

WZP_TEST(repairs_wait_for_bursts_that_come_every_five_seconds)
{
    wzp__repairs r = {.n = 0};
    for (int64_t burst = 0; burst < 3; burst++) {
        for (int64_t i = 0; i < 12; i++) { /* known with one packet */
            wzp__repairs_add(&r, 5000000 * burst, 40 * i);
        }
    }
    assert_int_equal(wzp__repairs_wanted(&r, 24900000, 3), 440);
    assert_true(wzp__repairs_wanted(&r, 25000001, 3) == INT64_MIN); /* 15 s */
}

WZP_TEST(repairs_end_soon_after_steady_loss)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 0; i < 200; i++) {
        wzp__repairs_add(&r, 200000 * i, 100);
    }
    assert_int_equal(wzp__repairs_wanted(&r, 199 * 200000 + 2500000, 3), 100);
    assert_true(wzp__repairs_wanted(&r, 199 * 200000 + 2500001, 3) ==
                INT64_MIN);
}

WZP_TEST(repairs_leave_out_as_many_as_they_are_told)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 1; i <= 100; i++) {
        wzp__repairs_add(&r, 0, i);
        if (i < 35) { /* of 33 others one is 3 % */
            assert_int_equal(wzp__repairs_wanted(&r, 0, 3), i);
        }
    }
    wzp__repairs_add(&r, 0, 0);
    assert_int_equal(wzp__repairs_wanted(&r, 0, 3), 97);
    assert_int_equal(wzp__repairs_wanted(&r, 0, 0), 100);
    assert_int_equal(wzp__repairs_wanted(&r, 0, WZP__REPAIRS_LEFT_OUT_MAX),
                     100 - WZP__REPAIRS_LEFT_OUT_MAX);
}

WZP_TEST(repairs_look_back_on_the_last_256)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 0; i < 10; i++) {
        wzp__repairs_add(&r, 0, 900);
    }
    for (int64_t i = 0; i < WZP__REPAIRS_MAX; i++) {
        assert_int_equal(wzp__repairs_wanted(&r, 0, 3),
                         i < WZP__REPAIRS_MAX - 7 ? 900 : 20);
        wzp__repairs_add(&r, 0, 20);
    }
    assert_int_equal(wzp__repairs_wanted(&r, 0, 3), 20);
}
