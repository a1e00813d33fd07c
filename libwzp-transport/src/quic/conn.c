/* SPDX-License-Identifier: MIT */
/* Life of a connection, packets and time going in, questions about it.
 *
 * Timers: all of QUIC's come as one expiry from ngtcp2; beside it stand the
 * hold on acknowledgements (ackhold.h), the age of queued datagrams (dgram.h)
 * and the patience with a stalled signal stream (stream.c).
 */
#include "quic/conn.h"

#include "quic/share.h"
#include "quic/sockaddr.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <string.h>

/* Transport parameters, spec/wire.md 5.3. */
enum {
    MAX_DATA = 262144,
    MAX_STREAM_DATA = 65536,
    MAX_STREAMS = 100,
    MAX_DGRAM_FRAME = 65535,
    CID_LIMIT = 4, /* chosen: a dialler may move three times in a round trip */
    DCID_LEN = 18, /* a client's first; chosen: 8 … 20 are legal */
};
#define INITIAL_RTT       (300 * WZP_MS)
#define SWEEP             WZP_S /* chosen: little work, and soon enough */
#define PACKET_NUMBER_LEN 4
#define TAG_LEN           16
#define DGRAM_FRAME_HDR   3 /* type and a two-byte length */

static const uint16_t PROBES[] = {WZP__UDP_MAX, 1392};

static void fill_settings(const wzp__env *env, wzp_tstamp now,
                          ngtcp2_settings *s)
{
    ngtcp2_settings_default(s);
    s->initial_ts = now;
    s->initial_rtt = INITIAL_RTT;
    /* Loss by chance does not close its window, as CUBIC's does: at 30 % loss
     * and 250 packets/s CUBIC lets half of them grow too old, BBR 4 %. */
    s->cc_algo = NGTCP2_CC_ALGO_BBR;
    s->max_tx_udp_payload_size = WZP__UDP_MAX;
    s->handshake_timeout = env->cfg.handshake_timeout;
    s->ack_thresh = WZP__ACK_PACKETS;
    s->rand_ctx.native_handle = (void *)(uintptr_t)&env->cfg.rng;
    s->pmtud_probes = PROBES;
    s->pmtud_probeslen = sizeof PROBES / sizeof *PROBES;
}

static void fill_params(const wzp__env *env, ngtcp2_transport_params *p)
{
    ngtcp2_transport_params_default(p);
    p->initial_max_data = MAX_DATA;
    p->initial_max_stream_data_bidi_local = MAX_STREAM_DATA;
    p->initial_max_stream_data_bidi_remote = MAX_STREAM_DATA;
    p->initial_max_stream_data_uni = MAX_STREAM_DATA;
    p->initial_max_streams_bidi = MAX_STREAMS;
    p->initial_max_streams_uni = MAX_STREAMS;
    p->max_idle_timeout = env->cfg.idle_timeout;
    p->max_datagram_frame_size = MAX_DGRAM_FRAME;
    p->max_ack_delay = WZP__ACK_ANNOUNCED;
    p->active_connection_id_limit = CID_LIMIT;
}

static wzp__conn *allocate(const wzp__conn_new *how, bool is_server)
{
    const wzp_endpoint_config *cfg = &how->env->cfg;
    wzp__conn *c = wzp_mem_new(&cfg->mem, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->env = how->env;
    c->id = how->id;
    c->slot = how->slot;
    c->now = how->now;
    c->swept = how->now;
    c->is_server = is_server;
    wzp__dgram_init(&c->dgrams, &cfg->mem, cfg->dgram_max_age,
                    cfg->dgram_max_queue);
    wzp__typed_init(&c->typed, &cfg->mem);
    /* A stranger needs room for one message and what comes beside it. */
    const size_t early =
        2 * cfg->signal_max_early + MAX_STREAMS * (size_t)WZP__STREAM_COST;
    wzp__inbox_init(&c->inbox, &cfg->mem, cfg->signal_max_early,
                    early < cfg->signal_max_held ? early
                                                 : cfg->signal_max_held);
    wzp__outbox_init(&c->outbox, &cfg->mem, &how->env->texts,
                     cfg->signal_max_queue);
    wzp__stats_init(&c->window, how->now);
    wzp__width_reset(&c->width);
    ngtcp2_ccerr_default(&c->end.ccerr);
    return c;
}

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
    const wzp__conn *c = ref->user_data;
    return c->quic;
}

