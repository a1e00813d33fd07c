/* SPDX-License-Identifier: MIT */
/* The attacker is a crowd from one address, or from the 65,536 networks of one
 * IPv6 site, or one who has been refused and comes again from thousands of
 * others. His addresses are his own: he answers a Retry. He wants all places of
 * an honest relay, all its rooms, or all its time, so that nobody else gets in.
 *
 * What stops him: an address may have so many connections, strangers and rooms,
 * and so many points of work, of which wrong offers cost many
 * (libwzp-transport/src/quic/share.h, libwzp-relay/src/join.c). A thousand
 * honest people behind one translator still get in. Each control is the same
 * crowd at a relay without these limits, where it gets what it wants.
 */
#include "support/harness.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/signal.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIX     UINT64_C(1800000000)
#define NO_LIMIT 1000000 /* for limits that are none */

enum { CONNS = 4096 };

typedef struct square square;

typedef struct person {
    wzp_conn_id conn;
    bool is_up, is_in, is_over;
    uint64_t code;
    uint8_t exporter[32], cert[WZP_HASH_LEN];
} person;

/* One endpoint is a whole crowd: each connection has an address of its own. */
typedef struct crowd {
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_seed_identity *seed;
    wzp_identity identity;
    person *of; /* by the low 16 bits of the connection's number */
} crowd;

struct square {
    wzp_tstamp now;
    uint64_t rng_state;
    wzp_rng rng;
    wzp_relay *relay;
    wzp_seed_identity *seed;
    wzp_addr relay_addr;
    crowd bad, good;
    wzp_arena *arena;
};

static void fill(void *user, uint8_t *out, size_t len)
{
    uint64_t *state = user;
    for (size_t i = 0; i < len; i++) { /* SplitMix64, a byte a step */
        uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (uint8_t)(z >> 56);
    }
}

static wzp_unix_s unix_now(void *user)
{
    return UNIX + ((const square *)user)->now / WZP_S;
}

static wzp_seed_identity *identity_of(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    return id;
}

/* --- addresses --- */

static wzp_addr good_addr(uint16_t port)
{
    return wzp_addr_v4((const uint8_t[]){192, 0, 2, 1}, port);
}

static wzp_addr one_addr(size_t i)
{
    return wzp_addr_v4((const uint8_t[]){203, 0, 113, 1}, (uint16_t)(1024 + i));
}

static wzp_addr other_addr(size_t i)
{
    return wzp_addr_v4(
        (const uint8_t[]){100, 64, (uint8_t)(i >> 8), (uint8_t)i}, 4000);
}

/* A network of its own for each, in one /48. */
static wzp_addr site_addr(size_t i)
{
    const uint8_t ip[16] = {
        0x20, 1, 13, 184, 0, 7, (uint8_t)(i >> 8), (uint8_t)i, [15] = 1};
    return wzp_addr_v6(ip, 4000);
}

/* --- packets --- */

static person *person_of(crowd *c, wzp_conn_id conn)
{
    return &c->of[conn & 0xFFFF];
}

static void hear(square *s, crowd *c, const wzp_ep_action *a)
{
    person *p = person_of(c, a->conn);
    wzp_signal sig;
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        p->is_up = true;
        memcpy(p->exporter, a->u.up.exporter, sizeof p->exporter);
        memcpy(p->cert, a->u.up.cert_hash, sizeof p->cert);
        break;
    case WZP_EP_SIGNAL:
        wzp_arena_reset(s->arena);
        if (wzp_signal_decode(s->arena, a->u.signal.data, a->u.signal.len,
                              WZP_SIGNAL_MAX, &sig) == WZP_OK) {
            p->is_in |= sig.kind == WZP_SIG_CALL_ANSWER;
        }
        break;
    case WZP_EP_CLOSED:
        p->is_over = true;
        p->is_in = false;
        p->code = a->u.closed.code;
        break;
    default: break;
    }
}

