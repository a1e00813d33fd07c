/* SPDX-License-Identifier: MIT */
/* See handset.h: an endpoint and a list of texts. */
#include "handset.h"

#include <wzp/client/client.h>
#include <wzp/proto/fingerprint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS   64
#define ARENA_MAX (8 * (size_t)WZP_SIGNAL_MAX)
#define HEARD_MAX 256 /* aborts beyond */

typedef struct heard {
    wzp_signal_kind kind;
    char *text;
    size_t len;
} heard;

struct wzp_handset {
    wzp_world *w;
    wzp_node node;
    wzp_seed_identity *seed;
    wzp_identity identity;
    char fingerprint[WZP_FP_TEXT_LEN + 1];
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_arena *in, *out;
    wzp_conn_id conn;
    bool is_up, has_work;
    uint8_t exporter[WZP_EXPORTER_LEN];
    uint8_t cert[WZP_HASH_LEN];
    uint8_t signature[WZP_SIG_LEN], binding[WZP_SIG_LEN];
    wzp_err why;
    uint64_t code;
    heard heard[HEARD_MAX];
    size_t n;
};

static void must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "handset: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

/* --- what happens to it --- */

static void keep(wzp_handset *h, const wzp_ep_action *a)
{
    wzp_signal sig;
    wzp_arena_reset(h->in);
    must(wzp_signal_decode(h->in, a->u.signal.data, a->u.signal.len,
                           WZP_SIGNAL_MAX, &sig),
         "decode");
    if (h->n == HEARD_MAX) {
        abort();
    }
    heard *one = &h->heard[h->n++];
    *one = (heard){.kind = sig.kind, .len = a->u.signal.len};
    one->text = need(malloc(one->len));
    memcpy(one->text, a->u.signal.data, one->len);
}

static void handle(wzp_handset *h, const wzp_ep_action *a)
{
    if (a->conn != h->conn) {
        return; /* forgotten */
    }
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        h->is_up = true;
        memcpy(h->exporter, a->u.up.exporter, sizeof h->exporter);
        memcpy(h->cert, a->u.up.cert_hash, sizeof h->cert);
        break;
    case WZP_EP_SIGNAL: keep(h, a); break;
    case WZP_EP_CLOSED:
        h->is_up = false;
        h->conn = 0;
        h->why = a->u.closed.err;
        h->code = a->u.closed.code;
        break;
    default: break;
    }
}

static void handset_recv(void *machine, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    wzp_handset *h = machine;
    wzp_endpoint_recv(h->ep, now, local, remote, data, len);
}

static void handset_expire(void *machine, wzp_tstamp now)
{
    wzp_handset *h = machine;
    h->has_work = false;
    wzp_endpoint_expire(h->ep, now);
}

static wzp_tstamp handset_deadline(void *machine)
{
    const wzp_handset *h = machine;
    return h->has_work ? 0 : wzp_endpoint_deadline(h->ep);
}

static bool handset_poll(void *machine, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_handset *h = machine;
    wzp_ep_action a;
    while (wzp_endpoint_poll(h->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        handle(h, &a);
    }
    h->has_work = false;
    return false;
}

/* --- what it does --- */

void wzp_handset_dial(wzp_handset *h, wzp_node relay)
{
    const wzp_dial to = {.local = wzp_world_addr(h->w, h->node),
                         .remote = wzp_world_addr(h->w, relay),
                         .sni = "_signal"};
    h->is_up = false;
    must(wzp_endpoint_dial(h->ep, wzp_world_now(h->w), &to, &h->conn), "dial");
    h->has_work = true;
    wzp_world_kick(h->w, h->node);
}

void wzp_handset_hang_up(wzp_handset *h)
{
    wzp_ignore(wzp_endpoint_close(h->ep, wzp_world_now(h->w), h->conn,
                                  WZP_CLOSE_NORMAL, "bye"),
               "gone already");
    wzp_world_kick(h->w, h->node);
}

wzp_signal wzp_handset_presence(wzp_handset *h)
{
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE};
    wzp_sig_register_presence *r = &sig.u.register_presence;
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    memcpy(in.exporter, h->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, h->cert, sizeof in.server_cert_hash);
    must(wzp_register_sign(&h->identity, h->signature), "sign");
    must(wzp_binding_sign(&h->identity, &in, h->binding), "bind");
    memcpy(r->identity_pub, h->identity.public_key, WZP_KEY_LEN);
    r->signature = (wzp_bytes){h->signature, WZP_SIG_LEN};
    r->binding = (wzp_bytes){h->binding, WZP_SIG_LEN};
    r->alias = WZP_STR("handset");
    r->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    return sig;
}

