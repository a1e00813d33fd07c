/* SPDX-License-Identifier: MIT */
/* Clients that are reachable through a relay: both ends of a registration as
 * they are, over bad links, moves and restarts.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <string.h>

static wzp_node client(wzp_world *w, uint8_t identity)
{
    const wzp_world_client_config cfg = {.identity = identity};
    const wzp_link_cfg link = {
        .loss = 0.05, .delay_ns = 20 * WZP_MS, .jitter_ns = 5 * WZP_MS};
    const wzp_node n = wzp_world_client(w, &cfg);
    wzp_world_link(w, n, &link, &link);
    return n;
}

static wzp_relay_stats stats(wzp_world *w, wzp_node relay)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(wzp_world_relay_machine(w, relay), &s);
    return s;
}

static size_t proven(wzp_world *w, wzp_node relay)
{
    const wzp_relay_stats s = stats(w, relay);
    assert_int_equal(s.registered, s.registered_verified);
    return s.registered;
}

static void reachable(wzp_world *w, wzp_node c, wzp_node relay)
{
    wzp_world_register(w, c, relay);
    assert_true(wzp_world_await_line(w, c, WZP_LINE_REGISTERED, 10 * WZP_S));
}

static wzp_client_event last_line(wzp_world *w, wzp_node c)
{
    wzp_client_event ev;
    assert_true(wzp_world_events(w, c, WZP_EVENT_LINE, &ev) > 0);
    return ev;
}

WZP_TEST(clients_register_with_proof_and_are_gone_when_they_say_so)
{
    wzp_world *w = wzp_world_new(3);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node c[5];
    for (uint8_t i = 0; i < 5; i++) {
        c[i] = client(w, (uint8_t)(20 + i));
        reachable(w, c[i], relay);
        assert_int_equal(last_line(w, c[i]).u.line.why, WZP_OK);
    }
    assert_int_equal(proven(w, relay), 5);
    wzp_world_run(w, 120 * WZP_S); /* nothing is said meanwhile */
    assert_int_equal(proven(w, relay), 5);
    assert_int_equal(stats(w, relay).registrations, 5);
    for (size_t i = 0; i < 5; i++) {
        wzp_world_unregister(w, c[i]);
        assert_true(wzp_world_await_line(w, c[i], WZP_LINE_IDLE, 5 * WZP_S));
    }
    wzp_world_run(w, 40 * WZP_S); /* if a goodbye was lost */
    assert_int_equal(stats(w, relay).registered, 0);
    assert_int_equal(stats(w, relay).registrations_ended, 5);
    wzp_world_free(w);
}

WZP_TEST(a_restart_of_the_relay_is_a_gap_and_not_an_end)
{
    wzp_world *w = wzp_world_new(4);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    const wzp_node c = client(w, 20);
    reachable(w, c, relay);
    wzp_world_restart_relay(w, relay);
    wzp_world_run(w, 40 * WZP_S); /* noticed after at most 15 s */
    assert_true(wzp_world_await_line(w, c, WZP_LINE_REGISTERED, 40 * WZP_S));
    assert_int_equal(proven(w, relay), 1);
    wzp_world_free(w);
}

/* The same identity on a second device: the newer one is reachable, the older
 * one is told and does not fight for it. */
WZP_TEST(a_second_device_takes_over_and_the_first_stays_away)
{
    wzp_world *w = wzp_world_new(5);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    const wzp_node first = client(w, 20);
    const wzp_node second = client(w, 20);
    reachable(w, first, relay);
    reachable(w, second, relay);
    assert_true(wzp_world_await_line(w, first, WZP_LINE_IDLE, 20 * WZP_S));
    assert_int_equal(last_line(w, first).u.line.why, WZP_ERR_REPLACED);
    wzp_world_run(w, 60 * WZP_S);
    assert_int_equal(proven(w, relay), 1);
    assert_int_equal(stats(w, relay).registrations, 2);
    assert_int_equal(stats(w, relay).registrations_replaced, 1);
    wzp_world_free(w);
}

/* A client whose network changed comes back over a new connection while the
 * relay still holds the old one, and stays when that one ends. */
WZP_TEST(a_client_that_comes_back_takes_its_own_place)
{
    wzp_world *w = wzp_world_new(6);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    const wzp_node c = client(w, 20);
    reachable(w, c, relay);
    wzp_world_kill(w, c);
    wzp_world_restart_client(w, c);
    reachable(w, c, relay);
    assert_int_equal(stats(w, relay).registrations_replaced, 1);
    wzp_world_run(w, 60 * WZP_S);
    assert_int_equal(wzp_engine_line_state(wzp_world_engine(w, c)),
                     WZP_LINE_REGISTERED);
    assert_int_equal(proven(w, relay), 1);
    wzp_world_free(w);
}

/* A full relay may have room later; the client tries again until it has. */
WZP_TEST(a_full_relay_is_tried_again_until_there_is_room)
{
    wzp_world *w = wzp_world_new(7);
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.max_registrations = 1;
    const wzp_node relay = wzp_world_relay(w, 9, &cfg);
    const wzp_node a = client(w, 20);
    const wzp_node b = client(w, 21);
    reachable(w, a, relay);
    wzp_world_register(w, b, relay);
    wzp_world_run(w, 3 * WZP_S);
    assert_true(stats(w, relay).refused_full > 0);
    assert_int_not_equal(wzp_engine_line_state(wzp_world_engine(w, b)),
                         WZP_LINE_IDLE);
    wzp_world_unregister(w, a);
    assert_true(wzp_world_await_line(w, b, WZP_LINE_REGISTERED, 20 * WZP_S));
    wzp_world_free(w);
}
