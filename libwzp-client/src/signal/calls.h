/* SPDX-License-Identifier: MIT */
/* Direct calls through a signal relay, as a machine: at most one at a time,
 * from the offer to the end, with who may take part in which step. Key
 * agreement is wzp/crypto/agree.h; the room that a call then is, session.h; the
 * way to the relay, line.h. Source: design/secure-media.md 4, spec/relay.md
 * 4.3–4.5, spec/client.md 4.3.
 *
 * States of a direct call:
 *
 *   caller                               callee
 *   IDLE ─call→ CALLING                  IDLE ─offer→ RINGING
 *   CALLING ─valid answer─┐              RINGING ─answer─┐
 *   CALLING ─answer, its key is not the pinned one→ ASKING ─accepted─┐
 *   RINGING ─answer, the same→ ASKING ─accepted─┐                    │
 *                         │                     ▼                    │
 *                         │                  ANSWERED ─reveal─┐      │
 *                         └────── reveal ──▶ AGREED ◀─────────┴──────┘
 *   AGREED ─CallSetup→ JOINING ─packet of the other side opened→ ACTIVE
 *   CALLING ─offer of whom we call, of a smaller fingerprint→ (ASKING) ANSWERED
 *   any ─hang-up, timer, bad keys→ IDLE
 * -- end of states
 *
 * What others can do to a call. The relay can end it, by Hangup or by silence:
 * it carries it. It cannot take it over: the answer must hold a package of
 * whom we call, the reveal one of who rang. An answer that does not is counted
 * and changes nothing, so that who is not called ends nothing either. It can
 * invent an offer of whom we call, for us to give way to: then no reveal comes,
 * and the call ends as by silence. A Hangup
 * counts for the call it names only; without a name it counts until the relay
 * says that it rings, as relays say so that nobody is there. Later it would be
 * somebody else's, who ends all his calls, passed on as he said it.
 *
 * Several devices of the callee: the first valid answer stands. A later one is
 * told Hangup{Busy}, after the reveal went to the first. A device that has not
 * got a reveal takes it for "answered elsewhere"; one that has ignores it. A
 * device stays silent when no reveal comes, or one whose signature is for
 * another device's package: its Hangup would end the call of the other.
 */
#ifndef WZP_CLIENT_CALLS_H
#define WZP_CLIENT_CALLS_H

#include <wzp/client/contacts.h>
#include <wzp/client/event.h>
#include <wzp/crypto/agree.h>
#include <wzp/proto/addr.h>

/* What the engine gives; everything outlives the machine. */
typedef struct wzp__calls_deps {
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    uint8_t tls_hash[WZP_HASH_LEN]; /* of the endpoint's certificate */
    wzp_unix_s (*unix_now)(void *user);
    void *unix_now_user;
    const char *alias;
    const wzp_store *store;
    wzp_contacts *contacts;
} wzp__calls_deps;

typedef struct wzp__calls wzp__calls;

/* Errors of the store's "calls". */
WZP_NODISCARD wzp_err wzp__calls_new(wzp__calls **out,
                                     const wzp__calls_deps *deps);
void wzp__calls_free(wzp__calls *c);

/* --- commands: see engine.h, whose errors these are --- */

WZP_NODISCARD wzp_err wzp__calls_call(wzp__calls *c, wzp_tstamp now,
                                      const uint8_t fingerprint[WZP_FP_LEN]);
WZP_NODISCARD wzp_err wzp__calls_answer(wzp__calls *c, wzp_tstamp now,
                                        const char *call_id,
                                        wzp_accept_mode mode);
void wzp__calls_hangup(wzp__calls *c, wzp_tstamp now, wzp_hangup_reason reason);
WZP_NODISCARD wzp_err wzp__calls_contact_decide(wzp__calls *c, wzp_tstamp now,
                                                bool accept);

/* --- what happens around it --- */

/* The way to the relay stands, or does not; is_legacy: what is needed to seal a
 * call cannot go that way. */
void wzp__calls_line(wzp__calls *c, bool is_up, bool is_legacy);
/* A signal of the relay. Errors name what was wrong with it; it is counted, and
 * unless said above nothing changes. WZP_ERR_PROTOCOL: not about calls. */
WZP_NODISCARD wzp_err wzp__calls_recv(wzp__calls *c, wzp_tstamp now,
                                      const wzp_signal *sig);
/* A signal polled could not be sent; that is counted. */
void wzp__calls_unsent(wzp__calls *c);
/* In the call's room: a packet of the other side was opened. */
void wzp__calls_heard(wzp__calls *c, wzp_tstamp now);
/* The call's room is left for good, or could not be entered. */
void wzp__calls_left(wzp__calls *c, wzp_tstamp now, wzp_err why);

/* --- the machine's verbs --- */

typedef enum wzp__calls_action_kind {
    WZP__CALLS_SEND,  /* u.signal: to the relay; only while the line is up */
    WZP__CALLS_EVENT, /* u.event: to the host */
    WZP__CALLS_JOIN,  /* u.join: enter the call's room with these keys */
    WZP__CALLS_LEAVE, /* leave it */
} wzp__calls_action_kind;

typedef struct wzp__calls_action {
    wzp__calls_action_kind kind;
    union { /* pointers: valid until the next call */
        wzp_signal signal;
        wzp_client_event event;
        struct {
            const char *room;
            wzp_addr relay;   /* as the relay names it */
            wzp_agree *agree; /* done */
        } join;
    } u;
} wzp__calls_action;

void wzp__calls_expire(wzp__calls *c, wzp_tstamp now);
wzp_tstamp wzp__calls_deadline(const wzp__calls *c);
bool wzp__calls_poll(wzp__calls *c, wzp_tstamp now, wzp__calls_action *out);

/* --- queries --- */

/* There is a call, and it is not only ringing here. */
bool wzp__calls_is_busy(const wzp__calls *c);
/* In the call's room, or on the way there. */
bool wzp__calls_has_room(const wzp__calls *c);
/* Of the present call; "": none. */
const char *wzp__calls_id(const wzp__calls *c);
/* Our fingerprint is the smaller one of the two. */
bool wzp__calls_is_smaller(const wzp__calls *c);
/* Fills the fields of direct calls. */
void wzp__calls_stats(const wzp__calls *c, wzp_client_stats *out);

#endif
