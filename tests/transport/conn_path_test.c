/* SPDX-License-Identifier: MIT */
/* An end of a connection changes its address while both talk: how long nobody
 * hears anything, and what must not be lost. All on virtual time.
 */
#include "net.h"
#include "quic/table.h"

enum {
    FRAME_MS = 20,
};

static wzp_endpoint_stats stats_of(const net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s;
}

/* Both sides send a datagram every 20 ms; the longest time without one, each
 * way, is measured. */
typedef struct calls {
    size_t heard_by_server, heard_by_client;
    wzp_tstamp server_gap, client_gap;
    wzp_tstamp server_last, client_last;
} calls;

static void note(net_node *node, size_t *heard, wzp_tstamp *last,
                 wzp_tstamp *gap)
{
    const wzp_tstamp now = node->net->now;
    if (node->dgrams != *heard) {
        *heard = node->dgrams;
        *last = now;
    } else if (now - *last > *gap) {
        *gap = now - *last;
    }
}

static void say(net_node *node, wzp_conn_id conn)
{
    wzp_ignore(net_dgram(node, conn, 120, 1), "what is heard is counted");
}

static calls talk(net_pair *p, int ms)
{
    net *n = p->n;
    calls k = {.heard_by_server = p->server->dgrams,
               .heard_by_client = p->client->dgrams,
               .server_last = n->now,
               .client_last = n->now};
    for (int at = 0; at < ms; at++) {
        if (at % FRAME_MS == 0) {
            say(p->client, p->c);
            say(p->server, p->s);
        }
        net_run(n, WZP_MS);
        note(p->server, &k.heard_by_server, &k.server_last, &k.server_gap);
        note(p->client, &k.heard_by_client, &k.client_last, &k.client_gap);
    }
    return k;
}

static void show(const char *what, const calls *k)
{
    print_message("%s: silence of %llu ms up, %llu ms down\n", what,
                  (unsigned long long)(k->server_gap / WZP_MS),
                  (unsigned long long)(k->client_gap / WZP_MS));
}

static void nat_gives(net_pair *p, uint8_t host, uint16_t port)
{
    p->client->outside = net_v4(host, port);
}

static void move_to(net_pair *p, uint8_t host, uint16_t port)
{
    const wzp_addr a = net_v4(host, port);
    p->client->addr = a;
    p->client->outside = a;
    wzp_endpoint_rebind(p->client->ep, p->n->now, &a);
}

/* Signals go on all the time; none may be missing at the end. */
static void signal_both(net_pair *p, int count)
{
    for (int i = 0; i < count; i++) {
        net_signal(p->client, p->c, "{\"up\":1}");
        net_signal(p->server, p->s, "{\"down\":1}");
    }
}

static bool is_up(net_pair *p)
{
    return !net_only(p->server)->closed && !net_note(p->client, p->c)->closed;
}

/* --- the client does not know --- */

typedef struct nat_row {
    const char *name;
    wzp_link_cfg link;
    bool new_host;
    wzp_tstamp limit; /* of silence, each way */
} nat_row;

static const nat_row NATS[] = {
    {"new port", {.delay_ns = 20 * WZP_MS}, false, 100 * WZP_MS},
    {"new address", {.delay_ns = 20 * WZP_MS}, true, 100 * WZP_MS},
    {"new port, 10 % loss",
     {.delay_ns = 20 * WZP_MS, .loss = 0.1},
     false,
     300 * WZP_MS},
    {"new port, RTT 300 ms", {.delay_ns = 150 * WZP_MS}, false, 400 * WZP_MS},
    {"new address, RTT 300 ms, 10 % loss, jitter",
     {.delay_ns = 150 * WZP_MS, .jitter_ns = 30 * WZP_MS, .loss = 0.1},
     true,
     800 * WZP_MS},
};

static size_t nat_rows(void)
{
    return sizeof NATS / sizeof *NATS;
}

