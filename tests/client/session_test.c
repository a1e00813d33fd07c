/* SPDX-License-Identifier: MIT */
/* Membership in a room, with real endpoints in virtual time and a relay of a
 * few lines (small_relay.h): joining, refusals, signals, leaving. Which room:
 * session_room_test.c; which relay: session_pins_test.c; coming back:
 * session_back_test.c.
 */
#include "client/small_relay.h"

/* --- joining -------------------------------------------------------------- */

WZP_TEST(session_joins_a_good_relay)
{
    sr *w = sr_new();

    sr_start(w, "room");
    sr_run(w, WZP_S);

    const wzp_client_state want[] = {WZP_CLIENT_CONNECTING, WZP_CLIENT_JOINING,
                                     WZP_CLIENT_JOINED};
    size_t n = 0;
    for (size_t i = 0; i < w->n_events; i++) {
        if (w->events[i].kind == WZP__SESSION_STATE) {
            assert_true(n < 3);
            assert_int_equal(w->events[i].state, want[n++]);
        }
    }
    assert_int_equal(n, 3);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_non_null(wzp__session_group(w->session));
    assert_int_equal(wzp__session_epoch(w->session), 1);
    assert_int_equal(w->offers, 1);
    ASSERT_OK(w->offer_err);
    assert_string_equal(wzp__session_relay(w->session), SR_RELAY);
    sr_free(w);
}

WZP_TEST(session_pins_a_relay_it_sees_first_when_that_proved_itself)
{
    sr *w = sr_new();

    sr_start(w, "room");
    sr_run(w, WZP_S);

    const wzp__session_event *ev = sr_find(w, WZP__SESSION_PIN);
    assert_non_null(ev);
    assert_true(ev->is_first);
    assert_memory_equal(ev->seen, w->relay_cert, WZP_HASH_LEN);
    assert_true(sr_is_pinned(w, w->relay_cert));
    sr_free(w);
}

WZP_TEST(session_says_nothing_of_a_pin_that_fits)
{
    sr *w = sr_new();
    ASSERT_OK(wzp__pins_set(w->pins, SR_RELAY, w->relay_cert, 5));

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_null(sr_find(w, WZP__SESSION_PIN));
    sr_free(w);
}

WZP_TEST(session_skips_a_signal_it_cannot_read_and_takes_the_next)
{
    sr *w = sr_new();
    w->mood = SR_JUNK;

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(wzp__session_signals_refused(w->session) > 0);
    sr_free(w);
}

WZP_TEST(session_is_in_one_room_at_a_time)
{
    sr *w = sr_new();
    sr_joined(w);
    const wzp_join join = sr_join_of(w, "other");

    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_STATE);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

WZP_TEST(session_can_join_again_after_leaving)
{
    sr *w = sr_new();
    sr_joined(w);
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(wzp__session_epoch(w->session), 2);
    sr_free(w);
}

WZP_TEST(session_refuses_a_join_without_or_with_too_many_addresses)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "room");

    join.n_addrs = 0;
    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_ARG);
    join.n_addrs = WZP_RELAY_ADDRS_MAX + 1;
    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_ARG);

    sr_assert_state(w, WZP_CLIENT_IDLE);
    sr_free(w);
}

WZP_TEST(session_tries_the_next_address_when_one_is_dead)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "room");
    join.addrs[1] = join.addrs[0];
    join.addrs[0] = wzp_addr_v4((const uint8_t[]){10, 0, 0, 99}, 4433);
    join.n_addrs = 2;

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, 14 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

/* --- bad answers ---------------------------------------------------------- */