static void join_tls(wzp__conn *c)
{
    c->tls.ref =
        (ngtcp2_crypto_conn_ref){.get_conn = conn_of_ref, .user_data = c};
    ngtcp2_conn_set_tls_native_handle(c->quic, c->tls.ssl);
    ngtcp2_conn_set_keep_alive_timeout(c->quic, c->env->cfg.keep_alive == 0
                                                    ? UINT64_MAX
                                                    : c->env->cfg.keep_alive);
    c->env->stats.half_open++;
}

static wzp_err of_liberr(int rv)
{
    return rv == NGTCP2_ERR_NOMEM ? WZP_ERR_NOMEM : WZP_ERR_QUIC;
}

static wzp_err new_server(wzp__conn *c, const wzp__conn_initial *in)
{
    wzp__env *env = c->env;
    c->local = *in->local;
    c->remote = *in->remote;
    const wzp__cid first = wzp__cid_of(in->hd->dcid.data, in->hd->dcid.datalen);
    WZP_TRY(wzp__cidmap_set(&env->cids, &first, c->slot));
    c->first_dcid = first;
    ngtcp2_cid scid;
    WZP_TRY(wzp__conn_new_cid(c, &scid));
    c->first_scid = wzp__cid_of(scid.data, scid.datalen);
    ngtcp2_settings s;
    fill_settings(env, c->now, &s);
    ngtcp2_transport_params params;
    fill_params(env, &params);
    params.original_dcid = in->odcid != NULL ? *in->odcid : in->hd->dcid;
    params.original_dcid_present = 1;
    if (in->odcid != NULL) {
        params.retry_scid = in->hd->dcid;
        params.retry_scid_present = 1;
        s.token = in->hd->token;
        s.tokenlen = in->hd->tokenlen;
        s.token_type = NGTCP2_TOKEN_TYPE_RETRY;
    }
    params.stateless_reset_token_present = 1;
    if (ngtcp2_crypto_generate_stateless_reset_token(
            params.stateless_reset_token, env->secret, sizeof env->secret,
            &scid) != 0) {
        return WZP_ERR_TLS;
    }
    wzp__conn_path p;
    wzp__conn_path_of(&p, in->local, in->remote);
    ngtcp2_conn *quic = NULL; /* left dangling by a failure */
    const int rv = ngtcp2_conn_server_new(
        &quic, &in->hd->scid, &scid, &p.path, in->hd->version,
        wzp__conn_callbacks(), &s, &params, &env->quic_mem, c);
    if (rv != 0) {
        return of_liberr(rv);
    }
    c->quic = quic;
    return wzp__tls_accept(&c->tls, &env->tls, &env->cfg.mem);
}

wzp_err wzp__conn_accept(wzp__conn **out, const wzp__conn_new *how,
                         const wzp__conn_initial *initial)
{
    wzp__conn *c = allocate(how, true);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    const wzp_err e = new_server(c, initial);
    if (e != WZP_OK) {
        wzp__conn_free(c);
        return e;
    }
    join_tls(c);
    if (initial->odcid != NULL) { /* it receives at its address */
        wzp__share_take(c);
    }
    *out = c;
    return WZP_OK;
}

static wzp_err new_client(wzp__conn *c, const wzp_dial *dial)
{
    wzp__env *env = c->env;
    c->local = wzp__sockaddr_own(&dial->local, &dial->remote);
    c->remote = dial->remote;
    ngtcp2_cid scid;
    WZP_TRY(wzp__conn_new_cid(c, &scid));
    c->first_scid = wzp__cid_of(scid.data, scid.datalen);
    ngtcp2_cid dcid = {.datalen = DCID_LEN};
    wzp_rng_fill(&env->cfg.rng, dcid.data, dcid.datalen);
    ngtcp2_settings s;
    fill_settings(env, c->now, &s);
    ngtcp2_transport_params params;
    fill_params(env, &params);
    wzp__conn_path p;
    wzp__conn_path_of(&p, &c->local, &c->remote);
    ngtcp2_conn *quic = NULL; /* left dangling by a failure */
    const int rv = ngtcp2_conn_client_new(
        &quic, &dcid, &scid, &p.path, NGTCP2_PROTO_VER_V1,
        wzp__conn_callbacks(), &s, &params, &env->quic_mem, c);
    if (rv != 0) {
        return of_liberr(rv);
    }
    c->quic = quic;
    return wzp__tls_dial(&c->tls, &env->tls, &env->cfg.mem, c->now, dial);
}

