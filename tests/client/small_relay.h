/* SPDX-License-Identifier: MIT */
/* A session, a line and a relay of a few lines, two real endpoints on a virtual
 * clock with 5 ms between them. The relay answers a CallOffer as it is told:
 * well, badly in one way, or not at all; what it says to a line is told by
 * on_signal. What happened is noted; tests read the notes.
 */
#ifndef WZP_TEST_CLIENT_SMALL_RELAY_H
#define WZP_TEST_CLIENT_SMALL_RELAY_H

#include "call/session.h"
#include "client/fakes.h"
#include "signal/line.h"

#include <wzp/crypto/binding.h>
#include <wzp/transport/global.h>

enum { SR_PACKETS = 256, SR_EVENTS = 128 };

#define SR_WAY   (5 * WZP_MS)
#define SR_RELAY "relay.example:4433"

typedef enum sr_mood {
    SR_GOOD,
    SR_SILENT, /* no answer at all */
    SR_BAD_SIGNATURE,
    SR_NO_CAPS,
    SR_BAD_BINDING,
    SR_JUNK,    /* an answer that is not JSON, then a good one */
    SR_REFUSES, /* closes with `code` */
} sr_mood;

typedef struct sr_packet {
    wzp_tstamp due;
    bool is_to_relay;
    wzp_addr from, to;
    size_t len;
    uint8_t data[1500];
} sr_packet;

typedef struct sr {
    wzp_mem mem;
    wzp_tstamp now;
    uint32_t seed;
    sr_packet *packets;
    size_t n_packets;

    /* the client */
    wzp_pkt_pool *pool;
    wzp_endpoint *ep;
    wzp_seed_identity *id;
    wzp_store_memory *store;
    wzp_pins *pins;
    wzp__session *session;
    fake_mem session_mem;
    wzp__line *line;
    fake_mem line_mem;
    wzp__clear clear;
    wzp_addr addr;
    wzp_unix_s unix_now;

    /* the relay */
    wzp_pkt_pool *relay_pool;
    wzp_endpoint *relay;
    wzp_seed_identity *relay_id;
    wzp_addr relay_addr;
    uint8_t relay_cert[WZP_HASH_LEN];
    sr_mood mood;
    uint32_t more_caps; /* announced in the answer beside the necessary ones */
    bool is_off;        /* as if unplugged: packets both ways are lost */
    uint64_t code;
    const char *reason;
    wzp_next_tls next_tls; /* announced with every answer */
    wzp_conn_id relay_conn;
    uint8_t exporter[32];
    wzp_arena *arena;

    /* what else comes, for who wants more of a relay; may be NULL */
    void (*on_signal)(void *user, const wzp_signal *sig);
    void (*on_dgram)(void *user, const wzp_pkt *pkt);
    void *user;

    /* notes */
    wzp__session_event events[SR_EVENTS];
    wzp_tstamp event_at[SR_EVENTS];
    size_t n_events;
    wzp__line_event line_events[SR_EVENTS];
    wzp_tstamp line_event_at[SR_EVENTS];
    size_t n_line_events;
    wzp_addr sent_from; /* the client's last packet, as its endpoint has it */
    char sni[WZP_SNI_MAX + 1];
    size_t data_packets; /* 1-RTT or 0-RTT packets the client sent */
    size_t dials;        /* handshakes the relay saw through */
    size_t offers;
    size_t syncs; /* RoomSync received */
    uint32_t sync_rev;
    uint8_t kp[2048]; /* package of the last offer */
    size_t kp_len;
    wzp_err offer_err;        /* of the last offer, as the relay checked it */
    wzp_ep_action last_close; /* of the relay's side; reason is not kept */
    char last_reason[WZP_REASON_MAX + 1];
} sr;

/* --- the relay's side ----------------------------------------------------- */

static inline void sr_send(sr *w, const wzp_signal *sig)
{
    wzp_str json;
    ASSERT_OK(wzp_signal_encode(w->arena, sig, &json));
    ASSERT_OK(wzp_endpoint_send_signal(w->relay, w->now, w->relay_conn,
                                       json.ptr, json.len));
}

static inline void sr_send_text(sr *w, const char *text)
{
    ASSERT_OK(wzp_endpoint_send_signal(w->relay, w->now, w->relay_conn, text,
                                       strlen(text)));
}

