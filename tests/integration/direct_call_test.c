/* SPDX-License-Identifier: MIT */
/* Direct calls between clients of the world, through the relay of
 * tests/support/liar, honest here: words, sealed sound both ways, a path that
 * breaks in the middle, and every way in which a call does not come about.
 */
#include "support/harness.h"
#include "support/liar/exchange.h"
#include "support/liar/puppet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ANNA = 1, BEN = 2, CARL = 3, RELAY = 9 }; /* identity bytes */
enum { VOICE_LEN = 48000 };

typedef struct place {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node relay, a, b, c;
} place;

static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    for (size_t i = 0; i < VOICE_LEN; i++) {
        const double t = (double)i / 48000;
        pcm[i] = (int16_t)(8000 * sin(440 * 6.2831853 * t) *
                           (0.6 + 0.4 * sin(3 * 6.2831853 * t)));
    }
    return pcm;
}

static wzp_node person(place *p, uint8_t identity)
{
    const wzp_world_client_config cfg = {.is_steady = true,
                                         .identity = identity,
                                         .in = voice(),
                                         .in_len = VOICE_LEN,
                                         .keep_heard = true};
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    const wzp_node n = wzp_world_client(p->w, &cfg);
    wzp_world_link(p->w, n, &link, &link);
    wzp_world_register(p->w, n, p->relay);
    assert_true(wzp_world_await_line(p->w, n, WZP_LINE_REGISTERED, 5 * WZP_S));
    return n;
}

/* Anna and Ben, registered; Carl if he is wanted. */
static place open_place(uint64_t seed)
{
    place p = {.w = wzp_world_new(seed), .c = -1};
    p.liar = wzp_liar_new(p.w, RELAY);
    p.relay = wzp_liar_node(p.liar);
    p.a = person(&p, ANNA);
    p.b = person(&p, BEN);
    return p;
}

static void close_place(place *p)
{
    wzp_world_free(p->w);
    wzp_liar_free(p->liar);
}

static wzp_engine *engine(const place *p, wzp_node n)
{
    return wzp_world_engine(p->w, n);
}

static wzp_tstamp now(const place *p, wzp_node n)
{
    return wzp_world_now_at(p->w, n);
}

static wzp_err try_call(place *p, wzp_node from, uint8_t identity)
{
    wzp_call_to to;
    uint8_t key[WZP_KEY_LEN];
    wzp_puppet_identity(identity, key, to.fingerprint);
    const wzp_err e = wzp_engine_call(engine(p, from), now(p, from), &to);
    wzp_world_kick(p->w, from);
    return e;
}

static void call(place *p, wzp_node from, uint8_t identity)
{
    assert_int_equal(try_call(p, from, identity), WZP_OK);
}

static wzp_client_event last(const place *p, wzp_node n)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATS};
    assert_true(wzp_world_events(p->w, n, WZP_EVENT_CALL, &ev) > 0);
    return ev;
}

static void assert_call(const place *p, wzp_node n, wzp_call_state state)
{
    assert_string_equal(wzp_call_state_name(last(p, n).u.call.state),
                        wzp_call_state_name(state));
}

static void assert_ended(const place *p, wzp_node n, wzp_err why)
{
    assert_call(p, n, WZP_CALL_ENDED);
    assert_string_equal(wzp_err_name(last(p, n).u.call.why), wzp_err_name(why));
    assert_int_equal(wzp_engine_state(engine(p, n)), WZP_CLIENT_IDLE);
}

static wzp_err answer(place *p, wzp_node n, wzp_accept_mode mode)
{
    const wzp_client_event ev = last(p, n);
    const wzp_err e =
        wzp_engine_answer(engine(p, n), now(p, n), ev.u.call.call_id, mode);
    wzp_world_kick(p->w, n);
    return e;
}

static void hang_up(place *p, wzp_node n)
{
    wzp_engine_hangup(engine(p, n), now(p, n), WZP_HANGUP_NORMAL);
    wzp_world_kick(p->w, n);
}

