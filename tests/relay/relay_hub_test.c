/* SPDX-License-Identifier: MIT */
/* The relay with real QUIC connections, in virtual time. */
#include "hub.h"

#include <wzp/proto/dgram.h>

static void expect_empty(const hub *h)
{
    wzp_relay_stats s = hub_stats(h);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.rooms, 0);
    assert_int_equal(s.members, 0);
}

WZP_TEST(members_join_hear_each_other_and_leave)
{
    hub h;
    hub_new(&h, false);
    hub_client *a = hub_join(&h, "lobby");
    hub_client *b = hub_join(&h, "lobby");
    hub_client *c = hub_join(&h, "lobby");
    hub_client *other = hub_join(&h, "kitchen");
    hub_run(&h, WZP_S);
    assert_int_equal(a->members, 3);
    assert_int_equal(b->members, 3);
    assert_int_equal(c->members, 3);
    for (uint64_t i = 0; i < 50; i++) {
        hub_speak(&h, a, i);
        hub_run(&h, 20 * WZP_MS);
    }
    assert_int_equal(b->dgrams, 50);
    assert_int_equal(c->dgrams, 50);
    assert_int_equal(a->dgrams, 0);
    assert_int_equal(other->dgrams, 0);
    assert_int_equal(
        wzp_endpoint_close(b->ep, h.now, b->conn, WZP_CLOSE_NORMAL, "bye"),
        WZP_OK);
    hub_run(&h, WZP_S);
    assert_int_equal(a->members, 2);
    assert_int_equal(hub_stats(&h).members, 3);
    hub_free(&h);
}

/* One room whose receiver is stuck takes what it gets of the buffers; another
 * room still finds some. */
WZP_TEST(media_that_wait_too_long_are_counted_and_leave_buffers_to_others)
{
    hub h;
    hub_new_small(&h, false, 0, 64);
    hub_client *a = hub_join(&h, "lobby");
    hub_client *b = hub_join(&h, "lobby");
    hub_client *c = hub_join(&h, "elsewhere");
    const hub_client *d = hub_join(&h, "elsewhere");
    b->is_deaf = true;
    for (uint64_t i = 0; i < 600; i++) {
        hub_speak(&h, a, i);
        if (i % 6 == 0) {
            hub_speak(&h, c, i);
        }
        hub_run(&h, WZP_MS / 5);
    }
    hub_run(&h, 300 * WZP_MS);
    const wzp_relay_stats s = hub_stats(&h);
    assert_int_equal(s.media_no_buffer, 0);
    assert_int_equal(s.media_in, 700);
    assert_int_equal(s.media_refused, 0);
    assert_true(s.media_dropped_late > 0);
    assert_int_equal(d->dgrams, 100);
    hub_free(&h);
}

WZP_TEST(media_that_find_no_buffer_are_counted)
{
    hub h;
    hub_new_small(&h, false, 0, 64);
    hub_client *a = hub_join(&h, "lobby");
    for (uint64_t i = 0; i < 64; i++) { /* as many as a client queues */
        hub_speak(&h, a, i);
    }
    hub_drain(&h, 0);
    for (uint64_t i = 64; i < 100; i++) {
        hub_speak(&h, a, i);
    }
    hub_drain(&h, 0);
    for (size_t i = 0; i < h.n_flying; i++) { /* all before it is asked */
        const hub_packet *p = &h.flying[(h.first + i) % HUB_FLYING];
        wzp_relay_recv(h.relay, h.now, &h.relay_addr, &a->addr, p->data,
                       p->len);
    }
    h.n_flying = 0;
    hub_run(&h, 100 * WZP_MS);
    const wzp_relay_stats s = hub_stats(&h);
    assert_true(s.media_no_buffer > 0);
    assert_int_equal(s.media_in + s.media_no_buffer, 100);
    hub_free(&h);
}

