/* SPDX-License-Identifier: MIT */
/* The ring of events. */
#include "event_queue.h"

#include "support/harness.h"

#include <stdlib.h>

WZP_TEST(events_come_out_in_order_with_their_room)
{
    wzp__event_queue *q = calloc(1, sizeof *q);
    wzp_relay_event ev = {.kind = WZP_RELAY_JOINED};
    assert_non_null(q);
    assert_false(wzp__event_queue_take(q, &ev));
    assert_false(wzp__event_queue_insert(q, &ev, "one"));
    ev.kind = WZP_RELAY_LEFT;
    assert_false(wzp__event_queue_insert(q, &ev, "two"));
    assert_true(wzp__event_queue_take(q, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_JOINED);
    assert_string_equal(ev.room, "one");
    assert_int_equal(ev.size, sizeof ev);
    assert_true(wzp__event_queue_take(q, &ev));
    assert_string_equal(ev.room, "two");
    assert_false(wzp__event_queue_take(q, &ev));
    free(q);
}

WZP_TEST(a_full_event_queue_loses_the_oldest)
{
    wzp__event_queue *q = calloc(1, sizeof *q);
    wzp_relay_event ev = {0};
    size_t lost = 0;
    assert_non_null(q);
    for (int i = 0; i < WZP__EVENTS_MAX + 3; i++) {
        ev.err = -i;
        lost += wzp__event_queue_insert(q, &ev, "") ? 1 : 0;
    }
    assert_int_equal(lost, 3);
    assert_true(wzp__event_queue_take(q, &ev));
    assert_int_equal(ev.err, -3);
    free(q);
}
