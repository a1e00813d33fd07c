/* SPDX-License-Identifier: MIT */
/* Names of states, for people and for files. */
#include <wzp/client/event.h>

const char *wzp_client_state_name(wzp_client_state state)
{
    static const char *const names[] = {
        [WZP_CLIENT_IDLE] = "idle",
        [WZP_CLIENT_CONNECTING] = "connecting",
        [WZP_CLIENT_JOINING] = "joining",
        [WZP_CLIENT_JOINED] = "joined",
        [WZP_CLIENT_RECONNECTING] = "reconnecting",
        [WZP_CLIENT_PIN_DECISION] = "pin-decision",
        [WZP_CLIENT_CLEAR_DECISION] = "clear-decision",
    };
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

const char *wzp_call_state_name(wzp_call_state state)
{
    static const char *const names[] = {
        [WZP_CALL_RINGING_OUT] = "calling",   [WZP_CALL_RINGING_IN] = "ringing",
        [WZP_CALL_CONNECTING] = "connecting", [WZP_CALL_ACTIVE] = "active",
        [WZP_CALL_ENDED] = "ended",
    };
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

const char *wzp_line_state_name(wzp_line_state state)
{
    static const char *const names[] = {
        [WZP_LINE_IDLE] = "idle",
        [WZP_LINE_CONNECTING] = "connecting",
        [WZP_LINE_REGISTERING] = "registering",
        [WZP_LINE_REGISTERED] = "registered",
        [WZP_LINE_RECONNECTING] = "reconnecting",
        [WZP_LINE_PIN_DECISION] = "pin-decision",
    };
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}