static const struct {
    sr_mood mood;
    wzp_err why;
    uint64_t code; /* what the relay is told */
} bad[] = {
    {SR_BAD_SIGNATURE, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {SR_NO_CAPS, WZP_ERR_LEGACY, WZP_CLOSE_NORMAL},
    {SR_BAD_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
};

static size_t bad_count(void)
{
    return sizeof bad / sizeof bad[0];
}

static void bad_row(size_t row)
{
    sr *w = sr_new();
    w->mood = bad[row].mood;

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_ended(w, bad[row].why);
    assert_false(sr_is_pinned(w, w->relay_cert));
    assert_int_equal(w->last_close.u.closed.err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(w->last_close.u.closed.code, bad[row].code);
    sr_run(w, 60 * WZP_S);
    assert_int_equal(w->offers, 1); /* and it does not try again */
    sr_free(w);
}
WZP_ROWS(session_ends_on_a_bad_answer_and_pins_nothing, bad_count, bad_row);

/* --- no answer ------------------------------------------------------------ */

WZP_TEST(session_tries_again_when_no_answer_comes)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    sr_start(w, "room");
    sr_run(w, 9900 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    w->mood = SR_GOOD;
    sr_run(w, 2 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->offers, 2);
    sr_free(w);
}

/* The moment of the first ENDED event since `start`, ms. */
static uint64_t ended_after_ms(const sr *w, wzp_tstamp start)
{
    for (size_t i = 0; i < w->n_events; i++) {
        if (w->events[i].kind == WZP__SESSION_ENDED) {
            return (w->event_at[i] - start) / WZP_MS;
        }
    }
    return UINT64_MAX;
}

WZP_TEST(session_tells_after_15_s_that_a_relay_does_not_answer)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    const wzp_tstamp start = w->now;

    sr_start(w, "room");
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_TIMEOUT);
    assert_in_range(ended_after_ms(w, start), 14000, 15500);
    sr_free(w);
}

WZP_TEST(session_tells_after_15_s_that_nobody_is_there)
{
    sr *w = sr_new();
    w->is_off = true;
    const wzp_tstamp start = w->now;

    sr_start(w, "room");
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_TIMEOUT);
    assert_in_range(ended_after_ms(w, start), 14000, 15500);
    sr_free(w);
}

/* --- leaving -------------------------------------------------------------- */

WZP_TEST(session_says_good_bye)
{
    sr *w = sr_new();
    sr_joined(w);

    wzp__session_leave(w->session, w->now);
    wzp__session_leave(w->session, w->now); /* twice is once */
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->last_close.u.closed.err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(w->last_close.u.closed.code, WZP_CLOSE_NORMAL);
    assert_string_equal(w->last_reason, "hangup");
    size_t ends = 0;
    for (size_t i = 0; i < w->n_events; i++) {
        ends += w->events[i].kind == WZP__SESSION_ENDED;
    }
    assert_int_equal(ends, 1);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_connecting)
{
    sr *w = sr_new();
    sr_start(w, "room");
    sr_run(w, 7 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_CONNECTING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->offers, 0);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_joining)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    sr_start(w, "room");
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    sr_free(w);
}

WZP_TEST(session_that_is_left_when_its_time_is_over_does_not_come_back)
{
    sr *w = sr_new();
    sr_joined(w);
    w->mood = SR_SILENT;
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    wzp__session_leave(w->session, w->now);
    w->now += 20 * WZP_S; /* the host asks late, and the timer first */
    wzp__session_expire(w->session, w->now);
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_OK);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_it_waits_to_come_back)
{
    sr *w = sr_new();
    sr_joined(w);
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(w, 20 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_RECONNECTING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->offers, 1);
    sr_free(w);
}

WZP_TEST(session_that_is_idle_has_nothing_to_leave)
{
    sr *w = sr_new();

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    assert_int_equal(w->n_events, 0);
    assert_int_equal(wzp__session_deadline(w->session), WZP_NEVER);
    sr_free(w);
}

/* --- signals in a room ---------------------------------------------------- */

static void send_delta(sr *w, uint32_t rev)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_DELTA,
                            .u.room_delta = {.rev = rev}};
    sr_send(w, &sig);
    sr_run(w, 50 * WZP_MS);
}

static void send_update(sr *w, uint32_t rev)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.rev = {true, rev}}};
    sr_send(w, &sig);
    sr_run(w, 50 * WZP_MS);
}

