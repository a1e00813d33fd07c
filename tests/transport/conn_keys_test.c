/* SPDX-License-Identifier: MIT */
/* New keys during a call: packets go on opening, whoever begins, and whatever
 * the network does to their order.
 */
#include "net.h"
#include "quic/table.h"

#define HOUR (3600 * WZP_S)
enum {
    ROUNDS = 4,
    ROUND_MS = 3000,
};

static wzp_endpoint_stats stats_of(const net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s;
}

static uint64_t updates(net_node *node, wzp_conn_id conn)
{
    return net_stats(node, conn).key_updates;
}

/* Both say something every 20 ms. */
static void talk(net_pair *p, int ms)
{
    for (int at = 0; at < ms; at += 20) {
        assert_int_equal(net_dgram(p->client, p->c, 120, 1), WZP_OK);
        assert_int_equal(net_dgram(p->server, p->s, 120, 2), WZP_OK);
        net_run(p->n, 20 * WZP_MS);
    }
}

/* As a peer of another make would, at any time. */
static int begin_update(net_pair *p, net_node *node, wzp_conn_id conn)
{
    wzp__conn *c = wzp__table_find(node->ep, conn);
    assert_null(c->tls.ssl); /* nothing of TLS is left */
    return ngtcp2_conn_initiate_key_update(c->quic, p->n->now);
}

static void expect_updates(net_pair *p, uint64_t n)
{
    assert_int_equal(updates(p->client, p->c), n);
    assert_int_equal(updates(p->server, p->s), n);
    assert_false(net_only(p->server)->closed);
    assert_false(net_note(p->client, p->c)->closed);
}

WZP_TEST(conn_keys_are_renewed_every_hour)
{
    net_pair p = net_connect(1);
    net_run(p.n, HOUR - 10 * WZP_S);
    expect_updates(&p, 0); /* control: not before */
    net_run(p.n, 30 * WZP_S);
    expect_updates(&p, 1); /* one of the two began it, both did it */
    net_run(p.n, HOUR);
    expect_updates(&p, 2);
    assert_int_equal(stats_of(p.client).key_updates, 2);
    assert_int_equal(stats_of(p.server).key_updates, 2);
    net_free(p.n);
}

WZP_TEST(conn_keys_are_renewed_after_four_million_packets)
{
    net_pair p = net_connect(2);
    talk(&p, 1000);
    wzp__conn *c = wzp__table_find(p.client->ep, p.c);
    c->keys.tx_first = c->total.tx_packets - (UINT64_C(1) << 22) + 50;
    talk(&p, 900);
    expect_updates(&p, 0);
    talk(&p, 1100);
    expect_updates(&p, 1);
    net_free(p.n);
}

typedef struct update_row {
    const char *name;
    wzp_link_cfg link;
    bool by_server;
} update_row;

static const update_row UPDATES[] = {
    {"listener", {.delay_ns = 20 * WZP_MS}, true},
    {"dialler", {.delay_ns = 20 * WZP_MS}, false},
    {"listener, reordering",
     {.delay_ns = 60 * WZP_MS, .jitter_ns = 50 * WZP_MS},
     true},
    {"dialler, reordering",
     {.delay_ns = 60 * WZP_MS, .jitter_ns = 50 * WZP_MS},
     false},
    {"listener, 20 % loss, reordering, copies",
     {.delay_ns = 60 * WZP_MS,
      .jitter_ns = 50 * WZP_MS,
      .loss = 0.2,
      .dup = 0.1},
     true},
    {"dialler, 20 % loss, reordering, copies",
     {.delay_ns = 60 * WZP_MS,
      .jitter_ns = 50 * WZP_MS,
      .loss = 0.2,
      .dup = 0.1},
     false},
};

static size_t update_rows(void)
{
    return sizeof UPDATES / sizeof *UPDATES;
}

/* A call with `rounds` updates in it; how many datagrams were heard. */
static size_t hold_call(const update_row *r, uint64_t seed, int rounds)
{
    net_pair p = net_connect(seed);
    net_link(p.n, &r->link);
    talk(&p, 2000);
    net_run(p.n, 500 * WZP_MS);
    const size_t before = p.server->dgrams + p.client->dgrams;
    for (int i = 0; i < ROUNDS; i++) {
        if (i < rounds) {
            assert_int_equal(r->by_server ? begin_update(&p, p.server, p.s)
                                          : begin_update(&p, p.client, p.c),
                             0);
        }
        net_signal(p.client, p.c, "{}");
        net_signal(p.server, p.s, "{}");
        talk(&p, ROUND_MS);
    }
    net_run(p.n, 2 * WZP_S);
    assert_int_equal(p.server->signals, ROUNDS);
    assert_int_equal(p.client->signals, ROUNDS);
    expect_updates(&p, (uint64_t)rounds);
    const size_t heard = p.server->dgrams + p.client->dgrams - before;
    net_free(p.n);
    return heard;
}

/* The same call without updates is what it is held against. */
static void renews(size_t row)
{
    const update_row *r = &UPDATES[row];
    size_t with = 0, without = 0;
    for (uint64_t seed = 10; seed < 20; seed++) {
        with += hold_call(r, seed, ROUNDS);
        without += hold_call(r, seed, 0);
    }
    print_message("%s: heard %zu with updates, %zu without\n", r->name, with,
                  without);
    if (r->link.loss == 0) {
        assert_int_equal(without, 10 * 2 * ROUNDS * ROUND_MS / 20);
        assert_int_equal(with, without);
    } else { /* other packets are lost: the dice fall differently */
        assert_true(with >= without - without / 100);
    }
}

WZP_ROWS(conn_keys_change_in_a_call_by_the, update_rows, renews);

WZP_TEST(conn_keys_change_when_both_sides_begin_at_once)
{
    net_pair p = net_connect(30);
    talk(&p, 1000);
    net_run(p.n, 100 * WZP_MS); /* nothing is on its way */
    const size_t up = p.server->dgrams, down = p.client->dgrams;
    assert_int_equal(begin_update(&p, p.client, p.c), 0);
    assert_int_equal(begin_update(&p, p.server, p.s), 0);
    talk(&p, 2000);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams - up, 100);
    assert_int_equal(p.client->dgrams - down, 100);
    expect_updates(&p, 1);
    net_free(p.n);
}

WZP_TEST(conn_keys_cannot_change_again_before_the_change_is_through)
{
    net_pair p = net_connect(31);
    talk(&p, 1000);
    assert_int_equal(begin_update(&p, p.client, p.c), 0);
    assert_int_equal(begin_update(&p, p.client, p.c), NGTCP2_ERR_INVALID_STATE);
    talk(&p, 2000);
    assert_int_equal(begin_update(&p, p.client, p.c), 0);
    talk(&p, 2000);
    expect_updates(&p, 2);
    net_free(p.n);
}

WZP_TEST(conn_keys_that_only_one_side_has_open_nothing)
{
    /* Control: with the key bit turned, but the keys as they were, nothing
     * opens; so the tests above would notice keys that differ. */
    net_pair p = net_connect(32);
    talk(&p, 1000);
    const size_t before = p.server->dgrams;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(net_dgram(p.client, p.c, 120, 1), WZP_OK);
        net_drain(p.n, p.client);
        for (size_t k = 0; k < p.n->packet_count; k++) {
            p.n->packets[k].data[0] ^= 0x04;
        }
        net_run(p.n, 20 * WZP_MS);
    }
    net_run(p.n, 100 * WZP_MS);
    assert_int_equal(p.server->dgrams, before);
    net_free(p.n);
}
