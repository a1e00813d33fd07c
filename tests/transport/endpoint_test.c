/* SPDX-License-Identifier: MIT */
/* Endpoints on virtual time: what the contract of endpoint.h promises, seen
 * from outside.
 */
#include "net.h"
#include "quic/table.h"

WZP_TEST(endpoint_handshake_gives_both_sides_the_same_exporter)
{
    net_pair p = net_connect(1);
    net_conn *s = net_only(p.server);
    net_conn *c = net_note(p.client, p.c);
    assert_true(s->is_server);
    assert_false(c->is_server);
    assert_memory_equal(s->exporter, c->exporter, 32);
    static const uint8_t ZERO[32];
    assert_memory_not_equal(s->exporter, ZERO, 32);
    net_free(p.n);
}

WZP_TEST(endpoint_exporter_differs_between_connections)
{
    net_pair p = net_connect(2);
    const wzp_conn_id second = net_dial(p.n, p.client, p.server, "room");
    net_run(p.n, WZP_S);
    assert_true(net_note(p.client, second)->up);
    assert_memory_not_equal(net_note(p.client, second)->exporter,
                            net_note(p.client, p.c)->exporter, 32);
    net_free(p.n);
}

WZP_TEST(endpoint_dialler_is_told_the_certificate_hash)
{
    net_pair p = net_connect(3);
    uint8_t hash[32];
    assert_int_equal(wzp_endpoint_cert_hash(p.server->ep, hash), WZP_OK);
    assert_memory_equal(hash, net_note(p.client, p.c)->cert_hash, 32);
    uint8_t seed[32], same[32];
    memset(seed, 0x42, sizeof seed); /* net_config's */
    assert_int_equal(wzp_endpoint_cert_hash_of(seed, same), WZP_OK);
    assert_memory_equal(hash, same, 32);
    assert_int_equal(wzp_endpoint_cert_hash(p.client->ep, hash),
                     WZP_ERR_NOT_FOUND);
    net_free(p.n);
}

WZP_TEST(endpoint_signals_go_both_ways)
{
    net_pair p = net_connect(4);
    net_signal(p.client, p.c, "{\"hello\":1}");
    net_signal(p.server, p.s, "{\"world\":2}");
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    assert_string_equal(p.server->last_signal, "{\"hello\":1}");
    assert_string_equal(p.client->last_signal, "{\"world\":2}");
    net_free(p.n);
}

WZP_TEST(endpoint_charges_a_connection_while_it_is_there)
{
    net_pair p = net_connect(4);
    assert_int_equal(wzp_endpoint_charge(p.server->ep, p.n->now, p.s, 5000),
                     WZP_OK);
    assert_int_equal(wzp_endpoint_charge(p.server->ep, p.n->now, p.s, 1),
                     WZP_ERR_RATE);
    assert_int_equal(wzp_endpoint_charge(p.client->ep, p.n->now, p.c, 5000),
                     WZP_OK); /* one that dialled is not counted */
    assert_int_equal(wzp_endpoint_charge(p.client->ep, p.n->now, p.c, 5000),
                     WZP_OK);
    assert_int_equal(wzp_endpoint_charge(p.server->ep, p.n->now, 99, 1),
                     WZP_ERR_NOT_FOUND);
    net_free(p.n);
}

/* How it is kept to that: stream_test.c. */
WZP_TEST(endpoint_holds_a_message_or_two_of_who_is_known_and_2_mib_of_a_friend)
{
    net_pair p = net_connect(4);
    const wzp__conn *c = wzp__table_find(p.server->ep, p.s);
    assert_in_range(c->inbox.max_held, 2 * 65536, 3 * 65536);
    assert_true(c->is_stranger);
    assert_int_equal(wzp_endpoint_know(p.server->ep, p.s), WZP_OK);
    assert_false(c->is_stranger);
    assert_in_range(c->inbox.max_held, 2 * 65536, 3 * 65536);
    assert_int_equal(wzp_endpoint_trust(p.server->ep, p.s), WZP_OK);
    assert_int_equal(c->inbox.max_held, 2 << 20);
    net_free(p.n);
}

