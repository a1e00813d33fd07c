/* SPDX-License-Identifier: MIT */
#include "quic/table.h"

#include "net.h"

WZP_TEST(table_ids_are_never_used_again_though_slots_are)
{
    net *n = net_new(1);
    net_node *a = net_add(n, false);
    net_node *b = net_add(n, true);
    wzp_conn_id last = 0;
    for (int i = 0; i < 50; i++) {
        const wzp_conn_id id = net_dial(n, a, b, "room");
        assert_true(id > last);
        assert_true((id & (WZP__SLOTS_MAX - 1)) < 8);
        last = id;
        assert_int_equal(wzp_endpoint_close(a->ep, n->now, id, 0, ""), WZP_OK);
        net_drain_all(n);
        assert_null(wzp__table_find(a->ep, id));
    }
    net_free(n);
}

WZP_TEST(table_grows_with_the_connections)
{
    net *n = net_new(2);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    wzp_conn_id ids[100];
    for (size_t i = 0; i < 100; i++) {
        ids[i] = net_dial(n, client, server, "room");
        net_run(n, 20 * WZP_MS);
    }
    net_run(n, 2 * WZP_S);
    assert_int_equal(server->ups, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(net_dgram(client, ids[i], 20, 1), WZP_OK);
    }
    net_run(n, WZP_S);
    assert_int_equal(server->dgrams, 100);
    net_free(n);
}

WZP_TEST(table_is_full_at_max_conns)
{
    net *n = net_new(3);
    net_node *a = net_prepare(n);
    wzp_endpoint_config cfg = net_config(n, a, false);
    cfg.max_conns = 3;
    assert_int_equal(wzp_endpoint_new(&a->ep, &cfg, n->now), WZP_OK);
    for (int i = 0; i < 3; i++) {
        (void)net_dial(n, a, a, "room");
    }
    wzp_conn_id id = 0;
    const wzp_dial d = {.local = a->addr, .remote = a->addr};
    assert_int_equal(wzp_endpoint_dial(a->ep, n->now, &d, &id), WZP_ERR_FULL);
    net_free(n);
}