WZP_TEST(session_asks_for_the_roster_when_a_delta_does_not_follow)
{
    sr *w = sr_new();
    sr_joined(w);
    send_update(w, 7);
    send_delta(w, 8);
    assert_int_equal(w->syncs, 0);

    send_delta(w, 10);

    assert_int_equal(w->syncs, 1);
    assert_int_equal(w->sync_rev, 8);
    send_update(w, 11);
    send_delta(w, 12);
    assert_int_equal(w->syncs, 1);
    sr_free(w);
}

WZP_TEST(session_begins_anew_when_there_was_no_memory_for_a_roster)
{
    sr *w = sr_new();
    sr_joined(w);
    const size_t offers = w->offers;
    const uint8_t mid[WZP_MID_LEN] = {9}, kph[WZP_HASH_LEN] = {9};
    wzp_participant other = {.mid = {mid, sizeof mid},
                             .kph = {kph, sizeof kph},
                             .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1};
    const wzp_signal sig = {
        .kind = WZP_SIG_ROOM_UPDATE,
        .u.room_update = {.count = 1, .participants = {&other, 1}}};

    w->session_mem.fail_at = w->session_mem.calls + 1;
    sr_send(w, &sig);
    sr_run(w, 100 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_RECONNECTING);
    sr_run(w, WZP_S); /* still none: it goes on trying */
    w->session_mem.fail_at = 0;
    sr_run(w, 5 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(w->offers > offers);
    sr_free(w);
}

static const char *const junk[] = {
    "",
    "{",
    "null",
    "\"CallAnswer\"",
    "{\"NoSuchThing\":{}}",
    "{\"RoomUpdate\":{\"count\":-1}}",
    "{\"RoomUpdate\":{\"count\":1,\"participants\":7}}",
    "{\"E2eeKeys\":{}}",
    "{\"KeyPackages\":{\"kps\":[\"AAAA\"]}}",
    "\xff\xfe",
};

static size_t junk_count(void)
{
    return sizeof junk / sizeof junk[0];
}

static void junk_row(size_t row)
{
    sr *w = sr_new();
    sr_joined(w);

    sr_send_text(w, junk[row]);
    send_update(w, 3);
    send_delta(w, 4);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->n_events, 0);
    assert_int_equal(w->syncs, 0); /* what came after it was read */
    sr_free(w);
}
WZP_ROWS(session_survives_signals_it_cannot_use, junk_count, junk_row);

WZP_TEST(session_takes_a_large_signal_from_a_relay_that_proved_itself)
{
    sr *w = sr_new();
    sr_joined(w);
    enum { LEN = 200000 }; /* above signal_max_early */
    char *text = malloc(LEN + 1);
    assert_non_null(text);
    memset(text, ' ', LEN);
    text[LEN] = '\0';

    sr_send_text(w, text);
    sr_run(w, 2 * WZP_S);
    send_update(w, 3);
    send_delta(w, 4);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->syncs, 0);
    free(text);
    sr_free(w);
}

WZP_TEST(session_sends_signals_only_in_a_room)
{
    sr *w = sr_new();
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_SYNC,
                            .u.room_sync = {.rev = 42}};

    assert_int_equal(wzp__session_send(w->session, w->now, &sig),
                     WZP_ERR_STATE);
    sr_joined(w);
    ASSERT_OK(wzp__session_send(w->session, w->now, &sig));
    sr_run(w, 50 * WZP_MS);

    assert_int_equal(w->sync_rev, 42);
    sr_free(w);
}

/* --- life ----------------------------------------------------------------- */

WZP_TEST(session_new_leaves_nothing_behind_at_the_nth_allocation)
{
    sr *w = sr_new();
    fake_mem m = {0};
    const wzp__session_deps deps = {.mem = fake_mem_table(&m), .ep = w->ep};
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__session *s = NULL;
        m.fail_at = m.calls + n;
        e = wzp__session_new(&s, &deps);
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__session_free(s);
        assert_int_equal(m.held, 0);
        assert_true(n < 20);
    }
    sr_free(w);
}
