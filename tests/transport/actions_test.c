/* SPDX-License-Identifier: MIT */
/* The order in which things are given out. */
#include "net.h"
#include "quic/table.h"

/* Pass what a node sends in one round straight to the other one. */
static void hand_over(net_node *from, net_node *to)
{
    wzp_ep_action a;
    while (wzp_endpoint_poll(from->ep, from->net->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            wzp_endpoint_recv(to->ep, from->net->now, &to->addr, &from->addr,
                              a.u.send.data, a.u.send.len);
        }
    }
}

WZP_TEST(actions_give_signals_before_the_end_and_packets_last)
{
    net_pair p = net_connect(1);
    net_signal(p.server, p.s, "one");
    net_signal(p.server, p.s, "two");
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 0, "bye"),
                     WZP_OK);
    hand_over(p.server, p.client);
    assert_int_equal(net_dgram(p.client, p.c, 10, 1), WZP_ERR_NOT_FOUND);
    const wzp_ep_action_kind want[] = {WZP_EP_SIGNAL, WZP_EP_SIGNAL,
                                       WZP_EP_CLOSED};
    wzp_ep_action a;
    for (size_t i = 0; i < 3; i++) {
        assert_true(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
        assert_int_equal(a.kind, want[i]);
    }
    assert_false(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
    net_free(p.n);
}

WZP_TEST(actions_of_a_connection_the_owner_closed_are_left_out)
{
    net_pair p = net_connect(2);
    net_signal(p.server, p.s, "one");
    net_signal(p.server, p.s, "two");
    assert_int_equal(net_dgram(p.server, p.s, 10, 1), WZP_OK);
    hand_over(p.server, p.client);
    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, p.c, 0, ""),
                     WZP_OK);
    wzp_ep_action a;
    assert_true(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
    assert_int_equal(a.kind, WZP_EP_CLOSED);
    assert_true(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
    assert_int_equal(a.kind, WZP_EP_SEND);
    net_drain_all(p.n);
    assert_int_equal(wzp_pkt_pool_free_count(p.client->pool), 256);
    net_free(p.n);
}

WZP_TEST(actions_datagram_stays_valid_while_it_is_sent_on)
{
    net_pair p = net_connect(3);
    assert_int_equal(net_dgram(p.server, p.s, 10, 7), WZP_OK);
    hand_over(p.server, p.client);
    wzp_ep_action a;
    assert_true(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
    assert_int_equal(a.kind, WZP_EP_DGRAM);
    for (int i = 0; i < 3; i++) { /* commands do not take it back */
        assert_int_equal(
            wzp_endpoint_send_dgram(p.client->ep, p.n->now, p.c, a.u.dgram),
            WZP_OK);
    }
    assert_int_equal(a.u.dgram->data[9], 7);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams, 3);
    net_free(p.n);
}

WZP_TEST(actions_last_look_at_statistics_while_the_end_is_told)
{
    net_pair p = net_connect(4);
    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, p.c, 0, ""),
                     WZP_OK);
    wzp_ep_action a;
    assert_true(wzp_endpoint_poll(p.client->ep, p.n->now, &a));
    assert_int_equal(a.kind, WZP_EP_CLOSED);
    wzp_conn_stats s = {.size = sizeof s};
    assert_int_equal(wzp_endpoint_conn_stats(p.client->ep, p.c, &s), WZP_OK);
    assert_true(s.rx_packets > 0);
    net_free(p.n);
}
