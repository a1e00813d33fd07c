/* SPDX-License-Identifier: MIT */
#include "uv/socket.h"

#include "support/harness.h"

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

static size_t recv_some(pair *p, const wzp__socket *s)
{
    struct pollfd fd = {.fd = s->fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 1000), 1);
    return wzp__socket_recv(s, p->batch);
}

WZP_TEST(socket_packets_come_in_one_batch_in_order)
{
    pair p = open_pair("127.0.0.1:0", "127.0.0.1:0");
    for (uint8_t i = 0; i < 20; i++) {
        assert_true(wzp__socket_send(&p.a, &p.a.local, &p.b.local, &i, 1));
    }
    assert_int_equal(recv_some(&p, &p.b), 20);
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
    assert_true(wzp__socket_send(&p.a, &from, &to, (const uint8_t *)"x", 1));
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
    assert_true(
        wzp__socket_send(&p.a, &p.a.local, &p.b.local, BIG, sizeof BIG));
    assert_int_equal(recv_some(&p, &p.b), 1);
    wzp__socket_packet got;
    assert_true(wzp__socket_get(&p.b, p.batch, 0, &got));
    assert_true(got.is_truncated);
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
