/* SPDX-License-Identifier: MIT */
/* A connection's way in and out, whatever happens on it. */
#include "join.h"

#include "rig.h"

static void expect_empty(rig *r)
{
    wzp_relay_stats s = rig_stats(r);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.rooms, 0);
    assert_int_equal(s.members, 0);
    assert_int_equal(s.joined, s.left);
    assert_int_equal(wzp_relay_deadline(r->relay), WZP_NEVER);
}

static void expect_event(rig *r, wzp_relay_event_kind kind, wzp_err err,
                         const char *room)
{
    wzp_relay_event ev;
    assert_true(wzp_relay_next_event(r->relay, &ev));
    assert_int_equal(ev.kind, kind);
    assert_string_equal(wzp_err_name(ev.err), wzp_err_name(err));
    assert_string_equal(ev.room, room);
    assert_int_equal(ev.remote.family, WZP_FAMILY_V4);
}

/* --- roles ---------------------------------------------------------------- */

WZP_TEST(ping_is_closed_with_code_0_right_after_the_handshake)
{
    rig r;
    rig_new(&r);
    wzp_conn_id conn = rig_accept(&r, "ping");
    rig_expect_closed(conn, WZP_CLOSE_NORMAL);
    rig_expect_none(&r, conn);
    expect_empty(&r);
    rig_free(&r);
}

WZP_TEST(version_sends_the_build_text_and_closes_after_100_ms)
{
    rig r;
    rig_new(&r);
    wzp_conn_id conn = rig_accept(&r, "version");
    assert_string_equal(fake->conns[conn].uni, "abc123");
    rig_advance(&r, 99 * WZP_MS);
    assert_true(fake->conns[conn].is_open);
    rig_advance(&r, 1 * WZP_MS);
    rig_expect_closed(conn, WZP_CLOSE_NORMAL);
    expect_empty(&r);
    rig_free(&r);
}

static const struct {
    const char *sni;
    wzp_err err;
} REFUSED[] = {
    {"_signal", WZP_ERR_NOT_ALLOWED},   {"_probe", WZP_ERR_NOT_ALLOWED},
    {"_relay", WZP_ERR_NOT_ALLOWED},    {"_federation", WZP_ERR_NOT_ALLOWED},
    {"call-12ab", WZP_ERR_NOT_ALLOWED}, {"a..b", WZP_ERR_NAME},
};

static size_t count_refused(void)
{
    return sizeof REFUSED / sizeof REFUSED[0];
}

static void run_refused(size_t row)
{
    rig r;
    rig_new(&r);
    wzp_conn_id conn = rig_accept(&r, REFUSED[row].sni);
    rig_expect_closed(conn, WZP_CLOSE_NOT_ALLOWED);
    assert_true(strlen(fake->conns[conn].reason) > 10);
    wzp_relay_event ev;
    assert_true(wzp_relay_next_event(r.relay, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_REFUSED);
    assert_int_equal(ev.err, REFUSED[row].err);
    assert_int_equal(rig_stats(&r).refused_protocol, 1);
    expect_empty(&r);
    rig_free(&r);
}

WZP_ROWS(a_role_the_relay_has_not_is_refused_with_a_reason, count_refused,
         run_refused);

/* --- joining -------------------------------------------------------------- */

WZP_TEST(a_capable_client_is_answered_trusted_and_told)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    rig_enter(&r, &c, "Lobby"); /* names are taken in lower case */
    rig_expect(&r, c.conn, WZP_SIG_CALL_ANSWER, &sig);
    assert_true((sig.u.call_answer.caps & WZP_CAP_E2E1) != 0);
    assert_true((sig.u.call_answer.caps & WZP_CAP_DGRAM1) != 0);
    assert_int_equal(sig.u.call_answer.binding.len, WZP_SIG_LEN);
    rig_expect(&r, c.conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_true(fake->conns[c.conn].is_trusted);
    expect_event(&r, WZP_RELAY_JOINED, WZP_OK, "lobby");
    rig_gone(&r, c.conn, WZP_ERR_PEER_CLOSED, WZP_CLOSE_NORMAL);
    expect_event(&r, WZP_RELAY_LEFT, WZP_OK, "lobby");
    expect_empty(&r);
    rig_client_free(&c);
    rig_free(&r);
}

/* Ways of typed datagrams after a join with these capabilities. */
static unsigned typed_after(uint32_t more_caps, bool is_legacy)
{
    rig r;
    rig_client c;
    rig_offer o;
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 3);
    c.is_legacy = is_legacy;
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    c.conn = rig_accept(&r, "lobby");
    rig_make_offer(&c, c.conn, &o);
    o.sig.u.call_offer.caps |= more_caps;
    rig_signal(&r, c.conn, &o.sig);
    assert_true(fake->conns[c.conn].is_trusted);
    const unsigned typed = fake->conns[c.conn].typed;
    rig_client_free(&c);
    rig_free(&r);
    return typed;
}

