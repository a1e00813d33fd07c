/* SPDX-License-Identifier: MIT */
/* A connection over time: bad links, silence, moving peers, and how few
 * acknowledgements a listener needs.
 */
#include "net.h"

WZP_TEST(conn_that_nobody_answers_times_out)
{
    net *n = net_new(1);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    n->cut = true;
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 9 * WZP_S);
    assert_false(net_note(client, id)->closed);
    net_run(n, 2 * WZP_S);
    assert_true(net_note(client, id)->closed);
    assert_int_equal(net_note(client, id)->err, WZP_ERR_TIMEOUT);
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(client->ep, &s);
    assert_int_equal(s.half_open, 0);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.handshake_failed, 1);
    net_free(n);
}

WZP_TEST(conn_whose_path_dies_ends_as_idle_on_both_sides)
{
    net_pair p = net_connect(2);
    p.n->cut = true;
    net_run(p.n, 29 * WZP_S);
    assert_false(net_only(p.server)->closed);
    net_run(p.n, 10 * WZP_S);
    assert_int_equal(net_only(p.server)->err, WZP_ERR_IDLE);
    assert_int_equal(net_note(p.client, p.c)->err, WZP_ERR_IDLE);
    net_free(p.n);
}

WZP_TEST(conn_without_traffic_is_kept_alive_by_pings)
{
    net_pair p = net_connect(3);
    net_run(p.n, 120 * WZP_S);
    assert_false(net_only(p.server)->closed);
    assert_false(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

/* One row per seed. */
enum {
    LOSSY_ROWS = 20,
};

static size_t lossy_rows(void)
{
    return LOSSY_ROWS;
}

static void handshake_under_loss(size_t row)
{
    net *n = net_new(100 + row);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    net_link(n, &(wzp_link_cfg){.loss = 0.3, .delay_ns = 30 * WZP_MS});
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 10 * WZP_S);
    assert_true(net_note(client, id)->up);
    assert_true(net_only(server)->up);
    net_signal(client, id, "{\"a\":1}");
    net_run(n, 10 * WZP_S);
    assert_int_equal(server->signals, 1);
    net_free(n);
}

WZP_ROWS(conn_handshake_completes_at_30_percent_loss, lossy_rows,
         handshake_under_loss);

WZP_TEST(conn_survives_a_client_whose_nat_changes_its_address)
{
    net_pair p = net_connect(4);
    assert_int_equal(net_dgram(p.client, p.c, 50, 1), WZP_OK);
    net_run(p.n, WZP_S);
    p.client->outside = net_v4(200, 9999);
    assert_int_equal(net_dgram(p.client, p.c, 50, 2), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams, 2);
    assert_int_equal(net_dgram(p.server, p.s, 50, 3), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->dgrams, 1);
    assert_false(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

WZP_TEST(conn_moves_with_its_socket)
{
    net_pair p = net_connect(5);
    net_run(p.n, WZP_S);
    const wzp_addr moved = net_v4(77, 5000);
    p.client->addr = moved;
    p.client->outside = moved;
    wzp_endpoint_rebind(p.client->ep, p.n->now, &moved);
    net_run(p.n, WZP_S);
    net_signal(p.client, p.c, "{\"here\":1}");
    net_signal(p.server, p.s, "{\"there\":1}");
    net_run(p.n, 2 * WZP_S);
    assert_int_equal(p.server->signals, 1);
    assert_int_equal(p.client->signals, 1);
    net_free(p.n);
}

/* `from` says something every 20 ms for `seconds`. */
static void talk(net_pair *p, net_node *from, wzp_conn_id conn, int seconds)
{
    for (int i = 0; i < seconds * 50; i++) {
        assert_int_equal(net_dgram(from, conn, 120, (uint8_t)i), WZP_OK);
        net_run(p->n, 20 * WZP_MS);
    }
}

WZP_TEST(conn_listener_acknowledges_at_most_every_fourth_datagram)
{
    net_pair p = net_connect(6);
    talk(&p, p.server, p.s, 2);
    const size_t heard = p.client->dgrams;
    const uint64_t sent = p.client->sent_packets;
    const uint64_t said = p.server->sent_packets;
    talk(&p, p.server, p.s, 10);
    const size_t dgrams = p.client->dgrams - heard;
    const uint64_t acks = p.client->sent_packets - sent;
    const uint64_t packets = p.server->sent_packets - said;
    print_message("listener: %llu packets for %zu datagrams; talker: %llu\n",
                  (unsigned long long)acks, dgrams,
                  (unsigned long long)packets);
    assert_int_equal(dgrams, 500);
    assert_true(acks * 4 <= dgrams);
    /* Pings of the listener are answered on datagrams, not beside them. */
    assert_true(packets <= dgrams + dgrams / 20);
    net_free(p.n);
}

WZP_TEST(conn_of_two_talkers_needs_no_packets_for_acknowledgements_alone)
{
    net_pair p = net_connect(7);
    p.server->echo = true;
    talk(&p, p.client, p.c, 2);
    const uint64_t before = p.client->sent_packets + p.server->sent_packets;
    talk(&p, p.client, p.c, 10);
    const uint64_t packets =
        p.client->sent_packets + p.server->sent_packets - before;
    print_message("two talkers: %llu packets for 1000 datagrams\n",
                  (unsigned long long)packets);
    assert_true(packets <= 1050);
    net_free(p.n);
}

WZP_TEST(conn_carries_speech_at_30_percent_loss)
{
    net_pair p = net_connect(8);
    net_link(p.n, &(wzp_link_cfg){.loss = 0.3,
                                  .delay_ns = 40 * WZP_MS,
                                  .jitter_ns = 10 * WZP_MS});
    talk(&p, p.server, p.s, 30);
    const wzp_conn_stats s = net_stats(p.server, p.s);
    print_message("30%% loss: sent %llu got %zu aged %llu lost %llu cwnd %llu "
                  "loss now %u permille rtt %llu us\n",
                  (unsigned long long)s.dgram_sent, p.client->dgrams,
                  (unsigned long long)s.dgram_dropped_age,
                  (unsigned long long)s.dgram_lost,
                  (unsigned long long)s.cwnd_bytes, s.loss_permille,
                  (unsigned long long)s.rtt_us);
    assert_true(s.dgram_sent >= 1480);
    assert_true(p.client->dgrams >= 950);
    net_free(p.n);
}
