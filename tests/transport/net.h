/* SPDX-License-Identifier: MIT */
/* Endpoints on a virtual clock, joined by links of tests/support/link.h. Each
 * node notes what its endpoint reported; tests read the notes. Everything is
 * repeatable: one seed gives all randomness, TLS included. Static functions,
 * because every test program here is one source file.
 */
#ifndef WZP_TEST_TRANSPORT_NET_H
#define WZP_TEST_TRANSPORT_NET_H

#include "support/harness.h"
#include "support/link.h"

#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NET_NODES = 8,
    NET_PACKETS = 4096, /* on their way */
    NET_NOTES = 1024,
};

typedef struct net_packet {
    wzp_tstamp due;
    uint64_t order;
    wzp_addr from, to;
    size_t len;
    uint8_t data[1500];
} net_packet;

typedef struct net_conn {
    wzp_conn_id id;
    bool up, closed, is_server;
    char sni[WZP_SNI_MAX + 1];
    wzp_addr remote;
    uint8_t cert_hash[32], exporter[32];
    bool has_peer_cert, has_peer_key;
    uint8_t peer_key[32];
    wzp_err err;
    uint64_t code;
    char reason[WZP_REASON_MAX + 1];
    wzp_tstamp up_at, closed_at;
} net_conn;

struct net;
typedef struct net_node {
    struct net *net;
    wzp_endpoint *ep;
    wzp_addr addr;    /* what the endpoint thinks it is */
    wzp_addr outside; /* what the others see (NAT); same as addr at first */
    wzp_pkt_pool *pool;
    net_conn conns[NET_NOTES];
    size_t conn_count;
    size_t signals, dgrams, unis, ups, ends;
    char *last_signal;
    size_t last_signal_len;
    char uni[260];
    uint8_t last_dgram[1500];
    size_t last_dgram_len;
    wzp_conn_id last_signal_conn;
    uint64_t sent_packets, sent_bytes;
    bool trust_all, echo;
    void (*on_signal)(struct net_node *n, wzp_conn_id conn, const char *data,
                      size_t len);
    void (*on_dgram)(struct net_node *n, const wzp_pkt *pkt);
    void (*on_up)(struct net_node *n, wzp_conn_id conn);
} net_node;

typedef struct net {
    wzp_tstamp now;
    net_node nodes[NET_NODES];
    size_t node_count;
    net_packet *packets; /* NET_PACKETS */
    size_t packet_count;
    uint64_t order;
    wzp_link links[NET_NODES]; /* by sender */
    uint64_t rng;
    uint64_t trace; /* hash of all packets sent */
    bool cut;       /* nothing is delivered */
} net;

static inline uint64_t net_next(uint64_t *s)
{
    *s += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *s;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void net_fill(void *user, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)net_next(user);
    }
}

static inline wzp_addr net_v4(uint8_t host, uint16_t port)
{
    return wzp_addr_v4((const uint8_t[]){10, 0, 0, host}, port);
}

static inline net *net_new(uint64_t seed)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    net *n = calloc(1, sizeof *n);
    assert_non_null(n);
    n->packets = calloc(NET_PACKETS, sizeof *n->packets);
    assert_non_null(n->packets);
    n->now = WZP_S;
    n->rng = seed;
    const wzp_rng rng = {net_fill, &n->rng};
    wzp_transport_set_test_rng(&rng);
    for (size_t i = 0; i < NET_NODES; i++) {
        wzp_link_init(&n->links[i], &(wzp_link_cfg){.delay_ns = 20 * WZP_MS,
                                                    .seed = seed + i});
    }
    return n;
}

static inline void net_free(net *n)
{
    for (size_t i = 0; i < n->node_count; i++) {
        wzp_endpoint_free(n->nodes[i].ep);
        wzp_pkt_pool_free(n->nodes[i].pool);
        free(n->nodes[i].last_signal);
    }
    wzp_transport_set_test_rng(NULL);
    free(n->packets);
    free(n);
    wzp_transport_global_deinit();
}

static inline void net_link(net *n, const wzp_link_cfg *cfg)
{
    for (size_t i = 0; i < NET_NODES; i++) {
        wzp_link_set(&n->links[i], cfg);
    }
}

/* cfg NULL: defaults. Accepting nodes get a seed. */
static inline wzp_endpoint_config net_config(net *n, net_node *node,
                                             bool accepts)
{
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng = (wzp_rng){net_fill, &n->rng};
    cfg.pool = node->pool;
    cfg.accepts = accepts;
    cfg.has_tls_seed = accepts;
    memset(cfg.tls_seed, 0x42, sizeof cfg.tls_seed);
    return cfg;
}