WZP_TEST(endpoint_datagrams_go_both_ways)
{
    net_pair p = net_connect(5);
    assert_int_equal(net_dgram(p.client, p.c, 100, 7), WZP_OK);
    assert_int_equal(net_dgram(p.server, p.s, 200, 8), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams, 1);
    assert_int_equal(p.server->last_dgram_len, 100);
    assert_int_equal(p.client->last_dgram_len, 200);
    assert_int_equal(p.client->last_dgram[0], 8);
    net_free(p.n);
}

WZP_TEST(endpoint_takes_datagrams_up_to_its_limit_and_no_longer)
{
    net_pair p = net_connect(6);
    const size_t limit = wzp_endpoint_dgram_limit(p.client->ep, p.c);
    assert_true(limit >= 1160);
    assert_int_equal(net_dgram(p.client, p.c, limit + 1, 1), WZP_ERR_OVERSIZE);
    assert_int_equal(net_dgram(p.client, p.c, limit, 1), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->last_dgram_len, limit);
    net_free(p.n);
}

WZP_TEST(endpoint_carries_datagrams_and_texts_without_a_byte)
{
    net_pair p = net_connect(18);
    assert_int_equal(net_dgram(p.client, p.c, 0, 0), WZP_OK);
    assert_int_equal(wzp_endpoint_send_uni(p.client->ep, p.n->now, p.c, "", 0),
                     WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams, 1);
    assert_int_equal(p.server->last_dgram_len, 0);
    assert_int_equal(p.server->unis, 1);
    assert_string_equal(p.server->uni, "");
    net_free(p.n);
}

WZP_TEST(endpoint_finds_out_that_the_path_takes_bigger_packets)
{
    net_pair p = net_connect(7);
    net_run(p.n, 5 * WZP_S);
    assert_true(wzp_endpoint_dgram_limit(p.client->ep, p.c) >= 1400);
    net_free(p.n);
}

WZP_TEST(endpoint_listens_and_dials_at_once)
{
    net *n = net_new(8);
    net_node *a = net_add(n, true);
    net_node *b = net_add(n, true);
    const wzp_conn_id ab = net_dial(n, a, b, "one");
    const wzp_conn_id ba = net_dial(n, b, a, "two");
    net_run(n, WZP_S);
    assert_true(net_note(a, ab)->up);
    assert_true(net_note(b, ba)->up);
    assert_int_equal(a->ups, 2);
    assert_int_equal(b->ups, 2);
    net_free(n);
}

WZP_TEST(endpoint_dials_two_listeners)
{
    net *n = net_new(9);
    net_node *a = net_add(n, true);
    net_node *b = net_add(n, true);
    net_node *c = net_add(n, false);
    const wzp_conn_id ca = net_dial(n, c, a, "one");
    const wzp_conn_id cb = net_dial(n, c, b, "two");
    net_run(n, WZP_S);
    net_signal(c, ca, "to a");
    net_signal(c, cb, "to b");
    net_run(n, WZP_S);
    assert_string_equal(a->last_signal, "to a");
    assert_string_equal(b->last_signal, "to b");
    assert_string_equal(net_only(a)->sni, "one");
    assert_string_equal(net_only(b)->sni, "two");
    net_free(n);
}

WZP_TEST(endpoint_speaks_over_ipv6)
{
    net *n = net_new(10);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8};
    for (uint8_t i = 0; i < 2; i++) {
        ip[15] = (uint8_t)(i + 1);
        n->nodes[i].addr = n->nodes[i].outside = wzp_addr_v6(ip, 4433);
    }
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, WZP_S);
    assert_true(net_note(client, id)->up);
    assert_true(wzp_addr_equal(&net_only(server)->remote, &client->addr));
    assert_int_equal(net_dgram(client, id, 100, 1), WZP_OK);
    net_run(n, WZP_S);
    assert_int_equal(server->dgrams, 1);
    net_free(n);
}

