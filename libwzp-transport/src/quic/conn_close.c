/* SPDX-License-Identifier: MIT */
/* How a connection ends, in our terms: ngtcp2's and the peer's codes become a
 * wzp_err here and are logged here, once.
 */
#include "quic/conn.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <string.h>

enum {
    ALERT_INTERNAL_ERROR = 80,
    ALERT_CERTIFICATE_REQUIRED = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
};

/* Text of a peer: printable ASCII stays, the rest becomes '?'. */
static void set_reason(wzp__conn_end *end, const void *text, size_t len)
{
    const size_t max = sizeof end->reason - 1;
    const size_t n = len < max ? len : max;
    for (size_t i = 0; i < n; i++) {
        const char ch = ((const char *)text)[i];
        end->reason[i] = ch >= ' ' && ch <= '~' ? ch : '?';
    }
    end->reason[n] = '\0';
}

static void tell_owner(wzp__conn *c)
{
    wzp__env *env = c->env;
    if (env->ended_last != NULL) {
        env->ended_last->next_ended = c;
    } else {
        env->ended_first = c;
    }
    env->ended_last = c;
}

/* The one place where a connection ends. */
static void enter_end(wzp__conn *c, wzp_err err, bool with_packet)
{
    tell_owner(c);
    if (c->state == WZP__CONN_HANDSHAKE) {
        c->env->stats.half_open--;
        c->env->stats.handshake_failed++;
    }
    c->env->stats.closed++;
    c->env->stats.cert_refused +=
        err == WZP_ERR_CERT || err == WZP_ERR_CERT_REQUIRED;
    c->state = with_packet ? WZP__CONN_CLOSING : WZP__CONN_CLOSED;
    c->end.err = err;
    WZP_LOG(&c->env->cfg.log, WZP_LOG_DEBUG, "quic", "conn.close",
            "conn=%llu err=%s code=%llu reason=\"%s\"",
            (unsigned long long)c->id, wzp_err_name(err),
            (unsigned long long)c->end.code, c->end.reason);
}

void wzp__conn_close_app(wzp__conn *c, wzp_err err, uint64_t code,
                         const char *reason, bool flush)
{
    if (c->state >= WZP__CONN_CLOSING) {
        return;
    }
    set_reason(&c->end, reason, strlen(reason));
    c->end.code = code;
    c->end.flush = flush && c->state == WZP__CONN_OPEN;
    ngtcp2_ccerr_set_application_error(&c->end.ccerr, code,
                                       (const uint8_t *)c->end.reason,
                                       strlen(c->end.reason));
    enter_end(c, err, true);
}

void wzp__conn_abandon(wzp__conn *c, wzp_err err)
{
    if (c->state < WZP__CONN_CLOSING) {
        enter_end(c, err, false);
    }
}

/* The alert of either side. */
static wzp_err of_alert(uint64_t alert)
{
    switch (alert) {
    case ALERT_NO_APPLICATION_PROTOCOL: return WZP_ERR_ALPN;
    case ALERT_CERTIFICATE_REQUIRED: return WZP_ERR_CERT_REQUIRED;
    default: return WZP_ERR_TLS;
    }
}

/* A TLS alert or a transport error of the peer, by number. */
static wzp_err of_transport_code(uint64_t code)
{
    if (code == NGTCP2_NO_ERROR) {
        return WZP_ERR_PEER_CLOSED;
    }
    if ((code & ~UINT64_C(0xff)) == NGTCP2_CRYPTO_ERROR) {
        return of_alert(code & 0xff);
    }
    return WZP_ERR_QUIC;
}

/* Strangers fail as often as they like, at the price of a packet each: that is
 * counted (handshake_failed), and a line each for debugging only. */
static wzp_log_level log_level(const wzp__conn *c)
{
    return c->is_server && c->state == WZP__CONN_HANDSHAKE ? WZP_LOG_DEBUG
                                                           : WZP_LOG_INFO;
}

