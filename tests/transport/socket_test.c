/* SPDX-License-Identifier: MIT */
#include "uv/socket.h"

#include "support/harness.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

typedef struct pair {
    wzp_mem mem;
    wzp__socket a, b;
    wzp__socket_batch *batch;
} pair;

static wzp_addr addr_of(const char *text)
{
    wzp_addr a;
    assert_int_equal(wzp_addr_decode(text, strlen(text), &a), WZP_OK);
    return a;
}

static pair open_pair(const char *a, const char *b)
{
    pair p = {.mem = wzp_mem_default()};
    const wzp_addr at = addr_of(a), bt = addr_of(b);
    int e = 0;
    assert_int_equal(wzp__socket_open(&p.a, &at, &e), WZP_OK);
    assert_int_equal(wzp__socket_open(&p.b, &bt, &e), WZP_OK);
    assert_int_equal(wzp__socket_batch_new(&p.batch, &p.mem), WZP_OK);
    return p;
}

static void close_pair(pair *p)
{
    wzp__socket_close(&p->a);
    wzp__socket_close(&p->b);
    wzp__socket_batch_free(p->batch, &p->mem);
}

/* Something is there; the limit is for what never comes. */
static void await_packet(const wzp__socket *s)
{
    struct pollfd fd = {.fd = s->fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 60000), 1);
}

static size_t recv_some(pair *p, const wzp__socket *s)
{
    await_packet(s);
    return wzp__socket_recv(s, p->batch);
}

/* All `count` packets are there: a busy system brings them one after the other.
 * Looks at them without taking any (SO_PEEK_OFF goes on to the next one). */
static void await_packets(const wzp__socket *s, size_t count)
{
    int at = 0;
    uint8_t byte;
    assert_int_equal(setsockopt(s->fd, SOL_SOCKET, SO_PEEK_OFF, &at, sizeof at),
                     0);
    for (size_t i = 0; i < count;) {
        await_packet(s);
        if (recv(s->fd, &byte, 1, MSG_PEEK) == 1) {
            assert_int_equal(byte, i);
            i++;
        } else {
            assert_int_equal(errno, EAGAIN);
        }
    }
    at = -1;
    assert_int_equal(setsockopt(s->fd, SOL_SOCKET, SO_PEEK_OFF, &at, sizeof at),
                     0);
}

WZP_TEST(socket_packets_come_in_one_batch_in_order)
{
    pair p = open_pair("127.0.0.1:0", "127.0.0.1:0");
    for (uint8_t i = 0; i < 20; i++) {
        assert_int_equal(wzp__socket_send(&p.a, &p.a.local, &p.b.local, &i, 1),
                         0);
    }
    await_packets(&p.b, 20);
    assert_int_equal(wzp__socket_recv(&p.b, p.batch), 20);
    for (uint8_t i = 0; i < 20; i++) {
        wzp__socket_packet got;
        assert_true(wzp__socket_get(&p.b, p.batch, i, &got));
        assert_int_equal(got.len, 1);
        assert_int_equal(got.data[0], i);
        assert_true(wzp_addr_equal(&got.remote, &p.a.local));
        assert_true(wzp_addr_equal(&got.local, &p.b.local));
    }
    assert_int_equal(wzp__socket_recv(&p.b, p.batch), 0);
    close_pair(&p);
}

WZP_TEST(socket_on_a_wildcard_leaves_from_the_address_it_is_told)
{
    pair p = open_pair("0.0.0.0:0", "0.0.0.0:0");
    wzp_addr from = addr_of("127.0.0.9:0"), to = addr_of("127.0.0.5:0");
    from.port = p.a.local.port;
    to.port = p.b.local.port;
    assert_int_equal(
        wzp__socket_send(&p.a, &from, &to, (const uint8_t *)"x", 1), 0);
    assert_int_equal(recv_some(&p, &p.b), 1);
    wzp__socket_packet got;
    assert_true(wzp__socket_get(&p.b, p.batch, 0, &got));
    assert_true(wzp_addr_equal(&got.remote, &from));
    assert_true(wzp_addr_equal(&got.local, &to));
    close_pair(&p);
}

WZP_TEST(socket_says_that_a_packet_was_cut)
{
    pair p = open_pair("127.0.0.1:0", "127.0.0.1:0");
    static const uint8_t BIG[WZP__SOCKET_PACKET + 1];
    assert_int_equal(
        wzp__socket_send(&p.a, &p.a.local, &p.b.local, BIG, sizeof BIG), 0);
    assert_int_equal(recv_some(&p, &p.b), 1);
    wzp__socket_packet got;
    assert_true(wzp__socket_get(&p.b, p.batch, 0, &got));
    assert_true(got.is_truncated);
    close_pair(&p);
}

