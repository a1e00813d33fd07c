/* SPDX-License-Identifier: MIT */
/* States of a legacy media session, as a table: bookkeeping that tells when
 * media may flow. No keys, no time. Source: spec/wire.md 6.8.
 */
#ifndef WZP_PROTO_SESSION_H
#define WZP_PROTO_SESSION_H

#include <wzp/proto/err.h>

typedef enum wzp_session_state {
    WZP_SESSION_IDLE,
    WZP_SESSION_CONNECTING,
    WZP_SESSION_HANDSHAKING,
    WZP_SESSION_ACTIVE,
    WZP_SESSION_REKEYING,
    WZP_SESSION_CLOSED,
} wzp_session_state;

#define WZP_SESSION_STATES 6

typedef enum wzp_session_event {
    WZP_SESSION_INITIATE,
    WZP_SESSION_CONNECTED,
    WZP_SESSION_HANDSHAKE_COMPLETE,
    WZP_SESSION_REKEY_START,
    WZP_SESSION_REKEY_COMPLETE,
    WZP_SESSION_TERMINATE,
    WZP_SESSION_CONNECTION_LOST,
} wzp_session_event;

#define WZP_SESSION_EVENTS 7

/* Start with {0}: idle, no rekeys. */
typedef struct wzp_session {
    wzp_session_state state;
    uint32_t rekeys; /* completed ones */
} wzp_session;

/* Take one event. WZP_ERR_STATE, and nothing changes, when the table has no
 * such transition. */
WZP_NODISCARD wzp_err wzp_session_recv(wzp_session *s, wzp_session_event event)
    WZP_NONNULL(1);

/* Media may be sent and taken: active or rekeying. */
bool wzp_session_is_open(const wzp_session *s) WZP_NONNULL(1);

/* "active"; NULL when out of range. */
const char *wzp_session_state_name(wzp_session_state state);

#endif
