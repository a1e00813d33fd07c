/* SPDX-License-Identifier: MIT */
#include "net.h"
#include "quic/table.h"

WZP_TEST(tomb_repeats_the_close_ever_less_often)
{
    net_pair p = net_connect(1);
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 0, ""),
                     WZP_OK);
    p.n->cut = true;
    net_drain_all(p.n);
    const uint64_t before = p.server->sent_packets;
    uint8_t data[50] = {0x40};
    const wzp__tomb *t = p.server->ep->tombs.ring[0];
    assert_non_null(t);
    memcpy(data + 1, t->cids[1].data, WZP__CID_LEN); /* the server's own id */
    for (int i = 0; i < 100; i++) {
        wzp_endpoint_recv(p.server->ep, p.n->now, &p.server->addr,
                          &p.client->addr, data, sizeof data);
        net_drain_all(p.n);
    }
    assert_int_equal(p.server->sent_packets - before, 7); /* 1, 2, 4 … 64 */
    net_free(p.n);
}

WZP_TEST(tomb_is_gone_after_three_seconds)
{
    net_pair p = net_connect(2);
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 0, ""),
                     WZP_OK);
    net_drain_all(p.n);
    assert_int_equal(p.server->ep->tombs.count, 1);
    const size_t ids = p.server->ep->env.cids.count;
    net_run(p.n, 4 * WZP_S);
    assert_int_equal(p.server->ep->tombs.count, 0);
    assert_true(p.server->ep->env.cids.count < ids);
    assert_int_equal(p.server->ep->env.cids.count, 0);
    net_free(p.n);
}

WZP_TEST(tomb_count_is_bounded)
{
    net *n = net_new(3);
    net_node *a = net_add(n, false);
    net_node *b = net_add(n, true);
    n->cut = true;
    for (int i = 0; i < 1200; i++) {
        wzp_conn_id id = 0;
        const wzp_dial d = {.local = a->addr, .remote = b->addr};
        assert_int_equal(wzp_endpoint_dial(a->ep, n->now, &d, &id), WZP_OK);
        wzp_ep_action act;
        while (wzp_endpoint_poll(a->ep, n->now, &act)) {
        }
        assert_int_equal(wzp_endpoint_close(a->ep, n->now, id, 0, ""), WZP_OK);
        while (wzp_endpoint_poll(a->ep, n->now, &act)) {
        }
    }
    assert_int_equal(a->ep->tombs.count, WZP__TOMBS_MAX);
    net_free(n);
}
