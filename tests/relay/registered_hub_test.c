/* SPDX-License-Identifier: MIT */
/* Registered clients over real QUIC: what moves, losses and ends do to them. */
#include "hub.h"

static hub_client *registered(hub *h)
{
    hub_client *c = hub_dial(h, "_signal");
    hub_run(h, 100 * WZP_MS);
    assert_true(c->is_connected);
    hub_send_reg(h, c, true);
    hub_run(h, 100 * WZP_MS);
    assert_true(c->is_registered);
    return c;
}

static void say(hub *h, hub_client *c, const char *json)
{
    assert_int_equal(
        wzp_endpoint_send_signal(c->ep, h->now, c->conn, json, strlen(json)),
        WZP_OK);
}

static const char *reflected(hub *h, hub_client *c)
{
    c->observed[0] = '\0';
    say(h, c, "\"Reflect\"");
    hub_run(h, 200 * WZP_MS);
    return c->observed;
}

WZP_TEST(a_registration_moves_with_its_client)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = registered(&h);
    assert_string_equal(reflected(&h, c), "10.0.1.0:5000");
    c->addr.port = 6001;
    wzp_endpoint_rebind(c->ep, h.now, &c->addr);
    hub_run(&h, WZP_S);
    assert_string_equal(reflected(&h, c), "10.0.1.0:6001");
    assert_int_equal(hub_stats(&h).path_changes, 1);
    assert_int_equal(hub_stats(&h).registered_verified, 1);
    assert_int_equal(hub_stats(&h).registrations, 1);
    hub_free(&h);
}

WZP_TEST(a_registration_lasts_while_nothing_is_said)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = registered(&h);
    hub_run(&h, 300 * WZP_S);
    assert_false(c->is_closed);
    assert_int_equal(hub_stats(&h).registered, 1);
    assert_string_equal(reflected(&h, c), "10.0.1.0:5000");
    hub_free(&h);
}

/* The control of the one above: it is the client that keeps it. */
WZP_TEST(a_client_that_vanished_is_no_longer_reachable)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = registered(&h);
    c->is_off = true;
    hub_run(&h, 29 * WZP_S);
    assert_int_equal(hub_stats(&h).registered, 1);
    hub_run(&h, 11 * WZP_S);
    assert_int_equal(hub_stats(&h).registered, 0);
    assert_int_equal(hub_stats(&h).registrations_ended, 1);
    hub_free(&h);
}

WZP_TEST(a_client_that_vanished_and_came_back_stays_reachable)
{
    hub h;
    hub_new(&h, false);
    hub_client *gone = registered(&h);
    gone->is_off = true;
    hub_client *back = hub_dial(&h, "_signal");
    hub_run(&h, 100 * WZP_MS);
    back->identity = gone->identity; /* it is the same one */
    hub_send_reg(&h, back, true);
    hub_run(&h, 100 * WZP_MS);
    assert_true(back->is_registered);
    /* Until well after the relay has given the older connection up. */
    hub_run(&h, 120 * WZP_S);
    assert_false(back->is_closed);
    assert_int_equal(hub_stats(&h).registered, 1);
    assert_int_equal(hub_stats(&h).conns, 1);
    assert_string_equal(reflected(&h, back), "10.0.1.1:5000");
    hub_free(&h);
}

WZP_TEST(who_is_refused_hears_the_ack_before_the_close)
{
    hub h;
    hub_new(&h, false);
    hub_client *c = hub_dial(&h, "_signal");
    hub_run(&h, 100 * WZP_MS);
    hub_send_reg(&h, c, false);
    hub_run(&h, WZP_S);
    assert_true(c->is_turned_away);
    assert_int_equal(c->close_code, WZP_CLOSE_LEGACY);
    assert_non_null(strstr(c->reason, "prove"));
    assert_int_equal(hub_stats(&h).conns, 0);
    hub_free(&h);
    assert_int_equal(h.held, 0);
}

/* Nothing longer than a stranger's message is read at the desk, so no room is
 * kept for one, with proof or without: it ends the registration. */
WZP_TEST(nobody_sends_the_desk_long_messages)
{
    static char text[100000];
    for (int row = 0; row < 4; row++) {
        const bool proves = row % 2 != 0, is_long = row / 2 != 0;
        memset(text, ' ', sizeof text);
        memcpy(text, "\"Hold\"", 6);
        text[is_long ? sizeof text - 1 : 60000] = '\0';
        hub h;
        hub_new(&h, true);
        hub_client *c = hub_dial(&h, "_signal");
        hub_run(&h, 100 * WZP_MS);
        hub_send_reg(&h, c, proves);
        hub_run(&h, 100 * WZP_MS);
        assert_true(c->is_registered);
        say(&h, c, text);
        hub_run(&h, WZP_S);
        assert_int_equal(c->is_closed, is_long);
        assert_int_equal(hub_stats(&h).signals_malformed, 0);
        hub_free(&h);
    }
}
