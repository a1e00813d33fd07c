/* SPDX-License-Identifier: MIT */
/* The registration at one signal relay, as a machine: connect, check the pin,
 * RegisterPresence, and coming back after a lost connection. It carries signals
 * both ways and knows nothing of calls. It owns the connection; the endpoint
 * belongs to the engine, and its keep-alives hold the way open through NATs.
 * Source: spec/relay.md 4.1, spec/client.md 4.2, design/secure-media.md 2, 3.
 *
 * States of the registration of a client at a signal relay:
 *
 *   IDLE ─start→ CONNECTING ─cert ok→ REGISTERING ─Ack: success→ REGISTERED
 *                  │  ▲ │                │    │                     │
 *                  │  │ └cert differs→ PIN_DECISION                 │ lost
 *             lost │  └ RECONNECTING ◀───┴─no Ack───────────────────┘
 *                  └──────────▲     any ─stop, refused for good→ IDLE
 */
#ifndef WZP_CLIENT_LINE_H
#define WZP_CLIENT_LINE_H

#include "account/pins.h"

#include <wzp/client/engine.h>
#include <wzp/proto/signal.h>
#include <wzp/transport/endpoint.h>

/* What the engine gives a line; everything outlives it. */
typedef struct wzp__line_deps {
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    wzp_endpoint *ep;
    wzp_pins *pins;
    wzp_unix_s (*unix_now)(void *user);
    void *unix_now_user;
    const char *alias;
} wzp__line_deps;

typedef enum wzp__line_event_kind {
    WZP__LINE_STATE,  /* state, why, retry_ms, text */
    WZP__LINE_PIN,    /* pinned, seen, is_first */
    WZP__LINE_SIGNAL, /* signal: anything the relay says while REGISTERED */
    WZP__LINE_ENDED,  /* why, text; the line is IDLE again */
} wzp__line_event_kind;

typedef struct wzp__line_event {
    wzp__line_event_kind kind;
    wzp_line_state state;
    wzp_err why; /* REGISTERED: WZP_ERR_LEGACY, or WZP_OK */
    uint32_t retry_ms;
    bool is_first;
    uint8_t pinned[WZP_HASH_LEN];
    uint8_t seen[WZP_HASH_LEN];
    char text[WZP_ENDED_TEXT_MAX];
    const wzp_signal *signal; /* valid until the next recv; sending is fine */
} wzp__line_event;

typedef struct wzp__line wzp__line;

WZP_NODISCARD wzp_err wzp__line_new(wzp__line **out,
                                    const wzp__line_deps *deps);
void wzp__line_free(wzp__line *l);

/* WZP_ERR_STATE when it runs, WZP_ERR_ARG for a relay's name that is too long
 * or addresses that are none or too many. */
WZP_NODISCARD wzp_err wzp__line_start(wzp__line *l, wzp_tstamp now,
                                      const wzp_register *reg);
void wzp__line_stop(wzp__line *l, wzp_tstamp now);
/* Dial from here from now on, at once if a dial is being waited for. A
 * connection that stands is the endpoint's to move. */
void wzp__line_moved(wzp__line *l, wzp_tstamp now, const wzp_addr *local);
WZP_NODISCARD wzp_err wzp__line_pin_decide(wzp__line *l, wzp_tstamp now,
                                           bool accept);

/* An action of the endpoint; those of other connections change nothing. Poll
 * until false before the next one. */
void wzp__line_recv(wzp__line *l, wzp_tstamp now, const wzp_ep_action *action);
void wzp__line_expire(wzp__line *l, wzp_tstamp now);
wzp_tstamp wzp__line_deadline(const wzp__line *l);
bool wzp__line_poll(wzp__line *l, wzp__line_event *out);

/* WZP_ERR_STATE unless REGISTERED; WZP_ERR_LEGACY for a variant that needs
 * `sig1` where the relay has not announced it. */
WZP_NODISCARD wzp_err wzp__line_send(wzp__line *l, wzp_tstamp now,
                                     const wzp_signal *sig);

/* --- queries --- */

wzp_line_state wzp__line_state(const wzp__line *l);
wzp_conn_id wzp__line_conn(const wzp__line *l); /* 0: none */
/* REGISTERED at a relay without `e2e1`: a call through it cannot be sealed, and
 * the relay is the legacy party to name (secure-media.md 1). */
bool wzp__line_is_legacy(const wzp__line *l);
/* HOST:PORT as the user gave it. */
const char *wzp__line_relay(const wzp__line *l);
/* Signals skipped: not readable, of an unknown variant, or not expected. */
uint64_t wzp__line_signals_refused(const wzp__line *l);

#endif
