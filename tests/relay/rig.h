/* SPDX-License-Identifier: MIT */
/* A relay on the fake endpoint, and clients that make real CallOffers: what
 * the tests of join, room and signal share.
 */
#ifndef WZP_TEST_RELAY_RIG_H
#define WZP_TEST_RELAY_RIG_H

#include "fake_endpoint.h"
#include "room/roster.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/signal.h>
#include <wzp/relay/relay.h>

#include <stdio.h>

#define RIG_UNIX  UINT64_C(1800000000)
#define RIG_START (100 * WZP_S)

typedef struct rig_rng {
    uint64_t state;
} rig_rng;

typedef struct rig {
    wzp_relay *relay;
    wzp_tstamp now;
    wzp_seed_identity *identity;
    wzp_rng rng;
    rig_rng rng_state;
    wzp_arena *arena; /* of the message taken last */
    wzp_arena *out;
    wzp_unix_s unix_now;
} rig;

/* A client: identity, package, connection. */
typedef struct rig_client {
    wzp_seed_identity *seed;
    wzp_identity identity;
    wzp_conn_id conn;
    uint8_t kp[WZP_KP_LEN];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t mid[WZP_MID_LEN];
    uint16_t sid;
    bool is_legacy;
    uint64_t ctr;
} rig_client;

static inline void rig_fill(void *user, uint8_t *out, size_t len)
{
    rig_rng *r = user;
    for (size_t i = 0; i < len; i++) { /* SplitMix64, a byte a step */
        uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (uint8_t)(z >> 56);
    }
}

static inline wzp_unix_s rig_unix_now(void *user)
{
    return ((const rig *)user)->unix_now;
}

static inline wzp_relay_config rig_config(rig *r)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, 0x77, sizeof seed);
    memset(r, 0, sizeof *r);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    r->now = RIG_START;
    r->unix_now = RIG_UNIX;
    r->rng_state.state = 1;
    r->rng = (wzp_rng){.fill = rig_fill, .user = &r->rng_state};
    assert_int_equal(wzp_seed_identity_new(&r->identity, seed), WZP_OK);
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.rng = r->rng;
    cfg.identity = wzp_seed_identity_table(r->identity);
    cfg.unix_now = rig_unix_now;
    cfg.unix_now_user = r;
    cfg.packets = 64;
    cfg.build = "abc123";
    return cfg;
}

static inline void rig_start(rig *r, const wzp_relay_config *cfg)
{
    const wzp_mem mem = wzp_mem_default();
    char why[128] = "";
    assert_int_equal(wzp_arena_new(&r->arena, &mem, 8 << 20), WZP_OK);
    assert_int_equal(wzp_arena_new(&r->out, &mem, 8 << 20), WZP_OK);
    assert_int_equal(wzp_relay_new(&r->relay, cfg, r->now, why, sizeof why),
                     WZP_OK);
}

static inline void rig_new(rig *r)
{
    wzp_relay_config cfg = rig_config(r);
    rig_start(r, &cfg);
}

static inline void rig_new_legacy(rig *r)
{
    wzp_relay_config cfg = rig_config(r);
    cfg.allow_legacy = true;
    rig_start(r, &cfg);
}

static inline void rig_free(rig *r)
{
    wzp_relay_free(r->relay);
    wzp_arena_free(r->arena);
    wzp_arena_free(r->out);
    wzp_seed_identity_free(r->identity);
    wzp_crypto_global_deinit();
}

/* Let the relay do what it was given. */
static inline void rig_poll(rig *r)
{
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    while (
        wzp_relay_poll_send(r->relay, r->now, &local, &remote, &data, &len)) {
    }
}

static inline void rig_advance(rig *r, wzp_tstamp by)
{
    wzp_tstamp until = r->now + by;
    for (;;) {
        wzp_tstamp at = wzp_relay_deadline(r->relay);
        if (at > until) {
            break;
        }
        r->now = at > r->now ? at : r->now;
        wzp_relay_expire(r->relay, r->now);
        rig_poll(r);
    }
    r->now = until;
}

