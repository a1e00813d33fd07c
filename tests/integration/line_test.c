/* SPDX-License-Identifier: MIT */
/* A client that can be called, over minutes: its relay dies and comes back,
 * its network changes, it is in a room or not. The relay is the one of
 * tests/support/liar, honest here but for one row.
 */
#include "support/harness.h"
#include "support/liar/exchange.h"

enum { US = 1, RELAY = 9, OTHER_RELAY = 8 }; /* identity bytes */

typedef struct place {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node relay, us;
} place;

static place open_place(uint64_t seed)
{
    place p = {.w = wzp_world_new(seed)};
    const wzp_world_client_config cfg = {.identity = US};
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    p.liar = wzp_liar_new(p.w, RELAY);
    p.relay = wzp_liar_node(p.liar);
    p.us = wzp_world_client(p.w, &cfg);
    wzp_world_link(p.w, p.us, &link, &link);
    return p;
}

static void close_place(place *p)
{
    wzp_world_free(p->w);
    wzp_liar_free(p->liar);
}

static wzp_client_event last(const place *p, wzp_client_event_kind kind)
{
    wzp_client_event ev;
    assert_true(wzp_world_events(p->w, p->us, kind, &ev) > 0);
    return ev;
}

static void assert_line(place *p, wzp_line_state state)
{
    assert_int_equal(wzp_engine_line_state(wzp_world_engine(p->w, p->us)),
                     state);
    assert_int_equal(last(p, WZP_EVENT_LINE).u.line.state, state);
}

static void registered(place *p)
{
    wzp_world_register(p->w, p->us, p->relay);
    assert_true(
        wzp_world_await_line(p->w, p->us, WZP_LINE_REGISTERED, 5 * WZP_S));
}

/* What the relay says to its line arrives: an answer that nobody asked for is
 * counted. */
static bool is_reachable(place *p)
{
    const wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE_ACK,
                            .u.register_presence_ack.success = true};
    const uint64_t before = wzp_world_stats(p->w, p->us).signals_refused;
    wzp_liar_say(p->liar, wzp_liar_line(p->liar, US), &sig);
    wzp_world_kick(p->w, p->relay);
    wzp_world_run(p->w, 100 * WZP_MS);
    return wzp_world_stats(p->w, p->us).signals_refused == before + 1;
}

/* --- the relay ------------------------------------------------------------ */

WZP_TEST(a_client_is_registered_again_when_its_relay_is_back)
{
    place p = open_place(1);
    registered(&p);
    const uint64_t events = wzp_world_events(p.w, p.us, WZP_EVENT_LINE, NULL);
    assert_int_equal(events, 3); /* connecting, registering, registered */

    wzp_world_kill(p.w, p.relay);
    wzp_world_run(p.w, 60 * WZP_S);
    assert_int_not_equal(wzp_engine_line_state(wzp_world_engine(p.w, p.us)),
                         WZP_LINE_REGISTERED);
    assert_true(wzp_world_events(p.w, p.us, WZP_EVENT_LINE, NULL) > events);
    wzp_liar_restart(p.liar, RELAY);
    assert_int_equal(wzp_liar_line(p.liar, US), -1);

    assert_true(
        wzp_world_await_line(p.w, p.us, WZP_LINE_REGISTERED, 50 * WZP_S));
    assert_true(
        wzp_liar_member_at(p.liar, wzp_liar_line(p.liar, US))->is_verified);
    assert_true(is_reachable(&p));
    close_place(&p);
}

WZP_TEST(a_client_that_registers_elsewhere_is_no_longer_registered_here)
{
    place p = open_place(2);
    const wzp_world_client_config cfg = {.identity = US};
    const wzp_node second = wzp_world_client(p.w, &cfg);
    registered(&p);

    wzp_world_register(p.w, second, p.relay);
    wzp_world_run(p.w, 120 * WZP_S);

    assert_line(&p, WZP_LINE_IDLE);
    const wzp_client_event ev = last(&p, WZP_EVENT_LINE);
    assert_int_equal(ev.u.line.why, WZP_ERR_REPLACED);
    assert_true(ev.u.line.text[0] != '\0');
    assert_int_equal(wzp_engine_line_state(wzp_world_engine(p.w, second)),
                     WZP_LINE_REGISTERED); /* and nobody displaces it again */
    close_place(&p);
}

/* One of the seed's: it knows no capabilities. */
static bool strip_caps(void *user, wzp_liar *liar, int from, int to,
                       wzp_signal *sig)
{
    (void)user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_REGISTER_PRESENCE_ACK) {
        sig->u.register_presence_ack.caps = 0;
    }
    return true;
}

WZP_TEST(a_client_at_an_old_relay_is_registered_and_told_what_that_means)
{
    place p = open_place(3);
    const wzp_liar_hooks hooks = {.signal = strip_caps};
    wzp_liar_hook(p.liar, &hooks);

    registered(&p);

    const wzp_client_event ev = last(&p, WZP_EVENT_LINE);
    assert_int_equal(ev.u.line.why, WZP_ERR_LEGACY);
    assert_true(ev.u.line.text[0] != '\0');
    close_place(&p);
}

WZP_TEST(a_client_that_unregisters_cannot_be_called)
{
    place p = open_place(4);
    registered(&p);

    wzp_world_unregister(p.w, p.us);
    wzp_world_run(p.w, WZP_S);

    assert_line(&p, WZP_LINE_IDLE);
    assert_int_equal(last(&p, WZP_EVENT_LINE).u.line.why, WZP_OK);
    assert_int_equal(wzp_liar_line(p.liar, US), -1);
    registered(&p); /* and again */
    assert_true(is_reachable(&p));
    close_place(&p);
}

/* --- the network ---------------------------------------------------------- */