WZP_TEST(media_in_no_form_are_counted)
{
    static const uint8_t unopened[] = {WZP_DGRAM_TYPE_MINI, 0x31, 0, 1, 9};
    hub h;
    hub_new(&h, false);
    const hub_client *a = hub_join(&h, "lobby");
    wzp_pkt *pkt = wzp_pkt_get(a->pool);
    memcpy(pkt->data, unopened, sizeof unopened);
    pkt->len = sizeof unopened;
    assert_int_equal(wzp_endpoint_send_dgram(a->ep, h.now, a->conn, pkt),
                     WZP_OK);
    wzp_pkt_unref(pkt);
    hub_run(&h, WZP_S);
    assert_int_equal(hub_stats(&h).media_refused, 1);
    assert_int_equal(hub_stats(&h).media_no_buffer, 0);
    hub_free(&h);
}

WZP_TEST(an_offer_bound_to_another_connection_is_refused_on_the_wire)
{
    hub h;
    hub_new(&h, false);
    hub_client *a = hub_join(&h, "lobby");
    hub_client *thief = hub_dial(&h, "lobby");
    hub_run(&h, 100 * WZP_MS);
    hub_offer_as(&h, thief, a, "lobby", true);
    hub_run(&h, 100 * WZP_MS);
    assert_true(thief->is_closed);
    assert_int_equal(thief->close_err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(thief->close_code, WZP_CLOSE_AUTH);
    assert_string_equal(thief->reason, wzp_strerror(WZP_ERR_BINDING));
    assert_false(thief->is_answered);
    assert_int_equal(hub_stats(&h).members, 1);
    hub_free(&h);
}

WZP_TEST(a_legacy_client_reads_why_it_is_refused)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, NULL); /* no name: the default room */
    hub_run(&h, 100 * WZP_MS);
    hub_offer_as(&h, c, c, "default", false);
    hub_run(&h, 100 * WZP_MS);
    assert_int_equal(c->close_code, WZP_CLOSE_LEGACY);
    assert_true(strlen(c->reason) > 20);
    hub_run(&h, WZP_S);
    expect_empty(&h);
    hub_free(&h);
}

WZP_TEST(ping_is_closed_with_code_0)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "ping");
    hub_run(&h, 100 * WZP_MS);
    assert_true(c->is_connected);
    assert_true(c->is_closed);
    assert_int_equal(c->close_err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(c->close_code, 0);
    hub_run(&h, WZP_S);
    expect_empty(&h);
    hub_free(&h);
}

WZP_TEST(version_is_read_before_the_close)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "version");
    hub_run(&h, 60 * WZP_MS);
    assert_string_equal(c->uni, "abc123");
    assert_false(c->is_closed);
    hub_run(&h, 200 * WZP_MS);
    assert_true(c->is_closed);
    assert_int_equal(c->close_code, 0);
    hub_run(&h, WZP_S);
    expect_empty(&h);
    hub_free(&h);
}

WZP_TEST(a_silent_client_is_sent_away_after_ten_seconds)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "lobby");
    hub_run(&h, 9 * WZP_S);
    assert_false(c->is_closed);
    hub_run(&h, 2 * WZP_S);
    assert_true(c->is_closed);
    assert_int_equal(c->close_code, WZP_CLOSE_SLOW);
    assert_string_equal(c->reason, "no CallOffer in time");
    hub_run(&h, WZP_S);
    expect_empty(&h);
    hub_free(&h);
}

WZP_TEST(drain_reaches_everybody_and_ends)
{
    hub h;
    hub_new(&h, false);
    hub_client *a = hub_join(&h, "lobby");
    hub_client *b = hub_join(&h, "kitchen");
    hub_client *waiting = hub_dial(&h, "lobby");
    hub_run(&h, 100 * WZP_MS);
    wzp_relay_drain(h.relay, h.now, "update tonight");
    hub_run(&h, 100 * WZP_MS);
    hub_client *all[] = {a, b, waiting};
    for (size_t i = 0; i < 3; i++) {
        assert_true(all[i]->is_closed);
        assert_int_equal(all[i]->close_code, WZP_CLOSE_SHUTDOWN);
        assert_string_equal(all[i]->reason, "update tonight");
    }
    assert_true(wzp_relay_is_drained(h.relay, h.now));
    expect_empty(&h);
    hub_free(&h);
}