static inline net_node *net_prepare(net *n)
{
    assert_true(n->node_count < NET_NODES);
    net_node *node = &n->nodes[n->node_count++];
    node->net = n;
    node->addr = net_v4((uint8_t)n->node_count, 4433);
    node->outside = node->addr;
    const wzp_mem mem = wzp_mem_default();
    assert_int_equal(wzp_pkt_pool_new(&node->pool, &mem, 256), WZP_OK);
    return node;
}

static inline net_node *net_add(net *n, bool accepts)
{
    net_node *node = net_prepare(n);
    const wzp_endpoint_config cfg = net_config(n, node, accepts);
    assert_int_equal(wzp_endpoint_new(&node->ep, &cfg, n->now), WZP_OK);
    return node;
}

static inline net_conn *net_note(net_node *node, wzp_conn_id id)
{
    for (size_t i = 0; i < node->conn_count; i++) {
        if (node->conns[i].id == id) {
            return &node->conns[i];
        }
    }
    assert_true(node->conn_count < NET_NOTES);
    node->conns[node->conn_count] = (net_conn){.id = id};
    return &node->conns[node->conn_count++];
}

static inline void net_post(net *n, net_node *node, const wzp_ep_action *a)
{
    node->sent_packets++;
    node->sent_bytes += a->u.send.len;
    for (size_t i = 0; i < a->u.send.len; i++) {
        n->trace = (n->trace ^ a->u.send.data[i]) * UINT64_C(1099511628211);
    }
    uint64_t due[WZP_LINK_COPIES_MAX];
    wzp_link *link = &n->links[node - n->nodes];
    const int copies = wzp_link_send(link, n->now, a->u.send.len, due);
    if (n->cut) {
        return;
    }
    for (int i = 0; i < copies; i++) {
        assert_true(n->packet_count < NET_PACKETS);
        net_packet *p = &n->packets[n->packet_count++];
        p->due = due[i];
        p->order = n->order++;
        p->from = wzp_addr_equal(&a->u.send.local, &node->addr)
                      ? node->outside
                      : a->u.send.local;
        p->to = a->u.send.remote;
        p->len = a->u.send.len;
        assert_true(p->len <= sizeof p->data);
        memcpy(p->data, a->u.send.data, p->len);
    }
}

static inline void net_note_signal(net_node *node, const wzp_ep_action *a)
{
    node->signals++;
    free(node->last_signal);
    node->last_signal = malloc(a->u.signal.len + 1);
    assert_non_null(node->last_signal);
    memcpy(node->last_signal, a->u.signal.data, a->u.signal.len);
    node->last_signal[a->u.signal.len] = '\0';
    node->last_signal_len = a->u.signal.len;
    node->last_signal_conn = a->conn;
}

static inline void net_note_up(net_node *node, const wzp_ep_action *a)
{
    net_conn *c = net_note(node, a->conn);
    assert_false(c->up);
    c->up = true;
    c->is_server = a->kind == WZP_EP_ACCEPTED;
    c->up_at = node->net->now;
    c->remote = a->u.up.remote;
    memcpy(c->sni, a->u.up.sni, strlen(a->u.up.sni) + 1);
    memcpy(c->cert_hash, a->u.up.cert_hash, 32);
    memcpy(c->exporter, a->u.up.exporter, 32);
    c->has_peer_cert = a->u.up.has_peer_cert;
    c->has_peer_key = a->u.up.has_peer_key;
    memcpy(c->peer_key, a->u.up.peer_key, 32);
    node->ups++;
    if (node->trust_all) {
        assert_int_equal(wzp_endpoint_trust(node->ep, a->conn), WZP_OK);
    }
    if (node->on_up != NULL) {
        node->on_up(node, a->conn);
    }
}

static inline void net_note_end(net_node *node, const wzp_ep_action *a)
{
    net_conn *c = net_note(node, a->conn);
    assert_false(c->closed);
    c->closed = true;
    c->closed_at = node->net->now;
    c->err = a->u.closed.err;
    c->code = a->u.closed.code;
    memcpy(c->reason, a->u.closed.reason, strlen(a->u.closed.reason) + 1);
    node->ends++;
}

static inline void net_drain(net *n, net_node *node)
{
    wzp_ep_action a;
    while (wzp_endpoint_poll(node->ep, n->now, &a)) {
        switch (a.kind) {
        case WZP_EP_SEND: net_post(n, node, &a); break;
        case WZP_EP_ACCEPTED:
        case WZP_EP_CONNECTED: net_note_up(node, &a); break;
        case WZP_EP_SIGNAL:
            net_note_signal(node, &a);
            if (node->on_signal != NULL) {
                node->on_signal(node, a.conn, a.u.signal.data, a.u.signal.len);
            }
            break;
        case WZP_EP_UNI:
            node->unis++;
            memcpy(node->uni, a.u.signal.data, a.u.signal.len);
            node->uni[a.u.signal.len] = '\0';
            break;
        case WZP_EP_DGRAM:
            node->dgrams++;
            memcpy(node->last_dgram, a.u.dgram->data, a.u.dgram->len);
            node->last_dgram_len = a.u.dgram->len;
            if (node->on_dgram != NULL) {
                node->on_dgram(node, a.u.dgram);
            }
            if (node->echo) {
                wzp_ignore(wzp_endpoint_send_dgram(node->ep, n->now, a.conn,
                                                   a.u.dgram),
                           "a test looks at what came back");
            }
            break;
        case WZP_EP_CLOSED: net_note_end(node, &a); break;
        }
    }
}

