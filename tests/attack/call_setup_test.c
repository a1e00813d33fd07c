/* SPDX-License-Identifier: MIT */
/* The attacker is the relay that says where a call meets: CallSetup names a
 * room and a relay's address, and nobody signs it. He wants the two in a room
 * of his, apart from each other, before they have keys, or he wants their
 * machines to send packets to somebody who has nothing to do with it: to
 * themselves, to a printer in their house, to a victim.
 *
 * What stops him: the room follows from the call id and no other is taken; the
 * keys stand before anybody enters, so that where they meet is delivery only;
 * the first set-up of a call counts, and only when it is answered; what is no
 * relay's address is not dialled. What is left to him: a call that ends by
 * WZP_ERR_TIMEOUT, and a few QUIC Initials, which he does not write, to an
 * address he chose, after somebody made and somebody answered a call.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/puppet.h"

#include <stdio.h>
#include <string.h>

#define SETUP WZP_SIG_CALL_SETUP

typedef struct named {
    const char *room;    /* NULL: as it is */
    const char *call_id; /* the same */
    const char *addr[2]; /* the caller's, the callee's; the same */
    char text[2][WZP_ADDR_TEXT_MAX];
} named;

static bool name_another(void *user, wzp_couple *c, int from, int to,
                         wzp_signal *sig)
{
    const named *n = user;
    const bool is_callee = to == wzp_liar_line(c->liar, WZP_BEN);
    wzp_sig_call_setup *s = &sig->u.call_setup;
    (void)from;
    if (sig->kind != SETUP) {
        return true;
    }
    if (n->room != NULL) {
        s->room = (wzp_str){n->room, strlen(n->room)};
    }
    if (n->call_id != NULL) {
        s->call_id = (wzp_str){n->call_id, strlen(n->call_id)};
    }
    if (n->addr[is_callee] != NULL) {
        s->relay_addr =
            (wzp_str){n->addr[is_callee], strlen(n->addr[is_callee])};
    }
    return true;
}

static wzp_couple *meet(uint64_t seed, named *n)
{
    wzp_couple *c = wzp_couple_new(seed);
    c->user = n;
    c->signal = name_another;
    wzp_couple_talk(c);
    return c;
}

static void point_to(named *n, int side, const wzp_couple *c, wzp_node node)
{
    const wzp_addr addr = wzp_world_addr(c->w, node);
    wzp_addr_encode(&addr, n->text[side]);
    n->addr[side] = n->text[side];
}

static void assert_apart(wzp_couple *c)
{
    wzp_world_run(c->w, 45 * WZP_S);
    WZP_ASSERT_ENDED(c, c->a, WZP_ERR_TIMEOUT);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ENDED);
    assert_int_equal(wzp_world_stats(c->w, c->a).packets_received, 0);
    assert_int_equal(wzp_world_stats(c->w, c->b).packets_received, 0);
    assert_true(wzp_couple_is_sealed(c));
}

/* --- another room, another call --- */

static const named wrong[] = {
    {.room = "lounge"},
    {.room = "call-"},
    {.room = ""},
    {.call_id = "somewhere"},
    {.addr = {"relay", "relay"}},
    {.addr = {"", ""}},
};

static size_t wrong_count(void)
{
    return sizeof wrong / sizeof wrong[0];
}

static void wrong_run(size_t row)
{
    named n = wrong[row];
    wzp_couple *c = meet(1, &n);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_CONNECTING);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_signals_refused, 1);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_signals_refused, 1);
    assert_int_equal(wzp_engine_state(wzp_world_engine(c->w, c->a)),
                     WZP_CLIENT_IDLE); /* in no room */
    assert_apart(c);
    wzp_couple_free(c);
}

WZP_ROWS(a_set_up_that_is_not_of_this_call_is_not_followed, wrong_count,
         wrong_run);

WZP_TEST(control_the_set_up_of_this_call_is_followed)
{
    named n = {.room = NULL};
    wzp_couple *c = meet(1, &n);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_signals_refused, 0);
    wzp_couple_free(c);
}

/* Set-ups are the test's to say, and the reveal comes after them. */
static bool keep_setups(void *user, wzp_couple *c, int from, int to,
                        wzp_signal *sig)
{
    (void)user;
    (void)from;
    if (sig->kind == WZP_SIG_DIRECT_CALL_REVEAL) {
        wzp_liar_say_at(c->liar, wzp_world_now(c->w) + 3 * WZP_S, to, sig);
        return false;
    }
    return sig->kind != SETUP;
}