/* Anna calls, Ben answers, both hear. */
static void connect(place *p)
{
    call(p, p->a, BEN);
    wzp_world_run(p->w, WZP_S);
    assert_call(p, p->b, WZP_CALL_RINGING_IN);
    assert_true(last(p, p->a).u.call.is_ringing);
    assert_int_equal(answer(p, p->b, WZP_ACCEPT_GENERIC), WZP_OK);
    wzp_world_run(p->w, 2 * WZP_S);
    assert_call(p, p->a, WZP_CALL_ACTIVE);
    assert_call(p, p->b, WZP_CALL_ACTIVE);
}

/* What is sent in the next `seconds` is opened and sounds. */
static void assert_hear(place *p, wzp_node from, wzp_node to, uint64_t seconds)
{
    size_t skip, len;
    double sum = 0;
    const uint64_t before = wzp_world_stats(p->w, to).packets_received;
    (void)wzp_world_heard(p->w, to, &skip);
    wzp_world_run(p->w, seconds * WZP_S);
    const wzp_client_stats s = wzp_world_stats(p->w, to);
    assert_true(s.packets_received - before >= seconds * 45);
    assert_int_equal(s.group.bad_tag, 0);
    const int16_t *pcm = wzp_world_heard(p->w, to, &len);
    for (size_t i = skip; i < len; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    assert_true(sum / (double)(len - skip) > 1000000.0);
    assert_int_equal(wzp_world_stats(p->w, from).clear_sent, 0);
}

/* --- calls ---------------------------------------------------------------- */

WZP_TEST(two_who_call_each_other_see_the_same_words_and_hear_each_other_sealed)
{
    place p = open_place(1);
    connect(&p);
    const wzp_client_event ea = last(&p, p.a), eb = last(&p, p.b);
    for (size_t i = 0; i < WZP_CALL_WORDS; i++) {
        assert_string_equal(ea.u.call.word[i], eb.u.call.word[i]);
    }
    assert_string_equal(ea.u.call.digits, eb.u.call.digits);
    assert_hear(&p, p.a, p.b, 3);
    assert_hear(&p, p.b, p.a, 3);
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_int_equal(s.calls_made, 1);
    assert_int_equal(s.calls_agreed, 1);
    assert_int_equal(s.members, 1);
    assert_int_equal(s.group.pairs_refused + s.group.keys_refused, 0);

    hang_up(&p, p.b);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.a, WZP_OK);
    assert_ended(&p, p.b, WZP_OK);
    assert_int_equal(wzp_liar_calls(p.liar), 0);
    connect(&p); /* again, under another id, with other keys */
    assert_string_not_equal(last(&p, p.a).u.call.digits, ea.u.call.digits);
    close_place(&p);
}

/* The connections of the call's room; lines stay. */
static void break_rooms(place *p)
{
    for (int i = 0; i < wzp_liar_count(p->liar); i++) {
        if (wzp_liar_member_at(p->liar, i)->is_here) {
            wzp_liar_drop(p->liar, i);
        }
    }
    wzp_world_kick(p->w, p->relay);
}

static int joins(const place *p)
{
    int n = 0;
    for (int i = 0; i < wzp_liar_count(p->liar); i++) {
        n += wzp_liar_member_at(p->liar, i)->offer.len > 0;
    }
    return n;
}

WZP_TEST(a_call_goes_on_with_the_same_package_when_the_hop_breaks)
{
    place p = open_place(2);
    connect(&p);
    uint8_t mid[WZP_MID_LEN];
    memcpy(mid, wzp_liar_member_at(p.liar, wzp_liar_find(p.liar, ANNA))->mid,
           sizeof mid);
    const wzp_client_event before = last(&p, p.a);
    for (int i = 0; i < 3; i++) {
        break_rooms(&p);
        wzp_world_run(p.w, 3 * WZP_S);
        assert_call(&p, p.a, WZP_CALL_ACTIVE);
        assert_hear(&p, p.a, p.b, 2);
        assert_hear(&p, p.b, p.a, 2);
    }
    assert_int_equal(joins(&p), 8);
    assert_memory_equal(
        wzp_liar_member_at(p.liar, wzp_liar_find(p.liar, ANNA))->mid, mid,
        sizeof mid);
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_true(s.reconnects >= 3);
    assert_int_equal(s.group.replayed, 0);
    assert_string_equal(last(&p, p.a).u.call.digits, before.u.call.digits);
    hang_up(&p, p.a);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.b, WZP_OK);
    close_place(&p);
}

