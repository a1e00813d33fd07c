/* SPDX-License-Identifier: MIT */
/* Commands of direct calls, and what the host is told of them. What a call is:
 * calls_test.c, and tests/integration/direct_call_test.c.
 */
#include "client/uv_relay.h"

static wzp_client_event await_call(wzp_client *c, wzp_call_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_CALL);
    } while (ev.u.call.state != state);
    return ev;
}

WZP_TEST(client_calls_and_hangs_up)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    (void)await_line(c, WZP_LINE_REGISTERED);

    ASSERT_OK(wzp_client_call(c, somebody));
    wzp_client_event ev = await_call(c, WZP_CALL_RINGING_OUT);
    assert_memory_equal(ev.u.call.fingerprint, somebody, WZP_FP_LEN);
    ASSERT_OK(wzp_client_call(c, somebody)); /* one at a time */
    ev = await_call(c, WZP_CALL_ENDED);
    assert_int_equal(ev.u.call.why, WZP_ERR_STATE);
    assert_string_equal(ev.u.call.call_id, "");
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ev = await_call(c, WZP_CALL_ENDED);
    ASSERT_OK(ev.u.call.why);
    assert_int_equal(strlen(ev.u.call.call_id), 32);

    wzp_client_free(c, NULL, NULL);
    relay_halt(r);
    relay_end(r);
}

WZP_TEST(client_has_nothing_to_answer_or_decide_without_a_call)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    char long_id[WZP_CALL_ID_MAX + 2];
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    assert_int_equal(wzp_client_call(c, somebody), WZP_ERR_STATE);
    ASSERT_OK(wzp_client_run_thread(c));
    memset(long_id, 'x', sizeof long_id);
    long_id[sizeof long_id - 1] = '\0';
    assert_int_equal(wzp_client_answer(c, long_id, WZP_ACCEPT_GENERIC),
                     WZP_ERR_ARG);
    ASSERT_OK(wzp_client_answer(c, "none", WZP_ACCEPT_GENERIC));
    ASSERT_OK(wzp_client_contact_decide(c, true));
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ASSERT_OK(wzp_client_call(c, somebody)); /* not registered */
    const wzp_client_event ev = await_event(c, WZP_EVENT_CALL);
    assert_int_equal(ev.u.call.state, WZP_CALL_ENDED);
    assert_int_equal(ev.u.call.why, WZP_ERR_STATE);
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_in_a_call_is_refused_a_room_and_the_call_goes_on)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    (void)await_line(c, WZP_LINE_REGISTERED);
    ASSERT_OK(wzp_client_call(c, somebody));
    (void)await_call(c, WZP_CALL_RINGING_OUT);

    ASSERT_OK(wzp_client_join(c, "lounge", by_name(r), NULL));
    wzp_client_event ev;
    do {
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
        assert_int_not_equal(ev.kind, WZP_EVENT_ENDED);
    } while (ev.kind != WZP_EVENT_STATE);
    assert_int_equal(ev.u.state.state, WZP_CLIENT_IDLE);
    assert_int_equal(ev.u.state.why, WZP_ERR_STATE);
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ASSERT_OK(await_call(c, WZP_CALL_ENDED).u.call.why);

    wzp_client_free(c, NULL, NULL);
    relay_halt(r);
    relay_end(r);
}
