/* SPDX-License-Identifier: MIT */
/* What was said once, said again: a CallOffer on another connection and twice
 * on its own, and recorded packets of a whole call on the wire.
 */
#include "hub.h"

enum { TAPE = 400 };

/* Everything that passed to the relay from one client. */
typedef struct tape {
    struct {
        size_t len;
        uint8_t data[1500];
    } packets[TAPE];
    size_t n;
    int of;
} tape;

static size_t record(void *user, int from, const uint8_t *data, size_t len)
{
    tape *t = user;
    if (from == t->of) {
        assert_true(t->n < TAPE);
        t->packets[t->n].len = len;
        memcpy(t->packets[t->n].data, data, len);
        t->n++;
    }
    return len;
}

static void replay(hub *h, const tape *t, const wzp_addr *from)
{
    for (size_t i = 0; i < t->n; i++) {
        wzp_relay_recv(h->relay, h->now, &h->relay_addr, from,
                       t->packets[i].data, t->packets[i].len);
        hub_drain(h, -1);
        hub_run(h, WZP_MS);
    }
}

static wzp_relay_event refusal(hub *h)
{
    wzp_relay_event ev = {.size = sizeof ev};
    while (wzp_relay_next_event(h->relay, &ev)) {
        if (ev.kind == WZP_RELAY_REFUSED) {
            return ev;
        }
    }
    fail();
    return ev;
}

static void say(hub *h, hub_client *c, wzp_str text)
{
    assert_int_equal(
        wzp_endpoint_send_signal(c->ep, h->now, c->conn, text.ptr, text.len),
        WZP_OK);
}

WZP_TEST(the_bytes_of_an_offer_on_another_connection_are_refused_by_name)
{
    hub h;
    hub_new(&h, false);
    hub_client *victim = hub_dial(&h, "lobby");
    hub_run(&h, 100 * WZP_MS);
    hub_offer_as(&h, victim, victim, "lobby", true);
    char *copy = strndup(victim->offer.ptr, victim->offer.len);
    const size_t len = victim->offer.len;
    hub_run(&h, 100 * WZP_MS);
    assert_true(victim->is_answered);
    hub_client *thief = hub_dial(&h, "lobby");
    hub_run(&h, 100 * WZP_MS);
    say(&h, thief, (wzp_str){copy, len});
    hub_run(&h, 100 * WZP_MS);
    assert_true(thief->is_closed);
    assert_int_equal(thief->close_code, WZP_CLOSE_AUTH);
    assert_string_equal(thief->reason, wzp_strerror(WZP_ERR_BINDING));
    assert_int_equal(refusal(&h).err, WZP_ERR_BINDING);
    assert_int_equal(hub_stats(&h).refused_auth, 1);
    /* Whose offer it was stays, and nobody took its place. */
    assert_false(victim->is_closed);
    assert_int_equal(hub_stats(&h).members, 1);
    free(copy);
    hub_free(&h);
}

static void offer_twice(wzp_tstamp between)
{
    hub h;
    hub_new(&h, false);
    hub_client *a = hub_dial(&h, "lobby");
    hub_client *b = hub_join(&h, "lobby");
    hub_run(&h, 100 * WZP_MS);
    hub_offer_as(&h, a, a, "lobby", true);
    char *copy = strndup(a->offer.ptr, a->offer.len);
    const size_t len = a->offer.len;
    hub_run(&h, between);
    say(&h, a, (wzp_str){copy, len});
    hub_run(&h, WZP_S);
    assert_false(a->is_closed);
    assert_true(a->is_answered);
    assert_int_equal(a->members, 2);
    assert_int_equal(b->members, 2);
    assert_int_equal(hub_stats(&h).joined, 2);
    assert_int_equal(hub_stats(&h).signals_ignored, 1); /* counted as that */
    hub_speak(&h, a, 1);
    hub_run(&h, 100 * WZP_MS);
    assert_int_equal(b->dgrams, 1);
    free(copy);
    hub_free(&h);
}

WZP_TEST(an_offer_said_twice_at_once_is_ignored_the_second_time)
{
    offer_twice(0);
}

WZP_TEST(an_offer_said_again_by_a_member_is_ignored)
{
    offer_twice(WZP_S);
}

/* A call recorded from its first packet, said again from where it came and
 * from elsewhere: while it lasts, after it ended, and to a relay with the same
 * identity that knows nothing of it. */
typedef struct recorded {
    hub h;
    tape t;
    hub_client *speaker, *listener;
    wzp_addr elsewhere;
} recorded;

static recorded *recorded_call(void)
{
    recorded *r = calloc(1, sizeof *r);
    assert_non_null(r);
    hub_new(&r->h, false);
    r->elsewhere = wzp_addr_v4((const uint8_t[]){192, 0, 2, 11}, 7);
    r->h.c[11].is_off = true; /* answers to elsewhere are lost */
    r->listener = hub_join(&r->h, "lobby");
    r->t.of = 1;
    r->h.cut = record;
    r->h.cut_user = &r->t;
    r->speaker = hub_join(&r->h, "lobby");
    for (uint64_t i = 0; i < 50; i++) {
        hub_speak(&r->h, r->speaker, i);
        hub_run(&r->h, 20 * WZP_MS);
    }
    hub_run(&r->h, WZP_S);
    r->h.cut = NULL;
    assert_int_equal(r->listener->dgrams, 50); /* the tape has the call */
    assert_true(r->t.n > 50);
    return r;
}

