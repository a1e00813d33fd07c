/* SPDX-License-Identifier: MIT */
/* Real sockets on loopback, one libuv loop: the shell with an endpoint inside,
 * as relay and client use it. Short: what has to do with time is tested on
 * virtual time elsewhere.
 */
#include "support/harness.h"
#include "uv/socket.h"

#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <dirent.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

typedef struct peer {
    wzp_endpoint *ep;
    wzp_uv_udp *udp;
    wzp_pkt_pool *pool;
    wzp_conn_id conn;
    wzp_addr seen_local, seen_remote;
    size_t up, signals, dgrams, moves, closed;
    bool echo;
    wzp_err err;
} peer;

static void fill(void *user, uint8_t *out, size_t len)
{
    (void)user;
    assert_int_equal(getrandom(out, len, 0), (ssize_t)len);
}

static void on_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len)
{
    peer *p = m;
    p->seen_local = *local;
    wzp_endpoint_recv(p->ep, now, local, remote, data, len);
}

static void on_expire(void *m, wzp_tstamp now)
{
    peer *p = m;
    wzp_endpoint_expire(p->ep, now);
}

static wzp_tstamp on_deadline(void *m)
{
    const peer *p = m;
    return wzp_endpoint_deadline(p->ep);
}

static void note(peer *p, wzp_tstamp now, const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_ACCEPTED:
    case WZP_EP_CONNECTED:
        p->up++;
        p->conn = a->conn;
        p->seen_remote = a->u.up.remote;
        break;
    case WZP_EP_SIGNAL: p->signals++; break;
    case WZP_EP_DGRAM:
        p->dgrams++;
        if (p->echo) {
            assert_int_equal(
                wzp_endpoint_send_dgram(p->ep, now, a->conn, a->u.dgram),
                WZP_OK);
        }
        break;
    case WZP_EP_CLOSED:
        p->closed++;
        p->err = a->u.closed.err;
        break;
    case WZP_EP_UNI:
    case WZP_EP_SEND: break;
    }
}

static bool on_poll(void *m, wzp_tstamp now, wzp_addr *local, wzp_addr *remote,
                    const uint8_t **data, size_t *len)
{
    peer *p = m;
    wzp_ep_action a;
    while (wzp_endpoint_poll(p->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        note(p, now, &a);
    }
    return false;
}

static void on_moved(void *m, wzp_tstamp now, const wzp_addr *local)
{
    peer *p = m;
    p->moves++;
    wzp_endpoint_rebind(p->ep, now, local);
}

static wzp_err open_peer(peer *p, uv_loop_t *loop, const char *addr,
                         bool accepts, char *why, size_t why_len)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng.fill = fill;
    cfg.accepts = cfg.has_tls_seed = accepts;
    assert_int_equal(wzp_pkt_pool_new(&p->pool, &mem, 64), WZP_OK);
    cfg.pool = p->pool;
    assert_int_equal(wzp_endpoint_new(&p->ep, &cfg, wzp_uv_now()), WZP_OK);
    wzp_addr at;
    assert_int_equal(wzp_addr_decode(addr, strlen(addr), &at), WZP_OK);
    const wzp_uv_machine machine = {.recv = on_recv,
                                    .expire = on_expire,
                                    .deadline = on_deadline,
                                    .poll_send = on_poll,
                                    .moved = accepts ? NULL : on_moved,
                                    .machine = p};
    return wzp_uv_udp_new(&p->udp, loop, &mem, &at, &machine, why, why_len);
}

static void free_peer(void *user)
{
    peer *p = user;
    wzp_endpoint_free(p->ep);
    wzp_pkt_pool_free(p->pool);
    p->ep = NULL;
}

static void close_peer(peer *p, uv_loop_t *loop)
{
    wzp_uv_udp_close(p->udp, free_peer, p);
    while (p->ep != NULL) {
        (void)uv_run(loop, UV_RUN_ONCE);
    }
}

static void wake(uv_timer_t *t)
{
    (void)t;
}

