/* SPDX-License-Identifier: MIT */
/* The session table: every state with every event. spec/wire.md 6.8. */
#include "support/harness.h"

#include <wzp/proto/session.h>

#define NO (-1)

/* clang-format off */
/* columns: initiate, connected, handshake complete, rekey start, rekey
 * complete, terminate, connection lost; I C H A R X are the states */
enum { I, C, H, A, R, X };
static const int NEXT[WZP_SESSION_STATES][WZP_SESSION_EVENTS] = {
    /* idle        */ {C,  NO, NO, NO, NO, NO, NO},
    /* connecting  */ {NO, H,  NO, NO, NO, X,  X},
    /* handshaking */ {NO, NO, A,  NO, NO, X,  X},
    /* active      */ {NO, NO, NO, R,  NO, X,  X},
    /* rekeying    */ {NO, NO, NO, NO, A,  X,  X},
    /* closed      */ {NO, NO, NO, NO, NO, NO, NO},
};
/* clang-format on */

static size_t count_pairs(void)
{
    return (size_t)WZP_SESSION_STATES * WZP_SESSION_EVENTS;
}

static void run_pair(size_t row)
{
    const size_t state = row / WZP_SESSION_EVENTS;
    const size_t event = row % WZP_SESSION_EVENTS;
    wzp_session s = {.state = (wzp_session_state)state, .rekeys = 5};
    const wzp_err e = wzp_session_recv(&s, (wzp_session_event)event);
    const int wanted = NEXT[state][event];
    assert_int_equal(e, (wanted == NO) ? WZP_ERR_STATE : WZP_OK);
    assert_int_equal(s.state, (wanted == NO) ? (int)state : wanted);
    const bool counted = e == WZP_OK && event == WZP_SESSION_REKEY_COMPLETE;
    assert_int_equal(s.rekeys, counted ? 6 : 5);
}
WZP_ROWS(session_state_meets_event, count_pairs, run_pair);

WZP_TEST(session_is_open_while_active_or_rekeying)
{
    for (unsigned i = 0; i < WZP_SESSION_STATES; i++) {
        const wzp_session s = {.state = (wzp_session_state)i};
        assert_int_equal(wzp_session_is_open(&s), i == A || i == R);
        assert_non_null(wzp_session_state_name(s.state));
    }
    assert_null(wzp_session_state_name((wzp_session_state)WZP_SESSION_STATES));
}