wzp_err wzp__conn_dial(wzp__conn **out, const wzp__conn_new *how,
                       const wzp_dial *dial)
{
    wzp__conn *c = allocate(how, false);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    const wzp_err e = new_client(c, dial);
    if (e != WZP_OK) {
        wzp__conn_free(c);
        return e;
    }
    c->is_visible = true;
    join_tls(c);
    *out = c;
    return WZP_OK;
}

static void forget_cids(wzp__conn *c)
{
    wzp__cidmap *map = &c->env->cids;
    wzp__cidmap_remove(map, &c->first_dcid, c->slot);
    wzp__cidmap_remove(map, &c->first_scid, c->slot);
    wzp__cidmap_remove(&c->env->resets, &c->reset_token, c->slot);
    ngtcp2_cid own[16];
    const size_t n = c->quic == NULL ? 0 : ngtcp2_conn_get_scid(c->quic, NULL);
    if (n == 0 || n > sizeof own / sizeof *own) {
        return;
    }
    (void)ngtcp2_conn_get_scid(c->quic, own);
    for (size_t i = 0; i < n; i++) {
        const wzp__cid cid = wzp__cid_of(own[i].data, own[i].datalen);
        wzp__cidmap_remove(map, &cid, c->slot);
    }
}

void wzp__conn_free(wzp__conn *c)
{
    if (c == NULL) {
        return;
    }
    forget_cids(c);
    wzp__share_give(c);
    c->env->stats.dgram_dropped += wzp__dgram_dropped(&c->dgrams);
    ngtcp2_conn_del(c->quic);
    wzp__tls_drop(&c->tls);
    wzp__tls_forget(&c->tls);
    wzp__dgram_deinit(&c->dgrams);
    wzp__typed_deinit(&c->typed);
    wzp__inbox_deinit(&c->inbox);
    wzp__outbox_deinit(&c->outbox);
    const wzp_mem mem = c->env->cfg.mem;
    wzp_mem_free(&mem, c->uni, sizeof *c->uni);
    wzp_mem_free(&mem, c, sizeof *c);
}

/* --- packets and time --- */

/* May acknowledgements wait? Not before the handshake is confirmed and not
 * while messages are under way. */
static bool may_hold(const wzp__conn *c)
{
    return c->is_confirmed && c->outbox.count == 0;
}

/* Under steady media the hold puts off ngtcp2's timers for ever. Media do not
 * need them, but old connection ids and keys are dropped there. */
static int sweep(wzp__conn *c, wzp_tstamp now)
{
    if (now - c->swept < SWEEP) {
        return 0;
    }
    c->swept = now;
    return ngtcp2_conn_get_expiry(c->quic) <= now
               ? ngtcp2_conn_handle_expiry(c->quic, now)
               : 0;
}

/* ngtcp2 tells the newest round trip with the peer's delay in it, and takes
 * that off on the way into the smoothed one: 7/8 of the old and 1/8 of the
 * sample (RFC 9002 section 5.3), so the sample follows from both. */
static void note_rtt(wzp__conn *c)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->quic, &info);
    if (info.min_rtt == UINT64_MAX) { /* another path: measured anew */
        c->smoothed_rtt = 0;
        return;
    }
    const uint64_t now = info.smoothed_rtt;
    const uint64_t was = c->smoothed_rtt;
    if (now == was && !c->seen.ack) {
        return;
    }
    const bool follows = was > 0 && now * 8 > was * 7;
    c->total.rtt_latest_us = (follows ? now * 8 - was * 7 : now) / 1000;
    c->total.rtt_samples++;
    c->smoothed_rtt = now;
}