void wzp_handset_say(wzp_handset *h, const wzp_signal *sig)
{
    wzp_str text;
    wzp_arena_reset(h->out);
    must(wzp_signal_encode(h->out, sig, &text), "encode");
    wzp_ignore(wzp_endpoint_send_signal(h->ep, wzp_world_now(h->w), h->conn,
                                        text.ptr, text.len),
               "its CLOSED tells");
    wzp_world_kick(h->w, h->node);
}

bool wzp_handset_register(wzp_handset *h, wzp_node relay)
{
    wzp_handset_dial(h, relay);
    wzp_world_run(h->w, WZP_S);
    if (!h->is_up) {
        return false;
    }
    const wzp_signal sig = wzp_handset_presence(h);
    const size_t before = h->n;
    wzp_handset_say(h, &sig);
    wzp_world_run(h->w, WZP_S);
    for (size_t i = before; i < h->n; i++) {
        const wzp_signal *got = wzp_handset_heard(h, i);
        if (got->kind == WZP_SIG_REGISTER_PRESENCE_ACK) {
            return got->u.register_presence_ack.success;
        }
    }
    return false;
}

/* --- what can be asked --- */

wzp_node wzp_handset_node(const wzp_handset *h)
{
    return h->node;
}

const char *wzp_handset_fingerprint(const wzp_handset *h)
{
    return h->fingerprint;
}

wzp_identity wzp_handset_identity(const wzp_handset *h)
{
    return h->identity;
}

const uint8_t *wzp_handset_exporter(const wzp_handset *h)
{
    return h->exporter;
}

const uint8_t *wzp_handset_relay_cert(const wzp_handset *h)
{
    return h->cert;
}

bool wzp_handset_is_connected(const wzp_handset *h)
{
    return h->is_up;
}

wzp_err wzp_handset_why(const wzp_handset *h, uint64_t *code)
{
    *code = h->code;
    return h->why;
}

size_t wzp_handset_count(const wzp_handset *h)
{
    return h->n;
}

const wzp_signal *wzp_handset_heard(wzp_handset *h, size_t i)
{
    static wzp_signal sig;
    wzp_arena_reset(h->in);
    must(wzp_signal_decode(h->in, h->heard[i].text, h->heard[i].len,
                           WZP_SIGNAL_MAX, &sig),
         "decode");
    return &sig;
}

const wzp_signal *wzp_handset_last(wzp_handset *h, wzp_signal_kind kind)
{
    size_t i = h->n;
    while (i > 0 && h->heard[i - 1].kind != kind) {
        i--;
    }
    return i > 0 ? wzp_handset_heard(h, i - 1) : NULL;
}

size_t wzp_handset_count_of(wzp_handset *h, wzp_signal_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        n += h->heard[i].kind == kind;
    }
    return n;
}

void wzp_handset_forget(wzp_handset *h)
{
    while (h->n > 0) {
        free(h->heard[--h->n].text);
    }
}

/* --- life --- */

wzp_handset *wzp_handset_new(wzp_world *w, uint8_t identity)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_handset *h = need(calloc(1, sizeof *h));
    uint8_t seed[WZP_SEED_LEN];
    uint8_t fp[WZP_FP_LEN];
    must(wzp_global_init(), "global init");
    h->w = w;
    h->node = wzp_world_actor(w);
    memset(seed, identity, sizeof seed);
    must(wzp_seed_identity_new(&h->seed, seed), "identity");
    h->identity = wzp_seed_identity_table(h->seed);
    wzp_identity_fingerprint(h->identity.public_key, fp);
    wzp_fingerprint_encode(fp, h->fingerprint);
    must(wzp_arena_new(&h->in, &mem, ARENA_MAX), "arena");
    must(wzp_arena_new(&h->out, &mem, ARENA_MAX), "arena");
    must(wzp_pkt_pool_new(&h->pool, &mem, PACKETS), "pool");
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng = wzp_world_rng(w, h->node);
    cfg.pool = h->pool;
    must(wzp_endpoint_new(&h->ep, &cfg, wzp_world_now(w)), "endpoint");
    const wzp_uv_machine machine = {.recv = handset_recv,
                                    .expire = handset_expire,
                                    .deadline = handset_deadline,
                                    .poll_send = handset_poll,
                                    .machine = h};
    wzp_world_act(w, h->node, &machine);
    return h;
}

void wzp_handset_free(wzp_handset *h)
{
    wzp_handset_forget(h);
    wzp_endpoint_free(h->ep);
    wzp_pkt_pool_free(h->pool);
    wzp_arena_free(h->in);
    wzp_arena_free(h->out);
    wzp_seed_identity_free(h->seed);
    free(h);
    wzp_global_deinit();
}
