/* SPDX-License-Identifier: MIT */
/* Packets no connection wants: limits, other versions, garbage. */
#include "net.h"
#include "quic/table.h"

static wzp_endpoint_stats stats_of(const net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s;
}

static net_node *limited(net *n, size_t max_conns, size_t max_half_open)
{
    net_node *node = net_prepare(n);
    wzp_endpoint_config cfg = net_config(n, node, true);
    cfg.max_conns = max_conns;
    cfg.max_half_open = max_half_open;
    assert_int_equal(wzp_endpoint_new(&node->ep, &cfg, n->now), WZP_OK);
    return node;
}

WZP_TEST(accept_refuses_connections_above_the_limit)
{
    net *n = net_new(1);
    net_node *server = limited(n, 2, 100);
    net_node *client = NULL;
    for (int i = 0; i < 3; i++) { /* from an address each, see share.h */
        client = net_add(n, false);
        (void)net_dial(n, client, server, "room");
        net_run(n, WZP_S);
    }
    assert_int_equal(server->ups, 2);
    assert_int_equal(stats_of(server).refused_full, 1);
    const net_conn *third = &client->conns[0];
    assert_true(third->closed);
    assert_int_equal(third->err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(third->code, WZP_CLOSE_FULL);
    net_free(n);
}

WZP_TEST(accept_takes_a_connection_again_when_one_has_gone)
{
    net *n = net_new(2);
    net_node *server = limited(n, 1, 100);
    net_node *client = net_add(n, false);
    const wzp_conn_id first = net_dial(n, client, server, "room");
    net_run(n, WZP_S);
    assert_int_equal(wzp_endpoint_close(client->ep, n->now, first, 0, ""),
                     WZP_OK);
    net_run(n, WZP_S);
    const wzp_conn_id second = net_dial(n, client, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(client, second)->up);
    net_free(n);
}

WZP_TEST(accept_refuses_above_the_half_open_limit)
{
    net *n = net_new(3);
    net_node *server = limited(n, 100, 4);
    net_link(n, &(wzp_link_cfg){.delay_ns = 100 * WZP_MS});
    for (int i = 0; i < 6; i++) {
        net_node *client = net_add(n, false);
        (void)net_dial(n, client, server, "room");
        (void)net_dial(n, client, server, "room");
    }
    net_run(n, 150 * WZP_MS);
    assert_true(stats_of(server).half_open <= 4);
    net_run(n, 5 * WZP_S);
    assert_int_equal(stats_of(server).half_open, 0);
    assert_true(server->ups >= 4);
    net_free(n);
}

WZP_TEST(accept_asks_for_a_retry_when_half_of_the_places_are_taken)
{
    net *n = net_new(4);
    net_node *server = limited(n, 100, 4);
    net_node *client = net_add(n, false);
    /* Two that never go on: their packets come from nowhere. */
    net_node *ghost = net_add(n, false);
    ghost->outside = net_v4(99, 1);
    (void)net_dial(n, ghost, server, "room");
    (void)net_dial(n, ghost, server, "room");
    net_run(n, 10 * WZP_MS);
    ghost->outside = net_v4(98, 1);
    net_run(n, 100 * WZP_MS);
    assert_int_equal(stats_of(server).half_open, 2);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 60 * WZP_MS);
    assert_false(net_note(client, id)->up); /* one round trip more */
    net_run(n, WZP_S);
    assert_true(net_note(client, id)->up);
    net_free(n);
}

WZP_TEST(accept_drops_garbage_of_every_length)
{
    net_pair p = net_connect(6);
    uint8_t data[1500];
    const wzp_addr from = net_v4(50, 50);
    uint64_t rng = 1;
    for (size_t len = 0; len <= sizeof data; len += len < 64 ? 1 : 97) {
        for (int i = 0; i < 20; i++) {
            net_fill(&rng, data, len);
            if (len > 0 && i % 2 == 0) { /* looks like an Initial */
                memcpy(data, "\xc0\0\0\0\1", len < 5 ? len : 5);
            }
            wzp_endpoint_recv(p.server->ep, p.n->now, &p.server->addr, &from,
                              data, len);
            wzp_endpoint_recv(p.client->ep, p.n->now, &p.client->addr, &from,
                              data, len);
            net_drain_all(p.n);
        }
    }
    assert_true(stats_of(p.server).malformed > 500);
    net_signal(p.client, p.c, "{}");
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    net_run(p.n, 60 * WZP_S);
    assert_int_equal(stats_of(p.server).conns, 1);
    net_free(p.n);
}

