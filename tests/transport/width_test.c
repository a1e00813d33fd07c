/* SPDX-License-Identifier: MIT */
#include "quic/width.h"

#include "support/harness.h"

#define RTT (50 * WZP_MS)

static wzp__width sent_wide(uint32_t count)
{
    wzp__width w;
    wzp__width_reset(&w);
    for (uint32_t i = 0; i < count; i++) {
        wzp__width_sent(&w, i * WZP_MS, 100 + i, 1300);
    }
    return w;
}

WZP_TEST(width_narrows_when_no_wide_packet_is_heard_of_for_a_second)
{
    wzp__width w = sent_wide(4);
    assert_false(wzp__width_narrow(&w, 999 * WZP_MS, RTT));
    assert_int_equal(w.max, 1452);
    assert_true(wzp__width_narrow(&w, WZP_S, RTT));
    assert_int_equal(w.max, 1200);
    wzp__width_reset(&w);
    assert_int_equal(w.max, 1452);
}

WZP_TEST(width_waits_three_round_trips_where_they_are_longer)
{
    wzp__width w = sent_wide(4);
    assert_false(wzp__width_narrow(&w, 2 * WZP_S, WZP_S));
    assert_true(wzp__width_narrow(&w, 3 * WZP_S, WZP_S));
}

WZP_TEST(width_stays_after_few_tries)
{
    wzp__width w = sent_wide(3);
    assert_false(wzp__width_narrow(&w, 100 * WZP_S, RTT));
}

WZP_TEST(width_stays_when_something_wide_arrived)
{
    wzp__width w = sent_wide(10);
    wzp__width_acked(&w, 105);
    assert_false(wzp__width_narrow(&w, 100 * WZP_S, RTT));
    w = sent_wide(10);
    wzp__width_acked_stream(&w, 1300);
    assert_false(wzp__width_narrow(&w, 100 * WZP_S, RTT));
}

WZP_TEST(width_is_not_proven_by_short_packets)
{
    wzp__width w = sent_wide(10);
    for (uint64_t serial = 110; serial < 200; serial++) {
        wzp__width_sent(&w, 20 * WZP_MS, serial, 1200);
        wzp__width_acked(&w, serial);
        wzp__width_acked_stream(&w, 1160);
    }
    assert_true(wzp__width_narrow(&w, WZP_S, RTT));
}
