/* SPDX-License-Identifier: MIT */
/* Transport parameters that are wrong: the dialler says so, and above all it
 * goes on (wolfSSL alone would not). */
#include "net.h"
#include "quic/table.h"

WZP_TEST(tls_method_ends_a_connection_whose_parameters_are_wrong)
{
    net *n = net_new(1);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_drain_all(n);
    /* The listener takes it up as if after a Retry that never was. */
    net_packet *p = &n->packets[0];
    ngtcp2_pkt_hd hd;
    assert_int_equal(ngtcp2_accept(&hd, p->data, p->len), 0);
    ngtcp2_cid other;
    ngtcp2_cid_init(&other, (const uint8_t *)"somebody", 8);
    wzp__conn_new how;
    wzp__conn *c = NULL;
    assert_int_equal(wzp__table_reserve(server->ep, &how), WZP_OK);
    assert_int_equal(
        wzp__conn_accept(&c, &how,
                         &(wzp__conn_initial){.local = &server->addr,
                                              .remote = &client->addr,
                                              .hd = &hd,
                                              .odcid = &other}),
        WZP_OK);
    wzp__table_insert(server->ep, c);
    wzp__table_mark(server->ep, c);
    net_run(n, WZP_S);
    assert_false(net_note(client, id)->up);
    assert_int_equal(net_note(client, id)->err, WZP_ERR_QUIC);
    assert_int_equal(server->ups, 0);
    net_free(n);
}