static inline void sr_answer(sr *w)
{
    const wzp_identity id = wzp_seed_identity_table(w->relay_id);
    wzp_signal sig = {.kind = WZP_SIG_CALL_ANSWER};
    wzp_sig_call_answer *a = &sig.u.call_answer;
    uint8_t signature[WZP_SIG_LEN];
    uint8_t bound[WZP_SIG_LEN];
    memcpy(a->identity_pub, id.public_key, WZP_KEY_LEN);
    memset(a->ephemeral_pub, 9, WZP_KEY_LEN);
    a->chosen_profile = wzp_tier_profile(WZP_TIER_GOOD);
    a->caps = w->mood == SR_NO_CAPS ? 0
                                    : WZP_CAP_PRESENT | WZP_CAP_E2E1 |
                                          WZP_CAP_SIG1 | w->more_caps;
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_ANSWER};
    memcpy(in.exporter, w->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, w->relay_cert, WZP_HASH_LEN);
    in.exporter[0] ^= w->mood == SR_BAD_BINDING;
    ASSERT_OK(wzp_binding_sign(&id, &in, bound));
    ASSERT_OK(wzp_legacy_sign(&id, false, a->ephemeral_pub, signature));
    signature[5] ^= w->mood == SR_BAD_SIGNATURE;
    a->signature = (wzp_bytes){signature, WZP_SIG_LEN};
    a->binding = (wzp_bytes){bound, WZP_SIG_LEN};
    a->next_tls = w->next_tls;
    sr_send(w, &sig);
}

/* As a relay checks it: both signatures, this connection. */
static inline wzp_err sr_check_offer(sr *w, const wzp_sig_call_offer *o)
{
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER, .kp = o->kp};
    memcpy(in.exporter, w->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, w->relay_cert, WZP_HASH_LEN);
    WZP_TRY(wzp_legacy_verify(o->identity_pub, true, o->ephemeral_pub,
                              o->signature.ptr, o->signature.len));
    return wzp_binding_verify(o->identity_pub, &in, o->binding.ptr,
                              o->binding.len);
}

static inline void sr_on_offer(sr *w, const wzp_sig_call_offer *offer)
{
    w->offers++;
    w->offer_err = sr_check_offer(w, offer);
    assert_true(offer->kp.len <= sizeof w->kp);
    if (offer->kp.ptr != NULL) {
        memcpy(w->kp, offer->kp.ptr, offer->kp.len);
    }
    w->kp_len = offer->kp.len;
    if (w->mood == SR_REFUSES) {
        ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, w->code,
                                     w->reason));
    } else if (w->mood != SR_SILENT) {
        if (w->mood == SR_JUNK) {
            sr_send_text(w, "{\"CallAnswer\":");
        }
        sr_answer(w);
    }
}

static inline void sr_relay_signal(sr *w, const wzp_ep_action *a)
{
    wzp_signal sig;
    w->relay_conn = a->conn;
    wzp_arena_reset(w->arena);
    ASSERT_OK(wzp_signal_decode(w->arena, a->u.signal.data, a->u.signal.len,
                                WZP_SIGNAL_MAX, &sig));
    if (sig.kind == WZP_SIG_CALL_OFFER) {
        sr_on_offer(w, &sig.u.call_offer);
    } else if (sig.kind == WZP_SIG_ROOM_SYNC) {
        w->syncs++;
        w->sync_rev = sig.u.room_sync.rev;
    }
    if (w->on_signal != NULL) {
        w->on_signal(w->user, &sig);
    }
}

static inline void sr_relay_action(sr *w, const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_ACCEPTED:
        w->dials++;
        w->relay_conn = a->conn;
        memcpy(w->exporter, a->u.up.exporter, sizeof w->exporter);
        snprintf(w->sni, sizeof w->sni, "%s", a->u.up.sni);
        break;
    case WZP_EP_SIGNAL: sr_relay_signal(w, a); break;
    case WZP_EP_DGRAM:
        if (w->on_dgram != NULL) {
            w->on_dgram(w->user, a->u.dgram);
        }
        break;
    case WZP_EP_CLOSED:
        w->last_close = *a;
        snprintf(w->last_reason, sizeof w->last_reason, "%s",
                 a->u.closed.reason);
        break;
    default: break;
    }
}

/* --- the network ---------------------------------------------------------- */

/* A variable-length integer of QUIC at *at. */
static inline uint64_t sr_varint(const uint8_t *data, size_t *at)
{
    const size_t len = (size_t)1 << (data[*at] >> 6);
    uint64_t v = data[(*at)++] & 0x3f;
    for (size_t i = 1; i < len; i++) {
        v = v << 8 | data[(*at)++];
    }
    return v;
}

