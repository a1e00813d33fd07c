/* SPDX-License-Identifier: MIT */
/* One UDP socket's worth of QUIC connections, as a machine: it listens and
 * dials at once, is given received packets and time, and gives back packets to
 * send and what happened. It opens no socket and reads no clock; the libuv
 * shell is uv_udp.h. Source: spec/wire.md 2.1, 5; design/secure-media.md 9;
 * design/transport-facts.md.
 *
 * A connection carries two things: signals (one message per QUIC stream,
 * delivered whole and in order of stream opening) and datagrams.
 */
#ifndef WZP_TRANSPORT_ENDPOINT_H
#define WZP_TRANSPORT_ENDPOINT_H

#include <wzp/proto/addr.h>
#include <wzp/proto/env.h>
#include <wzp/proto/pkt.h>

typedef struct wzp_endpoint wzp_endpoint;

/* Names a connection for its life and is never reused by one endpoint; 0 is
 * none. Calls with the number of a connection that is gone return
 * WZP_ERR_NOT_FOUND. */
typedef uint64_t wzp_conn_id;

#define WZP_SNI_MAX    255 /* bytes, without NUL */
#define WZP_REASON_MAX 128

/* Application close codes, design/secure-media.md 9. */
typedef enum wzp_close_code {
    WZP_CLOSE_NORMAL = 0,
    WZP_CLOSE_SHUTDOWN = 1,
    WZP_CLOSE_AUTH = 2,
    WZP_CLOSE_NOT_ALLOWED = 3,
    WZP_CLOSE_FULL = 4,
    WZP_CLOSE_PROTOCOL = 5,
    WZP_CLOSE_SLOW = 6,
    WZP_CLOSE_REPLACED = 7,
    WZP_CLOSE_LEGACY = 8,
    WZP_CLOSE_KEY_MISMATCH = 9,
} wzp_close_code;

typedef struct wzp_endpoint_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    /* Ed25519 seed of the TLS key (secret, copied): the certificate is made
     * from it as in spec/wire.md 3.7 and is the same bytes every time. Used
     * when accepting; an endpoint that only dials may leave it out. */
    bool has_tls_seed;
    uint8_t tls_seed[WZP_KEY_LEN];
    bool accepts;                 /* take incoming connections */
    size_t max_conns;             /* 1 … 65,536; default 4096 */
    size_t max_half_open;         /* handshakes under way; default 512 */
    wzp_tstamp handshake_timeout; /* default 10 s */
    wzp_tstamp idle_timeout;      /* default 30 s */
    wzp_tstamp keep_alive;        /* default 5 s; 0 = off */
    wzp_tstamp dgram_max_age;     /* send queue, default 200 ms */
    size_t dgram_max_queue;       /* packets per connection, default 64 */
    size_t signal_max_len;        /* bytes per incoming message: spec 1 MiB */
    size_t signal_max_early;      /* until wzp_endpoint_trust; default 65,536 */
    size_t signal_max_held;       /* bytes per connection being assembled or
                                   * waiting, default 2 MiB; until
                                   * wzp_endpoint_trust little more than
                                   * twice signal_max_early */
    size_t signal_max_queue;      /* outgoing bytes per connection not yet
                                   * acknowledged, default 1 MiB; then the
                                   * connection is closed as too slow */
    wzp_pkt_pool *pool;           /* received datagrams come from here */
    /* Server names under which a client must show a certificate and prove that
     * it has the key; under all others it is not even asked, as older clients
     * have none. Lower case; a last '*' stands for any rest. At most 16,
     * copied. A client without one fails with WZP_ERR_CERT_REQUIRED on both
     * sides. */
    const char *const *cert_snis;
    size_t n_cert_snis;
    /* Session resumption saves the listener a signature and neither bytes nor
     * a round trip (docs/adr/0013-resumption.md). Listener: give a ticket with
     * each connection. Dialler: tickets kept, in memory only; 0 (default) to
     * 1024. */
    bool gives_tickets;
    size_t max_tickets;
    /* What one address may have of a listener, 0: the default. An address is
     * an IPv4 address or an IPv6 /64; a /48 may have twice as much. Counted
     * from when an address is proven, so a burst of handshakes may go over it
     * by as many as were under way. */
    size_t max_source_conns;     /* default: a quarter of max_conns, but 256 */
    size_t max_source_strangers; /* of those, not yet trusted; default 256 */
    /* Points: a connection is one, wzp_endpoint_charge adds more. So many at
     * once, default 2048, and so many again each second, default 20. */
    uint32_t source_points;
    uint32_t source_points_per_s;
} wzp_endpoint_config;

