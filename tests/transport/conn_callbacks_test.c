/* SPDX-License-Identifier: MIT */
/* A peer that does unusual things with its streams. Its side is driven through
 * ngtcp2 directly, past our own sender.
 */
#include "net.h"
#include "quic/table.h"

static wzp__conn *inside(net_node *node, wzp_conn_id id)
{
    wzp__conn *c = wzp__table_find(node->ep, id);
    assert_non_null(c);
    return c;
}

static int64_t open_stream(net_pair *p)
{
    int64_t id = -1;
    assert_int_equal(
        ngtcp2_conn_open_bidi_stream(inside(p->client, p->c)->quic, &id, NULL),
        0);
    return id;
}

/* Bytes must stay valid until acknowledged: literals. */
static void put_from(net_node *from, wzp_conn_id id, net_node *to,
                     int64_t stream, const char *bytes, size_t len, bool fin)
{
    wzp__conn *c = inside(from, id);
    net *n = from->net;
    uint8_t buf[WZP__UDP_MAX];
    size_t done = 0;
    bool first = true;
    while (first || done < len) {
        first = false;
        ngtcp2_vec v = {(uint8_t *)(uintptr_t)bytes + done, len - done};
        ngtcp2_ssize taken = -1;
        const ngtcp2_ssize size = ngtcp2_conn_writev_stream(
            c->quic, NULL, NULL, buf, sizeof buf, &taken,
            fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0, stream, &v, 1, n->now);
        assert_true(size > 0);
        done += taken > 0 ? (size_t)taken : 0;
        wzp_endpoint_recv(to->ep, n->now, &to->addr, &from->addr, buf,
                          (size_t)size);
    }
    net_drain_all(n);
}

static void put(net_pair *p, int64_t stream, const char *bytes, size_t len,
                bool fin)
{
    put_from(p->client, p->c, p->server, stream, bytes, len, fin);
}

WZP_TEST(conn_callbacks_stream_ended_early_is_skipped)
{
    net_pair p = net_connect(1);
    const int64_t a = open_stream(&p), b = open_stream(&p);
    put(&p, a, "\0\0\0\5hel", 7, true);
    put(&p, b, "\0\0\0\2ok", 6, true);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    assert_string_equal(p.server->last_signal, "ok");
    assert_false(net_only(p.server)->closed);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_stream_without_a_byte_is_skipped)
{
    net_pair p = net_connect(2);
    const int64_t a = open_stream(&p), b = open_stream(&p);
    put(&p, a, "", 0, true);
    put(&p, b, "\0\0\0\2ok", 6, true);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_reset_stream_is_skipped)
{
    net_pair p = net_connect(3);
    const int64_t a = open_stream(&p), b = open_stream(&p);
    put(&p, a, "\0\0\0\5hel", 7, false);
    put(&p, b, "\0\0\0\2ok", 6, true);
    assert_int_equal(p.server->signals, 0);
    assert_int_equal(
        ngtcp2_conn_shutdown_stream_write(inside(p.client, p.c)->quic, 0, a, 7),
        0);
    assert_int_equal(net_dgram(p.client, p.c, 1, 1), WZP_OK); /* a write */
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    assert_false(net_only(p.server)->closed);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_streams_of_a_peer_that_stops_reading_answers_close)
{
    /* As quinn does: STOP_SENDING for the direction that is never used. */
    net_pair p = net_connect(4);
    for (int i = 0; i < 300; i++) {
        const int64_t a = open_stream(&p);
        assert_int_equal(ngtcp2_conn_shutdown_stream_read(
                             inside(p.client, p.c)->quic, 0, a, 0),
                         0);
        put(&p, a, "\0\0\0\2ok", 6, true);
        net_run(p.n, 50 * WZP_MS);
    }
    assert_int_equal(p.server->signals, 300);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_unasked_bytes_in_the_other_direction_are_ignored)
{
    net_pair p = net_connect(5);
    const int64_t a = open_stream(&p);
    put(&p, a, "\0\0\0\2o", 5, false);
    put_from(p.server, p.s, p.client, a, "what?", 5, false);
    put(&p, a, "k", 1, true);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->signals, 0);
    assert_int_equal(p.server->signals, 1);
    assert_false(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_long_message_before_trust_ends_the_connection)
{
    net_pair p = net_connect(6);
    put(&p, open_stream(&p), "\0\1\0\1", 4, false);
    net_run(p.n, WZP_S);
    assert_int_equal(net_only(p.server)->err, WZP_ERR_STREAM);
    assert_int_equal(net_note(p.client, p.c)->err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(net_note(p.client, p.c)->code, WZP_CLOSE_PROTOCOL);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_long_message_after_trust_is_taken)
{
    net_pair p = net_connect(7);
    assert_int_equal(wzp_endpoint_trust(p.server->ep, p.s), WZP_OK);
    put(&p, open_stream(&p), "\0\1\0\1", 4, false);
    net_run(p.n, WZP_S);
    assert_false(net_only(p.server)->closed);
    put(&p, open_stream(&p), "\0\x10\0\1", 4, false);
    net_run(p.n, WZP_S);
    assert_int_equal(net_only(p.server)->err, WZP_ERR_STREAM);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_stream_that_stalls_others_ends_the_connection)
{
    net_pair p = net_connect(8);
    const int64_t a = open_stream(&p), b = open_stream(&p);
    put(&p, a, "\0\0\0\5he", 6, false);
    put(&p, b, "\0\0\0\2ok", 6, true);
    net_run(p.n, 9 * WZP_S);
    assert_false(net_only(p.server)->closed);
    net_run(p.n, 2 * WZP_S);
    assert_int_equal(net_only(p.server)->err, WZP_ERR_STREAM);
    assert_int_equal(net_note(p.client, p.c)->code, WZP_CLOSE_SLOW);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_stream_that_stalls_alone_is_left_alone)
{
    net_pair p = net_connect(9);
    put(&p, open_stream(&p), "\0\0\0\5he", 6, false);
    net_run(p.n, 60 * WZP_S);
    assert_false(net_only(p.server)->closed);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_long_text_on_a_unidirectional_stream_is_cut)
{
    net_pair p = net_connect(10);
    static char text[300];
    memset(text, 'x', sizeof text);
    int64_t id = -1;
    assert_int_equal(
        ngtcp2_conn_open_uni_stream(inside(p.client, p.c)->quic, &id, NULL), 0);
    put(&p, id, text, sizeof text, true);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->unis, 1);
    assert_int_equal(strlen(p.server->uni), WZP__UNI_MAX);
    net_free(p.n);
}