/* Packets that can carry a stream or a datagram, in one UDP payload: all but
 * Initial and Handshake (RFC 9000 12.2, 17.2). */
static inline size_t sr_data_packets(const uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len && (data[at] & 0x80) != 0) {
        const unsigned type = data[at] >> 4 & 3;
        if (type != 0 && type != 2) {
            return 1;
        }
        at += 5;
        at += 1 + (size_t)data[at];
        at += 1 + (size_t)data[at];
        if (type == 0) {
            const uint64_t token = sr_varint(data, &at);
            at += (size_t)token;
        }
        const uint64_t rest = sr_varint(data, &at);
        at += (size_t)rest;
    }
    while (at < len && data[at] == 0) { /* padding of the datagram */
        at++;
    }
    return at < len;
}

static inline void sr_fly(sr *w, const wzp_addr *to, const uint8_t *data,
                          size_t len, bool is_to_relay)
{
    const wzp_addr *there = is_to_relay ? &w->relay_addr : &w->addr;
    w->data_packets += is_to_relay ? sr_data_packets(data, len) : 0;
    if (w->is_off || !wzp_addr_equal(to, there)) {
        return; /* lost */
    }
    assert_true(w->n_packets < SR_PACKETS);
    sr_packet *p = &w->packets[w->n_packets++];
    p->due = w->now + SR_WAY;
    p->is_to_relay = is_to_relay;
    p->from = is_to_relay ? w->addr : w->relay_addr;
    p->to = *to;
    p->len = len;
    assert_true(len <= sizeof p->data);
    memcpy(p->data, data, len);
}

/* The relay's turn: everything it has to do at this moment. */
static inline void sr_relay_settle(sr *w)
{
    wzp_ep_action a;
    while (wzp_endpoint_poll(w->relay, w->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            sr_fly(w, &a.u.send.remote, a.u.send.data, a.u.send.len, false);
        } else {
            sr_relay_action(w, &a);
        }
    }
}

/* The first packet that is due is taken off the way; false: none. */
static inline bool sr_land(sr *w, sr_packet *out)
{
    if (w->n_packets == 0 || w->packets[0].due > w->now) {
        return false;
    }
    *out = w->packets[0]; /* one delay for all: in order */
    memmove(w->packets, w->packets + 1, --w->n_packets * sizeof *w->packets);
    return true;
}

/* --- the session on it ---------------------------------------------------- */

static inline void sr_note_events(sr *w)
{
    while (w->n_events < SR_EVENTS &&
           wzp__session_poll(w->session, &w->events[w->n_events])) {
        w->event_at[w->n_events++] = w->now;
    }
    while (w->n_line_events < SR_EVENTS &&
           wzp__line_poll(w->line, &w->line_events[w->n_line_events])) {
        w->line_event_at[w->n_line_events++] = w->now;
    }
}

/* Everything that happens at this moment. */
static inline void sr_settle(sr *w)
{
    wzp_ep_action a;
    sr_note_events(w);
    while (wzp_endpoint_poll(w->ep, w->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            w->sent_from = a.u.send.local;
            sr_fly(w, &a.u.send.remote, a.u.send.data, a.u.send.len, true);
        } else if (a.kind != WZP_EP_DGRAM) {
            wzp__session_recv(w->session, w->now, &a);
            wzp__line_recv(w->line, w->now, &a);
        }
        sr_note_events(w);
    }
    sr_relay_settle(w);
}

static inline void sr_deliver(sr *w)
{
    sr_packet p;
    while (sr_land(w, &p)) {
        wzp_endpoint_recv(p.is_to_relay ? w->relay : w->ep, w->now, &p.to,
                          &p.from, p.data, p.len);
    }
}

static inline wzp_tstamp sr_next(const sr *w)
{
    wzp_tstamp at = w->n_packets > 0 ? w->packets[0].due : WZP_NEVER;
    const wzp_tstamp all[] = {
        wzp_endpoint_deadline(w->ep), wzp_endpoint_deadline(w->relay),
        wzp__session_deadline(w->session), wzp__line_deadline(w->line)};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        at = all[i] < at ? all[i] : at;
    }
    return at;
}