static void mute(place *p, bool muted)
{
    wzp_engine_mute(engine(p, p->a), now(p, p->a), muted);
    wzp_engine_mute(engine(p, p->b), now(p, p->b), muted);
}

WZP_TEST(a_call_that_lasts_changes_its_keys_and_nobody_notices)
{
    place p = open_place(3);
    connect(&p);
    mute(&p, true);
    wzp_world_run(p.w, 59 * 60 * WZP_S);
    mute(&p, false);
    wzp_world_run(p.w, 10 * WZP_S);
    const wzp_client_stats before = wzp_world_stats(p.w, p.a);
    assert_int_equal(before.group.generation, 0);
    wzp_world_run(p.w, 90 * WZP_S);
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_call(&p, p.a, WZP_CALL_ACTIVE);
    assert_int_equal(s.group.generation, 1);
    assert_int_equal(s.packets_lost - before.packets_lost, 0);
    assert_true(s.packets_received - before.packets_received >= 90 * 49);
    assert_int_equal(s.group.bad_tag + s.group.keys_refused, 0);
    close_place(&p);
}

static bool drop_hangups(void *user, wzp_liar *liar, int from, int to,
                         wzp_signal *sig)
{
    (void)user;
    (void)liar;
    (void)from;
    (void)to;
    return sig->kind != WZP_SIG_HANGUP;
}

WZP_TEST(who_dies_in_a_call_is_given_up_after_a_minute_if_the_relay_is_silent)
{
    for (int is_silent = 0; is_silent < 2; is_silent++) {
        place p = open_place(4);
        const wzp_liar_hooks hooks = {.signal = drop_hangups};
        if (is_silent) {
            wzp_liar_hook(p.liar, &hooks);
        }
        connect(&p);
        wzp_world_kill(p.w, p.b);
        wzp_world_run(p.w, 55 * WZP_S);
        if (is_silent) {
            assert_call(&p, p.a, WZP_CALL_ACTIVE);
            wzp_world_run(p.w, 10 * WZP_S);
            assert_ended(&p, p.a, WZP_ERR_TIMEOUT);
        } else {
            assert_ended(&p, p.a, WZP_OK);
        }
        close_place(&p);
    }
}

/* --- calls that do not come about ----------------------------------------- */

WZP_TEST(a_rejected_call_is_declined)
{
    place p = open_place(10);
    call(&p, p.a, BEN);
    wzp_world_run(p.w, WZP_S);
    assert_int_equal(answer(&p, p.b, WZP_ACCEPT_REJECT), WZP_OK);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.a, WZP_ERR_DECLINED);
    assert_ended(&p, p.b, WZP_ERR_DECLINED);
    close_place(&p);
}

WZP_TEST(somebody_in_a_call_is_busy)
{
    place p = open_place(11);
    p.c = person(&p, CARL);
    connect(&p);
    call(&p, p.c, BEN);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.c, WZP_ERR_BUSY);
    assert_call(&p, p.b, WZP_CALL_ACTIVE);
    assert_hear(&p, p.a, p.b, 1);
    close_place(&p);
}

WZP_TEST(a_call_that_nobody_answers_ends_after_45_s)
{
    place p = open_place(12);
    call(&p, p.a, BEN);
    wzp_world_run(p.w, 44 * WZP_S);
    assert_call(&p, p.a, WZP_CALL_RINGING_OUT);
    assert_call(&p, p.b, WZP_CALL_RINGING_IN);
    wzp_world_run(p.w, 2 * WZP_S);
    assert_ended(&p, p.a, WZP_ERR_NO_ANSWER);
    assert_ended(&p, p.b, WZP_ERR_NO_ANSWER);
    close_place(&p);
}