WZP_TEST(accept_survives_packets_with_flipped_bits)
{
    net *n = net_new(7);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    uint64_t rng = 5;
    for (int round = 0; round < 400; round++) {
        net_run(n, 5 * WZP_MS);
        for (size_t i = 0; i < n->packet_count; i++) { /* a damaged copy */
            net_packet p = n->packets[i];
            p.data[net_next(&rng) % p.len] ^= (uint8_t)(1 + round % 255);
            net_node *to =
                wzp_addr_equal(&p.to, &server->addr) ? server : client;
            wzp_endpoint_recv(to->ep, n->now, &to->addr, &p.from, p.data,
                              p.len);
        }
        net_drain_all(n);
        if (net_note(client, id)->up && round % 10 == 0) {
            net_signal(client, id, "{}");
        }
    }
    net_run(n, 5 * WZP_S);
    assert_true(net_note(client, id)->up);
    assert_true(server->signals > 10);
    net_free(n);
}

WZP_TEST(accept_by_an_endpoint_that_only_dials_says_nothing)
{
    net *n = net_new(8);
    net_node *a = net_add(n, false);
    net_node *b = net_add(n, false);
    const wzp_conn_id id = net_dial(n, a, b, "room");
    net_run(n, 15 * WZP_S);
    assert_int_equal(b->sent_packets, 0);
    assert_int_equal(net_note(a, id)->err, WZP_ERR_TIMEOUT);
    net_free(n);
}

/* The rule on the wire: under pressure an address that holds places already
 * is refused, one that holds none comes in, and trust gives places back. */
WZP_TEST(accept_refuses_an_address_above_its_share)
{
    net *n = net_new(8);
    net_node *server = limited(n, 100, 4);
    net_node *greedy = net_add(n, false);
    net_node *ghost = net_add(n, false);
    ghost->outside = net_v4(99, 1); /* never goes on: pressure */
    (void)net_dial(n, greedy, server, "room");
    net_run(n, WZP_S);
    (void)net_dial(n, ghost, server, "room");
    (void)net_dial(n, ghost, server, "room");
    net_run(n, 10 * WZP_MS);
    ghost->outside = net_v4(98, 1);
    net_run(n, 100 * WZP_MS);
    assert_int_equal(stats_of(server).half_open, 2);
    const wzp_conn_id second = net_dial(n, greedy, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(greedy, second)->closed);
    assert_int_equal(net_note(greedy, second)->code, WZP_CLOSE_FULL);
    net_node *honest = net_add(n, false);
    const wzp_conn_id theirs = net_dial(n, honest, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(honest, theirs)->up);
    for (size_t i = 0; i < server->conn_count; i++) {
        wzp_ignore(wzp_endpoint_trust(server->ep, server->conns[i].id),
                   "some have not come so far");
    }
    const wzp_conn_id third = net_dial(n, greedy, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(greedy, third)->up);
    net_free(n);
}

/* --- what an address has done --- */

static net_node *rated(net *n, uint32_t points, size_t strangers)
{
    net_node *node = net_prepare(n);
    wzp_endpoint_config cfg = net_config(n, node, true);
    cfg.source_points = points;
    cfg.max_source_strangers = strangers;
    assert_int_equal(wzp_endpoint_new(&node->ep, &cfg, n->now), WZP_OK);
    return node;
}

static net_conn *dial_once(net *n, net_node *from, const net_node *to)
{
    const wzp_conn_id id = net_dial(n, from, to, "room");
    net_run(n, 200 * WZP_MS);
    return net_note(from, id);
}

static void hang_up(net *n, net_node *node, const net_conn *c)
{
    wzp_ignore(wzp_endpoint_close(node->ep, n->now, c->id, 0, ""), "open");
    net_run(n, 10 * WZP_MS);
}

