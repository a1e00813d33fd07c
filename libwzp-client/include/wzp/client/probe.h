/* SPDX-License-Identifier: MIT */
/* What a relay says of itself to somebody who joins nothing: how long a QUIC
 * handshake takes (`ping`), which certificate it shows, which build it is
 * (`version`). Nothing is pinned and nothing is sent but the handshake.
 * Source: spec/wire.md 5.2.
 *
 * A machine that dials all addresses of a relay at once and keeps the first
 * that answers, and a shell that resolves the name and runs it.
 */
#ifndef WZP_CLIENT_PROBE_H
#define WZP_CLIENT_PROBE_H

#include <wzp/client/engine.h>

typedef struct uv_loop_s uv_loop_t;

typedef enum wzp_probe_kind {
    WZP_PROBE_PING,    /* done with the handshake */
    WZP_PROBE_VERSION, /* and with the build text */
} wzp_probe_kind;

#define WZP_PROBE_TEXT_MAX 257 /* bytes incl. NUL */

typedef struct wzp_probe_result {
    size_t size;
    wzp_err err;           /* WZP_OK: all below is there */
    wzp_addr relay;        /* that answered */
    uint64_t handshake_us; /* from the first packet to a verified handshake */
    uint8_t cert_hash[WZP_HASH_LEN];
    char text[WZP_PROBE_TEXT_MAX]; /* VERSION: printable build text;
                                    * err: one clause for people */
} wzp_probe_result;

/* --- the machine --- */

typedef struct wzp_probe wzp_probe;

typedef struct wzp_probe_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_probe_kind kind;
    wzp_tstamp timeout; /* default 5 s, for everything together */
    wzp_addr local;     /* of the socket: wildcard and port are fine */
    wzp_addr addrs[WZP_RELAY_ADDRS_MAX];
    size_t n_addrs; /* 1 … WZP_RELAY_ADDRS_MAX */
} wzp_probe_config;

void wzp_probe_config_default_sized(wzp_probe_config *cfg, size_t size);
static inline void wzp_probe_config_default(wzp_probe_config *cfg)
{
    wzp_probe_config_default_sized(cfg, sizeof *cfg);
}

/* Dials. WZP_ERR_CONFIG, WZP_ERR_NOMEM, errors of the endpoint when no address
 * can be dialled at all. */
WZP_NODISCARD wzp_err wzp_probe_new(wzp_probe **out,
                                    const wzp_probe_config *cfg,
                                    wzp_tstamp now);
void wzp_probe_free(wzp_probe *p);

void wzp_probe_recv(wzp_probe *p, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len);
void wzp_probe_expire(wzp_probe *p, wzp_tstamp now);
wzp_tstamp wzp_probe_deadline(const wzp_probe *p);
/* Next packet to send; bytes valid until the next call. */
bool wzp_probe_poll_send(wzp_probe *p, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len);

/* True once it is over; poll until there is nothing left to send, so that the
 * good-byes go out, then free it. */
bool wzp_probe_result_get_sized(const wzp_probe *p, wzp_probe_result *out,
                                size_t size);
static inline bool wzp_probe_result_get(const wzp_probe *p,
                                        wzp_probe_result *out)
{
    return wzp_probe_result_get_sized(p, out, sizeof *out);
}

/* --- the shell --- */

/* On the loop's thread; `result` lives until it returns. */
typedef void wzp_probe_done_fn(const wzp_probe_result *result, void *user);

/* Resolve "HOST:PORT", "HOST" (port 4433) or "[v6]:PORT" and probe it; `done`
 * is called exactly once when WZP_OK came back. WZP_ERR_ADDRESS,
 * WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_probe_start(uv_loop_t *loop, const char *relay,
                                      wzp_probe_kind kind, wzp_log log,
                                      wzp_probe_done_fn *done, void *user);

#endif