/* What one has to send arrives at once. */
static bool drain_crowd(square *s, crowd *c)
{
    wzp_ep_action a;
    bool any = false;
    while (wzp_endpoint_poll(c->ep, s->now, &a)) {
        any = true;
        if (a.kind == WZP_EP_SEND) {
            wzp_relay_recv(s->relay, s->now, &a.u.send.remote, &a.u.send.local,
                           a.u.send.data, a.u.send.len);
        } else {
            hear(s, c, &a);
        }
    }
    return any;
}

static bool drain_relay(square *s)
{
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    bool any = false;
    while (
        wzp_relay_poll_send(s->relay, s->now, &local, &remote, &data, &len)) {
        any = true;
        crowd *c = remote.family == WZP_FAMILY_V4 && remote.ip[0] == 192
                       ? &s->good
                       : &s->bad;
        wzp_endpoint_recv(c->ep, s->now, &remote, &local, data, len);
    }
    return any;
}

static void settle(square *s)
{
    bool any = true;
    while (any) {
        any = drain_crowd(s, &s->bad);
        any |= drain_crowd(s, &s->good);
        any |= drain_relay(s);
    }
}

static void run(square *s, wzp_tstamp span)
{
    const wzp_tstamp until = s->now + span;
    settle(s);
    while (s->now < until) {
        s->now = s->now + 10 * WZP_MS < until ? s->now + 10 * WZP_MS : until;
        wzp_relay_expire(s->relay, s->now);
        wzp_endpoint_expire(s->bad.ep, s->now);
        wzp_endpoint_expire(s->good.ep, s->now);
        settle(s);
    }
}

/* --- the square --- */

static void crowd_open(square *s, crowd *c, uint8_t identity)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    assert_int_equal(wzp_pkt_pool_new(&c->pool, &mem, 64), WZP_OK);
    cfg.rng = s->rng;
    cfg.pool = c->pool;
    cfg.max_conns = CONNS;
    cfg.max_half_open = CONNS;
    assert_int_equal(wzp_endpoint_new(&c->ep, &cfg, s->now), WZP_OK);
    c->seed = identity_of(identity);
    c->identity = wzp_seed_identity_table(c->seed);
    c->of = calloc(CONNS, sizeof *c->of);
    assert_non_null(c->of);
}

static void crowd_close(crowd *c)
{
    wzp_endpoint_free(c->ep);
    wzp_pkt_pool_free(c->pool);
    wzp_seed_identity_free(c->seed);
    free(c->of);
}

/* is_open: without the limits of an address. */
static square *square_new(wzp_relay_config *cfg, bool is_open)
{
    const wzp_mem mem = wzp_mem_default();
    square *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    s->now = 1000 * WZP_S;
    s->rng = (wzp_rng){fill, &s->rng_state};
    s->seed = identity_of(9);
    s->relay_addr = wzp_addr_v4((const uint8_t[]){198, 51, 100, 1}, 4433);
    assert_int_equal(wzp_arena_new(&s->arena, &mem, 8 << 20), WZP_OK);
    cfg->rng = s->rng;
    cfg->identity = wzp_seed_identity_table(s->seed);
    cfg->unix_now = unix_now;
    cfg->unix_now_user = s;
    cfg->packets = 64;
    if (is_open) {
        cfg->max_source_conns = cfg->max_source_waiting = NO_LIMIT;
        cfg->max_source_rooms = cfg->source_points = NO_LIMIT;
    }
    assert_int_equal(wzp_relay_new(&s->relay, cfg, s->now, NULL, 0), WZP_OK);
    crowd_open(s, &s->bad, 1);
    crowd_open(s, &s->good, 2);
    return s;
}

static void square_free(square *s)
{
    crowd_close(&s->bad);
    crowd_close(&s->good);
    wzp_relay_free(s->relay);
    wzp_seed_identity_free(s->seed);
    wzp_arena_free(s->arena);
    free(s);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}

static wzp_relay_stats stats_of(const square *s)
{
    wzp_relay_stats st = {.size = sizeof st};
    wzp_relay_stats_get(s->relay, &st);
    return st;
}

