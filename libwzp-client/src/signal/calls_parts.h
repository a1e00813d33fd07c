/* SPDX-License-Identifier: MIT */
/* What the machine of direct calls is made of, for its three files: calls.c
 * (states, commands, timers), calls_recv.c (signals that come), calls_out.c
 * (signals and events that go).
 */
#ifndef WZP_CLIENT_CALLS_PARTS_H
#define WZP_CLIENT_CALLS_PARTS_H

#include "signal/calls.h"
#include "signal/known_calls.h"

/* Waiting to be sent, and to be told. A step makes three of each at most; more
 * wait only while the line is down. The oldest goes then, counted. */
#define WZP__CALLS_OUT    8
#define WZP__CALLS_EVENTS 8

typedef enum wzp__call_state {
    WZP__CALL_IDLE,
    WZP__CALL_CALLING,
    WZP__CALL_RINGING,
    WZP__CALL_ASKING,
    WZP__CALL_ANSWERED,
    WZP__CALL_AGREED,
    WZP__CALL_JOINING,
    WZP__CALL_ACTIVE,
} wzp__call_state;

/* The present call; all zero when there is none. */
typedef struct wzp__call {
    wzp__call_state state;
    uint64_t number;  /* tells it from the ones before */
    bool is_caller;   /* our part in the agreement */
    bool is_incoming; /* as the user sees it */
    bool is_ringing;
    bool has_setup;
    bool has_key;
    bool has_code;
    bool was_late; /* a later answer came before the reveal went out */
    char id[WZP_CALL_ID_MAX + 1];
    char room[sizeof "call-" + WZP_CALL_ID_MAX];
    uint8_t fingerprint[WZP_FP_LEN]; /* of the other side */
    uint8_t key[WZP_KEY_LEN];
    char alias[WZP_ALIAS_MAX];
    uint8_t commit[WZP_HASH_LEN];      /* callee */
    wzp_accept_mode mode;              /* callee */
    wzp_agree *agree;                  /* until the room has it */
    wzp_sig_direct_call_reveal reveal; /* caller; points into agree */
    uint8_t answer_kph[WZP_HASH_LEN];  /* caller: of the answer that stands */
    wzp_err refusal; /* caller: of the last answer that was refused */
    wzp_call_code code;
    wzp_addr relay; /* of CallSetup */
} wzp__call;

typedef enum wzp__call_out_kind {
    WZP__OUT_OFFER,
    WZP__OUT_ANSWER,
    WZP__OUT_REVEAL,
    WZP__OUT_REJECT,
    WZP__OUT_HANGUP,
} wzp__call_out_kind;

typedef struct wzp__call_out {
    wzp__call_out_kind kind;
    uint64_t number; /* OFFER, ANSWER, REVEAL: void when that call is over */
    wzp_hangup_reason reason;
    char id[WZP_CALL_ID_MAX + 1];
} wzp__call_out;

struct wzp__calls {
    wzp__calls_deps deps;
    wzp__known_calls *known;
    wzp__call call;
    uint64_t numbers; /* of calls so far */
    wzp_tstamp deadline;
    bool is_line_up, is_line_legacy;
    bool must_join, must_leave;
    /* Calls that may ring now; one more every RING_EVERY_NS. */
    uint32_t rings;
    wzp_tstamp rings_at;

    wzp__call_out out[WZP__CALLS_OUT];
    size_t out_head, out_count;
    wzp_client_event events[WZP__CALLS_EVENTS];
    size_t ev_head, ev_count;
    char text[3][WZP_FP_TEXT_LEN + 1]; /* of the signal polled last */
    uint8_t commit[WZP_HASH_LEN];      /* the same */
    char sent_id[WZP_CALL_ID_MAX + 1]; /* the same */
    wzp_profile profile;               /* the same */
    wzp_client_stats stats;            /* the fields of direct calls */
};

/* --- calls.c --- */

wzp_unix_s wzp__calls_unix(const wzp__calls *c);
/* The call is over: an event, and the room is left. Sends nothing. */
void wzp__calls_end(wzp__calls *c, wzp_tstamp now, wzp_err why, bool by_peer);
/* Counts it as one more: ask once. */
bool wzp__calls_may_ring(wzp__calls *c, wzp_tstamp now);
/* A call of the other side's begins to ring; `call` is filled but for state,
 * number and what follows from them. */
void wzp__calls_ring(wzp__calls *c, wzp_tstamp now, const wzp__call *call);
/* Ours is withdrawn for theirs, which is answered. */
void wzp__calls_give_way(wzp__calls *c, wzp_tstamp now, const wzp__call *call);
/* The answer that stands is here: ask for the contact, or reveal. */
void wzp__calls_answered(wzp__calls *c, wzp_tstamp now);
void wzp__calls_sent_answer(wzp__calls *c, wzp_tstamp now);
/* Both have the keys. */
void wzp__calls_agreed(wzp__calls *c, wzp_tstamp now);
void wzp__calls_set_up(wzp__calls *c, const wzp_addr *relay);

/* --- calls_out.c --- */

void wzp__calls_send(wzp__calls *c, wzp__call_out_kind kind);
void wzp__calls_send_hangup(wzp__calls *c, const char *id,
                            wzp_hangup_reason reason);
/* Who they are to us, for the event and the decision. */
wzp_call_contact wzp__calls_contact(const wzp__calls *c, const wzp__call *call,
                                    wzp_contact *out);
void wzp__calls_tell(wzp__calls *c, wzp_tstamp now, const wzp__call *call,
                     wzp_call_state state, wzp_err why, bool by_peer);
void wzp__calls_tell_contact(wzp__calls *c, wzp_tstamp now,
                             const wzp_contact *known);

#endif