static inline wzp_relay_stats rig_stats(const rig *r)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(r->relay, &s);
    return s;
}

/* --- talking to the relay ------------------------------------------------- */

static inline void rig_exporter(wzp_conn_id conn, uint8_t out[32])
{
    wzp_sha256(&conn, sizeof conn, out);
}

static inline wzp_conn_id rig_accept(rig *r, const char *sni)
{
    assert_true(fake->n_conns + 1 < FAKE_CONNS);
    wzp_conn_id conn = ++fake->n_conns;
    fake->conns[conn].is_open = true;
    const uint8_t ip[4] = {10, 0, 0, 1};
    wzp_ep_action a = {.kind = WZP_EP_ACCEPTED, .conn = conn};
    a.u.up.remote = wzp_addr_v4(ip, (uint16_t)(1000 + conn));
    fake->conns[conn].remote = a.u.up.remote;
    a.u.up.sni = sni;
    rig_exporter(conn, a.u.up.exporter);
    fake_push(fake, &a);
    rig_poll(r);
    return conn;
}

static inline void rig_text(rig *r, wzp_conn_id conn, const char *json,
                            size_t len)
{
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, json, len);
    fake_push(fake, &(wzp_ep_action){.kind = WZP_EP_SIGNAL,
                                     .conn = conn,
                                     .u.signal = {copy, len}});
    rig_poll(r);
}

static inline void rig_signal(rig *r, wzp_conn_id conn, const wzp_signal *sig)
{
    wzp_str text;
    wzp_arena_reset(r->out);
    assert_int_equal(wzp_signal_encode(r->out, sig, &text), WZP_OK);
    rig_text(r, conn, text.ptr, text.len);
}

static inline void rig_gone(rig *r, wzp_conn_id conn, wzp_err err,
                            uint64_t code)
{
    fake_end(fake, conn, err, code);
    rig_poll(r);
}

static inline void rig_dgram(rig *r, wzp_conn_id conn, const uint8_t *data,
                             size_t len)
{
    wzp_pkt *pkt = wzp_pkt_get(fake->pool);
    assert_non_null(pkt);
    memcpy(pkt->data, data, len);
    pkt->len = len;
    fake_push(fake, &(wzp_ep_action){
                        .kind = WZP_EP_DGRAM, .conn = conn, .u.dgram = pkt});
    rig_poll(r);
    wzp_pkt_unref(pkt);
}

/* The next signal that was sent to `conn`; false when there is none. Valid
 * until the next take. */
static inline bool rig_take(rig *r, wzp_conn_id conn, wzp_signal *sig)
{
    fake_conn *c = &fake->conns[conn];
    fake_text *t = c->first;
    if (t == NULL) {
        return false;
    }
    c->first = t->next;
    if (c->first == NULL) {
        c->last = NULL;
    }
    wzp_arena_reset(r->arena);
    wzp_err e =
        wzp_signal_decode(r->arena, t->text, t->len, WZP_SIGNAL_MAX, sig);
    free(t);
    assert_int_equal(e, WZP_OK);
    return true;
}

static inline void rig_expect(rig *r, wzp_conn_id conn, wzp_signal_kind kind,
                              wzp_signal *sig)
{
    assert_true(rig_take(r, conn, sig));
    assert_string_equal(wzp_signal_name(sig->kind), wzp_signal_name(kind));
}

static inline void rig_expect_none(rig *r, wzp_conn_id conn)
{
    wzp_signal sig;
    assert_false(rig_take(r, conn, &sig));
}

static inline void rig_forget(const rig_client *c)
{
    fake_forget_texts(&fake->conns[c->conn]);
}

static inline void rig_expect_closed(wzp_conn_id conn, uint64_t code)
{
    assert_false(fake->conns[conn].is_open);
    assert_true(fake->conns[conn].is_closed_by_us);
    assert_int_equal(fake->conns[conn].code, code);
}

/* --- clients -------------------------------------------------------------- */

