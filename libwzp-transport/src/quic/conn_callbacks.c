/* SPDX-License-Identifier: MIT */
/* What ngtcp2 reports from inside ngtcp2_conn_read_pkt and the writers. The
 * callbacks only note and queue; nothing here calls the owner. A callback that
 * cannot go on leaves the reason in `fault` and stops ngtcp2.
 */
#include "quic/conn.h"
#include "quic/share.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <string.h>

static int fault(wzp__conn *c, wzp_err e)
{
    if (e == WZP_OK) {
        return 0;
    }
    c->fault = e;
    return NGTCP2_ERR_CALLBACK_FAILURE;
}

/* --- handshake and ids --- */

static int on_crypto_data(ngtcp2_conn *quic, ngtcp2_encryption_level level,
                          uint64_t offset, const uint8_t *data, size_t len,
                          void *user)
{
    wzp__conn *c = user;
    c->seen.urgent = true;
    if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT) {
        wzp__tls_recv_late(&c->tls, c->now, data, len);
        return 0;
    }
    if (c->tls.ssl == NULL) {
        return NGTCP2_ERR_CRYPTO; /* freed after the handshake */
    }
    const int rv =
        ngtcp2_crypto_recv_crypto_data_cb(quic, level, offset, data, len, user);
    if (rv != 0 || !c->tls.is_broken) {
        return rv;
    }
    const int why = ngtcp2_conn_get_tls_error(quic);
    return why != 0 ? why : NGTCP2_ERR_CRYPTO;
}

static int on_handshake_completed(ngtcp2_conn *quic, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    const wzp_err e = wzp__tls_finish(&c->tls, c->now);
    if (e != WZP_OK) {
        return fault(c, e);
    }
    c->state = WZP__CONN_OPEN;
    c->is_confirmed = c->is_server;
    c->is_visible = true;
    c->env->stats.half_open--;
    if (c->is_server) {
        wzp__share_take(c);
        c->env->stats.accepted++;
    }
    c->env->stats.resumed += c->tls.facts->is_resumed;
    return fault(
        c, wzp__events_push(c->env, (wzp__event){.kind = c->is_server
                                                             ? WZP_EP_ACCEPTED
                                                             : WZP_EP_CONNECTED,
                                                 .conn = c}));
}

static int on_handshake_confirmed(ngtcp2_conn *quic, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    c->is_confirmed = true;
    return 0;
}

static void on_rand(uint8_t *out, size_t len, const ngtcp2_rand_ctx *ctx)
{
    wzp_rng_fill(ctx->native_handle, out, len);
}

static int on_path_challenge(ngtcp2_conn *quic, uint8_t *out, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    wzp_rng_fill(&c->env->cfg.rng, out, NGTCP2_PATH_CHALLENGE_DATALEN);
    return 0;
}

wzp_err wzp__conn_new_cid(wzp__conn *c, ngtcp2_cid *out)
{
    *out = (ngtcp2_cid){.datalen = WZP__CID_LEN};
    wzp_rng_fill(&c->env->cfg.rng, out->data, out->datalen);
    const wzp__cid cid = wzp__cid_of(out->data, out->datalen);
    return wzp__cidmap_set(&c->env->cids, &cid, c->slot);
}

static int on_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, uint8_t *token,
                      size_t len, void *user)
{
    (void)quic;
    (void)len; /* what we gave as source connection id, so WZP__CID_LEN */
    wzp__conn *c = user;
    const wzp_err e = wzp__conn_new_cid(c, cid);
    if (e != WZP_OK) {
        return fault(c, e);
    }
    if (ngtcp2_crypto_generate_stateless_reset_token(
            token, c->env->secret, sizeof c->env->secret, cid) != 0) {
        return fault(c, WZP_ERR_TLS);
    }
    return 0;
}

static int on_remove_cid(ngtcp2_conn *quic, const ngtcp2_cid *cid, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    const wzp__cid own = wzp__cid_of(cid->data, cid->datalen);
    wzp__cidmap_remove(&c->env->cids, &own, c->slot);
    c->seen.urgent = true;
    return 0;
}

/* A stateless reset carries no id of ours, only the token the peer gave with
 * its own id: those in use are entered in a table of their own. */
static int on_peer_cid(ngtcp2_conn *quic, ngtcp2_connection_id_status_type type,
                       uint64_t seq, const ngtcp2_cid *cid,
                       const uint8_t *token, void *user)
{
    (void)quic;
    (void)seq;
    (void)cid;
    wzp__conn *c = user;
    if (token == NULL) {
        return 0;
    }
    const wzp__cid key = wzp__cid_of(token, NGTCP2_STATELESS_RESET_TOKENLEN);
    if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_DEACTIVATE) {
        wzp__cidmap_remove(&c->env->resets, &key, c->slot);
        return 0;
    }
    /* One at a time, or tokens outlive the connection: ngtcp2 may let seconds
     * pass before it deactivates the one before. */
    wzp__cidmap_remove(&c->env->resets, &c->reset_token, c->slot);
    c->reset_token = key;
    return fault(c, wzp__cidmap_set(&c->env->resets, &key, c->slot));
}

