/* SPDX-License-Identifier: MIT */
/* The token that a relay with `asks_auth` wants before anything else. The
 * relay cannot judge it: whoever hosts it does, and says whose it is. What
 * joins or registers afterwards must be that identity.
 *
 * States of a token:
 *
 *   WANTED ──AuthToken──► ASKED ──wzp_relay_auth──► GRANTED
 *      └─ anything else       └─ not ok ──┬─ not ok ───┘
 *                 └───────────────────────┴─► refused or put out (WZP_ERR_AUTH)
 * -- end of states
 *
 * The client hears nothing of a granted token and does not wait for it: one
 * message that comes while it is ASKED is held. There is no timer of its own;
 * all happens within join_timeout.
 *
 * Source: spec/relay.md 2.2; weaknesses-relay.md 10 to 12, 19.
 */
#ifndef WZP_RELAY_AUTH_H
#define WZP_RELAY_AUTH_H

#include <wzp/crypto/identity.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>

/* Longest message held while a token is looked at. chosen: an offer of ours
 * has 4 KB, one of an earlier client with every profile 2. */
#define WZP__AUTH_HELD_MAX 16384

typedef enum wzp__auth_state {
    WZP__AUTH_WANTED,
    WZP__AUTH_ASKED,
    WZP__AUTH_GRANTED,
} wzp__auth_state;

/* A text that is wiped when it goes; all zero: none. */
typedef struct wzp__kept {
    char *text; /* owned */
    size_t len;
} wzp__kept;

void wzp__kept_free(const wzp_mem *mem, wzp__kept *kept);

/* Of one connection; all zero: nothing was said yet. */
typedef struct wzp__auth {
    wzp__auth_state state;
    wzp_conn_id conn;
    wzp__kept token;                 /* secret; until the host took it */
    wzp__kept held;                  /* JSON, until the host decided */
    uint8_t fingerprint[WZP_FP_LEN]; /* when GRANTED */
    struct wzp__auth *prev, *next;   /* while `token` is set */
} wzp__auth;

/* Tokens nobody has looked at yet, oldest first, and the one looked at. */
typedef struct wzp__asks {
    const wzp_mem *mem;      /* borrowed */
    wzp__auth *first, *last; /* borrowed */
    wzp__kept taken;         /* secret */
} wzp__asks;

void wzp__asks_init(wzp__asks *asks, const wzp_mem *mem);
void wzp__asks_deinit(wzp__asks *asks);

/* The client said its token. WZP_ERR_AUTH: empty or longer than
 * WZP_RELAY_TOKEN_MAX; WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__auth_ask(wzp__asks *asks, wzp__auth *auth,
                                    wzp_conn_id conn, wzp_str token);

/* The oldest ask that was not taken yet; false when there is none. The token
 * is valid, and in memory, until the next take. */
bool wzp__asks_take(wzp__asks *asks, wzp_conn_id *conn, wzp_str *token);

/* Keep what the client said after its token. WZP_ERR_PROTOCOL: something is
 * held already, or it is too long; WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__auth_hold(const wzp_mem *mem, wzp__auth *auth,
                                     wzp_str json);

/* The host says that the token is good and whose it is. What was held is the
 * caller's from now on. */
wzp__kept wzp__auth_grant(wzp__auth *auth,
                          const uint8_t fingerprint[WZP_FP_LEN]);

#define WZP__NOT_ITS_TOKEN "the AuthToken is for another identity"

/* True when this identity may come in: no token is asked for, or it is the
 * identity that the token is for. */
bool wzp__auth_admits(const wzp__auth *auth, bool asks_auth,
                      const uint8_t identity[WZP_KEY_LEN]);

/* Forget what is kept of a connection: while it goes on, and at its end (out
 * of no list any more). */
void wzp__auth_drop(wzp__asks *asks, wzp__auth *auth);
void wzp__auth_deinit(const wzp_mem *mem, wzp__auth *auth);

#endif