WZP_TEST(a_client_on_another_network_keeps_its_registration)
{
    for (int is_told = 0; is_told < 2; is_told++) {
        place p = open_place(10 + (uint64_t)is_told);
        registered(&p);
        const int line = wzp_liar_line(p.liar, US);

        wzp_world_move(p.w, p.us);
        if (is_told == 1) {
            const wzp_addr now = wzp_world_addr(p.w, p.us);
            wzp_engine_moved(wzp_world_engine(p.w, p.us), wzp_world_now(p.w),
                             &now);
            wzp_world_kick(p.w, p.us);
        }
        wzp_world_run(p.w, 10 * WZP_S);

        assert_line(&p, WZP_LINE_REGISTERED);
        assert_int_equal(wzp_liar_line(p.liar, US), line); /* the same one */
        assert_true(is_reachable(&p));
        close_place(&p);
    }
}

/* Registered behind a translator that forgets after so long, and quiet for ten
 * minutes: what arrives of ten messages. */
static int reached_behind(uint64_t forgets_after)
{
    place p = open_place(20);
    const wzp_nat_cfg nat = {.kind = WZP_NAT_SYMMETRIC,
                             .idle_ns = forgets_after};
    int n = 0;
    wzp_world_nat(p.w, p.us, &nat);
    registered(&p);
    wzp_world_run(p.w, 600 * WZP_S);
    for (int i = 0; i < 10; i++) {
        n += is_reachable(&p);
        wzp_world_run(p.w, 7 * WZP_S);
    }
    close_place(&p);
    return n;
}

WZP_TEST(a_client_is_reached_behind_a_translator_after_minutes_of_silence)
{
    assert_int_equal(reached_behind(30 * WZP_S), 10); /* as short as usual */
    assert_true(reached_behind(WZP_S) < 10);          /* control: too short */
}

/* --- beside a room -------------------------------------------------------- */

WZP_TEST(a_room_and_a_registration_come_and_go_apart)
{
    place p = open_place(30);
    registered(&p);
    wzp_world_join(p.w, p.us, "blue-room", p.relay);
    assert_true(wzp_world_await(p.w, p.us, WZP_CLIENT_JOINED, 5 * WZP_S));
    wzp_world_run(p.w, 5 * WZP_S);
    assert_line(&p, WZP_LINE_REGISTERED);

    wzp_world_leave(p.w, p.us);
    wzp_world_run(p.w, 5 * WZP_S);
    assert_line(&p, WZP_LINE_REGISTERED);
    assert_int_equal(last(&p, WZP_EVENT_ENDED).u.ended.why, WZP_OK);

    wzp_world_join(p.w, p.us, "blue-room", p.relay);
    assert_true(wzp_world_await(p.w, p.us, WZP_CLIENT_JOINED, 5 * WZP_S));
    wzp_world_unregister(p.w, p.us);
    wzp_world_run(p.w, 5 * WZP_S);
    assert_line(&p, WZP_LINE_IDLE);
    assert_int_equal(wzp_world_stats(p.w, p.us).state, WZP_CLIENT_JOINED);
    assert_int_equal(wzp_world_stats(p.w, p.us).reconnects, 0);
    close_place(&p);
}

/* Room and line wait for a decision about another certificate, the first one
 * longer. */
static place with_two_questions(bool line_first)
{
    place p = open_place(40);
    registered(&p);
    wzp_world_unregister(p.w, p.us);
    wzp_world_run(p.w, WZP_S);
    wzp_liar_restart(p.liar, OTHER_RELAY);
    for (int i = 0; i < 2; i++) {
        if (line_first == (i == 0)) {
            wzp_world_register(p.w, p.us, p.relay);
        } else {
            wzp_world_join(p.w, p.us, "blue-room", p.relay);
        }
        wzp_world_run(p.w, 2 * WZP_S);
    }
    assert_line(&p, WZP_LINE_PIN_DECISION);
    assert_int_equal(wzp_world_stats(p.w, p.us).state, WZP_CLIENT_PIN_DECISION);
    assert_int_equal(wzp_world_events(p.w, p.us, WZP_EVENT_PIN, NULL), 3);
    return p;
}

static void decide(place *p, bool accept)
{
    assert_int_equal(wzp_engine_pin_decide(wzp_world_engine(p->w, p->us),
                                           wzp_world_now(p->w), accept),
                     WZP_OK);
    wzp_world_kick(p->w, p->us);
    wzp_world_run(p->w, 2 * WZP_S);
}

WZP_TEST(two_questions_about_certificates_are_answered_in_their_order)
{
    for (int line_first = 0; line_first < 2; line_first++) {
        place p = with_two_questions(line_first == 1);

        decide(&p, false);
        assert_int_equal(wzp_engine_line_state(wzp_world_engine(p.w, p.us)),
                         line_first == 1 ? WZP_LINE_IDLE
                                         : WZP_LINE_PIN_DECISION);
        assert_int_equal(wzp_world_stats(p.w, p.us).state,
                         line_first == 1 ? WZP_CLIENT_PIN_DECISION
                                         : WZP_CLIENT_IDLE);
        decide(&p, true);

        assert_int_equal(wzp_engine_line_state(wzp_world_engine(p.w, p.us)),
                         line_first == 1 ? WZP_LINE_IDLE : WZP_LINE_REGISTERED);
        assert_int_equal(wzp_world_stats(p.w, p.us).state,
                         line_first == 1 ? WZP_CLIENT_JOINED : WZP_CLIENT_IDLE);
        assert_int_equal(wzp_engine_pin_decide(wzp_world_engine(p.w, p.us),
                                               wzp_world_now(p.w), true),
                         WZP_ERR_STATE);
        close_place(&p);
    }
}
