/* SPDX-License-Identifier: MIT */
/* A relay and clients with real QUIC in one process, on a virtual clock, over
 * perfect links of 5 ms. For what the fake endpoint cannot show; whole calls
 * are in the world (tests/integration).
 */
#ifndef WZP_TEST_RELAY_HUB_H
#define WZP_TEST_RELAY_HUB_H

#include "support/harness.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/signal.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HUB_CLIENTS 12
#define HUB_FLYING  4096
#define HUB_DELAY   (5 * WZP_MS)
#define HUB_UNIX    UINT64_C(1800000000)

typedef struct hub_packet {
    wzp_tstamp due;
    int to; /* client, or −1: the relay */
    int from;
    size_t len;
    uint8_t data[1500];
} hub_packet;

typedef struct hub_rng {
    uint64_t state;
} hub_rng;

typedef struct hub_client {
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_seed_identity *seed;
    wzp_identity identity;
    wzp_conn_id conn;
    wzp_addr addr;
    bool is_off;       /* its packets are lost both ways */
    bool is_deaf;      /* those to it are */
    bool refuses_cert; /* closes as soon as it sees the certificate */
    bool is_connected, is_answered, is_closed;
    size_t n_connected, n_closed; /* of all connections of `ep` */
    uint64_t close_code;
    wzp_err close_err;
    char reason[WZP_REASON_MAX + 1];
    char uni[300];
    uint8_t exporter[32];
    uint8_t cert_hash[WZP_HASH_LEN];
    uint8_t kp[WZP_KP_LEN];
    uint16_t sid;
    size_t members; /* of the last roster, and what deltas made of it */
    size_t dgrams;
    bool is_registered, is_turned_away; /* as the Ack said */
    char observed[WZP_ADDR_TEXT_MAX];   /* of the last ReflectResponse */
    wzp_arena *arena;                   /* of the offer or signal last */
    wzp_str offer; /* or registration: the last one, as sent; gone with the
                    * next signal */
} hub_client;

typedef struct hub {
    wzp_tstamp now;
    wzp_relay *relay;
    wzp_addr relay_addr;
    wzp_seed_identity *seed;
    hub_rng rng_state;
    wzp_rng rng;
    hub_client c[HUB_CLIENTS];
    int n;
    hub_packet *flying; /* ring: one delay for all, so in order */
    size_t first, n_flying;
    size_t held; /* bytes the relay has allocated */
    /* How much of a client's packet goes on its way; NULL: all. */
    size_t (*cut)(void *user, int from, const uint8_t *data, size_t len);
    void *cut_user;
    /* What the relay sends to an address where no client is; NULL: that is
     * an error of the test. */
    void (*outside)(void *user, const wzp_addr *to, size_t len);
    void *outside_user;
} hub;

static inline void hub_fill(void *user, uint8_t *out, size_t len)
{
    hub_rng *r = user;
    for (size_t i = 0; i < len; i++) {
        uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (uint8_t)(z >> 56);
    }
}

static inline wzp_unix_s hub_unix_now(void *user)
{
    return HUB_UNIX + ((const hub *)user)->now / WZP_S;
}

static inline void *hub_resize(void *user, void *ptr, size_t old, size_t size)
{
    hub *h = user;
    const wzp_mem mem = wzp_mem_default();
    void *out = mem.resize(mem.user, ptr, old, size);
    if (out != NULL || size == 0) {
        h->held += size - (ptr == NULL ? 0 : old);
    }
    return out;
}

static inline wzp_relay_config hub_config(hub *h)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.mem = (wzp_mem){.resize = hub_resize, .user = h};
    cfg.rng = h->rng;
    cfg.identity = wzp_seed_identity_table(h->seed);
    cfg.unix_now = hub_unix_now;
    cfg.unix_now_user = h;
    cfg.packets = 1024;
    cfg.build = "abc123";
    return cfg;
}

/* All but the relay, whose identity is made from a byte. */
static inline void hub_prepare_as(hub *h, uint8_t who)
{
    uint8_t seed[WZP_SEED_LEN];
    const uint8_t ip[4] = {10, 0, 0, 1};
    memset(h, 0, sizeof *h);
    memset(seed, who, sizeof seed);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    assert_int_equal(wzp_seed_identity_new(&h->seed, seed), WZP_OK);
    h->rng_state.state = 1;
    h->rng = (wzp_rng){.fill = hub_fill, .user = &h->rng_state};
    h->now = 1000 * WZP_S;
    h->relay_addr = wzp_addr_v4(ip, 4433);
    h->flying = calloc(HUB_FLYING, sizeof *h->flying);
    assert_non_null(h->flying);
}

