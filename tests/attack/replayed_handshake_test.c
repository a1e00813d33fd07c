/* SPDX-License-Identifier: MIT */
/* The attacker has a handshake of somebody else, byte for byte: recorded by a
 * relay that it was said to, or taken from memory. It says it again on a
 * connection of its own: at the same relay, in another room, at another relay,
 * at a relay with the very same identity. For CallOffer and RegisterPresence
 * alike (secure-media.md 3; weaknesses-relay.md 2, 9; weaknesses-wire.md 11).
 *
 * Two controls in each: the bytes pass on the connection they were made for,
 * and where they were refused an own handshake passes.
 */
#include "relay/hub.h"

typedef enum thing {
    OFFER,
    REGISTRATION,
} thing;

/* Where the attacker says it. */
typedef enum place {
    SAME_RELAY,
    OTHER_ROOM,
    OTHER_RELAY, /* as if the relay it was said to went there with it */
    TWIN_RELAY,  /* same identity, same certificate */
} place;

static const struct {
    thing what;
    place where;
} ROWS[] = {
    {OFFER, SAME_RELAY},        {OFFER, OTHER_ROOM},
    {OFFER, OTHER_RELAY},       {OFFER, TWIN_RELAY},
    {REGISTRATION, SAME_RELAY}, {REGISTRATION, OTHER_RELAY},
    {REGISTRATION, TWIN_RELAY},
};

static size_t row_count(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static const char *sni_of(thing what, place where)
{
    return what == REGISTRATION  ? "_signal"
           : where == OTHER_ROOM ? "kitchen"
                                 : "lobby";
}

static hub_client *connect_to(hub *h, const char *sni)
{
    hub_client *c = hub_dial(h, sni);
    hub_run(h, 100 * WZP_MS);
    assert_true(c->is_connected);
    return c;
}

/* The handshake of `c` on its own connection. */
static void shake(hub *h, hub_client *c, thing what, const char *room)
{
    if (what == OFFER) {
        hub_offer_as(h, c, c, room, true);
    } else {
        hub_send_reg(h, c, true);
    }
}

static bool is_in(const hub_client *c)
{
    return (c->is_answered || c->is_registered) && !c->is_closed;
}

static size_t members(const hub *h)
{
    const wzp_relay_stats s = hub_stats(h);
    return s.members + s.registered;
}

/* The error of the only refusal there was. */
static wzp_err refused_with(hub *h)
{
    wzp_relay_event ev;
    wzp_err err = WZP_OK;
    size_t n = 0;
    while (wzp_relay_next_event(h->relay, &ev)) {
        if (ev.kind == WZP_RELAY_REFUSED) {
            err = ev.err;
            n++;
        }
    }
    assert_int_equal(n, 1);
    return err;
}

/* Another process with another relay in it; its own randomness. */
static void new_relay(hub *h, place where)
{
    hub_new_as(h, where == TWIN_RELAY ? 0x77 : 0x33, false, 0, 1024);
    h->rng_state.state = 99;
}

static void run_replay(size_t row)
{
    const thing what = ROWS[row].what;
    const place where = ROWS[row].where;
    const bool is_elsewhere = where == OTHER_RELAY || where == TWIN_RELAY;
    hub home, away;
    hub_new(&home, false);
    if (is_elsewhere) {
        new_relay(&away, where);
    }
    hub *there = is_elsewhere ? &away : &home;

    hub_client *victim = connect_to(&home, sni_of(what, SAME_RELAY));
    shake(&home, victim, what, "lobby");
    char *copy = strndup(victim->offer.ptr, victim->offer.len);
    const size_t len = victim->offer.len;
    hub_run(&home, 100 * WZP_MS);
    assert_true(is_in(victim)); /* control: here they pass */

    hub_client *thief = connect_to(there, sni_of(what, where));
    assert_int_equal(
        memcmp(victim->cert_hash, thief->cert_hash, WZP_HASH_LEN) == 0,
        where != OTHER_RELAY);
    assert_int_equal(
        wzp_endpoint_send_signal(thief->ep, there->now, thief->conn, copy, len),
        WZP_OK);
    hub_run(there, WZP_S);
    assert_false(is_in(thief));
    assert_true(thief->is_closed);
    assert_int_equal(thief->close_code, WZP_CLOSE_AUTH);
    assert_string_equal(thief->reason, wzp_strerror(WZP_ERR_BINDING));
    assert_int_equal(thief->is_turned_away, what == REGISTRATION);
    assert_int_equal(refused_with(there), WZP_ERR_BINDING);
    assert_int_equal(members(there), is_elsewhere ? 0 : 1);

    hub_run(&home, WZP_S);
    assert_true(is_in(victim)); /* nobody took its place */
    hub_client *honest = connect_to(there, sni_of(what, where));
    shake(there, honest, what, sni_of(what, where));
    hub_run(there, 100 * WZP_MS);
    assert_true(is_in(honest)); /* control: there an own one passes */

    free(copy);
    hub_free(&home);
    if (is_elsewhere) {
        hub_free(&away);
    }
}

WZP_ROWS(a_handshake_said_again_elsewhere_is_refused_by_name, row_count,
         run_replay);

/* What it would be worth: without proof the attacker takes the place of one
 * that has none, where such are allowed; never of one that has. */
static void take_over(bool victim_proves)
{
    hub h;
    hub_new(&h, true);
    hub_client *victim = connect_to(&h, "_signal");
    hub_send_reg(&h, victim, victim_proves);
    hub_run(&h, 100 * WZP_MS);
    assert_true(is_in(victim));
    hub_client *thief = connect_to(&h, "_signal");
    memcpy(thief->identity.public_key, victim->identity.public_key,
           WZP_KEY_LEN);
    hub_send_reg(&h, thief, false); /* and signs nothing */
    hub_run(&h, WZP_S);
    assert_int_equal(is_in(victim), victim_proves);
    assert_int_equal(is_in(thief), !victim_proves);
    assert_int_equal(thief->is_turned_away, victim_proves);
    assert_int_equal(hub_stats(&h).registered, 1);
    if (!victim_proves) {
        assert_int_equal(victim->close_code, WZP_CLOSE_REPLACED);
    }
    hub_free(&h);
}

WZP_TEST(who_only_names_a_key_takes_nothing_from_who_has_proved_it)
{
    take_over(true);
}

WZP_TEST(control_who_only_names_a_key_replaces_another_such)
{
    take_over(false);
}

/* And back: proof takes the place of a squatter. */
WZP_TEST(who_proves_a_key_takes_the_place_of_who_only_named_it)
{
    hub h;
    hub_new(&h, true);
    hub_client *owner = connect_to(&h, "_signal");
    hub_client *squatter = connect_to(&h, "_signal");
    memcpy(squatter->identity.public_key, owner->identity.public_key,
           WZP_KEY_LEN);
    hub_send_reg(&h, squatter, false);
    hub_run(&h, 100 * WZP_MS);
    assert_true(is_in(squatter));
    hub_send_reg(&h, owner, true);
    hub_run(&h, 100 * WZP_MS);
    assert_true(is_in(owner));
    assert_int_equal(squatter->close_code, WZP_CLOSE_REPLACED);
    assert_non_null(strstr(squatter->reason, "newer registration"));
    hub_free(&h);
}