static inline void rig_client_init(rig *r, rig_client *c, uint8_t who)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, who, sizeof seed);
    memset(c, 0, sizeof *c);
    assert_int_equal(wzp_seed_identity_new(&c->seed, seed), WZP_OK);
    c->identity = wzp_seed_identity_table(c->seed);
    (void)r;
}

static inline void rig_client_free(rig_client *c)
{
    wzp_seed_identity_free(c->seed);
}

/* A package for `room` that expires at `exp`. */
static inline void rig_package(rig *r, rig_client *c, const char *room,
                               wzp_unix_s exp)
{
    wzp_kp kp = {.exp = exp, .suites = 1};
    uint8_t room_id[WZP_HASH_LEN];
    wzp_room_id((wzp_str){room, strlen(room)}, room_id);
    wzp_room_ctx(room_id, kp.ctx);
    wzp_rng_fill(&r->rng, kp.kem, sizeof kp.kem);
    assert_int_equal(wzp_kp_encode(&c->identity, &kp, c->kp), WZP_OK);
    memcpy(c->kph, kp.kph, sizeof c->kph);
    wzp_kp_mid(c->kph, c->mid);
    c->sid = wzp_mid_sid(c->mid);
}

/* What an offer and its signatures live in; wrong it before sending. */
typedef struct rig_offer {
    wzp_signal sig;
    uint8_t signature[WZP_SIG_LEN];
    uint8_t binding[WZP_SIG_LEN];
} rig_offer;

static inline void rig_make_offer(rig_client *c, wzp_conn_id conn, rig_offer *o)
{
    memset(o, 0, sizeof *o);
    o->sig.kind = WZP_SIG_CALL_OFFER;
    wzp_sig_call_offer *offer = &o->sig.u.call_offer;
    memcpy(offer->identity_pub, c->identity.public_key, WZP_KEY_LEN);
    memset(offer->ephemeral_pub, 9, WZP_KEY_LEN);
    assert_int_equal(
        wzp_legacy_sign(&c->identity, true, offer->ephemeral_pub, o->signature),
        WZP_OK);
    offer->signature = (wzp_bytes){o->signature, WZP_SIG_LEN};
    if (c->is_legacy) {
        return;
    }
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER,
                            .kp = {c->kp, sizeof c->kp}};
    rig_exporter(conn, in.exporter);
    memset(in.server_cert_hash, 0xCE, sizeof in.server_cert_hash);
    assert_int_equal(wzp_binding_sign(&c->identity, &in, o->binding), WZP_OK);
    offer->binding = (wzp_bytes){o->binding, WZP_SIG_LEN};
    offer->kp = (wzp_bytes){c->kp, sizeof c->kp};
    offer->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
}

/* Connect and offer, whatever comes of it. */
static inline void rig_enter(rig *r, rig_client *c, const char *room)
{
    rig_offer o;
    c->conn = rig_accept(r, room);
    rig_make_offer(c, c->conn, &o);
    rig_signal(r, c->conn, &o.sig);
}

/* A fresh package, then enter; the answer and the roster are taken. The roster
 * comes a moment later when others have just joined too. */
static inline void rig_join(rig *r, rig_client *c, const char *room)
{
    wzp_signal sig;
    rig_package(r, c, room, r->unix_now + 3600);
    rig_enter(r, c, room);
    rig_expect(r, c->conn, WZP_SIG_CALL_ANSWER, &sig);
    if (fake->conns[c->conn].first == NULL) {
        rig_advance(r, WZP__ROSTER_DELTA_GAP);
    }
    rig_expect(r, c->conn, WZP_SIG_ROOM_UPDATE, &sig);
}

/* A room of n clients, legacy ones last; nobody has unread signals. */
static inline void rig_room(rig *r, rig_client *c, size_t n, size_t legacy,
                            const char *room)
{
    for (size_t i = 0; i < n; i++) {
        rig_client_init(r, &c[i], (uint8_t)(i + 1));
        c[i].is_legacy = i + legacy >= n;
        rig_join(r, &c[i], room);
    }
    rig_advance(r, WZP_S);
    for (size_t i = 0; i < n; i++) {
        rig_forget(&c[i]);
    }
}

