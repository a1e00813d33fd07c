/* SPDX-License-Identifier: MIT */
/* Becoming reachable, who takes whose place, and how it ends. */
#include "signal/register.h"

#include "rig.h"

/* The next event, which must be this. */
static wzp_relay_event expect_event(rig *r, wzp_relay_event_kind kind,
                                    wzp_err err)
{
    wzp_relay_event ev;
    assert_true(wzp_relay_next_event(r->relay, &ev));
    assert_int_equal(ev.kind, kind);
    assert_string_equal(wzp_err_name(ev.err), wzp_err_name(err));
    assert_string_equal(ev.room, "_signal");
    return ev;
}

static void expect_no_event(rig *r)
{
    wzp_relay_event ev;
    assert_false(wzp_relay_next_event(r->relay, &ev));
}

/* Is `c` the one who is reachable? Seen from outside: its connection answers.
 */
static bool is_served(rig *r, const rig_client *c)
{
    wzp_signal sig = {.kind = WZP_SIG_PING, .u.ping = {7}};
    if (!fake->conns[c->conn].is_open) {
        return false;
    }
    rig_signal(r, c->conn, &sig);
    rig_expect(r, c->conn, WZP_SIG_PONG, &sig);
    return true;
}

/* --- the door ------------------------------------------------------------- */

WZP_TEST(a_bound_registration_is_acknowledged_verified_known_and_told)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    char fp_text[WZP_FP_TEXT_LEN + 1];
    uint8_t fp[WZP_FP_LEN];
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    rig_register(&r, &c);
    rig_expect(&r, c.conn, WZP_SIG_REGISTER_PRESENCE_ACK, &sig);
    const wzp_sig_register_presence_ack *ack = &sig.u.register_presence_ack;
    assert_true(ack->success);
    assert_int_equal(ack->caps, WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1);
    assert_int_equal(ack->relay_build.len, 6);
    assert_memory_equal(ack->relay_build.ptr, "abc123", 6);
    assert_true(fake->conns[c.conn].is_known);
    assert_false(fake->conns[c.conn].is_trusted); /* nothing long is read */
    assert_int_equal(rig_stats(&r).registered, 1);
    assert_int_equal(rig_stats(&r).registered_verified, 1);
    const wzp_relay_event ev = expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK);
    wzp_identity_fingerprint(c.identity.public_key, fp);
    wzp_fingerprint_encode(fp, fp_text);
    assert_string_equal(ev.fingerprint, fp_text);
    assert_true(ev.is_verified);
    assert_int_equal(ev.conn, c.conn);
    assert_true(is_served(&r, &c));
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(the_next_certificate_is_told_to_who_registers)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    uint8_t seed[WZP_SEED_LEN] = {9};
    wzp_seed_identity *next;
    wzp_relay_config cfg = rig_config(&r);
    assert_int_equal(wzp_seed_identity_new(&next, seed), WZP_OK);
    cfg.next_identity = wzp_seed_identity_table(next);
    cfg.next_not_before = RIG_UNIX + 1;
    rig_start(&r, &cfg);
    rig_client_init(&r, &c, 3);
    rig_register(&r, &c);
    rig_expect(&r, c.conn, WZP_SIG_REGISTER_PRESENCE_ACK, &sig);
    assert_true(sig.u.register_presence_ack.next_tls.has);
    assert_int_equal(sig.u.register_presence_ack.next_tls.not_before,
                     RIG_UNIX + 1);
    rig_client_free(&c);
    rig_free(&r);
    wzp_seed_identity_free(next);
}

/* What may be wrong with a registration. */
typedef enum fault {
    NOTHING,
    NO_SIGNATURE,
    WRONG_SIGNATURE,
    NO_BINDING,
    WRONG_BINDING,
    OFFERS_BINDING, /* made for a CallOffer */
    RELAYS_BINDING, /* made for another relay's certificate */
    FOREIGN_KEY,    /* all signed, but another's identity named */
    PROVES_NOTHING,
    BOUND_WITHOUT_CAPS,
    SIGNED_ONLY, /* as a client of the earlier protocol could */
    WRONGLY_SIGNED_ONLY,
} fault;