WZP_TEST(accept_refuses_an_address_that_came_too_often_until_time_has_passed)
{
    net *n = net_new(30);
    net_node *server = rated(n, 20, 0);
    net_node *restless = net_add(n, false);
    net_node *other = net_add(n, false);
    size_t in = 0;
    const net_conn *c = dial_once(n, restless, server);
    for (; c->up && in < 100; in++) {
        hang_up(n, restless, c);
        c = dial_once(n, restless, server);
        for (size_t i = 0; i < server->conn_count; i++) {
            wzp_ignore(
                wzp_endpoint_charge(server->ep, n->now, server->conns[i].id, 8),
                "most of them are gone");
        }
    }
    assert_in_range(in, 2, 10);
    assert_int_equal(c->err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(c->code, WZP_CLOSE_FULL);
    assert_string_equal(c->reason, wzp_strerror(WZP_ERR_RATE));
    assert_int_equal(stats_of(server).refused_rate, 1);
    assert_int_equal(stats_of(server).refused_full, 0);
    assert_true(dial_once(n, other, server)->up);
    net_run(n, 2 * WZP_S);
    assert_true(dial_once(n, restless, server)->up);
    net_free(n);
}

WZP_TEST(accept_refuses_the_strangers_of_an_address_above_their_limit)
{
    net *n = net_new(31);
    net_node *server = rated(n, 0, 3);
    net_node *greedy = net_add(n, false);
    net_node *other = net_add(n, false);
    for (int i = 0; i < 3; i++) {
        assert_true(dial_once(n, greedy, server)->up);
    }
    const net_conn *fourth = dial_once(n, greedy, server);
    assert_int_equal(fourth->code, WZP_CLOSE_FULL);
    assert_string_equal(fourth->reason, wzp_strerror(WZP_ERR_FULL));
    assert_int_equal(stats_of(server).refused_full, 1);
    assert_true(dial_once(n, other, server)->up);
    assert_int_equal(wzp_endpoint_trust(server->ep, server->conns[0].id),
                     WZP_OK);
    assert_true(dial_once(n, greedy, server)->up);
    net_free(n);
}

/* --- a flood --- */

enum {
    FLOOD = 10000,
    REAL = 300, /* more than the places that are given without asking */
};

typedef struct flood {
    net *n;
    net_node *server, *ghost;
    uint8_t initial[1500];
    size_t len;
    uint64_t sent_bytes, answered_bytes;
} flood;

static wzp_addr spoofed(size_t i)
{
    return wzp_addr_v4(
        (const uint8_t[]){172, 16, (uint8_t)(i / 250), (uint8_t)(i % 250)},
        (uint16_t)(1024 + i));
}

/* A client's first packet, which the network never sees. */
static void make_initial(flood *f)
{
    const wzp_dial d = {
        .local = f->ghost->addr, .remote = f->server->addr, .sni = "room"};
    wzp_conn_id id = 0;
    assert_int_equal(wzp_endpoint_dial(f->ghost->ep, f->n->now, &d, &id),
                     WZP_OK);
    wzp_ep_action a;
    while (wzp_endpoint_poll(f->ghost->ep, f->n->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            f->len = a.u.send.len;
            memcpy(f->initial, a.u.send.data, f->len);
        }
    }
    assert_true(f->len >= 1200);
}

/* Spoofed Initial number i; what is answered goes nowhere. */
static void spoof(flood *f, size_t i)
{
    if (i < REAL) {
        make_initial(f);
    } else { /* another id, which nobody looks behind by now */
        memcpy(f->initial + 6, &i, sizeof(uint32_t));
    }
    const wzp_addr from = spoofed(i);
    wzp_endpoint_recv(f->server->ep, f->n->now, &f->server->addr, &from,
                      f->initial, f->len);
    f->sent_bytes += f->len;
    uint64_t answered = 0;
    wzp_ep_action a;
    while (wzp_endpoint_poll(f->server->ep, f->n->now, &a)) {
        if (a.kind == WZP_EP_SEND && wzp_addr_equal(&a.u.send.remote, &from)) {
            answered += a.u.send.len;
        } else if (a.kind == WZP_EP_SEND) {
            net_post(f->n, f->server, &a);
        } else if (a.kind == WZP_EP_ACCEPTED) {
            net_note_up(f->server, &a);
        }
    }
    assert_true(answered <= 3 * f->len);
    f->answered_bytes += answered;
}

WZP_TEST(accept_lets_clients_in_during_a_flood_of_10000_spoofed_initials)
{
    flood f = {.n = net_new(20)};
    f.server = limited(f.n, 4096, 512);
    net_node *client = net_add(f.n, false);
    f.ghost = net_add(f.n, false);
    wzp_link_set(&f.n->links[2], &(wzp_link_cfg){.loss = 1}); /* once only */
    const wzp_conn_id before = net_dial(f.n, client, f.server, "room");
    net_run(f.n, 100 * WZP_MS);
    assert_true(net_note(client, before)->up);
    assert_int_equal(stats_of(f.server).retries_sent, 0); /* not busy yet */

    wzp_conn_id during = 0;
    size_t ids = 0;
    for (size_t i = 0; i < FLOOD; i++) {
        spoof(&f, i);
        if (i == REAL) {
            ids = f.server->ep->env.cids.count;
        }
        if (i == FLOOD / 2) {
            during = net_dial(f.n, client, f.server, "room");
        }
        if (i > FLOOD / 2 && i % 20 == 0) {
            net_run(f.n, WZP_MS);
        }
    }
    const wzp_endpoint_stats s = stats_of(f.server);
    print_message("flood: %zu half open, %llu retries, %llu bytes in, %llu "
                  "out\n",
                  s.half_open, (unsigned long long)s.retries_sent,
                  (unsigned long long)f.sent_bytes,
                  (unsigned long long)f.answered_bytes);
    assert_true(net_note(client, during)->up);
    assert_true(s.half_open <= 256);
    assert_true(s.retries_sent >= FLOOD - 256);
    /* Of strangers who were asked nothing is kept: only the client came. */
    assert_true(f.server->ep->env.cids.count <= ids + 8);
    assert_true(s.conns <= 256 + 2);
    assert_int_equal(s.refused_full, 0);

    net_run(f.n, 15 * WZP_S); /* it is over: nobody is asked any more */
    assert_int_equal(stats_of(f.server).half_open, 0);
    assert_int_equal(stats_of(f.server).conns, 2);
    const uint64_t retries = stats_of(f.server).retries_sent;
    const wzp_conn_id after = net_dial(f.n, client, f.server, "room");
    net_run(f.n, 100 * WZP_MS);
    assert_true(net_note(client, after)->up);
    assert_int_equal(stats_of(f.server).retries_sent, retries);
    net_free(f.n);
}

WZP_TEST(accept_without_a_retry_would_be_filled_by_the_same_flood)
{
    /* Control: the strangers' Initials are good ones and take their places. */
    flood f = {.n = net_new(21)};
    f.server = limited(f.n, 4096, 512);
    f.ghost = net_add(f.n, false);
    for (size_t i = 0; i < REAL; i++) {
        spoof(&f, i);
        if (stats_of(f.server).retries_sent == 0) {
            assert_int_equal(stats_of(f.server).half_open, i + 1);
        }
    }
    assert_int_equal(stats_of(f.server).half_open, 256);
    assert_int_equal(stats_of(f.server).retries_sent, REAL - 256);
    net_free(f.n);
}

/* Nobody can use up what another address may do. */
WZP_TEST(accept_counts_nothing_against_an_address_that_was_only_claimed)
{
    flood f = {.n = net_new(22)};
    f.server = rated(f.n, 20, 0);
    net_node *client = net_add(f.n, false);
    f.ghost = net_add(f.n, false);
    for (size_t i = 0; i < 200; i++) {
        make_initial(&f);
        wzp_endpoint_recv(f.server->ep, f.n->now, &f.server->addr,
                          &client->addr, f.initial, f.len);
        net_drain(f.n, f.server);
    }
    assert_int_equal(f.server->ep->env.sources.map.count, 0);
    f.n->packet_count = 0;
    assert_true(dial_once(f.n, client, f.server)->up);
    assert_int_equal(stats_of(f.server).refused_rate, 0);
    assert_int_equal(f.server->ep->env.sources.map.count, 1); /* control */
    net_free(f.n);
}
