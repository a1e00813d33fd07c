/* SPDX-License-Identifier: MIT */
/* One ngtcp2 connection as a machine. Its parts:
 *
 *   conn.c            life, packets and time in, queries
 *   conn_callbacks.c  what ngtcp2 reports while it reads
 *   conn_write.c      packets out
 *   conn_close.c      the end: who, why, and in which words
 *   conn_path.c       where it runs, and moving
 *   conn_keys.c       new keys while it lasts
 *   ackhold.h         when acknowledgements are written
 *   dgram.c typed.c stream.c outbox.c stats.c tls.c   what it carries
 *
 * States of a QUIC connection:
 *
 *   HANDSHAKE --completed--> OPEN
 *       |                     |
 *       +--error or close-----+--> CLOSING --close packet written--> CLOSED
 *       +--peer closed, idle--+------------------------------------>
 * -- end of states
 *
 * The endpoint owns it and frees it when it is CLOSED and was told so.
 */
#ifndef WZP_TRANSPORT_QUIC_CONN_H
#define WZP_TRANSPORT_QUIC_CONN_H

#include "quic/ackhold.h"
#include "quic/dgram.h"
#include "quic/env.h"
#include "quic/outbox.h"
#include "quic/sockaddr.h"
#include "quic/stats.h"
#include "quic/stream.h"
#include "quic/typed.h"
#include "quic/width.h"

#include <ngtcp2/ngtcp2.h>

#define WZP__UNI_MAX 256 /* bytes of text, spec/wire.md 5.2 */

typedef enum wzp__conn_state {
    WZP__CONN_HANDSHAKE,
    WZP__CONN_OPEN,
    WZP__CONN_CLOSING, /* a CONNECTION_CLOSE is to be written */
    WZP__CONN_CLOSED,
} wzp__conn_state;

/* What the packet under the reader's eyes had in it. */
typedef struct wzp__conn_seen {
    bool dgram;
    bool ack;    /* of datagrams */
    bool urgent; /* anything that wants an answer soon */
} wzp__conn_seen;

typedef struct wzp__conn_end {
    wzp_err err;
    uint64_t code;
    char reason[WZP_REASON_MAX + 1];
    ngtcp2_ccerr ccerr; /* points to reason */
    bool flush;         /* write what is queued before the close packet */
} wzp__conn_end;

/* A remote unidirectional stream: the first one's text is kept. */
typedef struct wzp__conn_uni {
    int64_t stream; /* −1: none yet */
    uint16_t len;
    bool done;
    char text[WZP__UNI_MAX];
} wzp__conn_uni;

/* The packet keys in use. */
typedef struct wzp__conn_keys {
    bool is_ready;     /* an update is possible, as far as we know */
    wzp_tstamp since;  /* when they came */
    uint64_t tx_first; /* packets sent until then */
} wzp__conn_keys;

typedef struct wzp__conn {
    wzp__env *env;
    wzp_conn_id id;
    uint32_t slot;
    wzp__conn_state state;
    bool is_server;
    bool is_visible; /* the owner knows the id */
    bool is_confirmed;
    bool is_told;     /* the owner was given WZP_EP_CLOSED */
    bool is_muted;    /* closed by the owner: nothing more but the end */
    bool is_stranger; /* share.h */

    ngtcp2_conn *quic;
    wzp__tls_session tls;
    wzp_addr local, remote;
    wzp__cid first_dcid;  /* server: what the client chose */
    wzp__cid first_scid;  /* our own first one */
    wzp__cid reset_token; /* of the peer's id in use */
    wzp__cid source;      /* the address it is counted at; len 0: at none */

    wzp__dgram dgrams;
    wzp__typed typed;
    wzp__inbox inbox;
    wzp__outbox outbox;
    wzp__conn_uni *uni;
    wzp__ackhold hold;
    wzp__stats window;
    uint64_t smoothed_rtt; /* ns, as of the last packet; 0: none */
    wzp__conn_keys keys;
    wzp__width width;
    wzp_conn_stats total; /* only the counters */

    wzp_tstamp swept; /* when ngtcp2's timers were last looked at */
    wzp_tstamp now;   /* of the call into ngtcp2 under way, for its callbacks */
    wzp__conn_seen seen;
    wzp_err fault;      /* why a callback failed */
    bool signal_queued; /* a SIGNAL event waits */
    bool wrote_stream;  /* in this round: pace */
    uint32_t tx_serial; /* packet being written; in the id of its datagrams */
    uint32_t lost_serial;
    uint32_t tx_frames;   /* datagrams in it */
    size_t round_bytes;   /* written in this round */
    wzp_tstamp stream_at; /* no signals before; 0: any time */

    wzp__conn_end end;

    bool in_dirty, has_tomb;
    struct wzp__conn *next_dirty, *next_ended;
} wzp__conn;

