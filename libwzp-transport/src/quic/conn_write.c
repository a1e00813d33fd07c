/* SPDX-License-Identifier: MIT */
/* Packets out. One round writes all a connection has: datagrams first, several
 * to a packet, then signals, then what QUIC itself wants to say. Media is not
 * paced; a round that carried signals stops at ngtcp2's send quantum, and the
 * next signals wait for their time (transport-facts.md, hints 3 and 6). That is
 * counted here: ngtcp2's pacer would have media wait as well, and count what
 * was said since the last signal.
 */
#include "quic/conn.h"
#include "quic/sockaddr.h"

#include <string.h>

typedef struct round {
    wzp__conn *c;
    ngtcp2_path *path;
    uint8_t *buf;
    wzp_tstamp now;
    bool no_dgram, no_stream; /* blocked for this packet */
} round;

/* Results of the steps: a packet's length or an error, or this. */
#define GO_ON NGTCP2_ERR_WRITE_MORE

/* What ngtcp2 gives back when a datagram is acknowledged or lost: its packet,
 * and what the contexts want to know (0: nothing). */
static uint64_t dgram_id(const wzp__conn *c, uint32_t token)
{
    return (uint64_t)c->tx_serial << 32 | token;
}

/* The body is shared with other receivers: a head of its own goes before it.
 * Empty parts are none to ngtcp2. */
static size_t fill_vec(const wzp_pkt *pkt, size_t cut, wzp_dgram_head *head,
                       ngtcp2_vec vec[2])
{
    size_t n = 0;
    if (head->len > 0) {
        vec[n++] = (ngtcp2_vec){head->bytes, head->len};
    }
    if (pkt->len > cut) {
        vec[n++] = (ngtcp2_vec){pkt->data + cut, pkt->len - cut};
    }
    return n;
}

static void count_sent(wzp__conn *c, wzp_dgram_kind kind)
{
    c->tx_frames++;
    c->total.dgram_sent++;
    c->total.typed_opens_sent += kind == WZP_DGRAM_OPEN;
    c->total.typed_minis_sent += kind == WZP_DGRAM_MINI;
}

static ngtcp2_ssize write_dgram(round *r)
{
    wzp__conn *c = r->c;
    const wzp_pkt *pkt = wzp__dgram_front(&c->dgrams, r->now);
    if (pkt == NULL) {
        r->no_dgram = true;
        return GO_ON;
    }
    const size_t limit = wzp__conn_dgram_limit(c);
    if (pkt->len > limit) { /* the path became narrower */
        wzp__dgram_pop(&c->dgrams);
        c->dgrams.dropped_full++;
        return GO_ON;
    }
    wzp_dgram_head head;
    ngtcp2_vec vec[2];
    const size_t cut = wzp__typed_head(&c->typed, pkt, limit, &head);
    const size_t n_vec = fill_vec(pkt, cut, &head, vec);
    int accepted = 0;
    const ngtcp2_ssize n = ngtcp2_conn_writev_datagram(
        c->quic, r->path, NULL, r->buf, c->width.max, &accepted,
        NGTCP2_WRITE_DATAGRAM_FLAG_MORE, dgram_id(c, head.token), vec, n_vec,
        r->now);
    if (accepted != 0) {
        count_sent(c, head.kind);
        wzp__dgram_pop(&c->dgrams);
    }
    if (n == 0) { /* congestion window full */
        r->no_dgram = true;
        return GO_ON;
    }
    return n;
}

static int open_stream(wzp__conn *c, wzp__outmsg *msg)
{
    if (msg->stream >= 0) {
        return 0;
    }
    return msg->is_uni
               ? ngtcp2_conn_open_uni_stream(c->quic, &msg->stream, msg)
               : ngtcp2_conn_open_bidi_stream(c->quic, &msg->stream, msg);
}

static ngtcp2_ssize write_stream(round *r)
{
    wzp__conn *c = r->c;
    wzp__outmsg *msg = c->outbox.unsent;
    if (msg == NULL) {
        r->no_stream = true;
        return GO_ON;
    }
    const int rv = open_stream(c, msg);
    if (rv == NGTCP2_ERR_STREAM_ID_BLOCKED) {
        r->no_stream = true;
        return GO_ON;
    }
    if (rv != 0) {
        return rv;
    }
    const size_t rest = msg->len - msg->sent;
    ngtcp2_vec vec = {(uint8_t *)(uintptr_t)msg->data + msg->sent, rest};
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize n = ngtcp2_conn_writev_stream(
        c->quic, r->path, NULL, r->buf, c->width.max, &taken,
        NGTCP2_WRITE_STREAM_FLAG_MORE | NGTCP2_WRITE_STREAM_FLAG_FIN,
        msg->stream, &vec, rest > 0 ? 1 : 0, r->now);
    if (taken >= 0) {
        c->wrote_stream = true;
        wzp__outbox_sent(&c->outbox, (size_t)taken);
    }
    switch (n) {
    case 0:
    case NGTCP2_ERR_STREAM_DATA_BLOCKED: r->no_stream = true; return GO_ON;
    case NGTCP2_ERR_STREAM_SHUT_WR: /* the peer has read all it wants */
        wzp__outbox_sent(&c->outbox, rest);
        return GO_ON;
    case NGTCP2_ERR_STREAM_NOT_FOUND:
        wzp__outbox_remove(&c->outbox, msg);
        return GO_ON;
    default: return n;
    }
}