static inline void hub_prepare(hub *h)
{
    hub_prepare_as(h, 0x77);
}

static inline void hub_start(hub *h, const wzp_relay_config *cfg)
{
    assert_int_equal(wzp_relay_new(&h->relay, cfg, h->now, NULL, 0), WZP_OK);
}

/* max_members 0: the default. packets: buffers of the relay. */
static inline void hub_new_as(hub *h, uint8_t who, bool allow_legacy,
                              size_t max_members, size_t packets)
{
    hub_prepare_as(h, who);
    wzp_relay_config cfg = hub_config(h);
    cfg.allow_legacy = allow_legacy;
    cfg.packets = packets;
    cfg.max_members = max_members > 0 ? max_members : cfg.max_members;
    hub_start(h, &cfg);
}

static inline void hub_new_small(hub *h, bool allow_legacy, size_t max_members,
                                 size_t packets)
{
    hub_new_as(h, 0x77, allow_legacy, max_members, packets);
}

static inline void hub_new_with(hub *h, bool allow_legacy, size_t max_members)
{
    hub_new_small(h, allow_legacy, max_members, 1024);
}

static inline void hub_new(hub *h, bool allow_legacy)
{
    hub_new_with(h, allow_legacy, 0);
}

static inline void hub_free(hub *h)
{
    for (int i = 0; i < h->n; i++) {
        wzp_endpoint_free(h->c[i].ep);
        wzp_pkt_pool_free(h->c[i].pool);
        wzp_seed_identity_free(h->c[i].seed);
        wzp_arena_free(h->c[i].arena);
    }
    wzp_relay_free(h->relay);
    wzp_seed_identity_free(h->seed);
    free(h->flying);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}

static inline wzp_relay_stats hub_stats(const hub *h)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(h->relay, &s);
    return s;
}

/* --- packets and time ----------------------------------------------------- */

static inline void hub_fly(hub *h, int from, int to, const uint8_t *data,
                           size_t len)
{
    if ((from >= 0 && h->c[from].is_off) || (to >= 0 && h->c[to].is_off)) {
        return;
    }
    if (from >= 0 && h->cut != NULL) {
        len = h->cut(h->cut_user, from, data, len);
        if (len == 0) {
            return;
        }
    }
    assert_true(h->n_flying < HUB_FLYING && len <= 1500);
    hub_packet *p = &h->flying[(h->first + h->n_flying) % HUB_FLYING];
    p->due = h->now + HUB_DELAY;
    p->from = from;
    p->to = to;
    p->len = len;
    memcpy(p->data, data, len);
    h->n_flying++;
}

static inline void hub_hear(hub *h, hub_client *c, const wzp_ep_action *a)
{
    wzp_signal sig;
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        c->is_connected = true;
        c->n_connected++;
        memcpy(c->exporter, a->u.up.exporter, sizeof c->exporter);
        memcpy(c->cert_hash, a->u.up.cert_hash, sizeof c->cert_hash);
        if (c->refuses_cert) {
            assert_int_equal(wzp_endpoint_close(c->ep, h->now, c->conn,
                                                WZP_CLOSE_KEY_MISMATCH, "pin"),
                             WZP_OK);
        }
        break;
    case WZP_EP_SIGNAL:
        wzp_arena_reset(c->arena);
        assert_int_equal(wzp_signal_decode(c->arena, a->u.signal.data,
                                           a->u.signal.len, WZP_SIGNAL_MAX,
                                           &sig),
                         WZP_OK);
        if (sig.kind == WZP_SIG_CALL_ANSWER) {
            c->is_answered = true;
        } else if (sig.kind == WZP_SIG_ROOM_UPDATE) {
            c->members = sig.u.room_update.count;
        } else if (sig.kind == WZP_SIG_ROOM_DELTA) {
            c->members += sig.u.room_delta.joined.n;
            c->members -= sig.u.room_delta.left.n;
        } else if (sig.kind == WZP_SIG_REGISTER_PRESENCE_ACK) {
            c->is_registered = sig.u.register_presence_ack.success;
            c->is_turned_away = !c->is_registered;
        } else if (sig.kind == WZP_SIG_REFLECT_RESPONSE) {
            const wzp_str at = sig.u.reflect_response.observed_addr;
            (void)snprintf(c->observed, sizeof c->observed, "%.*s", (int)at.len,
                           at.ptr);
        }
        break;
    case WZP_EP_UNI:
        assert_true(a->u.signal.len < sizeof c->uni);
        memcpy(c->uni, a->u.signal.data, a->u.signal.len);
        break;
    case WZP_EP_DGRAM: c->dgrams++; break;
    case WZP_EP_CLOSED:
        c->is_closed = true;
        c->n_closed++;
        c->close_err = a->u.closed.err;
        c->close_code = a->u.closed.code;
        (void)snprintf(c->reason, sizeof c->reason, "%s", a->u.closed.reason);
        break;
    default: break;
    }
}

