/* SPDX-License-Identifier: MIT */
/* Membership in one room through one relay, as a machine: connect, check the
 * pin, CallOffer/CallAnswer, roster and key messages, good-bye, and coming
 * back after a lost connection. It owns the connection and the key group; the
 * endpoint belongs to the engine. Media does not pass through here.
 *
 * States of the membership of a client in a room:
 *
 *   IDLE ─start→ CONNECTING ─cert ok→ JOINING ─CallAnswer ok→ JOINED
 *                  │  ▲ │                │                      │
 *                  │  │ └cert differs→ PIN_DECISION             │ lost
 *             lost │  └ RECONNECTING ◀──┴──────────────────────┘
 *                  └──────────▲     any ─leave, refused for good→ ENDED
 *
 *   JOINING ─answer of a legacy relay→ CLEAR_DECISION ─accepted→ CONNECTING
 *   (accepted before: → CONNECTING with the room's name, then → JOINED)
 */
#ifndef WZP_CLIENT_SESSION_H
#define WZP_CLIENT_SESSION_H

#include "account/pins.h"
#include "call/clear.h"

#include <wzp/client/engine.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/arena.h>
#include <wzp/transport/endpoint.h>

/* What the engine gives a session; everything outlives it. */
typedef struct wzp__session_deps {
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    wzp_endpoint *ep;
    wzp_pins *pins;
    wzp_unix_s (*unix_now)(void *user);
    void *unix_now_user;
    const char *alias;
    const wzp__clear *clear; /* what a legacy relay may be used for */
} wzp__session_deps;

typedef enum wzp__session_event_kind {
    WZP__SESSION_STATE,     /* state changed: see state, why, retry_ms */
    WZP__SESSION_PIN,       /* pinned, seen, is_first */
    WZP__SESSION_ENDED,     /* why, text; the session is IDLE again */
    WZP__SESSION_DIRECTIVE, /* ceiling: of the relay's, for our sending */
} wzp__session_event_kind;

typedef struct wzp__session_event {
    wzp__session_event_kind kind;
    wzp_client_state state;
    wzp_err why;
    uint32_t retry_ms;
    bool is_first;
    uint8_t pinned[WZP_HASH_LEN];
    uint8_t seen[WZP_HASH_LEN];
    char text[WZP_ENDED_TEXT_MAX];
    wzp_codec_id ceiling;
} wzp__session_event;

typedef struct wzp__session wzp__session;

WZP_NODISCARD wzp_err wzp__session_new(wzp__session **out,
                                       const wzp__session_deps *deps);
void wzp__session_free(wzp__session *s);

WZP_NODISCARD wzp_err wzp__session_start(wzp__session *s, wzp_tstamp now,
                                         const wzp_join *join);
/* The room of a direct call: its key group begins from the agreement, whose
 * keys it takes, and lives until the room is left for good; reconnections bring
 * neither a new package nor new counters, so that after the package's 24 h a
 * lost connection is the end. No media but sealed: a legacy relay ends it.
 * Errors as above and of wzp_group_new; the agreement is unchanged by them
 * unless the room's name or the relay is no good. */
WZP_NODISCARD wzp_err wzp__session_start_call(wzp__session *s, wzp_tstamp now,
                                              const wzp_join *join,
                                              wzp_agree *agreed);
void wzp__session_leave(wzp__session *s, wzp_tstamp now);
/* Dial from here from now on, at once if a dial is being waited for. A
 * connection that stands is the endpoint's to move. */
void wzp__session_moved(wzp__session *s, wzp_tstamp now, const wzp_addr *local);
WZP_NODISCARD wzp_err wzp__session_pin_decide(wzp__session *s, wzp_tstamp now,
                                              bool accept);

/* From now on, until the room is left and over all its connections, this one
 * may have our keys too, or may not any more. WZP_ERR_STATE in no room,
 * WZP_ERR_NOMEM: nothing changed. */
WZP_NODISCARD wzp_err wzp__session_allow(wzp__session *s, wzp_tstamp now,
                                         const uint8_t fingerprint[WZP_FP_LEN]);
void wzp__session_disallow(wzp__session *s, wzp_tstamp now,
                           const uint8_t fingerprint[WZP_FP_LEN]);

/* clear->is_accepted became true: CLEAR_DECISION is over. */
void wzp__session_clear_accepted(wzp__session *s, wzp_tstamp now);

/* An action of the endpoint about this session's connection (not SEND, not
 * DGRAM). */
void wzp__session_recv(wzp__session *s, wzp_tstamp now,
                       const wzp_ep_action *action);
void wzp__session_expire(wzp__session *s, wzp_tstamp now);
wzp_tstamp wzp__session_deadline(const wzp__session *s);
bool wzp__session_poll(wzp__session *s, wzp__session_event *out);

/* Sends a signal to the relay; what the group asks for. */
WZP_NODISCARD wzp_err wzp__session_send(wzp__session *s, wzp_tstamp now,
                                        const wzp_signal *sig);

/* --- queries --- */
wzp_client_state wzp__session_state(const wzp__session *s);
wzp_conn_id wzp__session_conn(const wzp__session *s); /* 0: none */
/* The key group of the present connection; NULL until JOINING. It changes with
 * every reconnect: session_epoch counts that. That of a call is there from the
 * start to the end. */
wzp_group *wzp__session_group(const wzp__session *s);
uint32_t wzp__session_epoch(const wzp__session *s);
/* Of the present group, or of the last one. */
void wzp__session_group_stats(const wzp__session *s, wzp_group_stats *out);
/* Signals that were not readable, or refused for what they say; repeats of key
 * messages are not counted. */
uint64_t wzp__session_signals_refused(const wzp__session *s);
void wzp__session_room_id(const wzp__session *s, uint8_t out[WZP_HASH_LEN]);
/* The relay carries no key messages: JOINED or CLEAR_DECISION only. */
bool wzp__session_is_legacy(const wzp__session *s);
bool wzp__session_is_call(const wzp__session *s);
const char *wzp__session_relay(const wzp__session *s);
/* Of the room it is in; open in none. */
wzp_room_policy wzp__session_policy(const wzp__session *s);
/* The room it is in keeps nobody out. */
bool wzp__session_is_open(const wzp__session *s);

#endif