static void spoil(const rig_client *c, fault what, rig_reg *o)
{
    wzp_sig_register_presence *reg = &o->sig.u.register_presence;
    wzp_binding_input in = {0};
    const wzp_bytes none = {NULL, 0};
    switch (what) {
    case NOTHING: break;
    case NO_SIGNATURE: reg->signature = none; break;
    case WRONG_SIGNATURE: o->signature[5] ^= 1; break;
    case NO_BINDING: reg->binding = none; break;
    case WRONG_BINDING: o->binding[5] ^= 1; break;
    case OFFERS_BINDING:
    case RELAYS_BINDING:
        in.kind = what == OFFERS_BINDING ? WZP_BINDING_CALL_OFFER
                                         : WZP_BINDING_REGISTER;
        rig_exporter(c->conn, in.exporter);
        memset(in.server_cert_hash, what == OFFERS_BINDING ? 0xCE : 0xCF,
               sizeof in.server_cert_hash);
        assert_int_equal(wzp_binding_sign(&c->identity, &in, o->binding),
                         WZP_OK);
        break;
    case FOREIGN_KEY: reg->identity_pub[0] ^= 1; break;
    case PROVES_NOTHING:
        reg->signature = reg->binding = none;
        reg->caps = 0;
        break;
    case BOUND_WITHOUT_CAPS: reg->caps = 0; break;
    case WRONGLY_SIGNED_ONLY:
        o->signature[5] ^= 1;
        reg->binding = none;
        reg->caps = 0;
        break;
    case SIGNED_ONLY:
        reg->binding = none;
        reg->caps = 0;
        break;
    }
}

/* err: without allow_legacy; with it, the same unless `legacy_err` says
 * otherwise. */
