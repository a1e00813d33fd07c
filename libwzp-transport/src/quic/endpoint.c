/* SPDX-License-Identifier: MIT */
/* The public face: checks arguments and finds the connection. What happened is
 * given out in actions.c; packets of no connection are in accept.c, what
 * belongs to one connection in conn.c.
 */
#include "quic/share.h"
#include "quic/sockaddr.h"
#include "quic/table.h"
#include "quic/wipe.h"

#include <wzp/proto/sized.h>
#include <wzp/transport/endpoint.h>

#include <string.h>

enum {
    DEFAULT_CONNS = 4096,
    DEFAULT_HALF_OPEN = 512,
    DEFAULT_DGRAMS = 64,
    DEFAULT_EARLY = 65536,
    DEFAULT_HELD = 2 * 1024 * 1024,
    DEFAULT_QUEUE = 1024 * 1024,
    TICKETS_MOST = 1024,
};

static const char SECRET_LABEL[] = "wzp-quic-tokens";

/* --- life --- */

void wzp_endpoint_config_default_sized(wzp_endpoint_config *cfg, size_t size)
{
    const wzp_endpoint_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .log = wzp_log_none(),
        .max_conns = DEFAULT_CONNS,
        .max_half_open = DEFAULT_HALF_OPEN,
        .handshake_timeout = 10 * WZP_S,
        .idle_timeout = 30 * WZP_S,
        .keep_alive = 5 * WZP_S,
        .dgram_max_age = 200 * WZP_MS,
        .dgram_max_queue = DEFAULT_DGRAMS,
        .signal_max_len = WZP__SIGNAL_MAX,
        .signal_max_early = DEFAULT_EARLY,
        .signal_max_held = DEFAULT_HELD,
        .signal_max_queue = DEFAULT_QUEUE,
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static bool is_valid(const wzp_endpoint_config *cfg)
{
    return cfg->rng.fill != NULL && cfg->pool != NULL &&
           cfg->mem.resize != NULL && (!cfg->accepts || cfg->has_tls_seed) &&
           cfg->max_conns >= 1 && cfg->max_conns <= WZP__SLOTS_MAX &&
           cfg->max_half_open >= 1 && cfg->handshake_timeout > 0 &&
           cfg->idle_timeout >= WZP_MS && cfg->dgram_max_queue >= 1 &&
           cfg->signal_max_early <= cfg->signal_max_len &&
           cfg->signal_max_len <= WZP__SIGNAL_MAX &&
           cfg->signal_max_held >= cfg->signal_max_len + WZP__STREAM_COST &&
           (cfg->n_cert_snis == 0 || cfg->cert_snis != NULL) &&
           cfg->max_tickets <= TICKETS_MOST;
}

static wzp_err init_env(wzp_endpoint *ep)
{
    wzp__env *env = &ep->env;
    const uint8_t *seed = env->cfg.has_tls_seed ? env->cfg.tls_seed : NULL;
    WZP_TRY(wzp__tls_init(&env->tls, seed));
    WZP_TRY(wzp__tls_require(&env->tls, &env->cfg.mem, env->cfg.cert_snis,
                             env->cfg.n_cert_snis));
    env->cfg.cert_snis = NULL; /* copied */
    WZP_TRY(wzp__tls_resume(&env->tls, &env->cfg.mem, &env->cfg.rng,
                            env->cfg.gives_tickets, env->cfg.max_tickets));
    if (seed != NULL) {
        /* From the seed, so that a restarted relay can still reset the
         * connections of its former life at once. */
        WZP_TRY(wzp__cert_derive(seed, SECRET_LABEL, env->secret));
    } else {
        wzp_rng_fill(&env->cfg.rng, env->secret, sizeof env->secret);
    }
    return WZP_OK;
}

wzp_err wzp_endpoint_new(wzp_endpoint **out, const wzp_endpoint_config *cfg,
                         wzp_tstamp now)
{
    wzp_endpoint_config full;
    wzp_endpoint_config_default(&full);
    wzp_sized_take(&full, sizeof full, cfg);
    if (!is_valid(&full)) {
        wzp__wipe(full.tls_seed, sizeof full.tls_seed);
        return WZP_ERR_CONFIG;
    }
    wzp_endpoint *ep = wzp_mem_new(&full.mem, sizeof *ep);
    if (ep == NULL) {
        wzp__wipe(full.tls_seed, sizeof full.tls_seed);
        return WZP_ERR_NOMEM;
    }
    ep->now = now;
    ep->env.cfg = full;
    wzp__share_init(&ep->env.cfg);
    wzp__wipe(full.tls_seed, sizeof full.tls_seed);
    ep->env.quic_mem = wzp__quic_mem(&ep->env);
    ep->env.stats.size = sizeof ep->env.stats;
    uint8_t key[WZP__CID_KEY_LEN];
    wzp_rng_fill(&full.rng, key, sizeof key);
    wzp__cidmap_init(&ep->env.cids, &full.mem, key);
    wzp__cidmap_init(&ep->env.resets, &full.mem, key);
    wzp__sources_init(&ep->env.sources, &full.mem, key);
    wzp__heap_init(&ep->deadlines, &full.mem);
    const wzp_err e = init_env(ep);
    wzp__wipe(ep->env.cfg.tls_seed, sizeof ep->env.cfg.tls_seed);
    if (e != WZP_OK) {
        wzp_endpoint_free(ep);
        return e;
    }
    *out = ep;
    return WZP_OK;
}

void wzp_endpoint_free(wzp_endpoint *ep)
{
    if (ep == NULL) {
        return;
    }
    wzp__actions_release(ep);
    wzp__events_deinit(&ep->env);
    for (size_t i = 0; i < ep->slot_count; i++) {
        if (ep->slots[i] != NULL) {
            wzp__table_remove(ep, ep->slots[i]);
        }
    }
    wzp__tombs_deinit(&ep->tombs, &ep->env);
    wzp__heap_deinit(&ep->deadlines);
    wzp__cidmap_deinit(&ep->env.cids);
    wzp__cidmap_deinit(&ep->env.resets);
    wzp__sources_deinit(&ep->env.sources);
    wzp__tls_deinit(&ep->env.tls);
    const wzp_mem mem = ep->env.cfg.mem;
    wzp_mem_free(&mem, ep->slots, ep->slot_count * sizeof *ep->slots);
    wzp_mem_free(&mem, ep->free_slots, ep->slot_count * sizeof *ep->free_slots);
    wzp__wipe(ep->env.secret, sizeof ep->env.secret);
    wzp_mem_free(&mem, ep, sizeof *ep);
}

wzp_err wzp_endpoint_cert_hash(const wzp_endpoint *ep,
                               uint8_t out[WZP_HASH_LEN])
{
    if (!ep->env.tls.has_cert) {
        return WZP_ERR_NOT_FOUND;
    }
    memcpy(out, ep->env.tls.cert.hash, WZP_HASH_LEN);
    return WZP_OK;
}

wzp_err wzp_endpoint_cert_hash_of(const uint8_t tls_seed[WZP_KEY_LEN],
                                  uint8_t out[WZP_HASH_LEN])
{
    wzp__cert cert;
    WZP_TRY(wzp__cert_init(&cert, tls_seed));
    memcpy(out, cert.hash, WZP_HASH_LEN);
    wzp__cert_deinit(&cert);
    return WZP_OK;
}

/* --- packets and time --- */

static void recv_for(wzp_endpoint *ep, wzp_tstamp now, uint32_t value,
                     const wzp__stray *in)
{
    if (value >= WZP__TOMB_BASE) {
        const wzp__tomb *t = wzp__tomb_recv(&ep->tombs, value);
        if (t != NULL) {
            wzp__stateless_repeat(&ep->stateless, &t->local, &t->remote,
                                  t->packet, t->len);
        }
        return;
    }
    wzp__conn *c = ep->slots[value];
    if (c == NULL) { /* an id that outlived its connection: nobody's packet */
        ep->env.stats.malformed++;
        return;
    }
    if (wzp__conn_recv(c, now, in->local, in->remote, in->data, in->len)) {
        wzp__table_mark(ep, c);
    } else if (c->hold.packets == 1) { /* the hold began now */
        wzp__table_arm(ep, c, now);
    }
}

/* Does it end like a stateless reset of one of our peers? */
static bool is_reset(const wzp_endpoint *ep, const uint8_t *data, size_t len,
                     uint32_t *value)
{
    if (len < WZP__RESET_MIN || (data[0] & WZP__LONG_HEADER) != 0) {
        return false;
    }
    const size_t n = NGTCP2_STATELESS_RESET_TOKENLEN;
    const wzp__cid token = wzp__cid_of(data + len - n, n);
    return wzp__cidmap_get(&ep->env.resets, &token, value);
}

void wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    ep->now = now;
    wzp__tls_at(&ep->env.tls, now);
    ep->env.stats.rx_packets++;
    ngtcp2_version_cid ids;
    const int rv =
        len == 0 ? NGTCP2_ERR_INVALID_ARGUMENT
                 : ngtcp2_pkt_decode_version_cid(&ids, data, len, WZP__CID_LEN);
    const wzp__stray in = {local, remote, data, len, &ids};
    if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
        ep->env.stats.malformed++;
        if (ep->env.cfg.accepts && len >= WZP__UDP_MIN) {
            wzp__stateless_version(&ep->stateless, &ep->env, &in);
        }
        return;
    }
    if (rv != 0 || ids.dcidlen > WZP__CID_MAX || ids.scidlen > WZP__CID_MAX) {
        ep->env.stats.malformed++;
        return;
    }
    const wzp__cid dcid = wzp__cid_of(ids.dcid, ids.dcidlen);
    uint32_t value = 0;
    if (wzp__cidmap_get(&ep->env.cids, &dcid, &value) ||
        is_reset(ep, data, len, &value)) {
        recv_for(ep, now, value, &in);
    } else {
        wzp__accept(ep, now, &in);
    }
}