static void close_by_peer(wzp__conn *c)
{
    const ngtcp2_ccerr *peer = ngtcp2_conn_get_ccerr(c->quic);
    set_reason(&c->end, peer->reason, peer->reasonlen);
    if (peer->type == NGTCP2_CCERR_TYPE_APPLICATION) {
        c->end.code = peer->error_code;
        enter_end(c, WZP_ERR_PEER_CLOSED, false);
        return;
    }
    if (peer->error_code == NGTCP2_CONNECTION_REFUSED) {
        c->end.code = WZP_CLOSE_FULL;
        enter_end(c, WZP_ERR_PEER_CLOSED, false);
        return;
    }
    if (peer->error_code == NGTCP2_APPLICATION_ERROR) {
        enter_end(c, WZP_ERR_PEER_CLOSED, false);
        return;
    }
    WZP_LOG(&c->env->cfg.log, log_level(c), "quic", "conn.peer_error",
            "conn=%llu code=0x%llx", (unsigned long long)c->id,
            (unsigned long long)peer->error_code);
    enter_end(c, of_transport_code(peer->error_code), false);
}

static void close_with_alert(wzp__conn *c, uint8_t alert, wzp_err err)
{
    ngtcp2_ccerr_set_tls_alert(&c->end.ccerr, alert, NULL, 0);
    enter_end(c, err, true);
}

/* A callback stopped ngtcp2; the reason is ours. */
static void close_by_fault(wzp__conn *c)
{
    switch (c->fault) {
    case WZP_ERR_STREAM:
        wzp__conn_close_app(c, WZP_ERR_STREAM, WZP_CLOSE_PROTOCOL,
                            "signal stream too large", false);
        return;
    case WZP_ERR_ALPN:
        close_with_alert(c, ALERT_NO_APPLICATION_PROTOCOL, WZP_ERR_ALPN);
        return;
    case WZP_ERR_CERT:
    case WZP_ERR_TLS:
        close_with_alert(c, ALERT_INTERNAL_ERROR, c->fault);
        return;
    default:
        ngtcp2_ccerr_set_transport_error(&c->end.ccerr, NGTCP2_INTERNAL_ERROR,
                                         NULL, 0);
        /* Callbacks that are not ours are cryptography, all of them. */
        enter_end(c, c->fault == WZP_OK ? WZP_ERR_TLS : c->fault, true);
    }
}

void wzp__conn_close_quic(wzp__conn *c, int liberr)
{
    if (c->state >= WZP__CONN_CLOSING) {
        return;
    }
    switch (liberr) {
    case NGTCP2_ERR_DRAINING:
    case NGTCP2_ERR_CLOSING:
        if (c->fault == WZP_ERR_RESET) {
            enter_end(c, WZP_ERR_RESET, false);
        } else {
            close_by_peer(c);
        }
        return;
    case NGTCP2_ERR_IDLE_CLOSE: enter_end(c, WZP_ERR_IDLE, false); return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        enter_end(c, WZP_ERR_TIMEOUT, false);
        return;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
        enter_end(c, WZP_ERR_QUIC, false);
        return;
    case NGTCP2_ERR_CALLBACK_FAILURE: close_by_fault(c); return;
    case NGTCP2_ERR_NOMEM:
        ngtcp2_ccerr_set_liberr(&c->end.ccerr, liberr, NULL, 0);
        enter_end(c, WZP_ERR_NOMEM, true);
        return;
    default: break;
    }
    WZP_LOG(&c->env->cfg.log, log_level(c), "quic", "conn.error",
            "conn=%llu what=%s alert=%d", (unsigned long long)c->id,
            ngtcp2_strerror(liberr), ngtcp2_conn_get_tls_alert(c->quic));
    if (liberr == NGTCP2_ERR_CRYPTO) {
        const uint8_t alert = ngtcp2_conn_get_tls_alert(c->quic);
        close_with_alert(c, alert, of_alert(alert));
        return;
    }
    ngtcp2_ccerr_set_liberr(&c->end.ccerr, liberr, NULL, 0);
    enter_end(c, WZP_ERR_QUIC, true);
}