WZP_TEST(conn_callbacks_lost_packets_are_counted_once)
{
    net_pair p = net_connect(11);
    net_run(p.n, WZP_S);
    p.n->cut = true;
    for (int i = 0; i < 3; i++) { /* one packet of three datagrams */
        assert_int_equal(net_dgram(p.client, p.c, 50, 1), WZP_OK);
    }
    net_drain_all(p.n);
    p.n->cut = false;
    for (int i = 0; i < 50; i++) {
        net_run(p.n, 20 * WZP_MS);
        assert_int_equal(net_dgram(p.client, p.c, 50, 1), WZP_OK);
    }
    const wzp_conn_stats s = net_stats(p.client, p.c);
    assert_int_equal(s.dgram_lost, 3);
    assert_int_equal(s.lost_packets, 1);
    net_free(p.n);
}

/* --- stateless resets --- */

static void both_talk(net_pair *p, int ms)
{
    for (int i = 0; i < ms; i += 10) {
        (void)net_dgram(p->client, p->c, 50, 1);
        (void)net_dgram(p->server, p->s, 50, 1);
        net_run(p->n, 10 * WZP_MS);
    }
}

static void move_to(net_pair *p, uint8_t host)
{
    const wzp_addr a = net_v4(host, 5000);
    p->client->addr = a;
    p->client->outside = a;
    wzp_endpoint_rebind(p->client->ep, p->n->now, &a);
}

/* A packet that ends in this token is a reset for whom it belongs to. */
static void send_reset(net_pair *p, const wzp__cid *token)
{
    uint8_t packet[100];
    memset(packet, 0x55, sizeof packet);
    packet[0] = 0x40;
    memcpy(packet + sizeof packet - token->len, token->data, token->len);
    wzp_endpoint_recv(p->server->ep, p->n->now, &p->server->addr,
                      &p->client->addr, packet, sizeof packet);
}

WZP_TEST(conn_callbacks_tokens_of_a_peer_that_moved_do_not_outlive_it)
{
    net_pair p = net_connect(5);
    both_talk(&p, 1000);
    for (uint8_t i = 0; i < 4; i++) {
        move_to(&p, (uint8_t)(77 + i));
        both_talk(&p, 3400);
    }
    wzp__cidmap *resets = &p.server->ep->env.resets;
    assert_true(resets->count <= 1);

    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, p.c, 0, "x"),
                     WZP_OK);
    net_run(p.n, 20 * WZP_S);
    assert_int_equal(resets->count, 0);

    /* And if one did, its packet would be nobody's. */
    const uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    const wzp__cid stale = wzp__cid_of(bytes, sizeof bytes);
    assert_int_equal(wzp__cidmap_set(resets, &stale, 0), WZP_OK);
    send_reset(&p, &stale);
    net_free(p.n);
}
