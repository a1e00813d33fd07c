/* SPDX-License-Identifier: MIT */
/* The log of what was sent. */
#include "media/sent.h"

#include "support/harness.h"

static wzp__sent s;

/* n packets of 100 bytes, a frame each, every 20 ms from 1 s on. */
static void send(uint16_t first, unsigned n)
{
    s = (wzp__sent){0};
    for (unsigned i = 0; i < n; i++) {
        wzp__sent_note(&s, WZP_S + i * 20 * WZP_MS, (uint16_t)(first + i), 100);
    }
}

WZP_TEST(sent_packet_is_found_with_what_came_after_it)
{
    wzp__sent_view v;
    send(65530, 20); /* the numbers wrap */
    assert_true(wzp__sent_find(&s, 65532, &v));
    assert_true(v.at == WZP_S + 40 * WZP_MS);
    assert_true(v.has_more);
    assert_true(v.next == WZP_S + 60 * WZP_MS);
    assert_int_equal(v.arrived, 300);
    assert_int_equal(v.after, 1700);
}

WZP_TEST(sent_packet_that_is_the_newest_has_nothing_after_it)
{
    wzp__sent_view v;
    send(7, 3);
    assert_true(wzp__sent_find(&s, 9, &v));
    assert_false(v.has_more);
    assert_int_equal(v.arrived, 300);
    assert_int_equal(v.after, 0);
}

WZP_TEST(sent_frame_in_the_middle_of_a_bundle_is_found_by_its_packet)
{
    wzp__sent_view v;
    s = (wzp__sent){0};
    wzp__sent_note(&s, WZP_S, 0, 100);
    wzp__sent_note(&s, 2 * WZP_S, 4, 100);
    assert_true(wzp__sent_find(&s, 3, &v));
    assert_true(v.at == WZP_S);
}

WZP_TEST(sent_log_forgets_the_oldest_and_takes_a_frame_to_come_for_the_newest)
{
    wzp__sent_view v;
    send(0, WZP__SENT_MAX + 10);
    assert_false(wzp__sent_find(&s, 9, &v));
    assert_true(wzp__sent_find(&s, 10, &v));
    assert_true(wzp__sent_find(&s, WZP__SENT_MAX + 500, &v));
    assert_false(v.has_more);
    assert_int_equal(v.after, 0);
    s = (wzp__sent){0};
    assert_false(wzp__sent_find(&s, 0, &v));
}

WZP_TEST(sent_bytes_are_counted_since_a_moment)
{
    send(0, 10);
    assert_int_equal(wzp__sent_since(&s, WZP_S + 100 * WZP_MS), 500);
    assert_int_equal(wzp__sent_since(&s, 0), 1000);
    assert_int_equal(wzp__sent_since(&s, 2 * WZP_S), 0);
}
