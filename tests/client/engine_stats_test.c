/* SPDX-License-Identifier: MIT */
/* What an engine counts: sums that survive the end of a connection, sizes of
 * older hosts, the event once a second.
 */
#include "client/small_call.h"

WZP_TEST(engine_stats_add_up_in_a_call)
{
    sc *c = sc_call();

    const size_t sealed = sc_talk(c, 100);
    const wzp_client_stats s = sc_stats(c);

    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_int_equal(s.members, 1);
    assert_int_equal(s.packets_sent + s.packets_unsent, s.frames_encoded);
    assert_true(s.frames_captured >= s.frames_encoded);
    assert_in_range(s.packets_received, sealed - 2, sealed);
    assert_true(s.group.opened >= s.packets_received);
    assert_true(s.tx_bytes > s.tx_packets);
    assert_in_range(s.rtt_us, 9000, 60000); /* 5 ms each way */
    assert_true(s.capture_start < s.playout_start);
    assert_true(s.playout_start <= c->w->now);
    assert_int_equal(s.capture_overflow, 0);
    sc_free(c);
}

WZP_TEST(engine_stats_event_comes_once_a_second)
{
    sc *c = sc_new();
    sc_join(c);
    const size_t before = sc_count(c, WZP_EVENT_STATS);

    sc_run(c, 5 * WZP_S);

    assert_in_range(sc_count(c, WZP_EVENT_STATS) - before, 5, 6);
    for (size_t i = 0; i < c->n_events; i++) {
        if (c->events[i].kind == WZP_EVENT_STATS) {
            assert_int_equal(c->events[i].u.stats.now, c->events[i].at);
            assert_int_equal(c->events[i].u.stats.size,
                             sizeof(wzp_client_stats));
        }
    }
    sc_free(c);
}

WZP_TEST(engine_stats_keep_the_path_of_a_connection_that_ended)
{
    sc *c = sc_call();
    sc_talk(c, 50);
    const wzp_client_stats before = sc_stats(c);

    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);

    const wzp_client_stats after = sc_stats(c);
    assert_int_equal(after.state, WZP_CLIENT_IDLE);
    assert_true(after.tx_packets >= before.tx_packets);
    assert_true(after.tx_bytes >= before.tx_bytes);
    assert_true(after.rx_packets >= before.rx_packets);
    assert_true(after.packets_received >= before.packets_received);
    sc_free(c);
}

WZP_TEST(engine_stats_never_go_back_over_a_reconnect)
{
    sc *c = sc_call();
    sc_talk(c, 50);
    const wzp_client_stats before = sc_stats(c);

    ASSERT_OK(wzp_endpoint_close(c->w->relay, c->w->now, c->w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sc_run(c, 3 * WZP_S);

    const wzp_client_stats after = sc_stats(c);
    assert_int_equal(after.state, WZP_CLIENT_JOINED);
    assert_int_equal(after.reconnects, 1);
    assert_true(after.tx_bytes > before.tx_bytes);
    assert_true(after.rx_bytes > before.rx_bytes);
    assert_true(after.frames_played >= before.frames_played);
    assert_true(after.packets_sent >= before.packets_sent);
    sc_free(c);
}

WZP_TEST(engine_stats_fill_what_an_older_host_knows)
{
    sc *c = sc_new();
    sc_join(c);
    wzp_client_stats s;
    memset(&s, 0x55, sizeof s);
    s.size = offsetof(wzp_client_stats, frames_captured);

    wzp_engine_stats_get(c->e, &s);

    assert_int_equal(s.size, offsetof(wzp_client_stats, frames_captured));
    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_int_equal(s.frames_captured, UINT64_C(0x5555555555555555));
    sc_free(c);
}

WZP_TEST(engine_stats_count_the_keep_alives)
{
    sc *c = sc_call();

    sc_run(c, 12 * WZP_S);

    /* At least every 5 s; how much oftener is for the group to say. */
    assert_in_range(sc_stats(c).control_sent, 2, 14);
    assert_in_range(c->control, 2, sc_stats(c).control_sent);
    sc_free(c);
}