static void follows_nat(size_t row)
{
    const nat_row *r = &NATS[row];
    net_pair p = net_connect(20 + row);
    net_link(p.n, &r->link);
    (void)talk(&p, 3000);
    const size_t signals = 20;
    signal_both(&p, (int)signals / 2);
    nat_gives(&p, r->new_host ? 200 : 2, 9999);
    signal_both(&p, (int)signals / 2);
    const calls k = talk(&p, 5000);
    show(r->name, &k);
    assert_true(k.server_gap <= r->limit);
    assert_true(k.client_gap <= r->limit);
    net_run(p.n, 2 * WZP_S);
    assert_int_equal(p.server->signals, signals);
    assert_int_equal(p.client->signals, signals);
    assert_true(is_up(&p));
    assert_int_equal(stats_of(p.server).path_changes, 1);
    assert_int_equal(net_stats(p.server, p.s).path_changes, 1);
    assert_int_equal(net_stats(p.server, p.s).remote.port, 9999);
    assert_int_equal(stats_of(p.client).path_changes, 0);
    net_free(p.n);
}

WZP_ROWS(conn_path_follows_a_nat_that_gives_a, nat_rows, follows_nat);

WZP_TEST(conn_path_does_not_follow_what_it_cannot_hear)
{
    /* Control: without packets from the new place nothing is known of it. */
    net_pair p = net_connect(40);
    (void)talk(&p, 1000);
    nat_gives(&p, 200, 9999);
    const size_t before = p.client->dgrams;
    for (int i = 0; i < 50; i++) {
        say(p.server, p.s);
        net_run(p.n, FRAME_MS * WZP_MS);
        p.n->packet_count = 0; /* and what the client says is lost */
    }
    assert_int_equal(p.client->dgrams, before);
    assert_int_equal(stats_of(p.server).path_changes, 0);
    net_free(p.n);
}

/* Every packet of the client also comes, a little earlier, from elsewhere. */
static void spoof_for(net_pair *p, int ms)
{
    const wzp_addr attacker = net_v4(66, 6666);
    for (int at = 0; at < ms; at++) {
        if (at % FRAME_MS == 0) {
            say(p->client, p->c);
            net_drain_all(p->n);
            for (size_t i = 0; i < p->n->packet_count; i++) {
                const net_packet *q = &p->n->packets[i];
                if (wzp_addr_equal(&q->to, &p->server->outside)) {
                    wzp_endpoint_recv(p->server->ep, p->n->now,
                                      &p->server->addr, &attacker, q->data,
                                      q->len);
                }
            }
            say(p->server, p->s);
        }
        net_run(p->n, WZP_MS);
    }
}

WZP_TEST(conn_path_stays_when_an_attacker_copies_packets_from_elsewhere)
{
    net_pair p = net_connect(41);
    (void)talk(&p, 2000);
    spoof_for(&p, 100);
    const calls k = talk(&p, 3000);
    show("after spoofing", &k);
    assert_true(k.client_gap <= 100 * WZP_MS);
    assert_int_equal(stats_of(p.server).path_changes, 0);
    wzp__conn *s = wzp__table_find(p.server->ep, p.s);
    assert_true(wzp_addr_equal(&s->remote, &p.client->addr));
    assert_true(is_up(&p));
    net_free(p.n);
}