void wzp_endpoint_expire(wzp_endpoint *ep, wzp_tstamp now)
{
    ep->now = now;
    wzp__tombs_expire(&ep->tombs, &ep->env, now);
    wzp__heap_entry top;
    while (wzp__heap_top(&ep->deadlines, &top) && top.at <= now) {
        wzp__conn *c = ep->slots[top.slot];
        wzp__heap_set(&ep->deadlines, top.slot, WZP_NEVER);
        if (wzp__conn_expire(c, now)) {
            wzp__table_mark(ep, c);
        } else {
            wzp__table_arm(ep, c, now);
        }
    }
}

wzp_tstamp wzp_endpoint_deadline(const wzp_endpoint *ep)
{
    wzp_tstamp at = wzp__tombs_deadline(&ep->tombs);
    wzp__heap_entry top;
    if (wzp__heap_top(&ep->deadlines, &top) && top.at < at) {
        at = top.at;
    }
    return at;
}

/* --- commands --- */

static bool is_dialable(const wzp_dial *dial)
{
    const wzp_addr own = wzp__sockaddr_own(&dial->local, &dial->remote);
    return own.family != WZP_FAMILY_NONE && own.family == dial->remote.family &&
           dial->remote.port != 0 &&
           (dial->sni == NULL ||
            (dial->sni[0] != '\0' &&
             strnlen(dial->sni, WZP_SNI_MAX + 1) <= WZP_SNI_MAX));
}

