/* SPDX-License-Identifier: MIT */
/* The token bucket of a member. */
#include "signal/budget.h"

#include "support/harness.h"

static uint64_t take_all(wzp__budget *b, wzp_tstamp now, size_t members)
{
    uint64_t n = 0;
    while (wzp__budget_take(b, now, members, 1)) {
        n++;
    }
    return n;
}

WZP_TEST(a_new_budget_is_full_and_ends)
{
    wzp__budget b = {0};
    assert_int_equal(take_all(&b, WZP_S, 10), WZP__BUDGET_BURST(10));
    assert_int_equal(take_all(&b, WZP_S, 10), 0);
}

WZP_TEST(a_budget_fills_at_its_rate)
{
    wzp__budget b = {0};
    uint64_t n = 0;
    assert_true(take_all(&b, WZP_S, 10) > 0);
    /* odd steps: nothing is lost to rounding */
    for (wzp_tstamp t = 1; t <= 1000; t++) {
        n += take_all(&b, WZP_S + t * 9999999, 10);
    }
    assert_in_range(n, WZP__BUDGET_PER_S(10) * 10 - 2,
                    WZP__BUDGET_PER_S(10) * 10);
}

WZP_TEST(a_budget_is_never_more_than_full)
{
    wzp__budget b = {0};
    assert_true(wzp__budget_take(&b, WZP_S, 10, 1));
    assert_int_equal(take_all(&b, 100 * WZP_S, 10), WZP__BUDGET_BURST(10));
    assert_int_equal(take_all(&b, UINT64_MAX / 2, 1000),
                     WZP__BUDGET_BURST(1000));
}

WZP_TEST(what_is_too_much_takes_nothing)
{
    wzp__budget b = {0};
    assert_false(wzp__budget_take(&b, WZP_S, 10, WZP__BUDGET_BURST(10) + 1));
    assert_int_equal(take_all(&b, WZP_S, 10), WZP__BUDGET_BURST(10));
}

/* What a member sends that follows secure-media.md 5 in a room where somebody
 * leaves all the time: see budget.h. */
static const size_t ROOMS[] = {2, 10, 40, 50, 64, 200, 1000, 1600};

static size_t room_count(void)
{
    return sizeof ROOMS / sizeof *ROOMS;
}

/* One message with a box of some 130 bytes for every other member. */
static bool send_boxes(wzp__budget *b, wzp_tstamp now, size_t members)
{
    const uint64_t read = 2 + 130 * members / WZP__BUDGET_BYTES;
    return wzp__budget_take(b, now, members, read + members - 1);
}

static void restless(size_t row)
{
    const size_t n = ROOMS[row];
    const unsigned copies = n <= 64 ? 3 : 1;
    const wzp_tstamp each = n * 5 * WZP_MS;
    const wzp_tstamp step = each > 200 * WZP_MS ? each : 200 * WZP_MS;
    wzp__budget b = {0};
    wzp_tstamp now = WZP_S;
    /* packages, asked for by 64 */
    assert_true(wzp__budget_take(&b, now, n, n + n / 64 + 1));
    for (unsigned c = 0; c < copies; c++) { /* it came: pairs and keys */
        assert_true(wzp__budget_take(&b, now, n, 2 * (n - 1)));
        assert_true(send_boxes(&b, now, n));
    }
    for (unsigned generation = 0; generation < 300; generation++) {
        now += step;
        for (unsigned c = 0; c < copies; c++) {
            assert_true(send_boxes(&b, now, n));
        }
    }
}

WZP_ROWS(a_speaker_of_a_restless_room_is_never_refused, room_count, restless);