/* Let virtual time pass. */
static inline void sr_run(sr *w, wzp_tstamp duration)
{
    const wzp_tstamp end = w->now + duration;
    sr_settle(w);
    for (wzp_tstamp at = sr_next(w); at <= end; at = sr_next(w)) {
        w->now = at > w->now ? at : w->now;
        sr_deliver(w);
        wzp_endpoint_expire(w->ep, w->now);
        wzp_endpoint_expire(w->relay, w->now);
        wzp__session_expire(w->session, w->now);
        wzp__line_expire(w->line, w->now);
        sr_settle(w);
    }
    w->now = end;
}

/* --- life ----------------------------------------------------------------- */

static inline wzp_endpoint *sr_endpoint(sr *w, wzp_pkt_pool *pool, bool accepts,
                                        uint8_t seed)
{
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng = fake_rng(&w->seed);
    cfg.pool = pool;
    cfg.accepts = accepts;
    cfg.max_conns = 1024;
    cfg.max_half_open = 256;
    cfg.gives_tickets = accepts;
    cfg.max_tickets = accepts ? 0 : 8;
    cfg.has_tls_seed = true;
    memset(cfg.tls_seed, seed, sizeof cfg.tls_seed);
    wzp_endpoint *ep;
    ASSERT_OK(wzp_endpoint_new(&ep, &cfg, w->now));
    return ep;
}

static inline wzp_seed_identity *sr_identity(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, byte, sizeof seed);
    wzp_seed_identity *id;
    ASSERT_OK(wzp_seed_identity_new(&id, seed));
    return id;
}

static wzp_unix_s sr_unix_now(void *user)
{
    const sr *w = user;
    return w->unix_now;
}

/* A relay with another TLS key from now on; connections are gone. */
static inline void sr_replace_relay(sr *w, uint8_t tls_seed)
{
    wzp_endpoint_free(w->relay);
    w->relay = sr_endpoint(w, w->relay_pool, true, tls_seed);
    ASSERT_OK(wzp_endpoint_cert_hash(w->relay, w->relay_cert));
}

static inline void sr_make_session(sr *w)
{
    const wzp_store table = wzp_store_memory_table(w->store);
    ASSERT_OK(wzp_pins_new(&w->pins, &w->mem, &table));
    const wzp__session_deps deps = {.mem = fake_mem_table(&w->session_mem),
                                    .rng = fake_rng(&w->seed),
                                    .log = wzp_log_none(),
                                    .identity = wzp_seed_identity_table(w->id),
                                    .ep = w->ep,
                                    .pins = w->pins,
                                    .unix_now = sr_unix_now,
                                    .unix_now_user = w,
                                    .alias = "Alice",
                                    .clear = &w->clear};
    ASSERT_OK(wzp__session_new(&w->session, &deps));
}

/* sign: instead of the identity's own, or NULL. */
static inline void sr_make_line(sr *w, wzp_err (*sign)(void *, const uint8_t *,
                                                       size_t, uint8_t *))
{
    wzp__line_deps deps = {.mem = fake_mem_table(&w->line_mem),
                           .rng = fake_rng(&w->seed),
                           .log = wzp_log_none(),
                           .identity = wzp_seed_identity_table(w->id),
                           .ep = w->ep,
                           .pins = w->pins,
                           .unix_now = sr_unix_now,
                           .unix_now_user = w,
                           .alias = "Alice"};
    if (sign != NULL) {
        deps.identity.sign = sign;
    }
    ASSERT_OK(wzp__line_new(&w->line, &deps));
}

static inline sr *sr_new(void)
{
    ASSERT_OK(wzp_crypto_global_init());
    ASSERT_OK(wzp_transport_global_init());
    sr *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->mem = wzp_mem_default();
    w->now = 1000 * WZP_S;
    w->unix_now = 1700000000;
    w->seed = 1;
    w->packets = calloc(SR_PACKETS, sizeof *w->packets);
    assert_non_null(w->packets);
    ASSERT_OK(wzp_pkt_pool_new(&w->pool, &w->mem, 64));
    ASSERT_OK(wzp_pkt_pool_new(&w->relay_pool, &w->mem, 64));
    ASSERT_OK(wzp_arena_new(&w->arena, &w->mem, 8u * WZP_SIGNAL_MAX));
    ASSERT_OK(wzp_store_memory_new(&w->store, &w->mem));
    w->addr = wzp_addr_v4((const uint8_t[]){10, 0, 0, 1}, 5555);
    w->relay_addr = wzp_addr_v4((const uint8_t[]){10, 0, 0, 2}, 4433);
    w->id = sr_identity(1);
    w->relay_id = sr_identity(2);
    w->ep = sr_endpoint(w, w->pool, false, 1);
    w->relay = sr_endpoint(w, w->relay_pool, true, 2);
    ASSERT_OK(wzp_endpoint_cert_hash(w->relay, w->relay_cert));
    sr_make_session(w);
    sr_make_line(w, NULL);
    return w;
}

