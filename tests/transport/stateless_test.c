/* SPDX-License-Identifier: MIT */
/* Answers for which nothing is kept. */
#include "net.h"
#include "quic/table.h"

static wzp_endpoint_stats stats_of(const net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s;
}

WZP_TEST(stateless_answers_an_unknown_version_with_the_known_one)
{
    net *n = net_new(5);
    net_node *server = net_add(n, true);
    uint8_t data[1200] = {0xc0, 0xba, 0xba, 0xba, 0xba, 8, 1, 2, 3, 4,
                          5,    6,    7,    8,    4,    9, 9, 9, 9};
    const wzp_addr from = net_v4(50, 50);
    wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data,
                      sizeof data);
    wzp_ep_action a;
    assert_true(wzp_endpoint_poll(server->ep, n->now, &a));
    assert_int_equal(a.kind, WZP_EP_SEND);
    assert_true(wzp_addr_equal(&a.u.send.remote, &from));
    /* version 0, their ids swapped, then version 1 */
    assert_memory_equal(a.u.send.data + 1, "\0\0\0\0\x04\x09\x09\x09\x09\x08",
                        10);
    assert_memory_equal(a.u.send.data + a.u.send.len - 4, "\0\0\0\1", 4);
    assert_false(wzp_endpoint_poll(server->ep, n->now, &a));
    /* Too short to be answered. */
    wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data, 1199);
    assert_false(wzp_endpoint_poll(server->ep, n->now, &a));
    assert_int_equal(stats_of(server).malformed, 2);
    net_free(n);
}

WZP_TEST(stateless_reset_is_shorter_than_what_it_answers)
{
    net *n = net_new(2);
    net_node *server = net_add(n, true);
    const wzp_addr from = net_v4(50, 50);
    uint8_t data[100] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8};
    for (size_t len = 1; len <= sizeof data; len++) {
        wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data, len);
        wzp_ep_action a;
        const bool answers = wzp_endpoint_poll(server->ep, n->now, &a);
        assert_int_equal(answers, len >= 43);
        if (answers) {
            assert_true(a.u.send.len < len);
            assert_int_equal(a.u.send.data[0] & 0xc0, 0x40);
        }
    }
    net_free(n);
}

WZP_TEST(stateless_answers_are_dropped_when_too_many_wait)
{
    net *n = net_new(3);
    net_node *server = net_add(n, true);
    const wzp_addr from = net_v4(50, 50);
    const uint8_t data[100] = {0x40};
    for (int i = 0; i < 1000; i++) {
        wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data,
                          sizeof data);
    }
    size_t answers = 0;
    wzp_ep_action a;
    while (wzp_endpoint_poll(server->ep, n->now, &a)) {
        answers++;
    }
    assert_int_equal(answers, WZP__STATELESS_MAX);
    net_free(n);
}

WZP_TEST(stateless_retry_token_is_good_for_its_own_address_only)
{
    net *n = net_new(4);
    net_node *server = net_add(n, true);
    wzp__env *env = &server->ep->env;
    wzp__stateless *s = &server->ep->stateless;
    const wzp_addr peer = net_v4(50, 50), other = net_v4(51, 50);
    ngtcp2_pkt_hd hd = {.version = NGTCP2_PROTO_VER_V1};
    ngtcp2_cid_init(&hd.dcid, (const uint8_t *)"original", 8);
    ngtcp2_cid_init(&hd.scid, (const uint8_t *)"client", 6);
    const wzp__stray in = {.local = &server->addr, .remote = &peer};
    wzp__stateless_retry(s, env, n->now, &in, &hd);
    const wzp__answer *a = wzp__stateless_next(s);
    assert_non_null(a);
    /* Back from the client: its new destination is the Retry's source. */
    ngtcp2_version_cid ids;
    assert_int_equal(ngtcp2_pkt_decode_version_cid(&ids, a->data, a->len, 8),
                     0);
    ngtcp2_pkt_hd again = {.version = NGTCP2_PROTO_VER_V1};
    ngtcp2_cid_init(&again.dcid, ids.scid, ids.scidlen);
    const size_t head = 7 + ids.dcidlen + ids.scidlen;
    again.token = a->data + head;
    again.tokenlen = a->len - head - 16; /* integrity tag */
    ngtcp2_cid odcid;
    assert_true(wzp__stateless_verify(env, n->now, &peer, &again, &odcid));
    assert_int_equal(odcid.datalen, 8);
    assert_memory_equal(odcid.data, "original", 8);
    assert_false(wzp__stateless_verify(env, n->now, &other, &again, &odcid));
    assert_false(
        wzp__stateless_verify(env, n->now + 11 * WZP_S, &peer, &again, &odcid));
    again.tokenlen--;
    assert_false(wzp__stateless_verify(env, n->now, &peer, &again, &odcid));
    net_free(n);
}

WZP_TEST(stateless_counts_the_resets_and_retries_it_sends)
{
    net *n = net_new(6);
    net_node *server = net_add(n, true);
    const wzp_addr from = net_v4(50, 50);
    uint8_t data[100] = {0x40, 1, 2, 3};
    wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data, 42);
    assert_int_equal(stats_of(server).resets_sent, 0); /* too short */
    wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data, 43);
    assert_int_equal(stats_of(server).resets_sent, 1);
    assert_int_equal(stats_of(server).retries_sent, 0);
    net_free(n);
}

WZP_TEST(stateless_resets_are_limited_in_a_second_from_whoever_they_come)
{
    net *n = net_new(7);
    net_node *server = net_add(n, true);
    uint8_t data[100] = {0x40, 1, 2, 3};
    wzp_ep_action a;
    for (int round = 0; round < 3; round++) {
        const uint64_t before = stats_of(server).resets_sent;
        for (size_t i = 0; i < 5000; i++) {
            const wzp_addr from = net_v4((uint8_t)i, (uint16_t)i);
            wzp_endpoint_recv(server->ep, n->now, &server->addr, &from, data,
                              sizeof data);
            while (wzp_endpoint_poll(server->ep, n->now, &a)) {
            }
        }
        assert_int_equal(stats_of(server).resets_sent - before,
                         round == 1 ? WZP__RESETS / 2 : WZP__RESETS);
        n->now += round == 0 ? WZP_S / 2 : WZP_S;
    }
    net_free(n);
}