static void find_width(wzp__conn *c, wzp_tstamp now)
{
    if (c->width.tries < WZP__WIDTH_TRIES) {
        return;
    }
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->quic, &info);
    if (wzp__width_narrow(&c->width, now, info.smoothed_rtt)) {
        WZP_LOG(&c->env->cfg.log, WZP_LOG_INFO, "quic", "conn.narrow",
                "conn=%llu bytes=%u", (unsigned long long)c->id, WZP__UDP_MIN);
    }
}

static ngtcp2_ssize write_packet(wzp__conn *c, ngtcp2_path *path, uint8_t *buf,
                                 wzp_tstamp now)
{
    const bool is_up = ngtcp2_conn_get_handshake_completed(c->quic) != 0;
    const bool is_early = now < c->stream_at && c->state == WZP__CONN_OPEN;
    c->stream_at = is_early ? c->stream_at : 0;
    round r = {.c = c,
               .path = path,
               .buf = buf,
               .now = now,
               .no_dgram = !is_up,
               .no_stream = !is_up || is_early};
    wzp__conn_keys_renew(c, now);
    find_width(c, now);
    c->tx_serial++;
    c->tx_frames = 0;
    while (!r.no_dgram || !r.no_stream) {
        const ngtcp2_ssize n = r.no_dgram ? write_stream(&r) : write_dgram(&r);
        if (n != GO_ON) {
            return n;
        }
    }
    return ngtcp2_conn_writev_stream(c->quic, path, NULL, buf, c->width.max,
                                     NULL, 0, -1, NULL, 0, now);
}

static ngtcp2_ssize write_close(wzp__conn *c, ngtcp2_path *path, uint8_t *buf,
                                wzp_tstamp now)
{
    c->state = WZP__CONN_CLOSED;
    const ngtcp2_ssize n = ngtcp2_conn_write_connection_close(
        c->quic, path, NULL, buf, WZP__UDP_MAX, &c->end.ccerr, now);
    return n > 0 ? n : 0;
}

static bool is_quantum_used(const wzp__conn *c)
{
    return c->wrote_stream && c->state == WZP__CONN_OPEN &&
           c->round_bytes >= ngtcp2_conn_get_send_quantum(c->quic);
}

static void end_round(wzp__conn *c, wzp_tstamp now)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->quic, &info);
    if (c->wrote_stream) { /* RFC 9002 section 7.7, N = 1.25 */
        c->stream_at = now + c->round_bytes * info.smoothed_rtt / 5 * 4 /
                                 (info.cwnd > 0 ? info.cwnd : 1);
    }
    c->wrote_stream = false;
    c->round_bytes = 0;
    wzp__ackhold_wrote(&c->hold, now, info.smoothed_rtt);
}

static ngtcp2_ssize write_next(wzp__conn *c, ngtcp2_path *path, uint8_t *buf,
                               wzp_tstamp now)
{
    if (c->state == WZP__CONN_CLOSING && !c->end.flush) {
        return write_close(c, path, buf, now);
    }
    if (is_quantum_used(c)) {
        return 0;
    }
    const ngtcp2_ssize n = write_packet(c, path, buf, now);
    if (n > 0 || (n == 0 && c->state == WZP__CONN_OPEN)) {
        return n;
    }
    if (n < 0) {
        wzp__conn_close_quic(c, (int)n);
    }
    return c->state == WZP__CONN_CLOSING ? write_close(c, path, buf, now) : 0;
}

size_t wzp__conn_write(wzp__conn *c, wzp_tstamp now, uint8_t buf[WZP__UDP_MAX],
                       wzp_addr *local, wzp_addr *remote)
{
    if (c->state == WZP__CONN_CLOSED) {
        return 0;
    }
    c->now = now;
    ngtcp2_path_storage ps;
    ngtcp2_path_storage_zero(&ps);
    const ngtcp2_ssize n = write_next(c, &ps.path, buf, now);
    if (n <= 0) {
        end_round(c, now);
        return 0;
    }
    if (c->is_server) {
        (void)wzp__sockaddr_to(ps.path.local.addr, ps.path.local.addrlen,
                               local);
    } else {
        *local = c->local; /* there is only one */
    }
    (void)wzp__sockaddr_to(ps.path.remote.addr, ps.path.remote.addrlen, remote);
    c->total.tx_packets++;
    c->total.tx_bytes += (uint64_t)n;
    c->round_bytes += (size_t)n;
    wzp__stats_sent(&c->window, now, (size_t)n, c->tx_frames > 0);
    const size_t found = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->quic);
    wzp__width_sent(&c->width, now, c->tx_serial,
                    (size_t)n <= found ? (size_t)n : 0); /* not of probes */
    return (size_t)n;
}