static wzp_signal setup_of(const wzp_couple *c, char room[80], const char *addr)
{
    static wzp_client_event ev;
    ev = wzp_couple_last(c, c->a);
    const wzp_str id = {ev.u.call.call_id, strlen(ev.u.call.call_id)};
    (void)snprintf(room, 80, "call-%s", ev.u.call.call_id);
    return (wzp_signal){.kind = SETUP,
                        .u.call_setup = {.call_id = id,
                                         .room = {room, strlen(room)},
                                         .relay_addr = {addr, strlen(addr)},
                                         .peer_direct_addr = WZP_STR_NONE,
                                         .peer_mapped_addr = WZP_STR_NONE}};
}

WZP_TEST(a_set_up_before_the_answer_is_not_followed_and_the_first_one_counts)
{
    wzp_couple *c = wzp_couple_new(2);
    const int anna = wzp_liar_line(c->liar, WZP_ANNA);
    const int ben = wzp_liar_line(c->liar, WZP_BEN);
    char here[WZP_ADDR_TEXT_MAX], room[80];
    const wzp_addr addr = wzp_world_addr(c->w, c->relay);
    wzp_addr_encode(&addr, here);
    c->signal = keep_setups;
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    wzp_signal sig = setup_of(c, room, "192.0.2.66:4433");
    wzp_couple_tell(c, anna, &sig); /* too early: nobody answered */
    wzp_couple_tell(c, ben, &sig);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_signals_refused, 1);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_signals_refused, 1);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    sig = setup_of(c, room, here);
    wzp_couple_tell(c, anna, &sig);
    wzp_couple_tell(c, ben, &sig);
    sig = setup_of(c, room, "192.0.2.66:4433"); /* too late */
    wzp_couple_tell(c, anna, &sig);
    wzp_couple_tell(c, ben, &sig);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_signals_refused, 2);
    wzp_world_run(c->w, 4 * WZP_S);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_signals_refused, 2);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    wzp_couple_free(c);
}

/* --- another relay --- */

WZP_TEST(who_waits_where_a_call_is_sent_to_gets_nothing)
{
    wzp_couple *c = wzp_couple_new(3);
    wzp_liar *far = wzp_liar_new(c->w, 8); /* his other one */
    const wzp_puppet_config cfg = {.identity = WZP_EVE, .speaks = true};
    wzp_puppet *eve = wzp_puppet_new(c->w, &cfg);
    named n = {.room = NULL};
    wzp_liar_open_call_rooms(far, true);
    point_to(&n, 0, c, wzp_liar_node(far));
    point_to(&n, 1, c, wzp_liar_node(far));
    c->user = &n;
    c->signal = name_another;
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    const wzp_client_event ev = wzp_couple_last(c, c->a);
    char room[80];
    (void)snprintf(room, sizeof room, "call-%s", ev.u.call.call_id);
    wzp_puppet_join(eve, room, wzp_liar_node(far));
    wzp_world_run(c->w, WZP_S);
    assert_true(wzp_puppet_is_in(eve));
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 3 * WZP_S);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, true);
    assert_in_range(wzp_couple_hears(c, c->a), 45, 55);
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55);
    assert_int_equal(wzp_puppet_opened(eve), 0);
    assert_int_equal(wzp_puppet_sent(eve), 0);
    assert_true(wzp_couple_is_sealed(c));
    wzp_couple_free(c);
    wzp_liar_free(far);
    wzp_puppet_free(eve);
}

/* Who has the room is not who carries the call: of that he says nothing. */
WZP_TEST(what_is_said_of_a_call_in_its_room_concerns_nobody)
{
    wzp_couple *c = wzp_couple_new(8);
    wzp_couple_talk(c);
    const wzp_client_event ev = wzp_couple_last(c, c->a);
    const wzp_signal off = {
        .kind = WZP_SIG_HANGUP,
        .u.hangup = {
            .call_id = {ev.u.call.call_id, strlen(ev.u.call.call_id)}}};
    const int in_room = wzp_liar_find(c->liar, WZP_BEN);
    wzp_couple_tell(c, in_room, &off);
    wzp_couple_tell(c, in_room,
                    wzp_couple_said(c, WZP_SIG_DIRECT_CALL_REVEAL, 0));
    wzp_couple_tell(c, in_room, wzp_couple_said(c, SETUP, 0));
    const wzp_signal offer =
        wzp_couple_offer(c, WZP_EVE, WZP_BEN, WZP_STR("in-room"), NULL);
    wzp_couple_tell(c, in_room, &offer);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_busy, 0);
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    /* Control: on the line it does. */
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &offer);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_busy, 1);
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &off);
    WZP_ASSERT_ENDED(c, c->b, WZP_OK);
    wzp_couple_free(c);
}