static inline void hub_drain(hub *h, int i)
{
    if (i < 0) {
        wzp_addr local, remote;
        const uint8_t *data;
        size_t len;
        while (wzp_relay_poll_send(h->relay, h->now, &local, &remote, &data,
                                   &len)) {
            const int to = remote.ip[3];
            if (h->outside != NULL &&
                (to >= h->n || !wzp_addr_equal(&remote, &h->c[to].addr))) {
                h->outside(h->outside_user, &remote, len);
            } else {
                hub_fly(h, -1, to, data, len);
            }
        }
        return;
    }
    wzp_ep_action a;
    while (wzp_endpoint_poll(h->c[i].ep, h->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            hub_fly(h, i, -1, a.u.send.data, a.u.send.len);
        } else {
            hub_hear(h, &h->c[i], &a);
        }
    }
}

static inline void hub_arrive(hub *h)
{
    hub_packet *p = &h->flying[h->first];
    h->first = (h->first + 1) % HUB_FLYING;
    h->n_flying--;
    if (p->to < 0) {
        wzp_relay_recv(h->relay, h->now, &h->relay_addr, &h->c[p->from].addr,
                       p->data, p->len);
    } else if (!h->c[p->to].is_off && !h->c[p->to].is_deaf) {
        wzp_endpoint_recv(h->c[p->to].ep, h->now, &h->c[p->to].addr,
                          &h->relay_addr, p->data, p->len);
    }
    hub_drain(h, p->to);
}

/* Let time pass. */
static inline void hub_run(hub *h, wzp_tstamp duration)
{
    wzp_tstamp until = h->now + duration;
    for (int i = -1; i < h->n; i++) {
        hub_drain(h, i);
    }
    for (;;) {
        int who = -1;
        wzp_tstamp at = wzp_relay_deadline(h->relay);
        for (int i = 0; i < h->n; i++) {
            wzp_tstamp d = wzp_endpoint_deadline(h->c[i].ep);
            if (d < at) {
                at = d;
                who = i;
            }
        }
        wzp_tstamp packet =
            h->n_flying > 0 ? h->flying[h->first].due : WZP_NEVER;
        if (at > until && packet > until) {
            break;
        }
        if (packet <= at) {
            h->now = packet > h->now ? packet : h->now;
            hub_arrive(h);
            continue;
        }
        h->now = at > h->now ? at : h->now + 1000;
        if (who < 0) {
            wzp_relay_expire(h->relay, h->now);
        } else {
            wzp_endpoint_expire(h->c[who].ep, h->now);
        }
        hub_drain(h, who);
    }
    h->now = until > h->now ? until : h->now; /* time never goes back */
}

/* --- clients -------------------------------------------------------------- */

static inline hub_client *hub_dial(hub *h, const char *sni)
{
    assert_true(h->n < HUB_CLIENTS);
    hub_client *c = &h->c[h->n];
    uint8_t seed[WZP_SEED_LEN];
    const uint8_t ip[4] = {10, 0, 1, (uint8_t)h->n};
    const wzp_mem mem = wzp_mem_default();
    memset(seed, h->n + 1, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&c->seed, seed), WZP_OK);
    assert_int_equal(wzp_pkt_pool_new(&c->pool, &mem, 256), WZP_OK);
    assert_int_equal(wzp_arena_new(&c->arena, &mem, 4 << 20), WZP_OK);
    c->identity = wzp_seed_identity_table(c->seed);
    c->addr = wzp_addr_v4(ip, 5000);
    h->n++;
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng = h->rng;
    cfg.pool = c->pool;
    assert_int_equal(wzp_endpoint_new(&c->ep, &cfg, h->now), WZP_OK);
    const wzp_dial dial = {
        .local = c->addr, .remote = h->relay_addr, .sni = sni};
    assert_int_equal(wzp_endpoint_dial(c->ep, h->now, &dial, &c->conn), WZP_OK);
    return c;
}

/* A fresh key package. */
static inline void hub_package(hub *h, hub_client *c, const char *room)
{
    wzp_kp kp = {.exp = hub_unix_now(h) + 3600, .suites = 1};
    uint8_t room_id[WZP_HASH_LEN], mid[WZP_MID_LEN];
    wzp_room_id((wzp_str){room, strlen(room)}, room_id);
    wzp_room_ctx(room_id, kp.ctx);
    wzp_rng_fill(&h->rng, kp.kem, sizeof kp.kem);
    assert_int_equal(wzp_kp_encode(&c->identity, &kp, c->kp), WZP_OK);
    wzp_kp_mid(kp.kph, mid);
    c->sid = wzp_mid_sid(mid);
}

