/* SPDX-License-Identifier: MIT */
/* The relay as a machine: rooms, admission, forwarding, key messages. It opens
 * no socket and reads no clock; relay_uv.h puts it on a libuv loop. It can
 * forward and signal; it holds no key that opens media.
 * Source: spec/relay.md 2–3; design/secure-media.md 2–6, 9.
 */
#ifndef WZP_RELAY_RELAY_H
#define WZP_RELAY_RELAY_H

#include <wzp/crypto/identity.h>
#include <wzp/proto/addr.h>
#include <wzp/proto/env.h>

typedef struct wzp_relay wzp_relay;

/* What a relay asks of those who join one room. A rule without secret and
 * without list says that there is such a room (see is_closed). A legacy client
 * proves nothing that could not be replayed: a room with a secret or a list
 * does not admit one. */
typedef struct wzp_room_rule {
    const char *name; /* of the room, or its hash (spec/wire.md 3.8) */
    bool has_access;
    uint8_t access[WZP_KEY_LEN]; /* from wzp_room_secret_derive; joining needs
                                  * the room_proof made with it */
    const uint8_t (*allowed)[WZP_FP_LEN]; /* only these identities */
    size_t n_allowed;                     /* 0: everybody */
} wzp_room_rule;

typedef struct wzp_relay_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity; /* handshake key; also derives the TLS key */
    /* Wall clock in seconds, for expiry of key packages. */
    wzp_unix_s (*unix_now)(void *user);
    void *unix_now_user;
    bool allow_legacy;        /* admit clients without `e2e1` */
    size_t max_conns;         /* default 4096 */
    size_t max_rooms;         /* default 1024 */
    size_t max_members;       /* per room, 2 … 1600, default 1024 */
    wzp_tstamp join_timeout;  /* TLS done → joined, default 10 s */
    wzp_tstamp drain_timeout; /* default 2 s */
    size_t packets;           /* datagram buffers, default 16,384 */
    const char *build;        /* text of the `version` role */
    /* The identity this relay will have next: clients are told its certificate
     * under the present TLS key and accept it for 90 days from
     * next_not_before (unix seconds). Used by wzp_relay_new only; `derive`
     * NULL: there is none. */
    wzp_identity next_identity;
    wzp_unix_s next_not_before;
    const wzp_room_rule *room_rules; /* copied; at most one for a room */
    size_t n_room_rules;             /* at most 65,536 */
    bool is_closed;                  /* no rooms but those with a rule */
} wzp_relay_config;

void wzp_relay_config_default_sized(wzp_relay_config *cfg, size_t size);
static inline void wzp_relay_config_default(wzp_relay_config *cfg)
{
    wzp_relay_config_default_sized(cfg, sizeof *cfg);
}

/* WZP_ERR_CONFIG names the field in `why` (may be NULL). */
WZP_NODISCARD wzp_err wzp_relay_new(wzp_relay **out,
                                    const wzp_relay_config *cfg, wzp_tstamp now,
                                    char *why, size_t why_len);
void wzp_relay_free(wzp_relay *relay);

/* These rules in place of those before, for whoever joins from now on; members
 * stay. WZP_ERR_CONFIG names the room in `why` (may be NULL), WZP_ERR_NOMEM:
 * the old rules stay. */
WZP_NODISCARD wzp_err wzp_relay_rules_set(wzp_relay *relay,
                                          const wzp_room_rule *rules, size_t n,
                                          char *why, size_t why_len);

/* --- the machine's verbs -------------------------------------------------- */

void wzp_relay_recv(wzp_relay *relay, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len);
void wzp_relay_expire(wzp_relay *relay, wzp_tstamp now);
wzp_tstamp wzp_relay_deadline(const wzp_relay *relay);
/* Next packet to send; bytes valid until the next call. Also does the work
 * that received packets caused. */
bool wzp_relay_poll_send(wzp_relay *relay, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len);