static inline void rig_leave_all(rig_client *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rig_client_free(&c[i]);
    }
}

/* --- registrations -------------------------------------------------------- */

/* What a RegisterPresence and its signatures live in; wrong it before sending.
 */
typedef struct rig_reg {
    wzp_signal sig;
    uint8_t signature[WZP_SIG_LEN];
    uint8_t binding[WZP_SIG_LEN];
} rig_reg;

static inline void rig_make_reg(const rig_client *c, wzp_conn_id conn,
                                rig_reg *o)
{
    memset(o, 0, sizeof *o);
    o->sig.kind = WZP_SIG_REGISTER_PRESENCE;
    wzp_sig_register_presence *reg = &o->sig.u.register_presence;
    memcpy(reg->identity_pub, c->identity.public_key, WZP_KEY_LEN);
    if (c->is_legacy) {
        return;
    }
    assert_int_equal(wzp_register_sign(&c->identity, o->signature), WZP_OK);
    reg->signature = (wzp_bytes){o->signature, WZP_SIG_LEN};
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    rig_exporter(conn, in.exporter);
    memset(in.server_cert_hash, 0xCE, sizeof in.server_cert_hash);
    assert_int_equal(wzp_binding_sign(&c->identity, &in, o->binding), WZP_OK);
    reg->binding = (wzp_bytes){o->binding, WZP_SIG_LEN};
    reg->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
}

/* Connect and register, whatever comes of it. */
static inline void rig_register(rig *r, rig_client *c)
{
    rig_reg o;
    c->conn = rig_accept(r, "_signal");
    rig_make_reg(c, c->conn, &o);
    rig_signal(r, c->conn, &o.sig);
}

static inline void rig_expect_ack(rig *r, wzp_conn_id conn)
{
    wzp_signal sig;
    rig_expect(r, conn, WZP_SIG_REGISTER_PRESENCE_ACK, &sig);
    assert_true(sig.u.register_presence_ack.success);
    assert_null(sig.u.register_presence_ack.error.ptr);
}

/* Told so in an Ack, then closed with this code and the same text. */
static inline void rig_expect_no_ack(rig *r, wzp_conn_id conn, uint64_t code)
{
    wzp_signal sig;
    rig_expect(r, conn, WZP_SIG_REGISTER_PRESENCE_ACK, &sig);
    const wzp_str error = sig.u.register_presence_ack.error;
    assert_false(sig.u.register_presence_ack.success);
    assert_true(error.len > 5);
    assert_true(fake->conns[conn].is_open);
    rig_advance(r, 250 * WZP_MS);
    rig_expect_closed(conn, code);
    assert_int_equal(strlen(fake->conns[conn].reason), error.len);
    assert_memory_equal(fake->conns[conn].reason, error.ptr, error.len);
}

static inline void rig_registered(rig *r, rig_client *c)
{
    rig_register(r, c);
    rig_expect_ack(r, c->conn);
}

/* A datagram sealed under `sid`, or a clear one; returns its length. */
static inline size_t rig_sealed(uint16_t sid, uint64_t ctr, uint8_t out[200])
{
    wzp_media_hdr hdr = {.flags = WZP_MEDIA_SEALED,
                         .source_hint = (uint8_t)sid};
    wzp_media_hdr_encode(&hdr, out);
    size_t n = WZP_MEDIA_HDR_LEN;
    n += wzp_sframe_hdr_encode(wzp_sframe_kid(sid, 1, 0), ctr, out + n);
    memset(out + n, 0x5A, 64);
    return n + 64;
}

static inline size_t rig_clear(uint8_t out[200])
{
    wzp_media_hdr hdr = {.seq = 7};
    wzp_media_hdr_encode(&hdr, out);
    memset(out + WZP_MEDIA_HDR_LEN, 0x11, 60);
    return WZP_MEDIA_HDR_LEN + 60;
}

#endif