/* Sign an offer of c's package for the connection of `as` and send it on the
 * one of `c`. */
static inline void hub_send_offer(hub *h, hub_client *c, const hub_client *as,
                                  bool capable)
{
    uint8_t signature[WZP_SIG_LEN], binding[WZP_SIG_LEN];
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    wzp_sig_call_offer *o = &sig.u.call_offer;
    memcpy(o->identity_pub, c->identity.public_key, WZP_KEY_LEN);
    memset(o->ephemeral_pub, 9, WZP_KEY_LEN);
    assert_int_equal(
        wzp_legacy_sign(&c->identity, true, o->ephemeral_pub, signature),
        WZP_OK);
    o->signature = (wzp_bytes){signature, sizeof signature};
    if (capable) {
        wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER,
                                .kp = {c->kp, sizeof c->kp}};
        memcpy(in.exporter, as->exporter, sizeof in.exporter);
        memcpy(in.server_cert_hash, as->cert_hash, WZP_HASH_LEN);
        assert_int_equal(wzp_binding_sign(&c->identity, &in, binding), WZP_OK);
        o->binding = (wzp_bytes){binding, sizeof binding};
        o->kp = in.kp;
        o->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    }
    wzp_str text;
    wzp_arena_reset(c->arena);
    assert_int_equal(wzp_signal_encode(c->arena, &sig, &text), WZP_OK);
    c->offer = text;
    assert_int_equal(
        wzp_endpoint_send_signal(c->ep, h->now, c->conn, text.ptr, text.len),
        WZP_OK);
}

static inline void hub_offer_as(hub *h, hub_client *c, const hub_client *as,
                                const char *room, bool capable)
{
    hub_package(h, c, room);
    hub_send_offer(h, c, as, capable);
}

static inline hub_client *hub_join(hub *h, const char *room)
{
    hub_client *c = hub_dial(h, room);
    hub_run(h, 100 * WZP_MS);
    assert_true(c->is_connected);
    hub_offer_as(h, c, c, room, true);
    hub_run(h, 100 * WZP_MS);
    assert_true(c->is_answered);
    return c;
}

/* Sign a registration for this connection and send it there; of an earlier
 * client when not `proves`. */
static inline void hub_send_reg(hub *h, hub_client *c, bool proves)
{
    uint8_t signature[WZP_SIG_LEN], binding[WZP_SIG_LEN];
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE};
    wzp_sig_register_presence *reg = &sig.u.register_presence;
    memcpy(reg->identity_pub, c->identity.public_key, WZP_KEY_LEN);
    if (proves) {
        wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
        memcpy(in.exporter, c->exporter, sizeof in.exporter);
        memcpy(in.server_cert_hash, c->cert_hash, WZP_HASH_LEN);
        assert_int_equal(wzp_register_sign(&c->identity, signature), WZP_OK);
        assert_int_equal(wzp_binding_sign(&c->identity, &in, binding), WZP_OK);
        reg->signature = (wzp_bytes){signature, sizeof signature};
        reg->binding = (wzp_bytes){binding, sizeof binding};
        reg->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    }
    wzp_arena_reset(c->arena);
    assert_int_equal(wzp_signal_encode(c->arena, &sig, &c->offer), WZP_OK);
    assert_int_equal(wzp_endpoint_send_signal(c->ep, h->now, c->conn,
                                              c->offer.ptr, c->offer.len),
                     WZP_OK);
}

/* One sealed datagram of 100 bytes or so. */
static inline void hub_speak(hub *h, hub_client *c, uint64_t ctr)
{
    wzp_pkt *pkt = wzp_pkt_get(c->pool);
    wzp_media_hdr hdr = {.flags = WZP_MEDIA_SEALED,
                         .source_hint = (uint8_t)c->sid};
    assert_non_null(pkt);
    wzp_media_hdr_encode(&hdr, pkt->data);
    pkt->len = WZP_MEDIA_HDR_LEN;
    pkt->len += wzp_sframe_hdr_encode(wzp_sframe_kid(c->sid, 0, 0), ctr,
                                      pkt->data + pkt->len);
    memset(pkt->data + pkt->len, 0x5A, 80);
    pkt->len += 80;
    assert_int_equal(wzp_endpoint_send_dgram(c->ep, h->now, c->conn, pkt),
                     WZP_OK);
    wzp_pkt_unref(pkt);
}

#endif