WZP_TEST(somebody_who_is_not_registered_is_offline)
{
    place p = open_place(13);
    call(&p, p.a, CARL);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.a, WZP_ERR_OFFLINE);
    close_place(&p);
}

WZP_TEST(both_who_call_each_other_at_once_are_in_one_call)
{
    place p = open_place(14);
    call(&p, p.a, BEN);
    call(&p, p.b, ANNA);
    wzp_world_run(p.w, 3 * WZP_S);
    assert_call(&p, p.a, WZP_CALL_ACTIVE);
    assert_call(&p, p.b, WZP_CALL_ACTIVE);
    assert_string_equal(last(&p, p.a).u.call.call_id,
                        last(&p, p.b).u.call.call_id);
    assert_string_equal(last(&p, p.a).u.call.digits,
                        last(&p, p.b).u.call.digits);
    assert_hear(&p, p.a, p.b, 1);
    assert_hear(&p, p.b, p.a, 1);
    assert_int_equal(wzp_liar_calls(p.liar), 1);
    close_place(&p);
}

WZP_TEST(of_two_devices_the_one_that_answers_has_the_call)
{
    place p = open_place(15);
    wzp_liar_allow_devices(p.liar, true);
    p.c = person(&p, BEN); /* his other one */
    call(&p, p.a, BEN);
    wzp_world_run(p.w, WZP_S);
    assert_call(&p, p.b, WZP_CALL_RINGING_IN);
    assert_call(&p, p.c, WZP_CALL_RINGING_IN);
    assert_int_equal(answer(&p, p.c, WZP_ACCEPT_TRUSTED), WZP_OK);
    wzp_world_run(p.w, 2 * WZP_S);
    assert_call(&p, p.b, WZP_CALL_ENDED);
    assert_call(&p, p.c, WZP_CALL_ACTIVE);
    assert_hear(&p, p.a, p.c, 1);
    assert_hear(&p, p.c, p.a, 1);
    close_place(&p);
}

/* --- where they meet
 * ----------------------------------------------------------- */

/* The relay names another place in CallSetup. */
typedef struct elsewhere {
    char text[WZP_ADDR_TEXT_MAX];
} elsewhere;

static bool name_another(void *user, wzp_liar *liar, int from, int to,
                         wzp_signal *sig)
{
    const elsewhere *other = user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_CALL_SETUP) {
        sig->u.call_setup.relay_addr =
            (wzp_str){other->text, strlen(other->text)};
    }
    return true;
}

WZP_TEST(a_call_meets_at_another_relay_that_is_pinned_by_its_address)
{
    place p = open_place(30);
    const wzp_node other = wzp_world_relay(p.w, 8, NULL); /* a real one */
    const wzp_addr addr = wzp_world_addr(p.w, other);
    elsewhere there;
    wzp_client_event ev;
    wzp_addr_encode(&addr, there.text);
    wzp_liar_hook(p.liar,
                  &(wzp_liar_hooks){.user = &there, .signal = name_another});
    connect(&p);
    assert_hear(&p, p.a, p.b, 2);
    assert_hear(&p, p.b, p.a, 2);
    assert_int_equal(joins(&p), 0);
    assert_true(wzp_world_events(p.w, p.a, WZP_EVENT_PIN, &ev) > 0);
    assert_string_equal(ev.u.pin.relay, there.text);

    wzp_world_kill(p.w, other);
    wzp_world_restart_relay(p.w, other);
    wzp_world_run(p.w, 40 * WZP_S);
    assert_call(&p, p.a, WZP_CALL_ACTIVE);
    assert_hear(&p, p.a, p.b, 2);
    assert_hear(&p, p.b, p.a, 2);
    hang_up(&p, p.a);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.b, WZP_OK);
    close_place(&p);
}

static const char *const no_relay[] = {
    "127.0.0.1:4433",
    "[::1]:4433",
    "0.0.0.0:4433",
    "10.0.0.77:0",
    "224.0.0.1:4433",
    "[ff02::1]:9",
    "[::]:4433",
    "255.255.255.255:4433",
    /* IPv4 in IPv6's clothes: a socket for both goes where the IPv4 does */
    "[::ffff:127.0.0.1]:4433",
    "[::ffff:0.0.0.0]:4433",
    "[::ffff:224.0.0.1]:4433",
};

