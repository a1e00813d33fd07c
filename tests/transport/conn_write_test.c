/* SPDX-License-Identifier: MIT */
/* What goes into packets: frames together, speech before signals, nothing that
 * is too old; and signals of all sizes through flow control and loss.
 */
#include "net.h"

WZP_TEST(conn_write_puts_waiting_datagrams_into_one_packet)
{
    net_pair p = net_connect(1);
    net_run(p.n, WZP_S);
    const uint64_t before = p.server->sent_packets;
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 100, i), WZP_OK);
    }
    net_drain_all(p.n);
    assert_int_equal(p.server->sent_packets - before, 1);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->dgrams, 5);
    assert_int_equal(p.client->last_dgram[0], 4);
    net_free(p.n);
}

WZP_TEST(conn_write_splits_datagrams_that_do_not_fit_together)
{
    net_pair p = net_connect(2);
    net_run(p.n, 2 * WZP_S);
    const uint64_t before = p.server->sent_packets;
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 800, i), WZP_OK);
    }
    net_drain_all(p.n);
    assert_int_equal(p.server->sent_packets - before, 3);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->dgrams, 3);
    net_free(p.n);
}

WZP_TEST(conn_write_sends_signal_and_datagram_in_one_packet)
{
    net_pair p = net_connect(3);
    net_run(p.n, WZP_S);
    const uint64_t before = p.server->sent_packets;
    net_signal(p.server, p.s, "{}");
    assert_int_equal(net_dgram(p.server, p.s, 100, 1), WZP_OK);
    net_drain_all(p.n);
    assert_int_equal(p.server->sent_packets - before, 1);
    net_free(p.n);
}

WZP_TEST(conn_write_drops_datagrams_that_waited_too_long)
{
    net_pair p = net_connect(4);
    p.n->cut = true;
    uint64_t sent = 0;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 1000, 1), WZP_OK);
        net_run(p.n, 5 * WZP_MS);
        sent++;
    }
    const wzp_conn_stats s = net_stats(p.server, p.s);
    assert_true(s.dgram_dropped_age > 0);
    assert_true(s.dgram_queued <= 41);
    net_run(p.n, 300 * WZP_MS);
    const wzp_conn_stats later = net_stats(p.server, p.s);
    assert_int_equal(later.dgram_queued, 0);
    const uint64_t dropped = later.dgram_dropped_age + later.dgram_dropped_full;
    assert_int_equal(later.dgram_sent + dropped, sent);
    wzp_endpoint_stats all = {.size = sizeof all};
    wzp_endpoint_stats_get(p.server->ep, &all);
    assert_int_equal(all.dgram_dropped, dropped);
    net_run(p.n, 40 * WZP_S); /* the connection is gone, its count is not */
    wzp_endpoint_stats_get(p.server->ep, &all);
    assert_int_equal(all.conns, 0);
    assert_int_equal(all.dgram_dropped, dropped);
    assert_int_equal(wzp_pkt_pool_free_count(p.server->pool), 256);
    net_free(p.n);
}

WZP_TEST(conn_write_drops_the_oldest_when_the_queue_is_full)
{
    net_pair p = net_connect(5);
    net_run(p.n, WZP_S);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 100, (uint8_t)i), WZP_OK);
    }
    assert_int_equal(net_stats(p.server, p.s).dgram_dropped_full, 36);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->dgrams, 64);
    assert_int_equal(p.client->last_dgram[0], 99);
    net_free(p.n);
}

/* --- signals --- */

static const size_t SIZES[] = {0,      1,       100,    1190,  1200,
                               1500,   65531,   65532,  65533, 65536,
                               262144, 1048575, 1048576};

static size_t size_rows(void)
{
    return sizeof SIZES / sizeof *SIZES;
}