void wzp_endpoint_config_default_sized(wzp_endpoint_config *cfg, size_t size);
static inline void wzp_endpoint_config_default(wzp_endpoint_config *cfg)
{
    wzp_endpoint_config_default_sized(cfg, sizeof *cfg);
}

WZP_NODISCARD wzp_err wzp_endpoint_new(wzp_endpoint **out,
                                       const wzp_endpoint_config *cfg,
                                       wzp_tstamp now);
/* Connections end without a word; close them first. NULL is fine. */
void wzp_endpoint_free(wzp_endpoint *ep);

/* SHA-256 of the own certificate's DER; WZP_ERR_NOT_FOUND without a seed. */
WZP_NODISCARD wzp_err wzp_endpoint_cert_hash(const wzp_endpoint *ep,
                                             uint8_t out[WZP_HASH_LEN]);

/* The same of an endpoint that would have this tls_seed: what a relay will
 * show after a change of its key. WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp_endpoint_cert_hash_of(
    const uint8_t tls_seed[WZP_KEY_LEN], uint8_t out[WZP_HASH_LEN]);

/* --- packets and time --- */

/* One UDP payload arrived. `local` is the own address it arrived at. Never
 * fails towards the caller: what is wrong with it is counted in the stats and
 * shows as actions. */
void wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len);
void wzp_endpoint_expire(wzp_endpoint *ep, wzp_tstamp now);
wzp_tstamp wzp_endpoint_deadline(const wzp_endpoint *ep);

/* --- commands --- */

typedef struct wzp_dial {
    wzp_addr local; /* the socket's address (family must match remote) */
    wzp_addr remote;
    const char *sni;   /* lower case, NUL-terminated; NULL sends none */
    bool present_cert; /* show the own certificate if asked (needs tls_seed);
                        * a listener that requires one finds out after we are
                        * CONNECTED: CLOSED with CERT_REQUIRED may follow */
    /* Resume an earlier connection to this address and name, if one had this
     * certificate and left a ticket. Not with present_cert. WZP_EP_CONNECTED
     * then has that certificate, or, where the listener would not resume, the
     * one it showed. */
    bool resumes;
    uint8_t resume_cert[WZP_HASH_LEN];
} wzp_dial;

/* Start a handshake. The certificate hash comes with WZP_EP_CONNECTED, before
 * anything was sent on the connection: the owner compares it with its pin and
 * closes with WZP_CLOSE_KEY_MISMATCH if it differs. */
WZP_NODISCARD wzp_err wzp_endpoint_dial(wzp_endpoint *ep, wzp_tstamp now,
                                        const wzp_dial *dial, wzp_conn_id *out);

/* Queue one signal message (JSON without length prefix; copied).
 * WZP_ERR_FULL: signal_max_queue reached; the connection is being closed as
 * too slow. WZP_ERR_OVERSIZE above 1,048,576 bytes. */
WZP_NODISCARD wzp_err wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                               wzp_conn_id conn,
                                               const char *json, size_t len);

/* Queue one datagram; a reference is taken on WZP_OK. The oldest queued
 * datagrams are dropped by age and by number, and counted. WZP_ERR_NO_DATAGRAM
 * when the peer takes none; WZP_ERR_OVERSIZE when it can never fit (see
 * wzp_endpoint_dgram_limit); WZP_ERR_STATE before the handshake is done. */
WZP_NODISCARD wzp_err wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                              wzp_conn_id conn, wzp_pkt *pkt);

/* Text on one new unidirectional stream (the `version` role, spec/wire.md
 * 5.2), then FIN. */
WZP_NODISCARD wzp_err wzp_endpoint_send_uni(wzp_endpoint *ep, wzp_tstamp now,
                                            wzp_conn_id conn, const char *text,
                                            size_t len);