static size_t no_relay_count(void)
{
    return sizeof no_relay / sizeof no_relay[0];
}

static void no_relay_run(size_t row)
{
    place p = open_place(40 + row);
    elsewhere there;
    (void)snprintf(there.text, sizeof there.text, "%s", no_relay[row]);
    wzp_liar_hook(p.liar,
                  &(wzp_liar_hooks){.user = &there, .signal = name_another});
    call(&p, p.a, BEN);
    wzp_world_run(p.w, WZP_S);
    assert_int_equal(answer(&p, p.b, WZP_ACCEPT_GENERIC), WZP_OK);
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.a, WZP_ERR_ADDRESS);
    assert_call(&p, p.b, WZP_CALL_ENDED); /* by this, or by her hang-up */
    close_place(&p);
}

WZP_ROWS(a_relay_cannot_send_a_call_to_what_is_no_relay, no_relay_count,
         no_relay_run);

/* --- rooms and the line
 * ------------------------------------------------------- */

WZP_TEST(a_call_rings_in_a_room_and_is_answered_after_leaving_it)
{
    place p = open_place(20);
    wzp_world_join(p.w, p.b, "lounge", p.relay);
    assert_true(wzp_world_await(p.w, p.b, WZP_CLIENT_JOINED, 5 * WZP_S));
    assert_int_equal(try_call(&p, p.b, ANNA), WZP_ERR_STATE);
    call(&p, p.a, BEN);
    wzp_world_run(p.w, WZP_S);
    assert_call(&p, p.b, WZP_CALL_RINGING_IN);
    assert_int_equal(answer(&p, p.b, WZP_ACCEPT_GENERIC), WZP_ERR_STATE);
    wzp_world_leave(p.w, p.b);
    wzp_world_run(p.w, WZP_S);
    assert_int_equal(answer(&p, p.b, WZP_ACCEPT_GENERIC), WZP_OK);
    wzp_world_run(p.w, 2 * WZP_S);
    assert_call(&p, p.a, WZP_CALL_ACTIVE);

    const wzp_join join = {.room = "lounge", .relay = "x:1", .n_addrs = 1};
    assert_int_equal(wzp_engine_join(engine(&p, p.a), now(&p, p.a), &join),
                     WZP_ERR_STATE);
    assert_int_equal(wzp_engine_accept_clear(engine(&p, p.a), now(&p, p.a)),
                     WZP_ERR_STATE);
    wzp_world_leave(p.w, p.a); /* hangs up */
    wzp_world_run(p.w, WZP_S);
    assert_ended(&p, p.b, WZP_OK);
    close_place(&p);
}

WZP_TEST(without_a_registration_there_is_no_call)
{
    place p = open_place(21);
    wzp_engine_unregister(engine(&p, p.a), now(&p, p.a));
    wzp_world_kick(p.w, p.a);
    wzp_world_run(p.w, WZP_S);
    assert_int_equal(try_call(&p, p.a, BEN), WZP_ERR_STATE);
    close_place(&p);
}

WZP_TEST(a_line_that_is_lost_while_it_rings_ends_the_call_at_the_relay)
{
    place p = open_place(22);
    call(&p, p.a, BEN);
    wzp_world_run(p.w, WZP_S);
    wzp_liar_drop(p.liar, wzp_liar_line(p.liar, ANNA));
    wzp_world_kick(p.w, p.relay);
    wzp_world_run(p.w, 5 * WZP_S);
    assert_ended(&p, p.b, WZP_ERR_NO_ANSWER);   /* the relay says so */
    assert_call(&p, p.a, WZP_CALL_RINGING_OUT); /* not announced again */
    wzp_world_run(p.w, 45 * WZP_S);
    assert_ended(&p, p.a, WZP_ERR_NO_ANSWER);
    close_place(&p);
}