WZP_TEST(endpoint_refuses_commands_before_the_handshake_is_done)
{
    net *n = net_new(11);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    assert_int_equal(net_dgram(client, id, 10, 1), WZP_ERR_STATE);
    assert_int_equal(wzp_endpoint_send_signal(client->ep, n->now, id, "{}", 2),
                     WZP_ERR_STATE);
    assert_int_equal(wzp_endpoint_dgram_limit(client->ep, id), 0);
    net_free(n);
}

WZP_TEST(endpoint_knows_no_connection_that_is_gone)
{
    net_pair p = net_connect(12);
    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, p.c,
                                        WZP_CLOSE_NORMAL, "done"),
                     WZP_OK);
    assert_int_equal(net_dgram(p.client, p.c, 10, 1), WZP_ERR_NOT_FOUND);
    net_run(p.n, WZP_S);
    wzp_conn_stats s = {.size = sizeof s};
    assert_int_equal(wzp_endpoint_conn_stats(p.client->ep, p.c, &s),
                     WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_endpoint_trust(p.client->ep, p.c), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, 0, 0, ""),
                     WZP_ERR_NOT_FOUND);
    const wzp_conn_id again = net_dial(p.n, p.client, p.server, "room");
    assert_true(again != p.c);
    net_free(p.n);
}

WZP_TEST(endpoint_text_on_a_unidirectional_stream_arrives_whole)
{
    net_pair p = net_connect(13);
    assert_int_equal(
        wzp_endpoint_send_uni(p.server->ep, p.n->now, p.s, "abc123", 6),
        WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->unis, 1);
    assert_string_equal(p.client->uni, "abc123");
    net_free(p.n);
}

WZP_TEST(endpoint_statistics_of_a_connection_follow_what_happened)
{
    net_pair p = net_connect(14);
    net_signal(p.client, p.c, "{}");
    for (int i = 0; i < 100; i++) {
        assert_int_equal(net_dgram(p.client, p.c, 100, 1), WZP_OK);
        net_run(p.n, 20 * WZP_MS);
    }
    const wzp_conn_stats s = net_stats(p.client, p.c);
    assert_int_equal(s.size, sizeof s);
    assert_in_range(s.rtt_us, 39000, 60000);
    assert_in_range(s.rtt_min_us, 39000, 41000);
    assert_int_equal(s.dgram_sent, 100);
    assert_int_equal(s.signals_sent, 1);
    assert_int_equal(s.signal_queued, 0);
    assert_int_equal(s.loss_permille, 0);
    /* 50 packets/s of 100 bytes and about 30 of headers. */
    assert_in_range(s.tx_rate_bps, 45000, 60000);
    const wzp_conn_stats peer = net_stats(p.server, p.s);
    assert_int_equal(peer.dgram_received, 99 + (p.server->dgrams == 100));
    assert_int_equal(peer.signals_received, 1);
    net_free(p.n);
}

/* What media needs to see a queue within some tenths of a second: neither the
 * smoothed round trip, nor one with the time in it for which acknowledgements
 * are held back. */
WZP_TEST(endpoint_newest_round_trip_is_that_of_the_path_alone_and_at_once)
{
    net_pair p = net_connect(15);
    const wzp_link_cfg longer = {.delay_ns = 120 * WZP_MS};
    uint64_t samples = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(net_dgram(p.client, p.c, 100, 1), WZP_OK);
        net_run(p.n, 20 * WZP_MS);
        const wzp_conn_stats s = net_stats(p.client, p.c);
        if (i > 20) {
            assert_in_range(s.rtt_latest_us, 39000, 61000);
        }
        assert_true(s.rtt_samples >= samples);
        samples = s.rtt_samples;
    }
    assert_in_range(samples, 15, 101);
    net_link(p.n, &longer);
    for (int i = 0; i < 25; i++) { /* 500 ms: an old and a new round trip */
        assert_int_equal(net_dgram(p.client, p.c, 100, 1), WZP_OK);
        net_run(p.n, 20 * WZP_MS);
    }
    const wzp_conn_stats s = net_stats(p.client, p.c);
    assert_in_range(s.rtt_latest_us, 239000, 262000);
    assert_true(s.rtt_us < 200000);
    net_free(p.n);
}