bool wzp__conn_recv(wzp__conn *c, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len)
{
    if (c->state >= WZP__CONN_CLOSING) {
        return c->state == WZP__CONN_CLOSING;
    }
    c->now = now;
    c->seen = (wzp__conn_seen){0};
    c->total.rx_packets++;
    c->total.rx_bytes += len;
    wzp__stats_received(&c->window, now, len);
    const bool has_moved = c->is_server && !wzp_addr_equal(remote, &c->remote);
    int rv = wzp__conn_path_read(c, now, local, remote, data, len);
    if (rv == 0 && c->fault == WZP_ERR_RESET) {
        rv = NGTCP2_ERR_DRAINING;
    }
    note_rtt(c);
    if (rv == 0) {
        rv = sweep(c, now);
    }
    if (rv != 0) {
        wzp__conn_close_quic(c, rv);
        return true;
    }
    if (c->state == WZP__CONN_OPEN && c->tls.ssl != NULL &&
        !wzp__tls_awaits(&c->tls, now)) {
        /* A third of a connection's memory; nothing of it is needed again. */
        ngtcp2_conn_set_tls_native_handle(c->quic, NULL);
        wzp__tls_drop(&c->tls);
    }
    if (has_moved) {
        wzp__conn_path_follow(c);
    }
    const bool is_full = wzp__ackhold_received(&c->hold, now, c->seen.dgram);
    if (c->seen.urgent || has_moved || !may_hold(c) ||
        !(c->seen.dgram || c->seen.ack)) {
        return true;
    }
    return is_full || c->dgrams.count > 0;
}

wzp_tstamp wzp__conn_deadline(const wzp__conn *c)
{
    if (c->state >= WZP__CONN_CLOSING) {
        return WZP_NEVER;
    }
    const bool hold = may_hold(c);
    wzp_tstamp at = WZP_NEVER;
    if (!hold || c->hold.packets == 0) { /* it is not free: hint 4 */
        at = ngtcp2_conn_get_expiry(c->quic);
    }
    if (hold) {
        at = wzp__ackhold_deadline(&c->hold, at);
    }
    if (c->stream_at > 0 && c->outbox.unsent != NULL && c->stream_at < at) {
        at = c->stream_at;
    }
    const wzp_tstamp dgram = wzp__dgram_deadline(&c->dgrams);
    const wzp_tstamp stream = wzp__inbox_deadline(&c->inbox);
    at = dgram < at ? dgram : at;
    return stream < at ? stream : at;
}

bool wzp__conn_expire(wzp__conn *c, wzp_tstamp now)
{
    if (wzp__conn_deadline(c) > now) {
        return false;
    }
    c->now = now;
    (void)wzp__dgram_front(&c->dgrams, now); /* drops those too old */
    if (wzp__inbox_deadline(&c->inbox) <= now) {
        /* Not PROTOCOL: on a bad path the peer may well come again. */
        wzp__conn_close_app(c, WZP_ERR_STREAM, WZP_CLOSE_SLOW,
                            "signal stream stalled", false);
        return true;
    }
    const int rv = ngtcp2_conn_handle_expiry(c->quic, now);
    if (rv != 0) {
        wzp__conn_close_quic(c, rv);
    }
    wzp__conn_path_follow(c); /* back, if a new path did not answer */
    return true;
}

/* --- questions --- */

size_t wzp__conn_dgram_limit(const wzp__conn *c)
{
    if (c->state == WZP__CONN_HANDSHAKE) {
        return 0;
    }
    const ngtcp2_transport_params *peer =
        ngtcp2_conn_get_remote_transport_params(c->quic);
    if (peer == NULL || peer->max_datagram_frame_size <= DGRAM_FRAME_HDR) {
        return 0;
    }
    const uint64_t by_peer = peer->max_datagram_frame_size - DGRAM_FRAME_HDR;
    const size_t found = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->quic);
    const uint64_t by_path = (found < c->width.max ? found : c->width.max) -
                             (1 + ngtcp2_conn_get_dcid(c->quic)->datalen +
                              PACKET_NUMBER_LEN + TAG_LEN + DGRAM_FRAME_HDR);
    return (size_t)(by_peer < by_path ? by_peer : by_path);
}

void wzp__conn_stats(const wzp__conn *c, wzp_tstamp now, wzp_conn_stats *out)
{
    *out = c->total;
    const wzp__stats_view view = wzp__stats_get(&c->window, now);
    out->loss_permille = view.loss_permille;
    out->tx_rate_bps = view.tx_rate_bps;
    out->rx_rate_bps = view.rx_rate_bps;
    out->dgram_dropped_age = c->dgrams.dropped_age;
    out->dgram_dropped_full = c->dgrams.dropped_full;
    out->dgram_queued = c->dgrams.count;
    out->signal_queued = c->outbox.bytes;
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->quic, &info);
    if (info.min_rtt != UINT64_MAX) {
        out->rtt_us = info.smoothed_rtt / 1000;
        out->rtt_min_us = info.min_rtt / 1000;
    }
    out->cwnd_bytes = info.cwnd;
    out->bytes_in_flight = info.bytes_in_flight;
    out->remote = c->remote;
}