static int on_path_validation(ngtcp2_conn *quic, uint32_t flags,
                              const ngtcp2_path *path,
                              const ngtcp2_path *fallback,
                              ngtcp2_path_validation_result result, void *user)
{
    (void)quic;
    (void)flags;
    (void)path;
    (void)fallback;
    wzp__conn_path_checked(user,
                           result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS);
    return 0;
}

static int on_stateless_reset(ngtcp2_conn *quic,
                              const ngtcp2_pkt_stateless_reset *reset,
                              void *user)
{
    (void)quic;
    (void)reset;
    wzp__conn *c = user;
    c->fault = WZP_ERR_RESET;
    return 0;
}

/* --- streams --- */

static bool is_local(const wzp__conn *c, int64_t stream)
{
    return ((stream & 1) != 0) == c->is_server;
}

static bool is_uni(int64_t stream)
{
    return (stream & 2) != 0;
}

static wzp_err queue_signal(wzp__conn *c)
{
    if (c->signal_queued || !wzp__inbox_ready(&c->inbox)) {
        return WZP_OK;
    }
    WZP_TRY(wzp__events_push(c->env,
                             (wzp__event){.kind = WZP_EP_SIGNAL, .conn = c}));
    c->signal_queued = true;
    return WZP_OK;
}

static wzp_err recv_signal(wzp__conn *c, int64_t stream, const uint8_t *data,
                           size_t len, bool fin)
{
    const uint64_t index = (uint64_t)stream >> 2;
    const wzp_err e = wzp__inbox_recv(&c->inbox, c->now, index, data, len, fin);
    if (e != WZP_OK) {
        return e == WZP_ERR_NOMEM ? e : WZP_ERR_STREAM;
    }
    if (!wzp__inbox_is_done(&c->inbox, index)) {
        if (ngtcp2_conn_extend_max_stream_offset(c->quic, stream, len) != 0) {
            return WZP_ERR_NOMEM;
        }
        return WZP_OK;
    }
    /* Nothing is ever said in the other direction: end it, so that the stream
     * closes and the peer gets its credit back. */
    if (ngtcp2_conn_shutdown_stream_write(c->quic, 0, stream, 0) != 0) {
        return WZP_ERR_NOMEM;
    }
    return queue_signal(c);
}

static wzp_err recv_uni(wzp__conn *c, int64_t stream, const uint8_t *data,
                        size_t len, bool fin)
{
    if (c->uni == NULL) {
        c->uni = wzp_mem_new(&c->env->cfg.mem, sizeof *c->uni);
        if (c->uni == NULL) {
            return WZP_ERR_NOMEM;
        }
        c->uni->stream = stream;
    }
    wzp__conn_uni *u = c->uni;
    if (u->stream != stream || u->done) {
        return WZP_OK;
    }
    const size_t room = sizeof u->text - u->len;
    const size_t n = len < room ? len : room;
    if (n > 0) {
        memcpy(u->text + u->len, data, n);
        u->len = (uint16_t)(u->len + n);
    }
    if (!fin) {
        return WZP_OK;
    }
    u->done = true;
    return wzp__events_push(c->env,
                            (wzp__event){.kind = WZP_EP_UNI, .conn = c});
}

static int on_stream_data(ngtcp2_conn *quic, uint32_t flags, int64_t stream,
                          uint64_t offset, const uint8_t *data, size_t len,
                          void *user, void *stream_user)
{
    (void)offset;
    (void)stream_user;
    wzp__conn *c = user;
    const bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    c->seen.urgent = true;
    ngtcp2_conn_extend_max_offset(quic, len);
    if (is_local(c, stream)) {
        return 0; /* the reverse direction carries nothing: ignored */
    }
    return fault(c, is_uni(stream) ? recv_uni(c, stream, data, len, fin)
                                   : recv_signal(c, stream, data, len, fin));
}

static int on_stream_reset(ngtcp2_conn *quic, int64_t stream, uint64_t size,
                           uint64_t code, void *user, void *stream_user)
{
    (void)size;
    (void)code;
    (void)stream_user;
    wzp__conn *c = user;
    c->seen.urgent = true;
    if (is_local(c, stream) || is_uni(stream)) {
        return 0;
    }
    if (ngtcp2_conn_shutdown_stream_write(quic, 0, stream, 0) != 0) {
        return fault(c, WZP_ERR_NOMEM);
    }
    if (wzp__inbox_close(&c->inbox, c->now, (uint64_t)stream >> 2) != WZP_OK) {
        return fault(c, WZP_ERR_STREAM);
    }
    return fault(c, queue_signal(c));
}

