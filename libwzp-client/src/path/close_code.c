/* SPDX-License-Identifier: MIT */
/* The table of close codes, see close_code.h.
 */
#include "path/close_code.h"

#include <stdio.h>

static const struct {
    uint64_t code;
    wzp_err why;
    bool is_final;
} CODES[] = {
    {WZP_CLOSE_NORMAL, WZP_ERR_PEER_CLOSED, false},
    {WZP_CLOSE_SHUTDOWN, WZP_ERR_SHUTDOWN, false},
    {WZP_CLOSE_AUTH, WZP_ERR_AUTH, true},
    {WZP_CLOSE_NOT_ALLOWED, WZP_ERR_NOT_ALLOWED, true},
    {WZP_CLOSE_FULL, WZP_ERR_ROOM_FULL, false},
    {WZP_CLOSE_PROTOCOL, WZP_ERR_PROTOCOL, true},
    {WZP_CLOSE_SLOW, WZP_ERR_SLOW, false},
    {WZP_CLOSE_REPLACED, WZP_ERR_REPLACED, true},
    {WZP_CLOSE_LEGACY, WZP_ERR_LEGACY, true},
    {WZP_CLOSE_KEY_MISMATCH, WZP_ERR_PIN, true},
};

enum { N_CODES = sizeof CODES / sizeof CODES[0] };

/* The row of a close by the peer; N_CODES when there is none. */
static size_t row_of(const wzp_ep_action *closed)
{
    size_t i = 0;
    if (closed->u.closed.err != WZP_ERR_PEER_CLOSED) {
        return N_CODES;
    }
    while (i < N_CODES && CODES[i].code != closed->u.closed.code) {
        i++;
    }
    return i;
}

wzp_err wzp__close_code_why(const wzp_ep_action *closed)
{
    const size_t i = row_of(closed);
    return i < N_CODES ? CODES[i].why : closed->u.closed.err;
}

bool wzp__close_code_is_final(const wzp_ep_action *closed, bool had_us,
                              char *text, size_t cap)
{
    const size_t i = row_of(closed);
    const char *reason = closed->u.closed.reason;
    if (closed->u.closed.err == WZP_ERR_ALPN && !had_us) {
        (void)snprintf(text, cap, "this is not a WZP relay");
        return true;
    }
    if (i == N_CODES || !CODES[i].is_final) {
        return false;
    }
    (void)snprintf(text, cap, "the relay says: %s",
                   reason[0] != '\0' ? reason : wzp_strerror(CODES[i].why));
    return true;
}