WZP_TEST(two_who_are_sent_to_different_relays_end_by_name)
{
    wzp_couple *c = wzp_couple_new(4);
    wzp_liar *one = wzp_liar_new(c->w, 7), *other = wzp_liar_new(c->w, 8);
    named n = {.room = NULL};
    wzp_liar_open_call_rooms(one, true);
    wzp_liar_open_call_rooms(other, true);
    point_to(&n, 0, c, wzp_liar_node(one));
    point_to(&n, 1, c, wzp_liar_node(other));
    c->user = &n;
    c->signal = name_another;
    wzp_couple_talk(c);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_CONNECTING); /* each of them alone */
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_CONNECTING);
    assert_apart(c);
    wzp_couple_free(c);
    wzp_liar_free(one);
    wzp_liar_free(other);
}

/* --- somebody who is no relay --- */

static const char *const never[] = {
    "127.0.0.1:4433",          "[::1]:4433",
    "[::ffff:127.0.0.1]:4433", "[::ffff:0.0.0.0]:4433",
    "[::ffff:224.0.0.1]:4433", "[::ffff:255.255.255.255]:4433",
    "[::127.0.0.1]:4433",      "[ff02::1]:4433",
};

static size_t never_count(void)
{
    return sizeof never / sizeof never[0];
}

static void never_run(size_t row)
{
    named n = {.addr = {never[row], never[row]}};
    wzp_couple *c = meet(5, &n);
    WZP_ASSERT_ENDED(c, c->a, WZP_ERR_ADDRESS);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ENDED);
    wzp_couple_free(c);
}

WZP_ROWS(a_call_is_not_sent_to_its_own_machine_or_to_many, never_count,
         never_run);

/* A machine that answers nothing and counts. */
typedef struct victim {
    uint64_t packets, bytes;
    bool is_initial;
} victim;

static void victim_recv(void *machine, wzp_tstamp now, const wzp_addr *local,
                        const wzp_addr *remote, const uint8_t *data, size_t len)
{
    victim *v = machine;
    (void)now;
    (void)local;
    (void)remote;
    v->packets++;
    v->bytes += len;
    v->is_initial = v->is_initial && len >= 1200 && (data[0] & 0xF0) == 0xC0;
}

static void victim_expire(void *machine, wzp_tstamp now)
{
    (void)machine;
    (void)now;
}

static wzp_tstamp victim_deadline(void *machine)
{
    (void)machine;
    return WZP_NEVER;
}

static bool victim_poll(void *machine, wzp_tstamp now, wzp_addr *local,
                        wzp_addr *remote, const uint8_t **data, size_t *len)
{
    (void)machine;
    (void)now;
    (void)local;
    (void)remote;
    (void)data;
    (void)len;
    return false;
}

WZP_TEST(a_call_sent_to_a_victim_costs_it_a_few_initials)
{
    wzp_couple *c = wzp_couple_new(6);
    victim v = {.is_initial = true};
    const wzp_uv_machine machine = {.recv = victim_recv,
                                    .expire = victim_expire,
                                    .deadline = victim_deadline,
                                    .poll_send = victim_poll,
                                    .machine = &v};
    const wzp_node node = wzp_world_actor(c->w);
    named n = {.room = NULL};
    wzp_world_act(c->w, node, &machine);
    point_to(&n, 0, c, node);
    point_to(&n, 1, c, node);
    c->user = &n;
    c->signal = name_another;
    wzp_couple_talk(c);
    assert_apart(c);
    const uint64_t packets = v.packets;
    assert_in_range(packets, 2, 40); /* of both, in all 30 seconds */
    assert_true(v.is_initial);
    wzp_world_run(c->w, 60 * WZP_S);
    assert_int_equal(v.packets, packets); /* and no more of them */
    wzp_couple_free(c);
}
