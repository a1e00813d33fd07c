/* SPDX-License-Identifier: MIT */
/* Every state has a name. */
#include "support/harness.h"

#include <wzp/client/event.h>

WZP_TEST(state_name_every_state_has_one)
{
    for (int s = WZP_CLIENT_IDLE; s <= WZP_CLIENT_CLEAR_DECISION; s++) {
        assert_string_not_equal(wzp_client_state_name((wzp_client_state)s),
                                "?");
    }
    assert_string_equal(wzp_client_state_name((wzp_client_state)99), "?");
}

WZP_TEST(state_name_every_state_of_a_line_has_one)
{
    for (int s = WZP_LINE_IDLE; s <= WZP_LINE_PIN_DECISION; s++) {
        assert_string_not_equal(wzp_line_state_name((wzp_line_state)s), "?");
    }
    assert_string_equal(wzp_line_state_name((wzp_line_state)99), "?");
}

WZP_TEST(state_name_every_state_of_a_call_has_one)
{
    for (int s = WZP_CALL_RINGING_OUT; s <= WZP_CALL_ENDED; s++) {
        assert_string_not_equal(wzp_call_state_name((wzp_call_state)s), "?");
    }
    assert_string_equal(wzp_call_state_name((wzp_call_state)99), "?");
}