/* --- what a person does --- */

static person *arrive(square *s, crowd *c, wzp_addr from, const char *room)
{
    /* The relay's address as this family has it. */
    const uint8_t v6[16] = {0x20, 1, 13, 184, [15] = 9};
    const wzp_dial d = {.local = from,
                        .remote = from.family == WZP_FAMILY_V4
                                      ? s->relay_addr
                                      : wzp_addr_v6(v6, 4433),
                        .sni = room};
    wzp_conn_id conn;
    assert_int_equal(wzp_endpoint_dial(c->ep, s->now, &d, &conn), WZP_OK);
    person *p = person_of(c, conn);
    *p = (person){.conn = conn};
    settle(s);
    return p;
}

/* is_wrong: the package is for another room. */
static void offer(square *s, crowd *c, person *p, const char *room,
                  bool is_wrong)
{
    uint8_t signature[WZP_SIG_LEN], binding[WZP_SIG_LEN], kp[WZP_KP_LEN];
    uint8_t room_id[WZP_HASH_LEN];
    const char *of = is_wrong ? "elsewhere" : room;
    wzp_kp made = {.exp = unix_now(s) + 3600, .suites = 1};
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    wzp_sig_call_offer *o = &sig.u.call_offer;
    wzp_str text;
    if (!p->is_up || p->is_over) {
        return;
    }
    wzp_room_id((wzp_str){of, strlen(of)}, room_id);
    wzp_room_ctx(room_id, made.ctx);
    wzp_rng_fill(&s->rng, made.kem, sizeof made.kem);
    assert_int_equal(wzp_kp_encode(&c->identity, &made, kp), WZP_OK);
    memcpy(o->identity_pub, c->identity.public_key, WZP_KEY_LEN);
    assert_int_equal(
        wzp_legacy_sign(&c->identity, true, o->ephemeral_pub, signature),
        WZP_OK);
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER,
                            .kp = {kp, sizeof kp}};
    memcpy(in.exporter, p->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, p->cert, WZP_HASH_LEN);
    assert_int_equal(wzp_binding_sign(&c->identity, &in, binding), WZP_OK);
    o->signature = (wzp_bytes){signature, sizeof signature};
    o->binding = (wzp_bytes){binding, sizeof binding};
    o->kp = in.kp;
    o->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    wzp_arena_reset(s->arena);
    assert_int_equal(wzp_signal_encode(s->arena, &sig, &text), WZP_OK);
    wzp_ignore(
        wzp_endpoint_send_signal(c->ep, s->now, p->conn, text.ptr, text.len),
        "it may have been closed");
    settle(s);
}

static person *join(square *s, crowd *c, wzp_addr from, const char *room)
{
    person *p = arrive(s, c, from, room);
    offer(s, c, p, room, false);
    return p;
}

static void go(square *s, crowd *c, person *p)
{
    wzp_ignore(wzp_endpoint_close(c->ep, s->now, p->conn, 0, ""), "gone");
    settle(s);
}

/* Somebody from another address. */
static bool good_gets_in(square *s, const char *room)
{
    static uint16_t port = 1000;
    person *p = join(s, &s->good, good_addr(port++), room);
    run(s, 100 * WZP_MS);
    const bool is_in = p->is_in;
    go(s, &s->good, p);
    return is_in;
}

/* --- wrong offers --- */

typedef wzp_addr from_fn(size_t i);

/* As fast as it goes, for 20 s: how many the relay had to check. */
static uint64_t wrong_offers(bool is_open, from_fn *from)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    square *s = square_new(&cfg, is_open);
    size_t i = 0;
    for (int t = 0; t < 40; t++) {
        for (int k = 0; k < 15; k++, i++) {
            offer(s, &s->bad, arrive(s, &s->bad, from(i), "lobby"), "lobby",
                  true);
        }
        run(s, 500 * WZP_MS);
    }
    assert_true(good_gets_in(s, "lobby"));
    const wzp_relay_stats st = stats_of(s);
    assert_int_equal(
        st.refused_auth + st.refused_rate + st.handshakes_refused_rate, i);
    square_free(s);
    return st.refused_auth;
}