WZP_TEST(media_headers_are_compressed_towards_those_who_announced_it)
{
    assert_int_equal(typed_after(WZP_CAP_DGRAM1, false),
                     WZP_TYPED_RECEIVE | WZP_TYPED_SEND);
    assert_int_equal(typed_after(0, false), WZP_TYPED_RECEIVE);
    assert_int_equal(typed_after(0, true), 0);
}

WZP_TEST(raw_and_hashed_names_meet_in_one_room)
{
    rig r;
    rig_client a, b;
    char hash[WZP_ROOM_HEX_LEN + 1];
    rig_new(&r);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 2);
    wzp_room_hash(WZP_STR("lobby"), hash);
    rig_join(&r, &a, "lobby");
    rig_join(&r, &b, hash);
    assert_int_equal(rig_stats(&r).rooms, 1);
    assert_int_equal(rig_stats(&r).members, 2);
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

/* A relay where lobby has a secret. */
static void rig_new_ruled(rig *r, uint8_t access)
{
    wzp_relay_config cfg = rig_config(r);
    wzp_room_rule rule = {.name = "Lobby", .has_access = true};
    memset(rule.access, access, sizeof rule.access);
    cfg.room_rules = &rule;
    cfg.n_room_rules = 1;
    cfg.is_closed = true;
    rig_start(r, &cfg);
    memset(&rule, 0xEE, sizeof rule); /* it has its own copy */
}

/* Offers with a proof; true: admitted. */
static bool enters(rig *r, rig_client *c, const char *room, uint8_t access)
{
    rig_offer o;
    uint8_t key[WZP_KEY_LEN];
    uint8_t proof[WZP_HASH_LEN];
    uint8_t exporter[32];
    memset(key, access, sizeof key);
    rig_package(r, c, room, r->unix_now + 3600);
    c->conn = rig_accept(r, room);
    rig_make_offer(c, c->conn, &o);
    rig_exporter(c->conn, exporter);
    wzp_room_proof(key, exporter, c->kph, proof);
    o.sig.u.call_offer.room_proof = (wzp_bytes){proof, sizeof proof};
    rig_signal(r, c->conn, &o.sig);
    return fake->conns[c->conn].is_open;
}

WZP_TEST(raw_and_hashed_names_meet_in_one_room_under_one_rule)
{
    rig r;
    rig_client a, b;
    char hash[WZP_ROOM_HEX_LEN + 1];
    rig_new_ruled(&r, 7);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 2);
    wzp_room_hash(WZP_STR("lobby"), hash);
    assert_false(enters(&r, &a, "lobby", 8));
    assert_false(enters(&r, &b, hash, 8));
    assert_int_equal(rig_stats(&r).refused_rule, 2);
    assert_int_equal(rig_stats(&r).refused_auth, 0);
    assert_true(enters(&r, &a, "lobby", 7));
    assert_true(enters(&r, &b, hash, 7));
    assert_int_equal(rig_stats(&r).rooms, 1);
    assert_int_equal(rig_stats(&r).members, 2);
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

