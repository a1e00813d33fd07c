/* SPDX-License-Identifier: MIT */
/* The way out: one connection's trouble stays its own. */
#include "egress.h"

#include "rig.h"

static wzp__egress egress_of(rig *r, wzp_relay_stats *stats, const wzp_log *log)
{
    return (wzp__egress){.ep = fake,
                         .arena = r->out,
                         .stats = stats,
                         .log = log,
                         .routed_max = 1000};
}

WZP_TEST(a_signal_is_counted_when_queued_and_not_when_refused)
{
    rig r;
    rig_new(&r);
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp__egress eg = egress_of(&r, &stats, &log);
    wzp_conn_id conn = rig_accept(&r, "lobby");
    wzp_signal ping = {.kind = WZP_SIG_PING, .u.ping = {42}};
    wzp__egress_signal(&eg, r.now, conn, &ping);
    assert_int_equal(stats.signals_out, 1);
    wzp__egress_signal(&eg, r.now, 77, &ping);
    assert_int_equal(stats.signals_out, 1);
    wzp_signal got;
    rig_expect(&r, conn, WZP_SIG_PING, &got);
    assert_int_equal(got.u.ping.timestamp_ms, 42);
    rig_free(&r);
}

WZP_TEST(a_receiver_that_owes_too_much_takes_nothing_from_others)
{
    rig r;
    rig_new(&r);
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp__egress eg = egress_of(&r, &stats, &log);
    wzp_conn_id conn = rig_accept(&r, "lobby");
    assert_true(wzp__egress_takes_routed(&eg, conn));
    fake->conns[conn].queued = 1000;
    assert_false(wzp__egress_takes_routed(&eg, conn));
    assert_false(wzp__egress_takes_routed(&eg, 77));
    rig_free(&r);
}

WZP_TEST(a_datagram_for_nobody_is_counted_as_dropped)
{
    rig r;
    rig_new(&r);
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp__egress eg = egress_of(&r, &stats, &log);
    wzp_conn_id conn = rig_accept(&r, "lobby");
    wzp_pkt *pkt = wzp_pkt_get(fake->pool);
    wzp__egress_dgram(&eg, r.now, conn, pkt);
    wzp__egress_dgram(&eg, r.now, 77, pkt);
    assert_int_equal(stats.media_out, 1);
    assert_int_equal(stats.media_dropped_queue, 1);
    wzp_pkt_unref(pkt);
    rig_free(&r);
}

WZP_TEST(whoever_cannot_be_told_for_want_of_memory_is_let_go_to_come_again)
{
    rig r;
    rig_new(&r);
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp__egress eg = egress_of(&r, &stats, &log);
    wzp_conn_id conn = rig_accept(&r, "lobby");
    wzp_conn_id other = rig_accept(&r, "lobby");
    wzp_signal ping = {.kind = WZP_SIG_PING, .u.ping = {42}};
    fake->conns[conn].has_no_memory = true;
    wzp__egress_signal(&eg, r.now, conn, &ping);
    wzp__egress_signal(&eg, r.now, other, &ping);
    assert_true(fake->conns[conn].is_closed_by_us);
    assert_int_equal(fake->conns[conn].code, WZP_CLOSE_FULL);
    assert_string_equal(fake->conns[conn].reason, "relay is out of memory");
    assert_false(fake->conns[other].is_closed_by_us);
    rig_free(&r);
}
