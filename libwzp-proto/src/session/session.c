/* SPDX-License-Identifier: MIT */
/* The session table (session.h).
 *
 *   IDLE ─initiate→ CONNECTING ─connected→ HANDSHAKING ─handshake complete→
 *   ACTIVE ─rekey start→ REKEYING ─rekey complete→ ACTIVE
 *   CONNECTING, HANDSHAKING, ACTIVE, REKEYING ─terminate, lost→ CLOSED
 */
#include <wzp/proto/session.h>

typedef struct transition {
    wzp_session_state from;
    wzp_session_event event;
    wzp_session_state to;
} transition;

/* clang-format off */
static const transition TRANSITIONS[] = {
    {WZP_SESSION_IDLE,        WZP_SESSION_INITIATE,           WZP_SESSION_CONNECTING},
    {WZP_SESSION_CONNECTING,  WZP_SESSION_CONNECTED,          WZP_SESSION_HANDSHAKING},
    {WZP_SESSION_HANDSHAKING, WZP_SESSION_HANDSHAKE_COMPLETE, WZP_SESSION_ACTIVE},
    {WZP_SESSION_ACTIVE,      WZP_SESSION_REKEY_START,        WZP_SESSION_REKEYING},
    {WZP_SESSION_REKEYING,    WZP_SESSION_REKEY_COMPLETE,     WZP_SESSION_ACTIVE},
    {WZP_SESSION_CONNECTING,  WZP_SESSION_TERMINATE,          WZP_SESSION_CLOSED},
    {WZP_SESSION_HANDSHAKING, WZP_SESSION_TERMINATE,          WZP_SESSION_CLOSED},
    {WZP_SESSION_ACTIVE,      WZP_SESSION_TERMINATE,          WZP_SESSION_CLOSED},
    {WZP_SESSION_REKEYING,    WZP_SESSION_TERMINATE,          WZP_SESSION_CLOSED},
    {WZP_SESSION_CONNECTING,  WZP_SESSION_CONNECTION_LOST,    WZP_SESSION_CLOSED},
    {WZP_SESSION_HANDSHAKING, WZP_SESSION_CONNECTION_LOST,    WZP_SESSION_CLOSED},
    {WZP_SESSION_ACTIVE,      WZP_SESSION_CONNECTION_LOST,    WZP_SESSION_CLOSED},
    {WZP_SESSION_REKEYING,    WZP_SESSION_CONNECTION_LOST,    WZP_SESSION_CLOSED},
};

static const char *const NAMES[WZP_SESSION_STATES] = {
    "idle", "connecting", "handshaking", "active", "rekeying", "closed",
};
/* clang-format on */

wzp_err wzp_session_recv(wzp_session *s, wzp_session_event event)
{
    for (size_t i = 0; i < sizeof TRANSITIONS / sizeof TRANSITIONS[0]; i++) {
        const transition *t = &TRANSITIONS[i];
        if (t->from == s->state && t->event == event) {
            s->state = t->to;
            s->rekeys += event == WZP_SESSION_REKEY_COMPLETE;
            return WZP_OK;
        }
    }
    return WZP_ERR_STATE;
}

bool wzp_session_is_open(const wzp_session *s)
{
    return s->state == WZP_SESSION_ACTIVE || s->state == WZP_SESSION_REKEYING;
}

const char *wzp_session_state_name(wzp_session_state state)
{
    const size_t i = (size_t)state;
    return (i < WZP_SESSION_STATES) ? NAMES[i] : NULL;
}