static inline size_t net_first(const net *n)
{
    size_t best = 0;
    for (size_t i = 1; i < n->packet_count; i++) {
        const net_packet *p = &n->packets[i], *b = &n->packets[best];
        if (p->due < b->due || (p->due == b->due && p->order < b->order)) {
            best = i;
        }
    }
    return best;
}

static inline void net_deliver(net *n, size_t i)
{
    net_packet p = n->packets[i];
    n->packets[i] = n->packets[--n->packet_count];
    for (size_t k = 0; k < n->node_count; k++) {
        net_node *node = &n->nodes[k];
        if (wzp_addr_equal(&p.to, &node->outside)) {
            wzp_endpoint_recv(node->ep, n->now, &node->addr, &p.from, p.data,
                              p.len);
            return;
        }
    }
}

static inline void net_drain_all(net *n)
{
    for (size_t k = 0; k < n->node_count; k++) {
        net_drain(n, &n->nodes[k]);
    }
}

/* Let `span` pass. */
static inline void net_run(net *n, wzp_tstamp span)
{
    const wzp_tstamp until = n->now + span;
    for (;;) {
        net_drain_all(n);
        wzp_tstamp at = WZP_NEVER;
        if (n->packet_count > 0) {
            at = n->packets[net_first(n)].due;
        }
        for (size_t k = 0; k < n->node_count; k++) {
            const wzp_tstamp d = wzp_endpoint_deadline(n->nodes[k].ep);
            at = d < at ? d : at;
        }
        if (at > until) {
            n->now = until;
            return;
        }
        n->now = at > n->now ? at : n->now;
        while (n->packet_count > 0 && n->packets[net_first(n)].due <= n->now) {
            net_deliver(n, net_first(n));
        }
        for (size_t k = 0; k < n->node_count; k++) {
            if (wzp_endpoint_deadline(n->nodes[k].ep) <= n->now) {
                wzp_endpoint_expire(n->nodes[k].ep, n->now);
            }
        }
    }
}

static inline wzp_conn_id net_dial(net *n, net_node *from, const net_node *to,
                                   const char *sni)
{
    wzp_conn_id id = 0;
    const wzp_dial d = {.local = from->addr, .remote = to->outside, .sni = sni};
    assert_int_equal(wzp_endpoint_dial(from->ep, n->now, &d, &id), WZP_OK);
    (void)net_note(from, id);
    return id;
}

static inline void net_signal(net_node *node, wzp_conn_id conn,
                              const char *text)
{
    assert_int_equal(wzp_endpoint_send_signal(node->ep, node->net->now, conn,
                                              text, strlen(text)),
                     WZP_OK);
}

/* One datagram of len bytes, all `fill`. */
static inline wzp_err net_dgram(net_node *node, wzp_conn_id conn, size_t len,
                                uint8_t fill)
{
    wzp_pkt *pkt = wzp_pkt_get(node->pool);
    assert_non_null(pkt);
    memset(pkt->data, fill, len);
    pkt->len = len;
    const wzp_err e =
        wzp_endpoint_send_dgram(node->ep, node->net->now, conn, pkt);
    wzp_pkt_unref(pkt);
    return e;
}

static inline wzp_conn_stats net_stats(net_node *node, wzp_conn_id conn)
{
    wzp_conn_stats s = {.size = sizeof s};
    assert_int_equal(wzp_endpoint_conn_stats(node->ep, conn, &s), WZP_OK);
    return s;
}

/* The only connection a listener noted. */
static inline net_conn *net_only(net_node *node)
{
    assert_int_equal(node->conn_count, 1);
    return &node->conns[0];
}

/* A listener (first) and a dialler, connected. */
typedef struct net_pair {
    net *n;
    net_node *server, *client;
    wzp_conn_id s, c;
} net_pair;

static inline net_pair net_connect(uint64_t seed)
{
    net_pair p = {.n = net_new(seed)};
    p.server = net_add(p.n, true);
    p.client = net_add(p.n, false);
    p.c = net_dial(p.n, p.client, p.server, "room");
    net_run(p.n, WZP_S);
    assert_true(net_note(p.client, p.c)->up);
    p.s = net_only(p.server)->id;
    return p;
}

#endif