WZP_TEST(wrong_offers_from_one_address_are_looked_at_two_a_second_in_the_end)
{
    /* 2048 points and 20 s of 20, at 12 each */
    assert_in_range(wrong_offers(false, one_addr), 200, 212);
}

WZP_TEST(wrong_offers_from_all_networks_of_a_site_are_twice_as_many)
{
    assert_in_range(wrong_offers(false, site_addr), 370, 410);
}

WZP_TEST(control_without_the_limit_all_wrong_offers_are_looked_at)
{
    assert_int_equal(wrong_offers(true, one_addr), 600);
    assert_int_equal(wrong_offers(true, site_addr), 600);
}

/* --- places --- */

static void take_places(bool is_open, from_fn *from, size_t most)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.max_conns = 600;
    cfg.max_source_conns = 150; /* as with 4096 a quarter is */
    square *s = square_new(&cfg, is_open);
    for (size_t i = 0; i < 620; i++) {
        (void)join(s, &s->bad, from(i), "theirs");
    }
    assert_int_equal(stats_of(s).members, most);
    assert_int_equal(good_gets_in(s, "lobby"), !is_open);
    square_free(s);
}

WZP_TEST(members_from_one_address_or_site_leave_places_for_others)
{
    take_places(false, one_addr, 150);
    take_places(false, site_addr, 300);
}

WZP_TEST(control_without_the_limit_they_take_all_places)
{
    take_places(true, one_addr, 600);
    take_places(true, site_addr, 600);
}

static size_t wait_and_see(bool is_open)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    square *s = square_new(&cfg, is_open);
    for (size_t i = 0; i < 600; i++) {
        (void)arrive(s, &s->bad, one_addr(i), "lobby");
    }
    const size_t waiting = stats_of(s).conns;
    assert_true(good_gets_in(s, "lobby"));
    run(s, 15 * WZP_S);
    assert_int_equal(stats_of(s).conns, 0);
    square_free(s);
    return waiting;
}

WZP_TEST(who_never_offers_holds_256_places_and_for_ten_seconds)
{
    assert_int_equal(wait_and_see(false), 256);
}

WZP_TEST(control_without_the_limit_they_hold_as_many_as_they_are)
{
    assert_int_equal(wait_and_see(true), 600);
}

/* --- rooms --- */

static void make_rooms(bool is_open, from_fn *from)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.max_rooms = 100;
    square *s = square_new(&cfg, is_open);
    char name[32];
    for (size_t i = 0; i < 110; i++) {
        (void)snprintf(name, sizeof name, "room-%zu", i);
        (void)join(s, &s->bad, from(i), name);
    }
    assert_int_equal(stats_of(s).rooms, is_open ? 100 : 25);
    assert_int_equal(good_gets_in(s, "lobby"), !is_open);
    /* Rooms that others made stay open to the address. */
    assert_true(join(s, &s->bad, from(200), "room-3")->is_in);
    square_free(s);
}

WZP_TEST(rooms_made_from_one_address_or_site_leave_rooms_for_others)
{
    make_rooms(false, one_addr);
    make_rooms(false, site_addr);
}

WZP_TEST(control_without_the_limit_they_make_all_rooms)
{
    make_rooms(true, one_addr);
    make_rooms(true, site_addr);
}

/* --- who comes and goes --- */

static uint64_t come_and_go(bool is_open)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.source_points = 200;
    square *s = square_new(&cfg, is_open);
    for (int t = 0; t < 20; t++) {
        for (size_t k = 0; k < 30; k++) {
            go(s, &s->bad, join(s, &s->bad, one_addr(k), "lobby"));
        }
        run(s, 500 * WZP_MS);
    }
    assert_true(good_gets_in(s, "lobby"));
    const uint64_t joined = stats_of(s).joined - 1;
    square_free(s);
    return joined;
}