wzp_err wzp_endpoint_dial(wzp_endpoint *ep, wzp_tstamp now,
                          const wzp_dial *dial, wzp_conn_id *out)
{
    ep->now = now;
    wzp__tls_at(&ep->env.tls, now);
    if (!is_dialable(dial)) {
        return WZP_ERR_ARG;
    }
    wzp__conn_new how;
    WZP_TRY(wzp__table_reserve(ep, &how));
    wzp__conn *c = NULL;
    WZP_TRY(wzp__conn_dial(&c, &how, dial));
    wzp__table_insert(ep, c);
    wzp__table_mark(ep, c);
    ep->env.stats.dialled++;
    *out = c->id;
    return WZP_OK;
}

/* The connection, if it can carry something. */
static wzp_err find_open(const wzp_endpoint *ep, wzp_conn_id id,
                         wzp__conn **out)
{
    *out = wzp__table_find(ep, id);
    if (*out == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    return (*out)->state == WZP__CONN_OPEN ? WZP_OK : WZP_ERR_STATE;
}

static wzp_err queue_message(wzp_endpoint *ep, wzp__conn *c, const char *data,
                             size_t len, bool is_uni)
{
    const wzp_err e = wzp__outbox_push(&c->outbox, data, len, is_uni);
    if (e == WZP_ERR_FULL) {
        wzp__conn_close_app(c, WZP_ERR_SLOW, WZP_CLOSE_SLOW,
                            wzp_strerror(WZP_ERR_SLOW), false);
    }
    if (e == WZP_OK || e == WZP_ERR_FULL) {
        wzp__table_mark(ep, c);
    }
    return e;
}

wzp_err wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                 wzp_conn_id conn, const char *json, size_t len)
{
    ep->now = now;
    wzp__conn *c = NULL;
    WZP_TRY(find_open(ep, conn, &c));
    if (len > WZP__SIGNAL_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    WZP_TRY(queue_message(ep, c, json, len, false));
    c->total.signals_sent++;
    return WZP_OK;
}

wzp_err wzp_endpoint_send_uni(wzp_endpoint *ep, wzp_tstamp now,
                              wzp_conn_id conn, const char *text, size_t len)
{
    ep->now = now;
    wzp__conn *c = NULL;
    WZP_TRY(find_open(ep, conn, &c));
    if (len > WZP__UNI_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    return queue_message(ep, c, text, len, true);
}

wzp_err wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                wzp_conn_id conn, wzp_pkt *pkt)
{
    ep->now = now;
    wzp__conn *c = NULL;
    WZP_TRY(find_open(ep, conn, &c));
    const size_t limit = wzp__conn_dgram_limit(c);
    if (limit == 0) {
        return WZP_ERR_NO_DATAGRAM;
    }
    if (pkt->len > limit) {
        return WZP_ERR_OVERSIZE;
    }
    WZP_TRY(wzp__dgram_push(&c->dgrams, now, pkt));
    wzp__table_mark(ep, c);
    return WZP_OK;
}

wzp_err wzp_endpoint_close(wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn,
                           uint64_t code, const char *reason)
{
    ep->now = now;
    wzp__conn *c = wzp__table_find(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->is_muted = true;
    /* To a peer that is not the expected one nothing more is said. */
    wzp__conn_close_app(c, WZP_OK, code, reason == NULL ? "" : reason,
                        code != WZP_CLOSE_KEY_MISMATCH);
    wzp__table_mark(ep, c);
    return WZP_OK;
}

wzp_err wzp_endpoint_know(wzp_endpoint *ep, wzp_conn_id conn)
{
    wzp__conn *c = wzp__table_find(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    wzp__share_trust(c);
    return WZP_OK;
}

wzp_err wzp_endpoint_trust(wzp_endpoint *ep, wzp_conn_id conn)
{
    wzp__conn *c = wzp__table_find(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->inbox.max_len = ep->env.cfg.signal_max_len;
    c->inbox.max_held = ep->env.cfg.signal_max_held;
    wzp__share_trust(c);
    return WZP_OK;
}

wzp_err wzp_endpoint_charge(wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn,
                            uint32_t points)
{
    ep->now = now;
    wzp__conn *c = wzp__table_find(ep, conn);
    return c == NULL ? WZP_ERR_NOT_FOUND : wzp__share_charge(c, now, points);
}

wzp_err wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn, unsigned ways)
{
    wzp__conn *c = wzp__table_find(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->typed.ways |= ways;
    return WZP_OK;
}

void wzp_endpoint_rebind(wzp_endpoint *ep, wzp_tstamp now,
                         const wzp_addr *local)
{
    ep->now = now;
    for (size_t i = 0; i < ep->slot_count; i++) {
        wzp__conn *c = ep->slots[i];
        if (c == NULL) {
            continue;
        }
        const wzp_err e = wzp__conn_path_move(c, now, local);
        if (e != WZP_OK) {
            wzp__conn_abandon(c, e);
        }
        wzp__table_mark(ep, c);
    }
}

/* --- queries --- */

size_t wzp_endpoint_dgram_limit(const wzp_endpoint *ep, wzp_conn_id conn)
{
    const wzp__conn *c = wzp__table_find(ep, conn);
    return c == NULL ? 0 : wzp__conn_dgram_limit(c);
}

wzp_err wzp_endpoint_conn_stats(const wzp_endpoint *ep, wzp_conn_id conn,
                                wzp_conn_stats *out)
{
    const wzp__conn *c = wzp__table_find(ep, conn);
    if (c == NULL && ep->lent_gone != NULL && ep->lent_gone->id == conn) {
        c = ep->lent_gone; /* a last look, while its end is being told */
    }
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    wzp_conn_stats all;
    wzp__conn_stats(c, ep->now, &all);
    wzp_sized_give(out, out->size, &all, sizeof all);
    return WZP_OK;
}

void wzp_endpoint_stats_get(const wzp_endpoint *ep, wzp_endpoint_stats *out)
{
    wzp_endpoint_stats all = ep->env.stats;
    for (size_t i = 0; i < ep->slot_count; i++) {
        if (ep->slots[i] != NULL) { /* those of the others are in there */
            all.dgram_dropped += wzp__dgram_dropped(&ep->slots[i]->dgrams);
        }
    }
    wzp_sized_give(out, out->size, &all, sizeof all);
}