/* Close with an application code and a short text; unsent signals are lost.
 * WZP_EP_CLOSED follows. */
WZP_NODISCARD wzp_err wzp_endpoint_close(wzp_endpoint *ep, wzp_tstamp now,
                                         wzp_conn_id conn, uint64_t code,
                                         const char *reason);

/* From now on this peer counts no longer against what the strangers of its
 * address may hold. */
WZP_NODISCARD wzp_err wzp_endpoint_know(wzp_endpoint *ep, wzp_conn_id conn);

/* The same, and it may send messages up to signal_max_len. */
WZP_NODISCARD wzp_err wzp_endpoint_trust(wzp_endpoint *ep, wzp_conn_id conn);

/* What this peer did was work for the owner: so many points more for its
 * address (source_points), which gets no new connection while it has too many.
 * WZP_ERR_RATE: it has had too many and two more for each of max_half_open;
 * nothing is added. */
WZP_NODISCARD wzp_err wzp_endpoint_charge(wzp_endpoint *ep, wzp_tstamp now,
                                          wzp_conn_id conn, uint32_t points);

/* `dgram1` on this hop: in which ways media headers may travel as contexts and
 * minis (design/secure-media.md 8). Adds to what was allowed before. The owner
 * sees bare datagrams only, in both ways. */
#define WZP_TYPED_RECEIVE 1u /* we have announced it */
#define WZP_TYPED_SEND    2u /* the peer has */
WZP_NODISCARD wzp_err wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn,
                                         unsigned ways);

/* The socket changed (new local address): connections we dialled move there,
 * are checked on the new path and measured anew. One whose handshake is not
 * confirmed yet cannot move: WZP_EP_CLOSED with WZP_ERR_MOVED, dial again.
 * Accepted connections stay as they are. RFC 9000 section 9. */
void wzp_endpoint_rebind(wzp_endpoint *ep, wzp_tstamp now,
                         const wzp_addr *local);

/* --- what happened --- */

typedef enum wzp_ep_action_kind {
    WZP_EP_SEND,      /* u.send */
    WZP_EP_ACCEPTED,  /* handshake done, we are the server: u.up */
    WZP_EP_CONNECTED, /* handshake done, we dialled: u.up */
    WZP_EP_SIGNAL,    /* u.signal: one whole message */
    WZP_EP_UNI,       /* u.signal: text of a unidirectional stream (≤ 256) */
    WZP_EP_DGRAM,     /* u.dgram */
    WZP_EP_CLOSED,    /* u.closed: the id is gone after this action */
} wzp_ep_action_kind;

/* Everything borrowed is valid until the next call on the endpoint. */
typedef struct wzp_ep_action {
    wzp_ep_action_kind kind;
    wzp_conn_id conn; /* not for SEND */
    union {
        struct {
            wzp_addr local;
            wzp_addr remote;
            const uint8_t *data;
            size_t len;
        } send;
        struct {
            wzp_addr local;
            wzp_addr remote;
            const char *sni; /* ACCEPTED: lower-cased, "" when none */
            uint8_t cert_hash[WZP_HASH_LEN]; /* of the peer's DER, SHA-256 */
            uint8_t exporter[32]; /* label EXPORTER-wzp-binding; secret */
            bool has_peer_cert;   /* always when CONNECTED; when ACCEPTED, under
                                   * a name of cert_snis */
            bool has_peer_key;    /* its key is an Ed25519 one: */
            uint8_t peer_key[WZP_KEY_LEN];
        } up;
        struct {
            const char *data; /* not terminated */
            size_t len;
        } signal;
        wzp_pkt *dgram; /* wzp_pkt_ref to keep it */
        struct {
            wzp_err err;   /* WZP_OK: closed by us; WZP_ERR_PEER_CLOSED … */
            uint64_t code; /* application code when err is PEER_CLOSED */
            const char *reason; /* NUL-terminated, printable, may be "" */
        } closed;
    } u;
} wzp_ep_action;

/* Take the next action. SEND actions come last in a round, so that everything
 * queued while handling the others shares packets: the owner calls this until
 * it returns false. */
