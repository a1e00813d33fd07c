/* SPDX-License-Identifier: MIT */
/* Dialling by either family, and resuming only what is pinned. */
#include "path/dial.h"

#include "client/small_relay.h"

/* The first packet that dialling gives. */
static wzp_ep_action first_packet(sr *w, const wzp_addr *local,
                                  const wzp_addr *remote)
{
    const wzp__trust trust = {.pins = w->pins, .relay = SR_RELAY};
    const wzp_dial to = {.local = *local, .remote = *remote, .sni = "room"};
    wzp_conn_id conn;
    wzp_ep_action a;
    ASSERT_OK(wzp__dial(w->ep, w->now, &trust, &to, &conn));
    assert_int_not_equal(conn, 0);
    assert_true(wzp_endpoint_poll(w->ep, w->now, &a));
    assert_int_equal(a.kind, WZP_EP_SEND);
    return a;
}

WZP_TEST(dial_leaves_from_the_address_it_is_given_if_that_is_of_the_family)
{
    sr *w = sr_new();

    const wzp_ep_action a = first_packet(w, &w->addr, &w->relay_addr);

    assert_true(wzp_addr_equal(&a.u.send.local, &w->addr));
    assert_true(wzp_addr_equal(&a.u.send.remote, &w->relay_addr));
    sr_free(w);
}

WZP_TEST(dial_leaves_from_any_address_of_the_other_family_and_the_same_port)
{
    sr *w = sr_new();
    const uint8_t v6[16] = {0xfd, [15] = 1};
    const wzp_addr local = wzp_addr_v6(v6, 5555);

    const wzp_ep_action a = first_packet(w, &local, &w->relay_addr);

    const wzp_addr want = {.family = WZP_FAMILY_V4, .port = 5555};
    assert_true(wzp_addr_equal(&a.u.send.local, &want));
    sr_free(w);
}

WZP_TEST(dial_gives_no_connection_when_it_cannot)
{
    sr *w = sr_new();
    const wzp__trust trust = {.pins = w->pins, .relay = SR_RELAY};
    char name[WZP_SNI_MAX + 2];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const wzp_dial to = {
        .local = w->addr, .remote = w->relay_addr, .sni = name};
    wzp_conn_id conn = 77;

    assert_int_not_equal(wzp__dial(w->ep, w->now, &trust, &to, &conn), WZP_OK);

    assert_int_equal(conn, 0);
    sr_free(w);
}
