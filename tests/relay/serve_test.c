/* SPDX-License-Identifier: MIT */
/* Signals of members. */
#include "signal/serve.h"

#include "rig.h"

WZP_TEST(ping_is_answered_with_its_own_time)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, &c, 1, 0, "lobby");
    wzp_signal ping = {.kind = WZP_SIG_PING,
                       .u.ping = {UINT64_C(1800000000123)}};
    rig_signal(&r, c.conn, &ping);
    rig_expect(&r, c.conn, WZP_SIG_PONG, &sig);
    assert_int_equal(sig.u.ping.timestamp_ms, UINT64_C(1800000000123));
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(hangup_leaves_the_room)
{
    rig r;
    rig_client c[2];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_signal bye = {.kind = WZP_SIG_HANGUP};
    rig_signal(&r, c[0].conn, &bye);
    rig_expect_closed(c[0].conn, WZP_CLOSE_NORMAL);
    assert_int_equal(rig_stats(&r).members, 1);
    assert_int_equal(rig_stats(&r).conns, 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(room_sync_is_answered_with_the_whole_roster)
{
    rig r;
    rig_client c[3];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    wzp_signal sync = {.kind = WZP_SIG_ROOM_SYNC, .u.room_sync = {1}};
    rig_signal(&r, c[1].conn, &sync);
    rig_expect(&r, c[1].conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 3);
    assert_true(sig.u.room_update.rev.has);
    rig_expect_none(&r, c[0].conn);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(a_legacy_member_gets_no_answer_to_room_sync)
{
    rig r;
    rig_client c[2];
    rig_new_legacy(&r);
    rig_room(&r, c, 2, 1, "lobby");
    wzp_signal sync = {.kind = WZP_SIG_ROOM_SYNC, .u.room_sync = {1}};
    rig_signal(&r, c[1].conn, &sync);
    rig_expect_none(&r, c[1].conn);
    assert_int_equal(rig_stats(&r).signals_refused, 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(loss_reports_are_counted)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_room(&r, &c, 1, 0, "lobby");
    wzp_signal loss = {.kind = WZP_SIG_LOSS_RECOVERY_UPDATE};
    rig_signal(&r, c.conn, &loss);
    assert_int_equal(rig_stats(&r).loss_reports, 1);
    rig_client_free(&c);
    rig_free(&r);
}

/* Nothing of this ends the connection, and none of it is answered. */
static const struct {
    const char *json;
    uint64_t ignored, unknown, malformed;
} ODD[] = {
    {"\"Hold\"", 1, 0, 0},
    {"\"Mute\"", 1, 0, 0},
    {"{\"Pong\":{\"timestamp_ms\":1}}", 1, 0, 0},
    {"\"Reflect\"", 1, 0, 0},
    {"{\"AuthToken\":{\"token\":\"x\"}}", 1, 0, 0},
    {"\"FromTheFuture\"", 0, 1, 0},
    {"{\"FromTheFuture\":{\"x\":1}}", 0, 1, 0},
    {"{\"Ping\":{}}", 0, 0, 1},
    {"{\"Ping\":", 0, 0, 1},
    {"", 0, 0, 1},
    {"\xff\xfe", 0, 0, 1},
};

static size_t count_odd(void)
{
    return sizeof ODD / sizeof ODD[0];
}

static void run_odd(size_t row)
{
    rig r;
    rig_client c[2];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_text(&r, c[0].conn, ODD[row].json, strlen(ODD[row].json));
    wzp_relay_stats s = rig_stats(&r);
    assert_int_equal(s.signals_ignored, ODD[row].ignored);
    assert_int_equal(s.signals_unknown, ODD[row].unknown);
    assert_int_equal(s.signals_malformed, ODD[row].malformed);
    assert_int_equal(s.members, 2);
    rig_expect_none(&r, c[0].conn);
    rig_expect_none(&r, c[1].conn);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_ROWS(an_odd_signal_is_counted_and_skipped, count_odd, run_odd);

WZP_TEST(large_messages_use_up_the_budget_sooner)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_room(&r, &c, 1, 0, "lobby");
    static char text[900000]; /* two are more than a full budget */
    memset(text, ' ', sizeof text);
    rig_text(&r, c.conn, text, sizeof text); /* parsed, and nothing in it */
    rig_text(&r, c.conn, text, sizeof text); /* not even parsed */
    assert_int_equal(rig_stats(&r).signals_malformed, 1);
    assert_int_equal(rig_stats(&r).signals_refused, 1);
    assert_int_equal(rig_stats(&r).members, 1);
    rig_client_free(&c);
    rig_free(&r);
}