WZP_TEST(who_comes_and_goes_does_so_ten_times_a_second_in_the_end)
{
    assert_in_range(come_and_go(false), 190, 210); /* 100, and 10 s of 10 */
}

WZP_TEST(control_without_the_limit_it_comes_as_often_as_it_likes)
{
    assert_int_equal(come_and_go(true), 600);
}

/* He has nothing left, and hopes that the relay forgets him over others. */
WZP_TEST(who_was_refused_stays_so_while_he_comes_from_thousands_of_others)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.source_points = 2;
    cfg.source_points_per_s = 1; /* nothing comes back while this lasts */
    square *s = square_new(&cfg, false);
    go(s, &s->bad, join(s, &s->bad, one_addr(0), "lobby"));
    assert_int_equal(join(s, &s->bad, one_addr(0), "lobby")->code,
                     WZP_CLOSE_FULL);
    for (size_t i = 0; i < 5000; i++) {
        go(s, &s->bad, arrive(s, &s->bad, other_addr(i), "lobby"));
    }
    assert_true(stats_of(s).handshakes_refused == 0);
    assert_true(arrive(s, &s->bad, one_addr(0), "lobby")->is_over);
    run(s, 5 * WZP_S); /* control: with time he may again */
    assert_true(join(s, &s->bad, one_addr(0), "lobby")->is_in);
    square_free(s);
}

/* --- honest people --- */

/* Few points are left, and all come at once: each handshake was let in before
 * the others counted. The work of it is done; to be sent away at the next step
 * would be to do it again, for ever, for everybody. */
WZP_TEST(who_was_let_in_at_once_with_too_many_others_gets_in)
{
    enum { N = 200 };
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.source_points = 100;
    square *s = square_new(&cfg, false);
    wzp_conn_id conn[N];
    size_t in = 0;
    for (size_t i = 0; i < N; i++) {
        const wzp_dial d = {
            .local = one_addr(i), .remote = s->relay_addr, .sni = "lobby"};
        assert_int_equal(wzp_endpoint_dial(s->bad.ep, s->now, &d, &conn[i]),
                         WZP_OK);
        *person_of(&s->bad, conn[i]) = (person){.conn = conn[i]};
    }
    settle(s);
    for (size_t i = 0; i < N; i++) {
        person *p = person_of(&s->bad, conn[i]);
        assert_true(p->is_up && !p->is_over);
        offer(s, &s->bad, p, "lobby", false);
        in += p->is_in;
    }
    assert_int_equal(in, N);
    /* control: the limit is there, and stands before all handshakes */
    assert_true(arrive(s, &s->bad, one_addr(N), "lobby")->is_over);
    assert_int_equal(stats_of(s).handshakes_refused_rate, 1);
    assert_true(good_gets_in(s, "lobby"));
    square_free(s);
}

/* As after a restart of the relay: all at once, and those that are refused come
 * again, as our clients do. */
WZP_TEST(a_thousand_behind_one_translator_get_in)
{
    enum { N = 1000 };
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    square *s = square_new(&cfg, false);
    static person *p[N];
    char name[32];
    size_t in = 0;
    int rounds = 0;
    for (; in < N && rounds < 6; rounds++) {
        for (size_t i = in; i < N; i++) { /* nobody offers before all came */
            (void)snprintf(name, sizeof name, "room-%zu", i / 5);
            p[i] = arrive(s, &s->bad, one_addr(i), name);
        }
        for (; in < N && !p[in]->is_over; in++) {
            (void)snprintf(name, sizeof name, "room-%zu", in / 5);
            offer(s, &s->bad, p[in], name, false);
            assert_true(p[in]->is_in);
        }
        run(s, 500 * WZP_MS);
    }
    assert_int_equal(stats_of(s).members, N);
    assert_int_equal(rounds, 4); /* 256 at a time */
    square_free(s);
}