static inline void sr_free(sr *w)
{
    wzp__session_free(w->session);
    wzp__line_free(w->line);
    wzp_endpoint_free(w->ep);
    wzp_endpoint_free(w->relay);
    wzp_pins_free(w->pins);
    wzp_store_memory_free(w->store);
    wzp_pkt_pool_free(w->pool);
    wzp_pkt_pool_free(w->relay_pool);
    wzp_arena_free(w->arena);
    wzp_seed_identity_free(w->id);
    wzp_seed_identity_free(w->relay_id);
    free(w->packets);
    free(w);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}

/* --- given and then ------------------------------------------------------- */

static inline wzp_join sr_join_of(const sr *w, const char *room)
{
    return (wzp_join){.room = room,
                      .relay = SR_RELAY,
                      .addrs = {w->relay_addr},
                      .n_addrs = 1,
                      .local = w->addr};
}

static inline void sr_start(sr *w, const char *room)
{
    const wzp_join join = sr_join_of(w, room);
    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
}

/* Joined, and the notes empty. */
static inline void sr_joined(sr *w)
{
    sr_start(w, "room");
    sr_run(w, WZP_S);
    assert_int_equal(wzp__session_state(w->session), WZP_CLIENT_JOINED);
    w->n_events = 0;
}

static inline const wzp__session_event *sr_find(const sr *w,
                                                wzp__session_event_kind kind)
{
    for (size_t i = w->n_events; i > 0; i--) {
        if (w->events[i - 1].kind == kind) {
            return &w->events[i - 1];
        }
    }
    return NULL;
}

static inline void sr_assert_state(const sr *w, wzp_client_state state)
{
    assert_int_equal(wzp__session_state(w->session), state);
}

/* The session ended for this reason and is idle. */
static inline void sr_assert_ended(const sr *w, wzp_err why)
{
    const wzp__session_event *ev = sr_find(w, WZP__SESSION_ENDED);
    assert_non_null(ev);
    assert_int_equal(ev->why, why);
    assert_true(ev->text[0] != '\0');
    sr_assert_state(w, WZP_CLIENT_IDLE);
    assert_null(wzp__session_group(w->session));
    assert_int_equal(wzp__session_conn(w->session), 0);
}

static inline bool sr_is_pinned(const sr *w, const uint8_t hash[WZP_HASH_LEN])
{
    uint8_t got[WZP_HASH_LEN];
    return wzp__pins_get(w->pins, SR_RELAY, got) == WZP_OK &&
           memcmp(got, hash, WZP_HASH_LEN) == 0;
}

/* --- how it ends ---------------------------------------------------------- */

/* What a relay that closes means: come back, or the end. */
static const struct {
    uint64_t code;
    wzp_err why;
    bool is_final;
} SR_CLOSES[] = {
    {WZP_CLOSE_NORMAL, WZP_ERR_PEER_CLOSED, false},
    {WZP_CLOSE_SHUTDOWN, WZP_ERR_SHUTDOWN, false},
    {WZP_CLOSE_FULL, WZP_ERR_ROOM_FULL, false},
    {WZP_CLOSE_SLOW, WZP_ERR_SLOW, false},
    {1234, WZP_ERR_PEER_CLOSED, false},
    {WZP_CLOSE_AUTH, WZP_ERR_AUTH, true},
    {WZP_CLOSE_NOT_ALLOWED, WZP_ERR_NOT_ALLOWED, true},
    {WZP_CLOSE_PROTOCOL, WZP_ERR_PROTOCOL, true},
    {WZP_CLOSE_REPLACED, WZP_ERR_REPLACED, true},
    {WZP_CLOSE_LEGACY, WZP_ERR_LEGACY, true},
    {WZP_CLOSE_KEY_MISMATCH, WZP_ERR_PIN, true},
};

static inline size_t sr_closes_count(void)
{
    return sizeof SR_CLOSES / sizeof SR_CLOSES[0];
}

#endif