WZP_TEST(conn_path_returns_by_itself_to_a_silent_client_after_spoofing)
{
    net_pair p = net_connect(42);
    (void)talk(&p, 2000);
    spoof_for(&p, 20);
    wzp__conn *s = wzp__table_find(p.server->ep, p.s);
    wzp_addr where = s->remote;
    assert_false(wzp_addr_equal(&where, &p.client->addr)); /* it is deceived */
    /* From the client nothing comes now; the attacker answers nothing. */
    wzp_link_set(&p.n->links[1], &(wzp_link_cfg){.loss = 1});
    wzp_tstamp since = p.n->now;
    while (!wzp_addr_equal(&s->remote, &p.client->addr) &&
           p.n->now < since + 20 * WZP_S) {
        say(p.server, p.s);
        net_run(p.n, FRAME_MS * WZP_MS);
    }
    print_message("back after %llu ms\n",
                  (unsigned long long)((p.n->now - since) / WZP_MS));
    assert_true(p.n->now - since <= 6 * WZP_S);
    assert_int_equal(stats_of(p.server).path_changes, 0);
    net_link(p.n, &(wzp_link_cfg){.delay_ns = 20 * WZP_MS});
    const calls k = talk(&p, 2000);
    show("afterwards", &k);
    assert_true(is_up(&p));
    net_free(p.n);
}

WZP_TEST(conn_path_that_changes_by_nat_in_the_handshake_times_out_by_name)
{
    net *n = net_new(43);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 30 * WZP_MS); /* the first packet is there, no more */
    client->outside = net_v4(200, 9999);
    net_run(n, 11 * WZP_S);
    assert_false(net_note(client, id)->up);
    assert_int_equal(net_note(client, id)->err, WZP_ERR_TIMEOUT);
    net_run(n, 5 * WZP_S);
    assert_int_equal(stats_of(server).half_open, 0);
    assert_int_equal(stats_of(server).conns, 0);
    const wzp_conn_id again = net_dial(n, client, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(client, again)->up);
    net_free(n);
}

/* --- the client knows --- */

typedef struct move_row {
    const char *name;
    wzp_link_cfg link;
    wzp_tstamp limit;
} move_row;

static const move_row MOVES[] = {
    {"RTT 40 ms", {.delay_ns = 20 * WZP_MS}, 150 * WZP_MS},
    {"RTT 40 ms, 10 % loss",
     {.delay_ns = 20 * WZP_MS, .loss = 0.1},
     400 * WZP_MS},
    {"RTT 300 ms", {.delay_ns = 150 * WZP_MS}, 400 * WZP_MS},
    {"RTT 300 ms, 10 % loss, jitter",
     {.delay_ns = 150 * WZP_MS, .jitter_ns = 30 * WZP_MS, .loss = 0.1},
     1000 * WZP_MS},
};

static size_t move_rows(void)
{
    return sizeof MOVES / sizeof *MOVES;
}

static void moves(size_t row)
{
    const move_row *r = &MOVES[row];
    net_pair p = net_connect(50 + row);
    net_link(p.n, &r->link);
    (void)talk(&p, 3000);
    wzp__conn *s = wzp__table_find(p.server->ep, p.s);
    const ngtcp2_cid old = *ngtcp2_conn_get_dcid(s->quic);
    signal_both(&p, 10);
    move_to(&p, 77, 5000);
    signal_both(&p, 10);
    const calls k = talk(&p, 5000);
    show(r->name, &k);
    assert_true(k.server_gap <= r->limit);
    assert_true(k.client_gap <= r->limit);
    net_run(p.n, 2 * WZP_S);
    assert_int_equal(p.server->signals, 20);
    assert_int_equal(p.client->signals, 20);
    assert_int_equal(stats_of(p.client).path_changes, 1);
    assert_int_equal(stats_of(p.server).path_changes, 1);
    /* Nobody on the way can tell by the id that it is the same call. */
    assert_false(ngtcp2_cid_eq(&old, ngtcp2_conn_get_dcid(s->quic)));
    net_free(p.n);
}

WZP_ROWS(conn_path_moves_with_its_socket_at, move_rows, moves);

