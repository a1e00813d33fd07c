/* SPDX-License-Identifier: MIT */
/* Every close code of design/secure-media.md 9 as a client reads it. That a
 * relay sends them: tests/relay/relay_hub_test.c.
 */
#include "path/close_code.h"

#include "support/harness.h"

#include <string.h>

static const struct {
    wzp_err err;
    uint64_t code;
    wzp_err why;
    bool is_final;
} ENDS[] = {
    {WZP_ERR_PEER_CLOSED, 0, WZP_ERR_PEER_CLOSED, false},
    {WZP_ERR_PEER_CLOSED, 1, WZP_ERR_SHUTDOWN, false},
    {WZP_ERR_PEER_CLOSED, 2, WZP_ERR_AUTH, true},
    {WZP_ERR_PEER_CLOSED, 3, WZP_ERR_NOT_ALLOWED, true},
    {WZP_ERR_PEER_CLOSED, 4, WZP_ERR_ROOM_FULL, false},
    {WZP_ERR_PEER_CLOSED, 5, WZP_ERR_PROTOCOL, true},
    {WZP_ERR_PEER_CLOSED, 6, WZP_ERR_SLOW, false},
    {WZP_ERR_PEER_CLOSED, 7, WZP_ERR_REPLACED, true},
    {WZP_ERR_PEER_CLOSED, 8, WZP_ERR_LEGACY, true},
    {WZP_ERR_PEER_CLOSED, 9, WZP_ERR_PIN, true},
    {WZP_ERR_PEER_CLOSED, 10, WZP_ERR_PEER_CLOSED, false},
    {WZP_ERR_IDLE, 2, WZP_ERR_IDLE, false}, /* a code only if the peer's */
    {WZP_ERR_ALPN, 0, WZP_ERR_ALPN, true},
    {WZP_ERR_CERT_REQUIRED, 0, WZP_ERR_CERT_REQUIRED, false},
};

static size_t end_rows(void)
{
    return sizeof ENDS / sizeof ENDS[0];
}

static void end_row(size_t i)
{
    wzp_ep_action a = {.kind = WZP_EP_CLOSED,
                       .u.closed = {.err = ENDS[i].err,
                                    .code = ENDS[i].code,
                                    .reason = "so it is"}};
    char text[100] = "";
    assert_int_equal(wzp__close_code_why(&a), ENDS[i].why);
    assert_int_equal(wzp__close_code_is_final(&a, false, text, sizeof text),
                     ENDS[i].is_final);
    assert_int_equal(text[0] != '\0', ENDS[i].is_final);
    /* A relay that had let us in is not given up for what anybody can say. */
    assert_int_equal(wzp__close_code_is_final(&a, true, text, sizeof text),
                     ENDS[i].is_final && ENDS[i].err != WZP_ERR_ALPN);
    if (ENDS[i].is_final && ENDS[i].err == WZP_ERR_PEER_CLOSED) {
        assert_string_equal(text, "the relay says: so it is");
        a.u.closed.reason = "";
        assert_true(wzp__close_code_is_final(&a, false, text, sizeof text));
        assert_non_null(strstr(text, wzp_strerror(ENDS[i].why)));
    }
}
WZP_ROWS(close_code_says_why_and_whether_to_come_back, end_rows, end_row);