WZP_TEST(new_rules_are_for_who_joins_and_members_stay)
{
    rig r;
    rig_client a, b;
    wzp_room_rule rule = {.name = "lobby", .has_access = true};
    memset(rule.access, 9, sizeof rule.access);
    rig_new_ruled(&r, 7);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 2);
    assert_true(enters(&r, &a, "lobby", 7));

    assert_int_equal(wzp_relay_rules_set(r.relay, &rule, 1, NULL, 0), WZP_OK);
    assert_int_equal(rig_stats(&r).members, 1);
    assert_false(enters(&r, &b, "lobby", 7));
    assert_true(enters(&r, &b, "lobby", 9));

    assert_int_equal(wzp_relay_rules_set(r.relay, NULL, 0, NULL, 0), WZP_OK);
    assert_int_equal(rig_stats(&r).members, 2);
    assert_false(enters(&r, &b, "lobby", 9)); /* closed, and nothing listed */
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

WZP_TEST(rules_that_make_no_sense_leave_those_before)
{
    rig r;
    rig_client a;
    char why[160] = "";
    const wzp_room_rule twice[] = {{.name = "lobby"}, {.name = "LOBBY"}};
    rig_new_ruled(&r, 7);
    rig_client_init(&r, &a, 1);
    assert_int_equal(wzp_relay_rules_set(r.relay, twice, 2, why, sizeof why),
                     WZP_ERR_CONFIG);
    assert_non_null(strstr(why, "LOBBY"));
    assert_false(enters(&r, &a, "lobby", 8));
    assert_true(enters(&r, &a, "lobby", 7));
    rig_client_free(&a);
    rig_free(&r);
}

WZP_TEST(an_offer_replayed_on_another_connection_is_refused)
{
    rig r;
    rig_client c;
    rig_offer o;
    rig_new(&r);
    rig_client_init(&r, &c, 1);
    rig_join(&r, &c, "lobby");
    rig_make_offer(&c, c.conn, &o);
    wzp_conn_id thief = rig_accept(&r, "lobby");
    rig_signal(&r, thief, &o.sig);
    rig_expect_closed(thief, WZP_CLOSE_AUTH);
    rig_expect_none(&r, thief);
    assert_int_equal(rig_stats(&r).refused_auth, 1);
    assert_int_equal(rig_stats(&r).members, 1);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(a_legacy_client_is_refused_with_code_8_and_a_sentence)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_client_init(&r, &c, 1);
    c.is_legacy = true;
    rig_enter(&r, &c, "lobby");
    rig_expect_closed(c.conn, WZP_CLOSE_LEGACY);
    assert_non_null(strstr(fake->conns[c.conn].reason, "seal"));
    assert_int_equal(rig_stats(&r).refused_legacy, 1);
    expect_event(&r, WZP_RELAY_REFUSED, WZP_ERR_LEGACY, "lobby");
    expect_empty(&r);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(a_legacy_client_joins_where_allowed)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 1);
    c.is_legacy = true;
    rig_enter(&r, &c, "lobby");
    rig_expect(&r, c.conn, WZP_SIG_CALL_ANSWER, &sig);
    assert_int_equal(sig.u.call_answer.caps, 0);
    rig_expect(&r, c.conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 1);
    assert_false(sig.u.room_update.rev.has);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(an_auth_token_before_the_offer_is_let_pass)
{
    rig r;
    rig_client c;
    rig_offer o;
    rig_new(&r);
    rig_client_init(&r, &c, 1);
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    c.conn = rig_accept(&r, "lobby");
    wzp_signal token = {.kind = WZP_SIG_AUTH_TOKEN,
                        .u.auth_token = {WZP_STR("secret")}};
    rig_signal(&r, c.conn, &token);
    rig_text(&r, c.conn, "\"FromTheFuture\"", 15);
    rig_make_offer(&c, c.conn, &o);
    rig_signal(&r, c.conn, &o.sig);
    assert_int_equal(rig_stats(&r).members, 1);
    rig_client_free(&c);
    rig_free(&r);
}