typedef struct wzp__conn_new {
    wzp__env *env;
    wzp_conn_id id;
    uint32_t slot;
    wzp_tstamp now;
} wzp__conn_new;

/* An Initial that may become a connection. */
typedef struct wzp__conn_initial {
    const wzp_addr *local, *remote;
    const ngtcp2_pkt_hd *hd;
    const ngtcp2_cid *odcid; /* from the Retry token; NULL without one */
} wzp__conn_initial;

WZP_NODISCARD wzp_err wzp__conn_accept(wzp__conn **out,
                                       const wzp__conn_new *how,
                                       const wzp__conn_initial *initial);
WZP_NODISCARD wzp_err wzp__conn_dial(wzp__conn **out, const wzp__conn_new *how,
                                     const wzp_dial *dial);
void wzp__conn_free(wzp__conn *c);

/* Both return whether there is (perhaps) something to write now. */
bool wzp__conn_recv(wzp__conn *c, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len);
bool wzp__conn_expire(wzp__conn *c, wzp_tstamp now);
wzp_tstamp wzp__conn_deadline(const wzp__conn *c);

/* One packet into buf; its length, or 0 when there is no more for now: then
 * the round is over and the deadline is to be asked for. */
size_t wzp__conn_write(wzp__conn *c, wzp_tstamp now, uint8_t buf[WZP__UDP_MAX],
                       wzp_addr *local, wzp_addr *remote);

size_t wzp__conn_dgram_limit(const wzp__conn *c);
void wzp__conn_stats(const wzp__conn *c, wzp_tstamp now, wzp_conn_stats *out);

/* --- conn_path.c --- */

/* A path in ngtcp2's form, which copies what it keeps. Points into itself. */
typedef struct wzp__conn_path {
    wzp__sockaddr local, remote;
    ngtcp2_path path;
} wzp__conn_path;

void wzp__conn_path_of(wzp__conn_path *p, const wzp_addr *local,
                       const wzp_addr *remote);
/* A packet came; ngtcp2's answer. */
int wzp__conn_path_read(wzp__conn *c, wzp_tstamp now, const wzp_addr *local,
                        const wzp_addr *remote, const uint8_t *data,
                        size_t len);
/* Take over where ngtcp2 thinks the peer is. */
void wzp__conn_path_follow(wzp__conn *c);
/* ngtcp2 has checked a new path. */
void wzp__conn_path_checked(wzp__conn *c, bool is_valid);
/* Our end moves; accepted connections stay. WZP_ERR_MOVED: too early, this
 * connection cannot go on. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__conn_path_move(wzp__conn *c, wzp_tstamp now,
                                          const wzp_addr *local);

/* --- conn_keys.c --- */

/* ngtcp2's update_key callback. */
int wzp__conn_keys_made(ngtcp2_conn *quic, uint8_t *rx_secret,
                        uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx_ctx,
                        uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_ctx,
                        uint8_t *tx_iv, const uint8_t *rx_now,
                        const uint8_t *tx_now, size_t len, void *user);
/* Before a packet is written: begin an update if it is time. */
void wzp__conn_keys_renew(wzp__conn *c, wzp_tstamp now);

/* --- conn_close.c --- */

/* By the owner, or because the peer broke a rule of ours. err is what the owner
 * is told. */
void wzp__conn_close_app(wzp__conn *c, wzp_err err, uint64_t code,
                         const char *reason, bool flush);
/* Without a word, because of ourselves. */
void wzp__conn_abandon(wzp__conn *c, wzp_err err);
/* Because ngtcp2 said so (a negative NGTCP2_ERR_…). */
void wzp__conn_close_quic(wzp__conn *c, int liberr);

/* --- conn_callbacks.c --- */

const ngtcp2_callbacks *wzp__conn_callbacks(void);

/* Own connection ids: make one and enter it in the table. */
WZP_NODISCARD wzp_err wzp__conn_new_cid(wzp__conn *c, ngtcp2_cid *out);

#endif