static void carries_signal(size_t row)
{
    net_pair p = net_connect(6);
    const size_t len = SIZES[row];
    char *text = malloc(len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)('a' + i % 26);
    }
    assert_int_equal(wzp_endpoint_trust(p.server->ep, p.s), WZP_OK);
    assert_int_equal(
        wzp_endpoint_send_signal(p.client->ep, p.n->now, p.c, text, len),
        WZP_OK);
    const wzp_tstamp start = p.n->now;
    while (p.server->signals == 0 && p.n->now < start + 20 * WZP_S) {
        net_run(p.n, 10 * WZP_MS);
    }
    assert_int_equal(p.server->signals, 1);
    assert_int_equal(p.server->last_signal_len, len);
    assert_memory_equal(p.server->last_signal, text, len);
    if (len == 1048576) {
        print_message("1 MiB signal: %llu ms at 40 ms RTT\n",
                      (unsigned long long)((p.n->now - start) / WZP_MS));
    }
    net_run(p.n, WZP_S);
    assert_int_equal(net_stats(p.client, p.c).signal_queued, 0);
    free(text);
    net_free(p.n);
}

WZP_ROWS(conn_write_carries_signal_of_size, size_rows, carries_signal);

WZP_TEST(conn_write_refuses_a_signal_above_the_limit)
{
    net_pair p = net_connect(7);
    char *text = calloc(1, 1048577);
    assert_int_equal(
        wzp_endpoint_send_signal(p.client->ep, p.n->now, p.c, text, 1048577),
        WZP_ERR_OVERSIZE);
    free(text);
    net_run(p.n, WZP_S);
    assert_false(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

static unsigned next_number;

static void count_up(net_node *node, wzp_conn_id conn, const char *data,
                     size_t len)
{
    (void)node;
    (void)conn;
    char want[16];
    const int n = snprintf(want, sizeof want, "%u", next_number);
    assert_int_equal(len, n);
    assert_memory_equal(data, want, len);
    next_number++;
}

static void sends_in_order(double loss, uint64_t seed)
{
    net_pair p = net_connect(seed);
    next_number = 0;
    p.server->on_signal = count_up;
    net_link(p.n, &(wzp_link_cfg){.loss = loss,
                                  .delay_ns = 20 * WZP_MS,
                                  .jitter_ns = 15 * WZP_MS});
    for (unsigned i = 0; i < 500; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%u", i);
        net_signal(p.client, p.c, text);
    }
    net_run(p.n, 30 * WZP_S);
    assert_int_equal(p.server->signals, 500);
    assert_int_equal(net_stats(p.client, p.c).signal_queued, 0);
    net_free(p.n);
}

WZP_TEST(conn_write_keeps_500_signals_in_order)
{
    sends_in_order(0.0, 8);
}

WZP_TEST(conn_write_keeps_500_signals_in_order_at_20_percent_loss)
{
    sends_in_order(0.2, 9);
}

WZP_TEST(conn_write_gets_stream_credit_back_for_ever)
{
    net_pair p = net_connect(10);
    for (int i = 0; i < 1000; i++) {
        net_signal(p.client, p.c, "{}");
        net_signal(p.server, p.s, "{}");
        net_run(p.n, 5 * WZP_MS);
    }
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1000);
    assert_int_equal(p.client->signals, 1000);
    net_free(p.n);
}

WZP_TEST(conn_write_speech_goes_on_beside_a_big_signal)
{
    net_pair p = net_connect(11);
    assert_int_equal(wzp_endpoint_trust(p.client->ep, p.c), WZP_OK);
    char *text = calloc(1, 1000000);
    assert_int_equal(
        wzp_endpoint_send_signal(p.server->ep, p.n->now, p.s, text, 1000000),
        WZP_OK);
    free(text);
    for (int i = 0; i < 250; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 100, 1), WZP_OK);
        net_run(p.n, 20 * WZP_MS);
    }
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->signals, 1);
    assert_true(p.client->dgrams >= 240);
    net_free(p.n);
}

/* What was said since the last signal is no debt that a signal has to wait for,
 * and speech with it. */
WZP_TEST(conn_write_speech_goes_on_after_a_signal_however_long_it_lasted)
{
    net_pair p = net_connect(31);
    for (int t = 0; t < 3000; t++) { /* a minute, of 250 packets a second */
        for (int i = 0; i < 5; i++) {
            assert_int_equal(net_dgram(p.server, p.s, 1000, 1), WZP_OK);
        }
        net_run(p.n, 20 * WZP_MS);
    }
    net_run(p.n, 100 * WZP_MS);
    const size_t before = p.client->dgrams;
    net_signal(p.server, p.s, "{}");
    for (size_t i = 1; i <= 50; i++) {
        assert_int_equal(net_dgram(p.server, p.s, 120, 1), WZP_OK);
        net_run(p.n, 20 * WZP_MS + WZP_MS); /* so long it is under way */
        assert_int_equal(p.client->dgrams - before, i);
    }
    assert_int_equal(p.client->signals, 1);
    net_free(p.n);
}