WZP_TEST(anything_else_before_the_offer_ends_the_connection)
{
    rig r;
    rig_new(&r);
    wzp_conn_id a = rig_accept(&r, "lobby");
    wzp_conn_id b = rig_accept(&r, "lobby");
    rig_text(&r, a, "\"Hold\"", 6);
    rig_text(&r, b, "{", 1);
    rig_expect_closed(a, WZP_CLOSE_PROTOCOL);
    rig_expect_closed(b, WZP_CLOSE_PROTOCOL);
    wzp_conn_id c = rig_accept(&r, "lobby");
    for (int i = 0; i < 8; i++) {
        rig_text(&r, c, "\"FromTheFuture\"", 15);
    }
    rig_expect_closed(c, WZP_CLOSE_PROTOCOL);
    assert_int_equal(rig_stats(&r).refused_protocol, 3);
    expect_empty(&r);
    rig_free(&r);
}

WZP_TEST(a_client_that_says_nothing_is_timed_out)
{
    rig r;
    rig_new(&r);
    wzp_conn_id silent = rig_accept(&r, "lobby");
    rig_advance(&r, 5 * WZP_S);
    wzp_conn_id token_only = rig_accept(&r, "lobby");
    wzp_signal token = {.kind = WZP_SIG_AUTH_TOKEN,
                        .u.auth_token = {WZP_STR("secret")}};
    rig_signal(&r, token_only, &token);
    rig_advance(&r, 5 * WZP_S - 1);
    assert_true(fake->conns[silent].is_open);
    rig_advance(&r, 1);
    rig_expect_closed(silent, WZP_CLOSE_SLOW);
    assert_true(fake->conns[token_only].is_open);
    rig_advance(&r, 5 * WZP_S); /* a token buys no time */
    rig_expect_closed(token_only, WZP_CLOSE_SLOW);
    assert_int_equal(rig_stats(&r).refused_timeout, 2);
    expect_event(&r, WZP_RELAY_REFUSED, WZP_ERR_TIMEOUT, "lobby");
    expect_empty(&r);
    rig_free(&r);
}

/* --- several of one kind -------------------------------------------------- */

WZP_TEST(one_identity_may_be_in_a_room_with_two_devices)
{
    rig r;
    rig_client a, b;
    rig_new(&r);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 1);
    rig_join(&r, &a, "lobby");
    rig_join(&r, &b, "lobby");
    assert_int_equal(rig_stats(&r).members, 2);
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

WZP_TEST(the_same_package_on_a_newer_connection_replaces_the_older)
{
    rig r;
    rig_client c[2];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_conn_id older = c[0].conn;
    rig_enter(&r, &c[0], "lobby");
    rig_expect_closed(older, WZP_CLOSE_REPLACED);
    assert_int_equal(rig_stats(&r).members, 2);
    rig_expect(&r, c[0].conn, WZP_SIG_CALL_ANSWER, &sig);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(the_last_member_is_replaced_by_itself)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_room(&r, &c, 1, 0, "lobby");
    rig_enter(&r, &c, "lobby"); /* the room empties in between */
    assert_int_equal(rig_stats(&r).members, 1);
    assert_int_equal(rig_stats(&r).rooms, 1);
    rig_client_free(&c);
    rig_free(&r);
}

/* Five real packages with one stream id take long to find: the ids of the four
 * inside are set by hand to look like that of the fifth. */
WZP_TEST(a_fifth_with_one_stream_id_is_refused)
{
    rig r;
    rig_client c[5];
    rig_new(&r);
    rig_room(&r, c, 4, 0, "lobby");
    rig_client_init(&r, &c[4], 9);
    rig_package(&r, &c[4], "lobby", RIG_UNIX + 60);
    wzp__room *room = r.relay->rooms.rooms[0];
    for (uint8_t i = 0; i < 4; i++) {
        memset(room->by_mid[i]->mid, i, WZP_MID_LEN);
        memcpy(room->by_mid[i]->mid, c[4].mid, 2);
    }
    rig_enter(&r, &c[4], "lobby");
    rig_expect_closed(c[4].conn, WZP_CLOSE_FULL);
    assert_int_equal(rig_stats(&r).refused_full, 1);
    assert_int_equal(rig_stats(&r).members, 4);
    rig_leave_all(c, 5);
    rig_free(&r);
}