/* --- runs --- */

enum {
    EACH = 1200,
    LAST = 345,
};

static void fill_run(wzp__run *run, const pair *p, size_t count)
{
    uint8_t data[EACH];
    wzp__run_clear(run);
    for (size_t i = 0; i < count; i++) {
        memset(data, (int)i + 1, sizeof data);
        assert_true(wzp__run_add(run, &p->a.local, &p->b.local, data,
                                 i + 1 < count ? EACH : LAST));
    }
}

/* All arrive, one by one, as they were; from where they should. */
static void expect_run(pair *p, size_t count)
{
    size_t got = 0;
    while (got < count) {
        const size_t n = recv_some(p, &p->b);
        for (size_t i = 0; i < n; i++, got++) {
            wzp__socket_packet q;
            assert_true(wzp__socket_get(&p->b, p->batch, i, &q));
            assert_int_equal(q.len, got + 1 < count ? EACH : LAST);
            assert_int_equal(q.data[0], got + 1);
            assert_int_equal(q.data[q.len - 1], got + 1);
            assert_true(wzp_addr_equal(&q.remote, &p->a.local));
        }
    }
    assert_int_equal(got, count);
    assert_int_equal(wzp__socket_recv(&p->b, p->batch), 0);
}

static const char *const RUN_ENDS[] = {"127.0.0.1:0", "[::]:0"};

static size_t run_rows(void)
{
    return 2;
}

static void sends_run(size_t row)
{
    pair p = {.mem = wzp_mem_default()};
    const wzp_addr at = addr_of(RUN_ENDS[row]), bt = addr_of("127.0.0.1:0");
    int e = 0;
    if (wzp__socket_open(&p.a, &at, &e) != WZP_OK) {
        WZP_SKIP("no IPv6 here");
    }
    assert_int_equal(wzp__socket_open(&p.b, &bt, &e), WZP_OK);
    assert_int_equal(wzp__socket_batch_new(&p.batch, &p.mem), WZP_OK);
    const bool splits = p.a.splits;
    p.a.local = wzp_addr_v4((const uint8_t[]){127, 0, 0, 1}, p.a.local.port);
    static wzp__run run;
    fill_run(&run, &p, 10);
    wzp__socket_sent sent = wzp__socket_send_run(&p.a, &run);
    assert_int_equal(sent.packets, 10);
    assert_int_equal(sent.error, 0);
    assert_int_equal(sent.calls, splits ? 1 : 10);
    expect_run(&p, 10);

    p.a.splits = false; /* an older system */
    sent = wzp__socket_send_run(&p.a, &run);
    assert_int_equal(sent.packets, 10);
    assert_int_equal(sent.calls, 10);
    expect_run(&p, 10);
    close_pair(&p);
}

WZP_ROWS(socket_sends_a_run_in_one_call_or_in_many_from, run_rows, sends_run);

WZP_TEST(socket_sends_packet_by_packet_what_the_system_will_not_split)
{
    pair p = open_pair("127.0.0.1:0", "127.0.0.1:0");
    /* Without checksums the system refuses to split. */
    const int on = 1;
    assert_int_equal(
        setsockopt(p.a.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    const bool splits = p.a.splits;
    static wzp__run run;
    fill_run(&run, &p, 5);
    const wzp__socket_sent sent = wzp__socket_send_run(&p.a, &run);
    assert_int_equal(sent.packets, 5);
    assert_int_equal(sent.error, 0);
    assert_int_equal(sent.calls, splits ? 6 : 5);
    expect_run(&p, 5);
    close_pair(&p);
}

WZP_TEST(socket_counts_what_the_system_did_not_take_of_a_run)
{
    pair p = open_pair("127.0.0.1:0", "127.0.0.1:0");
    static wzp__run run;
    fill_run(&run, &p, 3);
    wzp__socket_close(&p.a);
    const wzp__socket_sent sent = wzp__socket_send_run(&p.a, &run);
    assert_int_equal(sent.packets, 0);
    assert_int_not_equal(sent.error, 0);
    close_pair(&p);
}

WZP_TEST(socket_refuses_an_address_that_is_not_here)
{
    const wzp_addr elsewhere = addr_of("192.0.2.1:0");
    const wzp_addr none = {.family = WZP_FAMILY_NONE};
    wzp__socket s;
    int e = 0;
    assert_int_equal(wzp__socket_open(&s, &elsewhere, &e), WZP_ERR_IO);
    assert_int_not_equal(e, 0);
    assert_int_equal(s.fd, -1);
    assert_int_equal(wzp__socket_open(&s, &none, &e), WZP_ERR_IO);
}