static int on_stream_close(ngtcp2_conn *quic, uint32_t flags, int64_t stream,
                           uint64_t code, void *user, void *stream_user)
{
    (void)flags;
    (void)code;
    wzp__conn *c = user;
    c->seen.urgent = true;
    if (is_local(c, stream)) {
        if (stream_user != NULL) {
            wzp__outbox_remove(&c->outbox, stream_user);
        }
        return 0;
    }
    if (is_uni(stream)) {
        ngtcp2_conn_extend_max_streams_uni(quic, 1);
        return 0;
    }
    ngtcp2_conn_extend_max_streams_bidi(quic, 1);
    return 0;
}

static int on_stream_acked(ngtcp2_conn *quic, int64_t stream, uint64_t offset,
                           uint64_t len, void *user, void *stream_user)
{
    wzp__conn *c = user;
    wzp__outmsg *msg = stream_user;
    c->seen.urgent = true;
    wzp__width_acked_stream(&c->width, len);
    if (msg != NULL && msg->fin_sent && offset + len == msg->len) {
        wzp__outbox_remove(&c->outbox, msg);
        return ngtcp2_conn_set_stream_user_data(quic, stream, NULL) == 0
                   ? 0
                   : fault(c, WZP_ERR_INTERNAL);
    }
    return 0;
}

static int on_more_streams(ngtcp2_conn *quic, uint64_t max, void *user)
{
    (void)quic;
    (void)max;
    wzp__conn *c = user;
    c->seen.urgent = true;
    return 0;
}

static int on_more_stream_data(ngtcp2_conn *quic, int64_t stream, uint64_t max,
                               void *user, void *stream_user)
{
    (void)quic;
    (void)stream;
    (void)max;
    (void)stream_user;
    wzp__conn *c = user;
    c->seen.urgent = true;
    return 0;
}

/* --- datagrams --- */

static void count_dropped(wzp__conn *c, wzp_err why)
{
    if (why == WZP_ERR_NOMEM) {
        c->total.dgram_no_buffer++;
        c->env->stats.dgram_no_buffer++;
    } else {
        c->env->stats.typed_refused++;
    }
}

static int on_datagram(ngtcp2_conn *quic, uint32_t flags, const uint8_t *data,
                       size_t len, void *user)
{
    (void)quic;
    (void)flags;
    wzp__conn *c = user;
    c->seen.dgram = true;
    c->total.dgram_received++;
    wzp_pkt *pkt = len <= WZP_PKT_CAP ? wzp_pkt_get(c->env->cfg.pool) : NULL;
    if (pkt == NULL) {
        count_dropped(c, WZP_ERR_NOMEM);
        wzp__typed_missed(&c->typed, data, len);
        return 0;
    }
    pkt->at = c->now;
    wzp_err e = wzp__typed_read(&c->typed, data, len, pkt, &c->total);
    if (e == WZP_OK) {
        e = wzp__events_push(
            c->env, (wzp__event){.kind = WZP_EP_DGRAM, .conn = c, .pkt = pkt});
    }
    if (e != WZP_OK) {
        wzp_pkt_unref(pkt);
        count_dropped(c, e);
    }
    return 0;
}

static int on_datagram_acked(ngtcp2_conn *quic, uint64_t id, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    c->seen.ack = true;
    wzp__typed_acked(&c->typed, (uint32_t)id);
    wzp__width_acked(&c->width, id >> 32);
    return 0;
}

/* Frames of one packet are lost together, and reported one after the other. */
static int on_datagram_lost(ngtcp2_conn *quic, uint64_t id, void *user)
{
    (void)quic;
    wzp__conn *c = user;
    c->seen.ack = true;
    c->total.dgram_lost++;
    const uint32_t serial = (uint32_t)(id >> 32);
    if (serial != c->lost_serial) {
        c->lost_serial = serial;
        c->total.lost_packets++;
        wzp__stats_lost(&c->window, c->now);
    }
    return 0;
}

/* ngtcp2 calls the first three on one side only. */
static const ngtcp2_callbacks CALLBACKS = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = on_crypto_data,
    .handshake_completed = on_handshake_completed,
    .handshake_confirmed = on_handshake_confirmed,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .update_key = wzp__conn_keys_made,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .rand = on_rand,
    .get_path_challenge_data = on_path_challenge,
    .get_new_connection_id = on_new_cid,
    .remove_connection_id = on_remove_cid,
    .dcid_status = on_peer_cid,
    .path_validation = on_path_validation,
    .recv_stateless_reset = on_stateless_reset,
    .recv_stream_data = on_stream_data,
    .acked_stream_data_offset = on_stream_acked,
    .stream_reset = on_stream_reset,
    .stream_close = on_stream_close,
    .extend_max_local_streams_bidi = on_more_streams,
    .extend_max_local_streams_uni = on_more_streams,
    .extend_max_stream_data = on_more_stream_data,
    .recv_datagram = on_datagram,
    .ack_datagram = on_datagram_acked,
    .lost_datagram = on_datagram_lost,
};

const ngtcp2_callbacks *wzp__conn_callbacks(void)
{
    return &CALLBACKS;
}