WZP_TEST(endpoint_without_packets_in_its_pool_counts_lost_datagrams)
{
    net_pair p = net_connect(15);
    wzp_pkt *all[257];
    size_t n = 0;
    while ((all[n] = wzp_pkt_get(p.server->pool)) != NULL) {
        n++;
    }
    assert_int_equal(net_dgram(p.client, p.c, 10, 1), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->dgrams, 0);
    assert_int_equal(net_stats(p.server, p.s).dgram_no_buffer, 1);
    while (n > 0) {
        wzp_pkt_unref(all[--n]);
    }
    net_free(p.n);
}

static uint64_t trace_of(uint64_t seed)
{
    net_pair p = net_connect(seed);
    net_link(p.n, &(wzp_link_cfg){.loss = 0.1,
                                  .delay_ns = 30 * WZP_MS,
                                  .jitter_ns = 20 * WZP_MS});
    for (int i = 0; i < 50; i++) {
        assert_int_equal(net_dgram(p.client, p.c, 100, 1), WZP_OK);
        net_signal(p.server, p.s, "{\"n\":1}");
        net_run(p.n, 20 * WZP_MS);
    }
    const uint64_t trace = p.n->trace;
    net_free(p.n);
    return trace;
}

WZP_TEST(endpoint_one_seed_gives_the_same_packets_again)
{
    assert_true(trace_of(77) == trace_of(77));
    assert_true(trace_of(77) != trace_of(78));
}

/* --- memory --- */