bool wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out);

/* --- queries --- */

/* Largest datagram that can be sent on this connection now; 0 if none. */
size_t wzp_endpoint_dgram_limit(const wzp_endpoint *ep, wzp_conn_id conn);

typedef struct wzp_conn_stats {
    size_t size;
    uint64_t rtt_us; /* smoothed; 0 before the first sample */
    uint64_t rtt_min_us;
    /* Of own packets with datagrams, those lost in the last second: what media
     * see. Lost packets of signals alone are sent again and not counted. */
    uint32_t loss_permille;
    uint64_t tx_rate_bps; /* UDP payload, last second */
    uint64_t rx_rate_bps;
    uint64_t tx_packets, tx_bytes; /* UDP payloads */
    uint64_t rx_packets, rx_bytes;
    uint64_t lost_packets;
    uint64_t dgram_sent, dgram_received;
    uint64_t dgram_lost;         /* reported lost by QUIC */
    uint64_t dgram_dropped_age;  /* dropped from the queue: too old */
    uint64_t dgram_dropped_full; /* dropped from the queue: too many */
    uint64_t dgram_no_buffer;    /* received, but the pool was empty */
    uint64_t signals_sent, signals_received;
    size_t signal_queued; /* bytes not yet acknowledged */
    size_t dgram_queued;
    uint64_t cwnd_bytes;
    uint64_t bytes_in_flight;
    uint64_t typed_opens_sent, typed_minis_sent; /* of dgram_sent */
    uint64_t typed_received; /* of dgram_received: turned into bare ones */
    /* Of dgram_received, dropped: */
    uint64_t typed_bad_type;    /* no form that may come on this hop */
    uint64_t typed_bad_context; /* a mini whose context was never opened */
    uint64_t typed_malformed;   /* cut, or with a header inside that is none */
    uint64_t path_changes; /* an end moved, and the new path was validated */
    uint64_t key_updates;  /* by either side, complete */
    wzp_addr remote;       /* where packets to it go now */
    /* The newest round trip, without what the peer took to acknowledge, and
     * how many there were: a path that fills shows here first. */
    uint64_t rtt_latest_us;
    uint64_t rtt_samples;
} wzp_conn_stats;

/* out->size  set by the caller: sizeof *out. */
WZP_NODISCARD wzp_err wzp_endpoint_conn_stats(const wzp_endpoint *ep,
                                              wzp_conn_id conn,
                                              wzp_conn_stats *out);

typedef struct wzp_endpoint_stats {
    size_t size;
    size_t conns;
    size_t half_open;
    uint64_t accepted, dialled, closed;
    uint64_t refused_full; /* Initials refused: tables, the places of their
                            * address, or under pressure (half of
                            * max_half_open, or half of max_conns by peers not
                            * trusted) its share */
    uint64_t malformed;    /* packets no connection wanted */
    uint64_t handshake_failed;
    uint64_t tx_packets, rx_packets;
    uint64_t cert_refused; /* ended because a certificate was missing, on
                            * either side (one that is not the peer's own
                            * counts as any other failed handshake) */
    uint64_t resumed;      /* handshakes without a certificate, either side */
    uint64_t retries_sent; /* strangers asked to show their address */
    uint64_t resets_sent;  /* stateless: packets of connections long gone */
    uint64_t path_changes; /* validated moves of either end, all connections */
    uint64_t key_updates;  /* by either side, all connections */
    /* Received datagrams that were dropped, all connections: */
    uint64_t dgram_no_buffer; /* no packet was free for them */
    uint64_t typed_refused;   /* typed_bad_… and typed_malformed */
    /* Dropped from send queues: too old or too many, all connections. */
    uint64_t dgram_dropped;
    uint64_t refused_rate; /* Initials refused: too much from their address */
    uint64_t no_memory;    /* allocations that failed in QUIC, also those that
                            * cost nothing but a repeat, or a good-bye that is
                            * not said again */
} wzp_endpoint_stats;

/* out->size  set by the caller: sizeof *out. */
void wzp_endpoint_stats_get(const wzp_endpoint *ep, wzp_endpoint_stats *out);

#endif