WZP_TEST(conn_write_closes_a_peer_that_reads_too_slowly)
{
    net_pair p = net_connect(12);
    p.n->cut = true;
    char *text = calloc(1, 60000);
    wzp_err e = WZP_OK;
    size_t n = 0;
    while (e == WZP_OK && n < 100) {
        e = wzp_endpoint_send_signal(p.server->ep, p.n->now, p.s, text, 60000);
        n++;
    }
    free(text);
    assert_int_equal(e, WZP_ERR_FULL);
    assert_int_equal(n, 18);
    net_run(p.n, WZP_S);
    assert_true(net_only(p.server)->closed);
    assert_int_equal(net_only(p.server)->err, WZP_ERR_SLOW);
    net_free(p.n);
}

/* --- a path that becomes narrower --- */

/* Packets above `mtu` bytes (UDP payload) vanish, without a word. */
static void run_narrow(net_pair *p, wzp_tstamp span, size_t mtu)
{
    for (wzp_tstamp t = 0; t < span; t += WZP_MS) {
        net_drain_all(p->n);
        for (size_t i = 0; i < p->n->packet_count;) {
            if (p->n->packets[i].len > mtu) {
                p->n->packets[i] = p->n->packets[--p->n->packet_count];
            } else {
                i++;
            }
        }
        net_run(p->n, WZP_MS);
    }
}

/* Media and a big signal for `seconds`; how many datagrams were heard of
 * 50 a second. */
static size_t talk_narrow(net_pair *p, int seconds, size_t mtu, size_t len)
{
    const size_t before = p->client->dgrams;
    for (int i = 0; i < seconds * 50; i++) {
        wzp_ignore(net_dgram(p->server, p->s, len, 1), "what is heard counts");
        run_narrow(p, 20 * WZP_MS, mtu);
    }
    return p->client->dgrams - before;
}

static void send_big(net_pair *p)
{
    static char text[50000];
    memset(text, 'x', sizeof text);
    assert_int_equal(wzp_endpoint_send_signal(p->server->ep, p->n->now, p->s,
                                              text, sizeof text),
                     WZP_OK);
}

WZP_TEST(conn_write_finds_how_wide_the_path_is)
{
    static const size_t WIDTHS[] = {1200, 1391, 1392, 1451, 1452, 9000};
    static const size_t FOUND[] = {1200, 1200, 1392, 1392, 1452, 1452};
    for (size_t i = 0; i < 6; i++) {
        net_pair p = {.n = net_new(20)};
        p.server = net_add(p.n, true);
        p.client = net_add(p.n, false);
        p.c = net_dial(p.n, p.client, p.server, "room");
        run_narrow(&p, 500 * WZP_MS, WIDTHS[i]);
        p.s = net_only(p.server)->id;
        (void)talk_narrow(&p, 30, WIDTHS[i], 100);
        const size_t limit = wzp_endpoint_dgram_limit(p.server->ep, p.s);
        assert_true(limit < FOUND[i] && limit > FOUND[i] - 50);
        net_free(p.n);
    }
}

WZP_TEST(conn_write_recovers_from_a_path_that_became_narrower)
{
    net_pair p = net_connect(21);
    (void)talk_narrow(&p, 10, 1452, 100);
    assert_true(wzp_endpoint_dgram_limit(p.server->ep, p.s) > 1392);
    /* Small media pass all the time; what fills packets must get through in
     * the end, and the call must not break. */
    send_big(&p);
    const size_t heard = talk_narrow(&p, 20, 1280, 100);
    print_message("narrower: heard %zu of 1000, limit %zu, signals %zu\n",
                  heard, wzp_endpoint_dgram_limit(p.server->ep, p.s),
                  p.client->signals);
    assert_true(heard >= 940); /* a second and a bit is lost */
    assert_int_equal(p.client->signals, 1);
    assert_true(wzp_endpoint_dgram_limit(p.server->ep, p.s) < 1280);
    /* And big datagrams are refused instead of vanishing. */
    assert_int_equal(net_dgram(p.server, p.s, 1300, 1), WZP_ERR_OVERSIZE);
    net_free(p.n);
}
