/* SPDX-License-Identifier: MIT */
#include "quic/ackhold.h"

#include "support/harness.h"

#define T0 (100 * WZP_S)

WZP_TEST(ackhold_writes_after_ten_packets)
{
    wzp__ackhold h = {0};
    for (int i = 1; i < WZP__ACK_PACKETS; i++) {
        assert_false(wzp__ackhold_received(&h, T0, true));
    }
    assert_true(wzp__ackhold_received(&h, T0, true));
    wzp__ackhold_wrote(&h, T0, 800 * WZP_MS);
    assert_int_equal(h.packets, 0);
}

WZP_TEST(ackhold_writes_95_ms_after_the_first_packet)
{
    wzp__ackhold h = {0};
    assert_false(wzp__ackhold_received(&h, T0, true));
    assert_false(wzp__ackhold_received(&h, T0 + 60 * WZP_MS, true));
    assert_true(wzp__ackhold_deadline(&h, T0 + WZP_MS) == T0 + 95 * WZP_MS);
}

WZP_TEST(ackhold_lets_an_early_timer_ride_95_ms_behind_a_packet)
{
    wzp__ackhold h = {0};
    assert_false(wzp__ackhold_received(&h, T0, false));
    assert_true(wzp__ackhold_deadline(&h, T0 + WZP_MS) == T0 + 95 * WZP_MS);
    assert_true(wzp__ackhold_deadline(&h, T0 + WZP_S) == T0 + WZP_S);
}

WZP_TEST(ackhold_ends_only_when_ngtcp2_would_have_acknowledged)
{
    wzp__ackhold h = {0};
    (void)wzp__ackhold_received(&h, T0, true);
    /* An eighth of 80 ms has not passed: no acknowledgement was in it. */
    wzp__ackhold_wrote(&h, T0 + 5 * WZP_MS, 80 * WZP_MS);
    assert_int_equal(h.packets, 1);
    wzp__ackhold_wrote(&h, T0 + 10 * WZP_MS, 80 * WZP_MS);
    assert_int_equal(h.packets, 0);
}

WZP_TEST(ackhold_ends_at_95_ms_on_very_long_paths)
{
    wzp__ackhold h = {0};
    (void)wzp__ackhold_received(&h, T0, true);
    wzp__ackhold_wrote(&h, T0 + 95 * WZP_MS, 5 * WZP_S);
    assert_int_equal(h.packets, 0);
}
