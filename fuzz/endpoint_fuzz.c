/* SPDX-License-Identifier: MIT */
/* Two endpoints and a network that does what the input says: deliver, drop,
 * repeat, damage, invent packets, let time pass, send, close. Nothing may
 * crash, leak or loop, and what is reported must make sense.
 */
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    FLYING = 64,
    PACKET = 1500,
    STEPS = 300,
};

typedef struct packet {
    size_t to, len;
    uint8_t data[PACKET];
} packet;

typedef struct world {
    wzp_tstamp now;
    wzp_endpoint *ep[2]; /* 0 listens, 1 dials */
    wzp_addr addr[2];
    wzp_conn_id conn[2];
    packet *flying;
    size_t count;
    uint64_t rng;
    const uint8_t *in;
    size_t left;
} world;

static void require(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void fill(void *user, uint8_t *out, size_t len)
{
    uint64_t *s = user;
    for (size_t i = 0; i < len; i++) {
        *s = *s * UINT64_C(6364136223846793005) + 1442695040888963407u;
        out[i] = (uint8_t)(*s >> 56);
    }
}

static uint8_t take(world *w)
{
    if (w->left == 0) {
        return 0;
    }
    w->left--;
    return *w->in++;
}

static void note(world *w, size_t who, const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_SEND:
        if (w->count < FLYING) {
            packet *p = &w->flying[w->count++];
            p->to = 1 - who;
            p->len = a->u.send.len;
            require(p->len <= PACKET);
            memcpy(p->data, a->u.send.data, p->len);
        }
        break;
    case WZP_EP_ACCEPTED:
    case WZP_EP_CONNECTED:
        require(strlen(a->u.up.sni) <= WZP_SNI_MAX);
        w->conn[who] = a->conn;
        break;
    case WZP_EP_SIGNAL: require(a->u.signal.len <= 1048576); break;
    case WZP_EP_UNI: require(a->u.signal.len <= 256); break;
    case WZP_EP_DGRAM: require(a->u.dgram->len <= WZP_PKT_CAP); break;
    case WZP_EP_CLOSED:
        require(strlen(a->u.closed.reason) <= WZP_REASON_MAX);
        break;
    }
}

static void drain(world *w)
{
    for (size_t who = 0; who < 2; who++) {
        wzp_ep_action a;
        size_t n = 0;
        while (wzp_endpoint_poll(w->ep[who], w->now, &a)) {
            note(w, who, &a);
            require(++n < 10000);
        }
    }
}

static void deliver(world *w, size_t to, const uint8_t *data, size_t len)
{
    wzp_endpoint_recv(w->ep[to], w->now, &w->addr[to], &w->addr[1 - to], data,
                      len);
}

static void pass_time(world *w, wzp_tstamp span)
{
    w->now += span;
    for (size_t who = 0; who < 2; who++) {
        if (wzp_endpoint_deadline(w->ep[who]) <= w->now) {
            wzp_endpoint_expire(w->ep[who], w->now);
        }
    }
}

static void command(world *w, wzp_pkt_pool *pool)
{
    const size_t who = take(w) & 1;
    const uint8_t what = take(w) % 5;
    wzp_pkt *pkt = NULL;
    wzp_err e = WZP_OK;
    switch (what) {
    case 0:
        e = wzp_endpoint_send_signal(w->ep[who], w->now, w->conn[who],
                                     "{\"a\":1}", 7);
        break;
    case 1:
        pkt = wzp_pkt_get(pool);
        if (pkt != NULL) {
            pkt->len = take(w) * 6u;
            e = wzp_endpoint_send_dgram(w->ep[who], w->now, w->conn[who], pkt);
            wzp_pkt_unref(pkt);
        }
        break;
    case 2:
        e = wzp_endpoint_send_uni(w->ep[who], w->now, w->conn[who], "x", 1);
        break;
    case 3:
        e = wzp_endpoint_close(w->ep[who], w->now, w->conn[who], take(w),
                               "end");
        break;
    default: wzp_endpoint_rebind(w->ep[1], w->now, &w->addr[1]); break;
    }
    wzp_ignore(e, "the connection may be gone or not yet there");
}

static void step(world *w, wzp_pkt_pool *pool)
{
    const uint8_t op = take(w);
    if ((op & 7) == 7) {
        command(w, pool);
    } else if ((op & 7) == 6) {
        pass_time(w, (wzp_tstamp)take(w) * 10 * WZP_MS);
    } else if ((op & 7) == 5) { /* out of nothing */
        uint8_t made[64];
        const size_t len = take(w) % sizeof made;
        for (size_t i = 0; i < len; i++) {
            made[i] = take(w);
        }
        deliver(w, op >> 7, made, len);
    } else if (w->count > 0) {
        packet *p = &w->flying[0];
        if ((op & 7) >= 3 && p->len > 0) { /* damage */
            p->data[(take(w) | (size_t)take(w) << 8) % p->len] ^= take(w);
        }
        if ((op & 7) != 0) {
            deliver(w, p->to, p->data, p->len);
        }
        if ((op & 8) == 0) { /* else once more later */
            w->count--;
            memmove(w->flying, w->flying + 1, w->count * sizeof *w->flying);
        }
    }
    pass_time(w, WZP_MS);
    drain(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world w = {.now = WZP_S, .rng = 1, .in = data, .left = size};
    const wzp_rng rng = {fill, &w.rng};
    require(wzp_transport_global_init() == WZP_OK);
    wzp_transport_set_test_rng(&rng);
    const wzp_mem mem = wzp_mem_default();
    wzp_pkt_pool *pool = NULL;
    require(wzp_pkt_pool_new(&pool, &mem, 64) == WZP_OK);
    w.flying = calloc(FLYING, sizeof *w.flying);
    require(w.flying != NULL);
    for (size_t i = 0; i < 2; i++) {
        w.addr[i] = wzp_addr_v4((const uint8_t[]){10, 0, 0, (uint8_t)i}, 4433);
        wzp_endpoint_config cfg;
        wzp_endpoint_config_default(&cfg);
        cfg.rng = rng;
        cfg.pool = pool;
        cfg.accepts = cfg.has_tls_seed = i == 0;
        cfg.signal_max_queue = 5000;
        require(wzp_endpoint_new(&w.ep[i], &cfg, w.now) == WZP_OK);
    }
    const wzp_dial d = {.local = w.addr[1], .remote = w.addr[0], .sni = "room"};
    require(wzp_endpoint_dial(w.ep[1], w.now, &d, &w.conn[1]) == WZP_OK);
    drain(&w);
    for (int i = 0; i < STEPS && w.left > 0; i++) {
        step(&w, pool);
    }
    wzp_endpoint_free(w.ep[0]);
    wzp_endpoint_free(w.ep[1]);
    wzp_pkt_pool_free(pool);
    free(w.flying);
    wzp_transport_set_test_rng(NULL);
    wzp_transport_global_deinit();
    return 0;
}