static void recorded_free(recorded *r)
{
    hub_free(&r->h);
    free(r);
}

static void expect_no_effect(const recorded *r, const wzp_relay_stats *before)
{
    const wzp_relay_stats s = hub_stats(&r->h);
    assert_int_equal(s.joined, before->joined);
    assert_int_equal(s.members, before->members);
    assert_int_equal(s.media_in, before->media_in);
    assert_int_equal(s.signals_in, before->signals_in);
    assert_int_equal(r->listener->dgrams, 50);
}

WZP_TEST(a_recorded_call_said_again_while_it_lasts_has_no_effect)
{
    recorded *r = recorded_call();
    const wzp_relay_stats before = hub_stats(&r->h);
    replay(&r->h, &r->t, &r->speaker->addr);
    replay(&r->h, &r->t, &r->elsewhere);
    hub_run(&r->h, WZP_S);
    expect_no_effect(r, &before);
    assert_int_equal(hub_stats(&r->h).conns, before.conns);
    assert_int_equal(hub_stats(&r->h).half_open, 0);
    hub_speak(&r->h, r->speaker, 100); /* the call goes on, at its address */
    hub_run(&r->h, 100 * WZP_MS);
    assert_int_equal(r->listener->dgrams, 51);
    recorded_free(r);
}

WZP_TEST(a_recorded_call_said_again_after_its_end_has_no_effect)
{
    recorded *r = recorded_call();
    assert_int_equal(wzp_endpoint_close(r->speaker->ep, r->h.now,
                                        r->speaker->conn, 0, "bye"),
                     WZP_OK);
    hub_run(&r->h, WZP_S);
    r->speaker->is_off = true;
    const wzp_relay_stats before = hub_stats(&r->h);
    replay(&r->h, &r->t, &r->speaker->addr);
    hub_run(&r->h, 5 * WZP_S); /* nothing remembers its ids any more */
    replay(&r->h, &r->t, &r->speaker->addr);
    replay(&r->h, &r->t, &r->elsewhere);
    expect_no_effect(r, &before);
    /* Its first packet begins a handshake that nobody can finish. */
    assert_true(hub_stats(&r->h).half_open > 0);
    hub_run(&r->h, 11 * WZP_S);
    assert_int_equal(hub_stats(&r->h).half_open, 0);
    assert_true(hub_stats(&r->h).handshakes_failed > before.handshakes_failed);
    expect_no_effect(r, &before);
    recorded_free(r);
}

WZP_TEST(a_recorded_call_said_to_a_restarted_relay_has_no_effect)
{
    recorded *r = recorded_call();
    hub *again = calloc(1, sizeof *again);
    assert_non_null(again);
    hub_new(again, false); /* same seed: same certificate */
    again->c[11].is_off = true;
    again->c[1].is_off = true;
    again->c[1].addr = r->speaker->addr;
    replay(again, &r->t, &r->speaker->addr);
    replay(again, &r->t, &r->elsewhere);
    hub_run(again, 11 * WZP_S);
    const wzp_relay_stats s = hub_stats(again);
    assert_int_equal(s.joined, 0);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.half_open, 0);
    assert_int_equal(s.media_in, 0);
    hub_free(again);
    free(again);
    recorded_free(r);
}

/* A copy that overtakes the genuine packet looks as if the member had moved
 * (RFC 9000 section 9.3.3). Who can do that once costs the member's hearing
 * until the relay finds that nobody answers there: seconds, not the call. */
WZP_TEST(a_copy_that_overtakes_a_packet_diverts_a_member_for_seconds_only)
{
    recorded *r = recorded_call();
    hub *h = &r->h;
    const wzp_relay_stats before = hub_stats(h);
    r->t.of = 0; /* the listener */
    r->t.n = 0;
    h->cut = record;
    hub_speak(h, r->listener, 1);
    hub_drain(h, 0);
    h->cut = NULL;
    assert_true(r->t.n > 0);
    replay(h, &r->t, &r->elsewhere); /* while the packet is on its way */
    size_t last_deaf = 0;
    for (uint64_t i = 0; i < 500; i++) {
        const size_t heard = r->listener->dgrams;
        hub_speak(h, r->speaker, 1000 + i);
        hub_run(h, 20 * WZP_MS);
        last_deaf = r->listener->dgrams == heard ? i + 1 : last_deaf;
    }
    assert_true(last_deaf > 0); /* it did move: the test is about something */
    assert_true(last_deaf * 20 < 5000);
    assert_false(r->listener->is_closed);
    assert_int_equal(hub_stats(h).members, before.members);
    recorded_free(r);
}