WZP_TEST(conn_path_moves_three_times_in_a_round_trip_and_once_more)
{
    for (uint64_t seed = 60; seed < 70; seed++) {
        net_pair p = net_connect(seed);
        net_link(p.n, &(wzp_link_cfg){.delay_ns = 50 * WZP_MS,
                                      .loss = 0.05 * (double)(seed % 3)});
        (void)talk(&p, 2000);
        signal_both(&p, 10);
        for (uint8_t i = 0; i < 4; i++) {
            move_to(&p, (uint8_t)(80 + i), 5000);
            (void)talk(&p, 15);
        }
        const calls k = talk(&p, 4000);
        show("four moves", &k);
        assert_true(k.server_gap <= 500 * WZP_MS);
        assert_true(k.client_gap <= 1000 * WZP_MS);
        net_run(p.n, 2 * WZP_S);
        assert_int_equal(p.server->signals, 10);
        assert_int_equal(p.client->signals, 10);
        assert_true(is_up(&p));
        net_free(p.n);
    }
}

WZP_TEST(conn_path_moves_again_and_again_without_running_out_of_ids)
{
    net_pair p = net_connect(71);
    for (uint8_t i = 0; i < 20; i++) {
        (void)talk(&p, 1000);
        move_to(&p, (uint8_t)(80 + i), 5000);
    }
    const calls k = talk(&p, 2000);
    assert_true(k.client_gap <= 150 * WZP_MS);
    assert_int_equal(net_stats(p.client, p.c).path_changes, 20);
    net_run(p.n, 5 * WZP_S);
    assert_true(p.server->ep->env.cids.count <= 12);
    net_free(p.n);
}

WZP_TEST(conn_path_of_a_half_open_connection_ends_by_name_when_the_socket_moves)
{
    for (int ms = 5; ms < 60; ms += 10) {
        net *n = net_new(72);
        net_pair p = {
            .n = n, .server = net_add(n, true), .client = net_add(n, false)};
        p.c = net_dial(n, p.client, p.server, "room");
        net_run(n, (wzp_tstamp)ms * WZP_MS);
        move_to(&p, 77, 5000);
        net_run(n, 100 * WZP_MS);
        assert_true(net_note(p.client, p.c)->closed);
        assert_int_equal(net_note(p.client, p.c)->err, WZP_ERR_MOVED);
        p.c = net_dial(n, p.client, p.server, "room");
        net_run(n, WZP_S);
        assert_true(net_note(p.client, p.c)->up);
        net_free(n);
    }
}

WZP_TEST(conn_path_of_accepted_connections_stays_when_the_socket_moves)
{
    net_pair p = net_connect(73);
    const wzp_addr other = net_v4(1, 5000);
    wzp_endpoint_rebind(p.server->ep, p.n->now, &other);
    const calls k = talk(&p, 1000);
    assert_true(k.client_gap <= 100 * WZP_MS);
    assert_int_equal(stats_of(p.server).path_changes, 0);
    net_free(p.n);
}

/* --- what is measured afterwards --- */

WZP_TEST(conn_path_is_measured_anew_after_a_move)
{
    net_pair p = net_connect(80);
    net_link(p.n, &(wzp_link_cfg){.delay_ns = 150 * WZP_MS});
    (void)talk(&p, 5000);
    assert_true(net_stats(p.client, p.c).rtt_us > 290000);
    net_link(p.n, &(wzp_link_cfg){.delay_ns = 10 * WZP_MS});
    move_to(&p, 77, 5000);
    for (int i = 0; i < 20; i++) {
        (void)talk(&p, 100);
        print_message("%d ms: rtt %llu / %llu us\n", 100 * (i + 1),
                      (unsigned long long)net_stats(p.client, p.c).rtt_us,
                      (unsigned long long)net_stats(p.server, p.s).rtt_us);
    }
    (void)talk(&p, 1000);
    const wzp_conn_stats c = net_stats(p.client, p.c);
    const wzp_conn_stats s = net_stats(p.server, p.s);
    assert_true(c.rtt_us < 40000 && s.rtt_us < 40000);
    assert_true(c.loss_permille == 0 && s.loss_permille == 0);
    net_free(p.n);
}
