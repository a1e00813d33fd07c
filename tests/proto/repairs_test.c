/* SPDX-License-Identifier: MIT */
/* The wait for repairs: up at once, one in thirty left out, over when no more
 * loss is to be expected.
 */
#include "media/repairs.h"

#include "support/harness.h"

WZP_TEST(repairs_want_nothing_where_nothing_was_lost)
{
    wzp__repairs r = {.n = 0};
    assert_true(wzp__repairs_wanted(&r, 0) == INT64_MIN);
    wzp__repairs_add(&r, 1000, 70);
    assert_int_equal(wzp__repairs_wanted(&r, 15001000), 70);
    assert_true(wzp__repairs_wanted(&r, 15001001) == INT64_MIN);
}

WZP_TEST(repairs_wait_for_bursts_that_come_every_five_seconds)
{
    wzp__repairs r = {.n = 0};
    for (int64_t burst = 0; burst < 3; burst++) {
        for (int64_t i = 0; i < 12; i++) { /* known with one packet */
            wzp__repairs_add(&r, 5000000 * burst, 40 * i);
        }
    }
    assert_int_equal(wzp__repairs_wanted(&r, 24900000), 440);
    assert_true(wzp__repairs_wanted(&r, 25000001) == INT64_MIN); /* 15 s */
}

WZP_TEST(repairs_end_soon_after_steady_loss)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 0; i < 200; i++) {
        wzp__repairs_add(&r, 200000 * i, 100);
    }
    assert_int_equal(wzp__repairs_wanted(&r, 199 * 200000 + 2500000), 100);
    assert_true(wzp__repairs_wanted(&r, 199 * 200000 + 2500001) == INT64_MIN);
}

WZP_TEST(repairs_leave_out_three_of_a_hundred)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 1; i <= 100; i++) {
        wzp__repairs_add(&r, 0, i);
        if (i < 34) { /* one of 33 is still more than 3 % */
            assert_int_equal(wzp__repairs_wanted(&r, 0), i);
        }
    }
    assert_int_equal(wzp__repairs_wanted(&r, 0), 97);
}

WZP_TEST(repairs_look_back_on_the_last_128)
{
    wzp__repairs r = {.n = 0};
    for (int64_t i = 0; i < 10; i++) {
        wzp__repairs_add(&r, 0, 900);
    }
    for (int64_t i = 0; i < WZP__REPAIRS_MAX; i++) {
        assert_int_equal(wzp__repairs_wanted(&r, 0),
                         i < WZP__REPAIRS_MAX - 3 ? 900 : 20);
        wzp__repairs_add(&r, 0, 20);
    }
    assert_int_equal(wzp__repairs_wanted(&r, 0), 20);
}
