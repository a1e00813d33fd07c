/* SPDX-License-Identifier: MIT */
/* A registration by name: beside a room, ended meanwhile, refused.
 */
#include "client/uv_relay.h"

WZP_TEST(client_registers_by_name_and_unregisters)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    for (int i = 0; i < 2; i++) {
        ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
        ASSERT_OK(await_line(c, WZP_LINE_REGISTERED).u.line.why);
        ASSERT_OK(wzp_client_unregister(c));
        ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_halt(r), 2);
    assert_string_equal(r->w.sni, "_signal");
    assert_int_equal(relay_end(r), 0); /* and joined no room */
}

WZP_TEST(client_is_registered_beside_a_room)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", by_name(r), NULL));
    await_state(c, WZP_CLIENT_JOINED);

    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    await_line(c, WZP_LINE_REGISTERED);
    ASSERT_OK(wzp_client_leave(c));
    ASSERT_OK(await_event(c, WZP_EVENT_ENDED).u.ended.why);
    ASSERT_OK(wzp_client_unregister(c));
    ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
}

/* Both names are looked up at once, and neither knows of the other. */
WZP_TEST(client_looks_up_a_room_and_a_line_at_once)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_join(c, "room", "no..where:4433", NULL));
    ASSERT_OK(wzp_client_register(c, "no..where:4433", NULL));

    bool has_ended = false;
    bool is_idle = false;
    while (!has_ended || !is_idle) {
        wzp_client_event ev;
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
        has_ended = has_ended || (ev.kind == WZP_EVENT_ENDED &&
                                  ev.u.ended.why == WZP_ERR_RESOLVE);
        is_idle = is_idle || (ev.kind == WZP_EVENT_LINE &&
                              ev.u.line.why == WZP_ERR_RESOLVE);
    }
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_that_unregisters_while_resolving_does_not_register)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    held_pool pool;
    ASSERT_OK(wzp_client_run_thread(c));

    pool_hold(&pool);
    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    ASSERT_OK(wzp_client_unregister(c));
    pool_release(&pool);
    ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_halt(r), 0);
    relay_end(r);
}

WZP_TEST(client_has_one_registration_at_a_time)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, r->address, NULL));
    await_line(c, WZP_LINE_REGISTERED);

    ASSERT_OK(wzp_client_register(c, r->address, NULL));
    const wzp_client_event ev = await_event(c, WZP_EVENT_LINE);

    assert_int_equal(ev.u.line.state, WZP_LINE_REGISTERED);
    assert_int_equal(ev.u.line.why, WZP_ERR_STATE);
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

WZP_TEST(client_tells_when_the_name_of_a_signal_relay_is_not_found)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_register(c, "no..where:4433", NULL));
    const wzp_client_event ev = await_line(c, WZP_LINE_IDLE);

    assert_int_equal(ev.u.line.why, WZP_ERR_RESOLVE);
    assert_non_null(strstr(ev.u.line.text, "no..where"));
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_can_be_freed_while_a_registration_is_resolving)
{
    ASSERT_OK(wzp_global_init());
    for (int i = 0; i < 10; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_run_thread(c));
        ASSERT_OK(wzp_client_register(c, "localhost:9", NULL));
        wzp_client_free(c, NULL, NULL);
    }
    wzp_global_deinit();
}

WZP_TEST(client_refuses_to_register_at_what_is_no_relay_or_with_no_pin)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    assert_int_equal(wzp_client_register(c, "host:port", NULL),
                     WZP_ERR_ADDRESS);
    assert_int_not_equal(wzp_client_register(c, "host", "12:34"), WZP_OK);

    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}