/* --- close codes, design/secure-media.md 9 -------------------------------- */

/* Each brings about one close and returns who is told. */

static hub_client *just_pings(hub *h)
{
    return hub_dial(h, "ping");
}

static hub_client *is_drained(hub *h)
{
    hub_client *c = hub_join(h, "lobby");
    wzp_relay_drain(h->relay, h->now, "update tonight");
    return c;
}

static hub_client *offers_for_another(hub *h)
{
    hub_client *a = hub_join(h, "lobby");
    hub_client *thief = hub_dial(h, "lobby");
    hub_run(h, 100 * WZP_MS);
    hub_offer_as(h, thief, a, "lobby", true);
    return thief;
}

static hub_client *asks_for_what_is_not_here(hub *h)
{
    return hub_dial(h, "_probe");
}

static hub_client *is_one_too_many(hub *h)
{
    (void)hub_join(h, "lobby");
    (void)hub_join(h, "lobby");
    hub_client *c = hub_dial(h, "lobby");
    hub_run(h, 100 * WZP_MS);
    hub_offer_as(h, c, c, "lobby", true);
    return c;
}

static hub_client *says_something_else(hub *h)
{
    hub_client *c = hub_dial(h, "lobby");
    hub_run(h, 100 * WZP_MS);
    static const char HANGUP[] = "{\"Hangup\":{\"reason\":\"Normal\"}}";
    assert_int_equal(wzp_endpoint_send_signal(c->ep, h->now, c->conn, HANGUP,
                                              sizeof HANGUP - 1),
                     WZP_OK);
    return c;
}

static hub_client *says_nothing(hub *h)
{
    hub_client *c = hub_dial(h, "lobby");
    hub_run(h, 10 * WZP_S);
    return c;
}

static hub_client *comes_a_second_time(hub *h)
{
    hub_client *older = hub_join(h, "lobby");
    hub_client *newer = hub_dial(h, "lobby");
    hub_run(h, 100 * WZP_MS);
    wzp_seed_identity *own = newer->seed; /* the same identity and package */
    newer->identity = older->identity;
    memcpy(newer->kp, older->kp, sizeof newer->kp);
    hub_send_offer(h, newer, newer, true);
    newer->identity = wzp_seed_identity_table(own);
    return older;
}

static hub_client *cannot_seal(hub *h)
{
    hub_client *c = hub_dial(h, "lobby");
    hub_run(h, 100 * WZP_MS);
    hub_offer_as(h, c, c, "lobby", false);
    return c;
}

static const struct {
    wzp_close_code code;
    hub_client *(*situation)(hub *h);
    wzp_err told; /* in the relay's last event; WZP_OK: it has none */
} CLOSES[] = {
    {WZP_CLOSE_NORMAL, just_pings, WZP_OK},
    {WZP_CLOSE_SHUTDOWN, is_drained, WZP_ERR_SHUTDOWN},
    {WZP_CLOSE_AUTH, offers_for_another, WZP_ERR_BINDING},
    {WZP_CLOSE_NOT_ALLOWED, asks_for_what_is_not_here, WZP_ERR_NOT_ALLOWED},
    {WZP_CLOSE_FULL, is_one_too_many, WZP_ERR_ROOM_FULL},
    {WZP_CLOSE_PROTOCOL, says_something_else, WZP_ERR_PROTOCOL},
    {WZP_CLOSE_SLOW, says_nothing, WZP_ERR_TIMEOUT},
    {WZP_CLOSE_REPLACED, comes_a_second_time, WZP_ERR_REPLACED},
    {WZP_CLOSE_LEGACY, cannot_seal, WZP_ERR_LEGACY},
};

static size_t count_closes(void)
{
    return sizeof CLOSES / sizeof CLOSES[0];
}