/* Until `*value` is at least `want`; the limit is for what never comes. */
static void run_until(uv_loop_t *loop, const size_t *value, size_t want)
{
    uv_timer_t tick;
    (void)uv_timer_init(loop, &tick);
    (void)uv_timer_start(&tick, wake, 50, 50);
    const wzp_tstamp end = wzp_uv_now() + 60 * WZP_S;
    while (*value < want && wzp_uv_now() < end) {
        (void)uv_run(loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(loop, UV_RUN_NOWAIT);
    assert_true(*value >= want);
}

static void dial(peer *from, const peer *to, const char *host)
{
    wzp_dial d = {.local = wzp_uv_udp_local(from->udp), .sni = "room"};
    assert_int_equal(wzp_addr_decode_ip(host, strlen(host),
                                        wzp_uv_udp_local(to->udp).port,
                                        &d.remote),
                     WZP_OK);
    assert_int_equal(wzp_endpoint_dial(from->ep, wzp_uv_now(), &d, &from->conn),
                     WZP_OK);
    wzp_uv_udp_kick(from->udp);
}

static void say(peer *from)
{
    wzp_pkt *pkt = wzp_pkt_get(from->pool);
    assert_non_null(pkt);
    pkt->len = 100;
    memset(pkt->data, 1, 100);
    assert_int_equal(
        wzp_endpoint_send_dgram(from->ep, wzp_uv_now(), from->conn, pkt),
        WZP_OK);
    wzp_pkt_unref(pkt);
    assert_int_equal(
        wzp_endpoint_send_signal(from->ep, wzp_uv_now(), from->conn, "{}", 2),
        WZP_OK);
    wzp_uv_udp_kick(from->udp);
}

typedef struct family_row {
    const char *listen, *client, *host;
} family_row;

static const family_row FAMILIES[] = {
    {"127.0.0.1:0", "0.0.0.0:0", "127.0.0.1"},
    {"0.0.0.0:0", "127.0.0.1:0", "127.0.0.1"},
    {"0.0.0.0:0", "0.0.0.0:0", "127.0.0.7"}, /* replies leave from .7 */
    {"[::]:0", "[::]:0", "::1"},
    {"[::]:0", "0.0.0.0:0", "127.0.0.1"},
    {"[::]:0", "[::]:0", "127.0.0.3"},
};

static size_t family_rows(void)
{
    return sizeof FAMILIES / sizeof *FAMILIES;
}

static bool has_ipv6(void)
{
    uv_interface_address_t *all = NULL;
    int n = 0;
    bool found = false;
    assert_int_equal(uv_interface_addresses(&all, &n), 0);
    for (int i = 0; i < n; i++) {
        found = found || all[i].address.address4.sin_family == AF_INET6;
    }
    uv_free_interface_addresses(all, n);
    return found;
}

static void talks(size_t row)
{
    const family_row *r = &FAMILIES[row];
    if (r->listen[0] == '[' && !has_ipv6()) {
        WZP_SKIP("no IPv6 here");
    }
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer server = {.echo = true}, client = {0};
    char why[100] = "";
    assert_int_equal(
        open_peer(&server, &loop, r->listen, true, why, sizeof why), WZP_OK);
    assert_int_equal(
        open_peer(&client, &loop, r->client, false, why, sizeof why), WZP_OK);
    dial(&client, &server, r->host);
    run_until(&loop, &client.up, 1);
    assert_int_equal(client.up, 1);
    say(&client);
    run_until(&loop, &client.dgrams, 1);
    run_until(&loop, &server.signals, 1);
    wzp_addr host;
    assert_int_equal(wzp_addr_decode_ip(r->host, strlen(r->host),
                                        wzp_uv_udp_local(server.udp).port,
                                        &host),
                     WZP_OK);
    assert_true(wzp_addr_equal(&server.seen_local, &host));
    assert_int_equal(wzp_endpoint_close(client.ep, wzp_uv_now(), client.conn,
                                        WZP_CLOSE_NORMAL, "done"),
                     WZP_OK);
    wzp_uv_udp_kick(client.udp);
    run_until(&loop, &server.closed, 1);
    assert_int_equal(server.err, WZP_ERR_PEER_CLOSED);
    close_peer(&client, &loop);
    close_peer(&server, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

WZP_ROWS(udp_carries_a_connection, family_rows, talks);

WZP_TEST(udp_says_why_it_cannot_bind)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer a = {0}, b = {0};
    char why[100] = "";
    assert_int_equal(
        open_peer(&a, &loop, "127.0.0.1:0", false, why, sizeof why), WZP_OK);
    const wzp_addr taken = wzp_uv_udp_local(a.udp);
    assert_int_not_equal(taken.port, 0);
    char text[WZP_ADDR_TEXT_MAX];
    (void)wzp_addr_encode(&taken, text);
    assert_int_equal(open_peer(&b, &loop, text, false, why, sizeof why),
                     WZP_ERR_IO);
    assert_string_equal(why, "address already in use");
    free_peer(&b);
    close_peer(&a, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

WZP_TEST(udp_counts_what_passes)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer a = {0}, b = {0};
    assert_int_equal(open_peer(&a, &loop, "127.0.0.1:0", true, NULL, 0),
                     WZP_OK);
    assert_int_equal(open_peer(&b, &loop, "127.0.0.1:0", false, NULL, 0),
                     WZP_OK);
    dial(&b, &a, "127.0.0.1");
    run_until(&loop, &a.up, 1);
    run_until(&loop, &b.up, 1);
    wzp_uv_udp_stats s = {.size = sizeof s};
    wzp_uv_udp_stats_get(b.udp, &s);
    assert_int_equal(s.size, sizeof s);
    assert_true(s.tx_packets >= 2);
    assert_true(s.rx_packets >= 1);
    assert_true(s.wakes >= 1);
    assert_int_equal(s.rx_truncated, 0);
    close_peer(&a, &loop);
    close_peer(&b, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

/* Connected, and the client's handshake confirmed. */
static void connect_peers(uv_loop_t *loop, peer *server, peer *client)
{
    assert_int_equal(open_peer(server, loop, "127.0.0.1:0", true, NULL, 0),
                     WZP_OK);
    assert_int_equal(open_peer(client, loop, "127.0.0.1:0", false, NULL, 0),
                     WZP_OK);
    dial(client, server, "127.0.0.1");
    run_until(loop, &server->up, 1);
    run_until(loop, &client->up, 1);
    say(client);
    run_until(loop, &client->dgrams, 1);
}

/* Open ones of this process. The old port says less: somebody else may have it
 * by now. */
static size_t count_files(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL) {
        n++;
    }
    closedir(d);
    return n;
}

WZP_TEST(udp_reopened_goes_on_from_another_port_and_closes_the_old_socket)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer server = {.echo = true}, client = {0};
    connect_peers(&loop, &server, &client);
    const size_t files = count_files();
    for (size_t i = 1; i <= 3; i++) {
        const wzp_addr old = wzp_uv_udp_local(client.udp);
        assert_int_equal(wzp_uv_udp_reopen(client.udp), WZP_OK);
        const wzp_addr now = wzp_uv_udp_local(client.udp);
        assert_int_not_equal(now.port, old.port);
        assert_int_equal(client.moves, i);
        say(&client);
        run_until(&loop, &client.dgrams, i + 1);
        run_until(&loop, &server.signals, i + 1);
        assert_int_equal(count_files(), files);
    }
    wzp_uv_udp_stats s = {.size = sizeof s};
    wzp_uv_udp_stats_get(client.udp, &s);
    assert_int_equal(s.reopened, 3);
    wzp_conn_stats c = {.size = sizeof c};
    assert_int_equal(wzp_endpoint_conn_stats(client.ep, client.conn, &c),
                     WZP_OK);
    assert_int_equal(c.path_changes, 3);
    assert_int_equal(wzp_uv_udp_reopen(server.udp), WZP_ERR_STATE);
    close_peer(&client, &loop);
    close_peer(&server, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

WZP_TEST(udp_reopened_and_closed_in_one_turn_of_the_loop_leaves_nothing)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer a = {0};
    assert_int_equal(open_peer(&a, &loop, "127.0.0.1:0", false, NULL, 0),
                     WZP_OK);
    assert_int_equal(wzp_uv_udp_reopen(a.udp), WZP_OK);
    assert_int_equal(wzp_uv_udp_reopen(a.udp), WZP_OK);
    close_peer(&a, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

WZP_TEST(udp_that_gets_no_other_socket_keeps_the_old_one_and_counts)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer a = {0};
    assert_int_equal(open_peer(&a, &loop, "127.0.0.1:0", false, NULL, 0),
                     WZP_OK);
    const uint16_t port = wzp_uv_udp_local(a.udp).port;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const wzp_err e = wzp_uv_udp_reopen(a.udp);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(e, WZP_ERR_IO);
    assert_int_equal(wzp_uv_udp_local(a.udp).port, port);
    wzp_uv_udp_stats s = {.size = sizeof s};
    wzp_uv_udp_stats_get(a.udp, &s);
    assert_int_equal(s.reopened, 0);
    assert_int_equal(s.reopen_errors, 1);
    close_peer(&a, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}

static bool has_runs(void)
{
    const wzp_addr any = wzp_addr_v4((const uint8_t[]){127, 0, 0, 1}, 0);
    wzp__socket s;
    int e = 0;
    assert_int_equal(wzp__socket_open(&s, &any, &e), WZP_OK);
    wzp__socket_close(&s);
    return s.splits;
}

WZP_TEST(udp_sends_a_big_signal_in_a_few_calls)
{
    if (!has_runs()) {
        WZP_SKIP("this system has no UDP_SEGMENT");
    }
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    peer server = {.echo = true}, client = {0};
    connect_peers(&loop, &server, &client);
    static char text[60000];
    memset(text, 'x', sizeof text);
    wzp_uv_udp_stats a = {.size = sizeof a}, b = {.size = sizeof b};
    wzp_uv_udp_stats_get(client.udp, &a);
    assert_int_equal(wzp_endpoint_send_signal(client.ep, wzp_uv_now(),
                                              client.conn, text, sizeof text),
                     WZP_OK);
    wzp_uv_udp_kick(client.udp);
    run_until(&loop, &server.signals, 2);
    wzp_uv_udp_stats_get(client.udp, &b);
    const uint64_t packets = b.tx_packets - a.tx_packets;
    const uint64_t calls = b.tx_calls - a.tx_calls;
    print_message("signal of 60,000 bytes: %llu packets in %llu calls\n",
                  (unsigned long long)packets, (unsigned long long)calls);
    assert_true(packets >= 40);
    assert_true(calls * 3 <= packets);
    assert_int_equal(b.tx_errors, 0);
    close_peer(&client, &loop);
    close_peer(&server, &loop);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_transport_global_deinit();
}