static const struct {
    fault what;
    wzp_err err, legacy_err;
    uint64_t code;
} DOOR[] = {
    {NOTHING, WZP_OK, WZP_OK, 0},
    {NO_SIGNATURE, WZP_OK, WZP_OK, 0}, /* the binding is one, and better */
    {BOUND_WITHOUT_CAPS, WZP_OK, WZP_OK, 0},
    {WRONG_SIGNATURE, WZP_ERR_SIGNATURE, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {NO_BINDING, WZP_ERR_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {WRONG_BINDING, WZP_ERR_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {OFFERS_BINDING, WZP_ERR_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {RELAYS_BINDING, WZP_ERR_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {FOREIGN_KEY, WZP_ERR_SIGNATURE, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {PROVES_NOTHING, WZP_ERR_LEGACY, WZP_OK, WZP_CLOSE_LEGACY},
    {SIGNED_ONLY, WZP_ERR_LEGACY, WZP_OK, WZP_CLOSE_LEGACY},
    {WRONGLY_SIGNED_ONLY, WZP_ERR_SIGNATURE, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
};

static size_t door_count(void)
{
    return 2 * sizeof DOOR / sizeof DOOR[0];
}

static void run_door(size_t row)
{
    rig r;
    rig_client c;
    rig_reg o;
    const bool allow_legacy = row % 2 != 0;
    const size_t i = row / 2;
    const wzp_err err = allow_legacy ? DOOR[i].legacy_err : DOOR[i].err;
    if (allow_legacy) {
        rig_new_legacy(&r);
    } else {
        rig_new(&r);
    }
    rig_client_init(&r, &c, 3);
    c.conn = rig_accept(&r, "_signal");
    rig_make_reg(&c, c.conn, &o);
    spoil(&c, DOOR[i].what, &o);
    rig_signal(&r, c.conn, &o.sig);
    if (err == WZP_OK) {
        const bool is_verified = DOOR[i].err == WZP_OK;
        rig_expect_ack(&r, c.conn);
        assert_int_equal(rig_stats(&r).registered_verified, is_verified);
        assert_int_equal(fake->conns[c.conn].is_known, is_verified);
        assert_int_equal(
            expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK).is_verified,
            is_verified);
    } else {
        rig_expect_no_ack(&r, c.conn, DOOR[i].code);
        (void)expect_event(&r, WZP_RELAY_REFUSED, err);
        assert_int_equal(rig_stats(&r).conns, 0);
        assert_int_equal(
            rig_stats(&r).refused_auth + rig_stats(&r).refused_legacy, 1);
    }
    assert_int_equal(rig_stats(&r).registered, err == WZP_OK);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_ROWS(a_registration_that_proves_too_little_is_refused_by_name, door_count,
         run_door);

WZP_TEST(a_registration_repeated_on_another_connection_is_refused)
{
    rig r;
    rig_client c;
    rig_reg o;
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 3);
    c.conn = rig_accept(&r, "_signal");
    const wzp_conn_id thief = rig_accept(&r, "_signal");
    rig_make_reg(&c, c.conn, &o);
    rig_signal(&r, thief, &o.sig);
    rig_expect_no_ack(&r, thief, WZP_CLOSE_AUTH);
    (void)expect_event(&r, WZP_RELAY_REFUSED, WZP_ERR_BINDING);
    rig_signal(&r, c.conn, &o.sig); /* the same bytes where they belong */
    rig_expect_ack(&r, c.conn);
    rig_client_free(&c);
    rig_free(&r);
}

/* --- earlier clients ------------------------------------------------------ */

WZP_TEST(an_earlier_client_hears_only_what_it_can_read)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 3);
    c.is_legacy = true;
    rig_register(&r, &c);
    rig_expect(&r, c.conn, WZP_SIG_REGISTER_PRESENCE_ACK, &sig);
    assert_true(sig.u.register_presence_ack.success);
    assert_int_equal(sig.u.register_presence_ack.caps, 0);
    assert_int_equal(sig.u.register_presence_ack.relay_build.len, 6);
    assert_true(is_served(&r, &c));
    rig_client_free(&c);
    rig_free(&r);
}

/* A registration without an identity, as earlier clients make to learn their
 * address. */
static wzp_conn_id probe(rig *r)
{
    const wzp_conn_id conn = rig_accept(r, "_signal");
    const wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE};
    rig_signal(r, conn, &sig);
    return conn;
}

WZP_TEST(an_address_probe_is_answered_for_a_while_and_registers_nobody)
{
    rig r;
    wzp_signal sig = {.kind = WZP_SIG_REFLECT};
    rig_new_legacy(&r);
    const wzp_conn_id a = probe(&r);
    const wzp_conn_id b = probe(&r); /* many at once are no conflict */
    rig_expect_ack(&r, a);
    rig_expect_ack(&r, b);
    rig_signal(&r, a, &sig);
    rig_expect(&r, a, WZP_SIG_REFLECT_RESPONSE, &sig);
    assert_int_equal(rig_stats(&r).registered, 0);
    assert_int_equal(rig_stats(&r).address_probes, 2);
    assert_false(fake->conns[a].is_known);
    expect_no_event(&r);
    rig_advance(&r, 10 * WZP_S);
    rig_expect_closed(a, WZP_CLOSE_NORMAL);
    rig_expect_closed(b, WZP_CLOSE_NORMAL);
    assert_int_equal(rig_stats(&r).conns, 0);
    rig_free(&r);
}

WZP_TEST(an_address_probe_is_refused_where_only_proof_counts)
{
    rig r;
    rig_new(&r);
    rig_expect_no_ack(&r, probe(&r), WZP_CLOSE_LEGACY);
    assert_int_equal(rig_stats(&r).address_probes, 0);
    rig_free(&r);
}

/* --- whose place ---------------------------------------------------------- */

/* An older and a newer registration of one identity, each with proof or
 * without: whose it is afterwards. */
static const struct {
    bool older_proves, newer_proves, newer_wins;
} PLACES[] = {
    {true, true, true},
    {false, true, true},
    {false, false, true},
    {true, false, false},
};

static size_t place_count(void)
{
    return sizeof PLACES / sizeof PLACES[0];
}

static void run_place(size_t row)
{
    rig r;
    rig_client older, newer;
    rig_new_legacy(&r);
    rig_client_init(&r, &older, 3);
    rig_client_init(&r, &newer, 3);
    older.is_legacy = !PLACES[row].older_proves;
    newer.is_legacy = !PLACES[row].newer_proves;
    rig_registered(&r, &older);
    (void)expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK);
    rig_register(&r, &newer);
    if (PLACES[row].newer_wins) {
        rig_expect_ack(&r, newer.conn);
        rig_expect_closed(older.conn, WZP_CLOSE_REPLACED);
        assert_non_null(strstr(fake->conns[older.conn].reason, "newer"));
        (void)expect_event(&r, WZP_RELAY_UNREGISTERED, WZP_ERR_REPLACED);
        (void)expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK);
    } else {
        rig_expect_no_ack(&r, newer.conn, WZP_CLOSE_AUTH);
        (void)expect_event(&r, WZP_RELAY_REFUSED, WZP_ERR_UNVERIFIED);
    }
    const wzp_relay_stats s = rig_stats(&r);
    assert_int_equal(s.registered, 1);
    assert_int_equal(s.registered_verified,
                     PLACES[row].older_proves || PLACES[row].newer_proves);
    assert_int_equal(s.registrations_replaced, PLACES[row].newer_wins);
    assert_int_equal(s.conns, 1);
    assert_true(is_served(&r, PLACES[row].newer_wins ? &newer : &older));
    expect_no_event(&r);
    rig_client_free(&older);
    rig_client_free(&newer);
    rig_free(&r);
}

WZP_ROWS(a_newer_registration_takes_the_place_unless_only_the_older_has_proof,
         place_count, run_place);

/* The order of ends that the earlier relay got wrong: the older connection is
 * seen to end when the newer one has registered. */
WZP_TEST(the_end_of_an_older_connection_leaves_the_newer_registration)
{
    rig r;
    rig_client older, newer;
    rig_new(&r);
    rig_client_init(&r, &older, 3);
    rig_client_init(&r, &newer, 3);
    rig_registered(&r, &older);
    rig_registered(&r, &newer);
    rig_gone(&r, older.conn, WZP_ERR_IDLE, 0); /* and once more */
    assert_int_equal(rig_stats(&r).registered, 1);
    assert_true(is_served(&r, &newer));
    assert_int_equal(rig_stats(&r).registrations_ended, 1);
    /* The control: the end of the newer one does take it out. */
    rig_gone(&r, newer.conn, WZP_ERR_IDLE, 0);
    assert_int_equal(rig_stats(&r).registered, 0);
    assert_int_equal(rig_stats(&r).registrations_ended, 2);
    rig_client_free(&older);
    rig_client_free(&newer);
    rig_free(&r);
}

WZP_TEST(a_full_table_refuses_strangers_and_lets_its_own_come_again)
{
    rig r;
    rig_client c[3];
    wzp_relay_config cfg = rig_config(&r);
    cfg.max_registrations = 2;
    rig_start(&r, &cfg);
    for (uint8_t i = 0; i < 3; i++) {
        rig_client_init(&r, &c[i], (uint8_t)(i + 1));
    }
    rig_registered(&r, &c[0]);
    rig_registered(&r, &c[1]);
    rig_register(&r, &c[2]);
    rig_expect_none(&r, c[2].conn); /* a no would be final */
    rig_expect_closed(c[2].conn, WZP_CLOSE_FULL);
    assert_int_equal(rig_stats(&r).refused_full, 1);
    rig_registered(&r, &c[0]); /* over a new connection */
    rig_gone(&r, c[1].conn, WZP_ERR_PEER_CLOSED, 0);
    rig_registered(&r, &c[2]);
    assert_int_equal(rig_stats(&r).registered, 2);
    rig_leave_all(c, 3);
    rig_free(&r);
}

/* --- how it ends ---------------------------------------------------------- */

WZP_TEST(who_does_not_register_in_time_is_closed)
{
    rig r;
    rig_new(&r);
    const wzp_conn_id conn = rig_accept(&r, "_signal");
    rig_advance(&r, 10 * WZP_S - 1);
    assert_true(fake->conns[conn].is_open);
    rig_advance(&r, 1);
    rig_expect_none(&r, conn);
    rig_expect_closed(conn, WZP_CLOSE_SLOW);
    (void)expect_event(&r, WZP_RELAY_REFUSED, WZP_ERR_TIMEOUT);
    assert_int_equal(rig_stats(&r).refused_timeout, 1);
    assert_int_equal(rig_stats(&r).conns, 0);
    rig_free(&r);
}

WZP_TEST(anything_else_before_a_registration_ends_the_connection)
{
    static const struct {
        const char *text;
        int times;
    } said[] = {{"\"Reflect\"", 1}, {"{", 1}, {"\"FromTheFuture\"", 9}};
    rig r;
    rig_new(&r);
    for (size_t i = 0; i < 3; i++) {
        const wzp_conn_id conn = rig_accept(&r, "_signal");
        for (int n = 0; n < said[i].times; n++) {
            rig_text(&r, conn, said[i].text, strlen(said[i].text));
        }
        rig_expect_no_ack(&r, conn, WZP_CLOSE_PROTOCOL);
        rig_expect_none(&r, conn);
    }
    assert_int_equal(rig_stats(&r).refused_protocol, 3);
    rig_free(&r);
}

WZP_TEST(what_a_refused_client_goes_on_to_say_is_not_read)
{
    rig r;
    rig_client c;
    rig_reg o;
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    c.conn = rig_accept(&r, "_signal");
    rig_make_reg(&c, c.conn, &o);
    o.binding[0] ^= 1;
    rig_signal(&r, c.conn, &o.sig);
    o.binding[0] ^= 1; /* a good one now */
    rig_signal(&r, c.conn, &o.sig);
    rig_expect_no_ack(&r, c.conn, WZP_CLOSE_AUTH);
    assert_int_equal(rig_stats(&r).registered, 0);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(a_drain_closes_registrations_with_the_reason)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    rig_registered(&r, &c);
    (void)expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK);
    const wzp_conn_id waiting = rig_accept(&r, "_signal");
    wzp_relay_drain(r.relay, r.now, "going down");
    rig_poll(&r);
    rig_expect_closed(c.conn, WZP_CLOSE_SHUTDOWN);
    rig_expect_closed(waiting, WZP_CLOSE_SHUTDOWN);
    (void)expect_event(&r, WZP_RELAY_UNREGISTERED, WZP_ERR_SHUTDOWN);
    assert_int_equal(rig_stats(&r).registered, 0);
    assert_true(wzp_relay_is_drained(r.relay, r.now));
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(a_registration_is_given_up_when_the_client_closes)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    rig_registered(&r, &c);
    (void)expect_event(&r, WZP_RELAY_REGISTERED, WZP_OK);
    rig_gone(&r, c.conn, WZP_ERR_PEER_CLOSED, WZP_CLOSE_NORMAL);
    (void)expect_event(&r, WZP_RELAY_UNREGISTERED, WZP_OK);
    assert_int_equal(rig_stats(&r).registered, 0);
    assert_int_equal(rig_stats(&r).registered_verified, 0);
    assert_int_equal(wzp_relay_deadline(r.relay), WZP_NEVER);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(media_on_the_signal_service_goes_nowhere)
{
    rig r;
    rig_client c, member;
    uint8_t data[200];
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 3);
    rig_client_init(&r, &member, 4);
    rig_join(&r, &member, "lobby");
    rig_registered(&r, &c);
    rig_dgram(&r, c.conn, data, rig_clear(data));
    assert_int_equal(fake->conns[member.conn].dgrams, 0);
    assert_int_equal(rig_stats(&r).media_dropped_malformed, 1);
    rig_client_free(&c);
    rig_client_free(&member);
    rig_free(&r);
}
