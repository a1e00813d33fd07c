/* SPDX-License-Identifier: MIT */
/* What close codes mean; what a session does with them is session_test.c. */
#include "call/close_reason.h"

#include "client/fakes.h"

WZP_TEST(close_codes_are_final_or_temporary_and_never_both)
{
    for (uint64_t code = 0; code < 20; code++) {
        const wzp_err final = wzp__close_final(code);
        const wzp_err other = wzp__close_temporary(WZP_ERR_PEER_CLOSED, code);
        assert_int_equal(final == WZP_OK, code < WZP_CLOSE_AUTH ||
                                              code == WZP_CLOSE_FULL ||
                                              code == WZP_CLOSE_SLOW ||
                                              code > WZP_CLOSE_KEY_MISMATCH);
        assert_int_equal(other != WZP_ERR_PEER_CLOSED,
                         code == WZP_CLOSE_SHUTDOWN || code == WZP_CLOSE_FULL ||
                             code == WZP_CLOSE_SLOW);
    }
}

WZP_TEST(close_without_a_code_keeps_its_own_reason)
{
    assert_int_equal(wzp__close_temporary(WZP_ERR_IDLE, WZP_CLOSE_FULL),
                     WZP_ERR_IDLE);
}