typedef struct scarce {
    size_t blocks, left; /* allocations until one fails */
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size)
{
    scarce *s = user;
    (void)old;
    if (size == 0) {
        s->blocks -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (s->left == 0) {
        return NULL;
    }
    s->left--;
    s->blocks += ptr == NULL;
    return realloc(ptr, size);
}

/* A whole short life of a connection in which one endpoint runs out of memory
 * after n allocations. True when it got through. */
static bool lives_with(size_t allocations, bool server_is_poor)
{
    net *n = net_new(17);
    scarce mem = {.left = allocations};
    bool made = true;
    for (int i = 0; i < 2; i++) {
        net_node *node = net_prepare(n);
        wzp_endpoint_config cfg = net_config(n, node, i == 0);
        const bool is_poor = (i == 0) == server_is_poor;
        cfg.gives_tickets = i == 0;
        cfg.max_tickets = i == 0 ? 0 : 2;
        if (is_poor) {
            cfg.mem = (wzp_mem){scarce_resize, &mem};
        }
        made = made && wzp_endpoint_new(&node->ep, &cfg, n->now) == WZP_OK;
    }
    bool through = false;
    if (made) {
        net_node *server = &n->nodes[0], *client = &n->nodes[1];
        wzp_conn_id id = 0;
        const wzp_dial d = {
            .local = client->addr, .remote = server->addr, .sni = "room"};
        if (wzp_endpoint_dial(client->ep, n->now, &d, &id) == WZP_OK) {
            net_run(n, 300 * WZP_MS);
            wzp_ignore(
                wzp_endpoint_send_signal(client->ep, n->now, id, "{}", 2),
                "perhaps there is no memory");
            wzp_pkt *pkt = wzp_pkt_get(client->pool);
            pkt->len = 10;
            wzp_ignore(wzp_endpoint_send_dgram(client->ep, n->now, id, pkt),
                       "perhaps there is no memory");
            wzp_pkt_unref(pkt);
            net_run(n, 40 * WZP_S);
            through = server->signals == 1 && server->dgrams == 1 &&
                      !net_note(client, id)->closed;
        }
    }
    net_free(n);
    assert_int_equal(mem.blocks, 0);
    return through;
}

static void runs_out_of_memory(bool server)
{
    size_t n = 0;
    while (!lives_with(n, server)) {
        n++;
        assert_true(n < 2000);
    }
    print_message("one connection: %zu allocations\n", n);
}

WZP_TEST(endpoint_listener_survives_every_failing_allocation)
{
    runs_out_of_memory(true);
}

WZP_TEST(endpoint_dialler_survives_every_failing_allocation)
{
    runs_out_of_memory(false);
}

/* --- configuration --- */

typedef struct config_row {
    const char *what;
    void (*spoil)(wzp_endpoint_config *cfg);
} config_row;

static void no_rng(wzp_endpoint_config *c)
{
    c->rng.fill = NULL;
}
static void no_pool(wzp_endpoint_config *c)
{
    c->pool = NULL;
}
static void no_seed(wzp_endpoint_config *c)
{
    c->has_tls_seed = false;
}
static void no_conns(wzp_endpoint_config *c)
{
    c->max_conns = 0;
}
static void many_conns(wzp_endpoint_config *c)
{
    c->max_conns = 65537;
}
static void no_queue(wzp_endpoint_config *c)
{
    c->dgram_max_queue = 0;
}
static void little_held(wzp_endpoint_config *c)
{
    c->signal_max_held = 1000;
}
static void many_tickets(wzp_endpoint_config *c)
{
    c->max_tickets = 1025;
}
static void names_missing(wzp_endpoint_config *c)
{
    c->n_cert_snis = 1;
}
static void early_above(wzp_endpoint_config *c)
{
    c->signal_max_len = 1000;
}

static const config_row CONFIGS[] = {
    {"no randomness", no_rng},
    {"no pool", no_pool},
    {"accepts without a seed", no_seed},
    {"no connections", no_conns},
    {"too many connections", many_conns},
    {"no datagram queue", no_queue},
    {"holds less than a message", little_held},
    {"too many tickets", many_tickets},
    {"names to ask under are missing", names_missing},
    {"early limit above the limit", early_above},
};

static size_t config_rows(void)
{
    return sizeof CONFIGS / sizeof *CONFIGS;
}

static void refuses_config(size_t row)
{
    net *n = net_new(1);
    net_node *node = net_add(n, true);
    wzp_endpoint_config cfg = net_config(n, node, true);
    CONFIGS[row].spoil(&cfg);
    wzp_endpoint *ep = NULL;
    assert_int_equal(wzp_endpoint_new(&ep, &cfg, n->now), WZP_ERR_CONFIG);
    assert_null(ep);
    net_free(n);
}

WZP_ROWS(endpoint_refuses_configuration, config_rows, refuses_config);

WZP_TEST(endpoint_refuses_to_dial_nonsense)
{
    net *n = net_new(16);
    net_node *a = net_add(n, false);
    const uint8_t ip6[16] = {0x20, 1};
    char name[300];
    memset(name, 'a', sizeof name);
    name[299] = '\0';
    const wzp_dial rows[] = {
        {.local = a->addr, .sni = "x"},
        {.local = a->addr, .remote = wzp_addr_v6(ip6, 1), .sni = "x"},
        {.local = a->addr, .remote = net_v4(1, 0), .sni = "x"},
        {.local = a->addr, .remote = net_v4(1, 1), .sni = ""},
        {.local = a->addr, .remote = net_v4(1, 1), .sni = name},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wzp_conn_id id = 0;
        assert_int_equal(wzp_endpoint_dial(a->ep, n->now, &rows[i], &id),
                         WZP_ERR_ARG);
    }
    net_free(n);
}