WZP_TEST(a_full_room_refuses_with_code_4_and_keeps_its_members)
{
    rig r;
    rig_client c[3];
    wzp_relay_config cfg = rig_config(&r);
    cfg.max_members = 2;
    rig_start(&r, &cfg);
    rig_room(&r, c, 2, 0, "lobby");
    rig_client_init(&r, &c[2], 9);
    rig_package(&r, &c[2], "lobby", RIG_UNIX + 60);
    rig_enter(&r, &c[2], "lobby");
    rig_expect_closed(c[2].conn, WZP_CLOSE_FULL);
    assert_int_equal(rig_stats(&r).members, 2);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(a_relay_with_enough_rooms_refuses_the_next)
{
    rig r;
    rig_client a, b;
    wzp_relay_config cfg = rig_config(&r);
    cfg.max_rooms = 1;
    rig_start(&r, &cfg);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 2);
    rig_join(&r, &a, "lobby");
    rig_package(&r, &b, "kitchen", RIG_UNIX + 60);
    rig_enter(&r, &b, "kitchen");
    rig_expect_closed(b.conn, WZP_CLOSE_FULL);
    assert_int_equal(rig_stats(&r).rooms, 1);
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

WZP_TEST(an_alias_is_cut_between_characters)
{
    rig r;
    rig_client c;
    rig_offer o;
    wzp_signal sig;
    char alias[90];
    rig_new(&r);
    rig_client_init(&r, &c, 1);
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    c.conn = rig_accept(&r, "lobby");
    rig_make_offer(&c, c.conn, &o);
    memset(alias, 'x', 62);
    memcpy(alias + 62, "\xe2\x82\xac\xe2\x82\xac", 6); /* two euro signs */
    o.sig.u.call_offer.alias = (wzp_str){alias, 68};
    rig_signal(&r, c.conn, &o.sig);
    rig_expect(&r, c.conn, WZP_SIG_CALL_ANSWER, &sig);
    rig_expect(&r, c.conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.participants.v[0].alias.len, 62);
    rig_client_free(&c);
    rig_free(&r);
}

/* --- slow and gone -------------------------------------------------------- */

WZP_TEST(a_member_that_stops_reading_is_dropped_alone)
{
    rig r;
    rig_client c[4];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    fake->conns[c[1].conn].is_stuck = true;
    rig_client_init(&r, &c[3], 9);
    rig_join(&r, &c[3], "lobby"); /* the delta does not fit */
    rig_advance(&r, WZP_S);
    assert_int_equal(rig_stats(&r).members, 3);
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_DELTA, &sig);
    assert_int_equal(sig.u.room_delta.joined.n, 1);
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_DELTA, &sig);
    assert_memory_equal(sig.u.room_delta.left.v[0].ptr, c[1].mid, WZP_MID_LEN);
    assert_true(fake->conns[c[2].conn].is_open);
    rig_leave_all(c, 4);
    rig_free(&r);
}

/* The connection ends at every step of its life: nothing is left behind
 * (antipattern 22). */
enum { STEPS = 7 };

static void run_step(size_t step)
{
    rig r;
    rig_client c;
    rig_offer o;
    rig_new_legacy(&r);
    rig_client_init(&r, &c, 1);
    c.is_legacy = step == 6;
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    c.conn = rig_accept(&r, step == 0 ? "version" : "lobby");
    if (step >= 2) {
        rig_text(&r, c.conn, "{\"AuthToken\":{\"token\":\"\"}}", 26);
    }
    if (step >= 3) {
        rig_make_offer(&c, c.conn, &o);
        rig_signal(&r, c.conn, &o.sig);
        assert_int_equal(rig_stats(&r).members, 1);
    }
    if (step >= 4) {
        rig_text(&r, c.conn, "{\"Ping\":{\"timestamp_ms\":1}}", 27);
    }
    if (step == 5) {
        rig_text(&r, c.conn, "{\"Hangup\":{\"reason\":\"Normal\"}}", 30);
    } else {
        rig_gone(&r, c.conn, WZP_ERR_IDLE, 0);
    }
    expect_empty(&r);
    rig_client_free(&c);
    rig_free(&r);
}

static size_t count_steps(void)
{
    return STEPS;
}

WZP_ROWS(nothing_is_left_of_a_peer_dropped_at_any_step, count_steps, run_step);