/* The error the relay told its owner, of those that tell of an end. */
static wzp_err last_told(hub *h)
{
    wzp_relay_event ev;
    wzp_err told = WZP_OK;
    while (wzp_relay_next_event(h->relay, &ev)) {
        told = ev.err != WZP_OK ? ev.err : told;
    }
    return told;
}

static void run_close(size_t row)
{
    hub h;
    hub_new_with(&h, false, 2);
    const hub_client *c = CLOSES[row].situation(&h);
    hub_run(&h, WZP_S);
    assert_true(c->is_closed);
    assert_int_equal(c->close_err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(c->close_code, CLOSES[row].code);
    assert_in_range(strlen(c->reason), 1, WZP_REASON_MAX);
    assert_string_equal(wzp_err_name(last_told(&h)),
                        wzp_err_name(CLOSES[row].told));
    hub_free(&h);
}

WZP_ROWS(a_close_has_its_code_and_a_text_on_both_sides, count_closes,
         run_close);

/* Code 9 is a client's to say, and before its last handshake message: RFC 9000
 * 10.2.3 lets neither code nor text through there, and nothing else was said.
 */
WZP_TEST(a_client_that_refuses_the_certificate_never_was_there)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "lobby");
    c->refuses_cert = true;
    hub_run(&h, WZP_S);
    assert_true(c->is_connected);
    assert_true(c->is_closed);
    assert_int_equal(c->close_code, WZP_CLOSE_KEY_MISMATCH);
    wzp_relay_event ev;
    assert_false(wzp_relay_next_event(h.relay, &ev));
    expect_empty(&h);
    hub_free(&h);
}

/* --- who vanishes --------------------------------------------------------- */

WZP_TEST(a_member_that_vanishes_costs_the_others_nothing)
{
    hub h;
    hub_new(&h, false);
    hub_client *a = hub_join(&h, "lobby");
    hub_client *b = hub_join(&h, "lobby");
    hub_client *c = hub_join(&h, "lobby");
    c->is_off = true;
    for (uint64_t i = 0; i < 35 * 50; i++) { /* 35 s: past its idle time-out */
        hub_speak(&h, a, i);
        hub_run(&h, 20 * WZP_MS);
    }
    assert_int_equal(b->dgrams, 35 * 50);
    assert_int_equal(hub_stats(&h).members, 2);
    hub_run(&h, WZP_S);
    assert_int_equal(a->members, 2);
    assert_int_equal(b->members, 2);
    hub_free(&h);
}

/* The client loses power after n packets, from the first Initial to well after
 * the join: in the end nothing of it is left. */
static void run_vanish(size_t n)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "lobby");
    hub_drain(&h, 0);
    bool is_offered = false;
    for (size_t i = 0; i < n && h.n_flying > 0; i++) {
        h.now = h.flying[h.first].due;
        hub_arrive(&h);
        if (c->is_connected && !is_offered) {
            is_offered = true;
            hub_offer_as(&h, c, c, "lobby", true);
            hub_drain(&h, 0);
        }
    }
    c->is_off = true;
    hub_run(&h, 45 * WZP_S);
    expect_empty(&h);
    hub_free(&h);
}

static size_t count_vanish(void)
{
    return 14;
}

WZP_ROWS(nothing_is_left_of_a_client_that_vanished_after, count_vanish,
         run_vanish);

WZP_TEST(many_come_and_go_and_the_tables_are_empty)
{
    hub h;
    hub_new(&h, true);
    for (int i = 0; i < 10; i++) {
        hub_client *c = hub_dial(&h, i % 2 == 0 ? "lobby" : "kitchen");
        hub_run(&h, 30 * WZP_MS);
        if (i % 3 != 0) {
            hub_offer_as(&h, c, c, i % 2 == 0 ? "lobby" : "kitchen",
                         i % 5 != 0);
        }
    }
    hub_run(&h, WZP_S);
    assert_int_equal(hub_stats(&h).members, 6);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            wzp_endpoint_close(h.c[i].ep, h.now, h.c[i].conn, 0, "bye"),
            WZP_OK);
    }
    hub_run(&h, WZP_S);
    expect_empty(&h);
    hub_free(&h);
}