/* Stop accepting, close every connection with WZP_CLOSE_SHUTDOWN and `reason`;
 * wzp_relay_is_drained becomes true when all are gone or drain_timeout is
 * over. */
void wzp_relay_drain(wzp_relay *relay, wzp_tstamp now, const char *reason);
bool wzp_relay_is_drained(const wzp_relay *relay, wzp_tstamp now);

/* --- events (one bounded queue; oldest statistics-like kinds are dropped) - */

typedef enum wzp_relay_event_kind {
    WZP_RELAY_JOINED,
    WZP_RELAY_LEFT,
    WZP_RELAY_REFUSED,
} wzp_relay_event_kind;

typedef struct wzp_relay_event {
    size_t size;
    wzp_relay_event_kind kind;
    wzp_addr remote;
    const char *room; /* as joined, NUL-terminated; "" when none */
    char fingerprint[WZP_FP_TEXT_LEN + 1]; /* "" when unknown */
    wzp_err err;                           /* LEFT: why; REFUSED: why */
} wzp_relay_event;

/* False when there is none; pointers valid until the next call. */
bool wzp_relay_next_event_sized(wzp_relay *relay, wzp_relay_event *out,
                                size_t size);
static inline bool wzp_relay_next_event(wzp_relay *relay, wzp_relay_event *out)
{
    return wzp_relay_next_event_sized(relay, out, sizeof *out);
}

/* --- queries -------------------------------------------------------------- */

typedef struct wzp_relay_stats {
    size_t size;
    size_t conns, rooms, members;
    uint64_t joined, left;
    uint64_t refused_auth; /* signature, binding or package wrong */
    uint64_t refused_legacy;
    uint64_t refused_full;
    uint64_t refused_timeout; /* pre-join deadline */
    uint64_t refused_protocol;
    uint64_t media_in, media_in_bytes;
    uint64_t media_out; /* copies queued to receivers */
    uint64_t media_dropped_malformed;
    uint64_t media_dropped_sid;    /* sid not of this connection */
    uint64_t media_dropped_legacy; /* sealed packet, legacy receiver, or clear
                                    * packet to or from one of several capable
                                    * members */
    uint64_t media_dropped_queue;  /* receiver's queue refused it */
    uint64_t signals_in, signals_out;
    uint64_t signals_malformed, signals_unknown, signals_refused;
    uint64_t keys_routed;
    uint64_t events_dropped;
    uint64_t signals_ignored;    /* kinds that mean nothing to a relay */
    uint64_t loss_reports;       /* LossRecoveryUpdate */
    size_t half_open;            /* QUIC handshakes under way; not in conns */
    uint64_t handshakes_failed;  /* not done in time, or wrong */
    uint64_t handshakes_refused; /* tables full, no memory, or the address's
                                    share */
    uint64_t retries_sent;       /* strangers asked to show their address */
    uint64_t resets_sent;        /* stateless, for connections long gone */
    uint64_t path_changes;       /* members that moved, and were followed */
    uint64_t key_updates;        /* of packet keys, all connections */
    uint64_t media_no_buffer;    /* came while no packet buffer was free */
    uint64_t media_refused;      /* came in a form that nobody can read */
    uint64_t media_dropped_late; /* copies that waited too long for a receiver,
                                  * or gave way to newer ones */
    uint64_t refused_rule;       /* by a room's secret or list, or no such room
                                  * on a closed relay */
} wzp_relay_stats;

/* out->size  set by the caller: sizeof *out. */
void wzp_relay_stats_get(const wzp_relay *relay, wzp_relay_stats *out);

/* SHA-256 of the TLS certificate, what clients pin. */
void wzp_relay_cert_hash(const wzp_relay *relay, uint8_t out[WZP_HASH_LEN]);
/* The announced successor's. WZP_ERR_NOT_FOUND without next_identity. */
WZP_NODISCARD wzp_err wzp_relay_next_cert_hash(const wzp_relay *relay,
                                               uint8_t out[WZP_HASH_LEN]);

#endif
