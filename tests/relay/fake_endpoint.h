/* SPDX-License-Identifier: MIT */
/* An endpoint without QUIC: what the relay is told is pushed by the test, what
 * the relay sends is kept for it. Defines the functions of endpoint.h that the
 * relay uses, so that the real ones are not linked. One endpoint at a time.
 */
#ifndef WZP_TEST_FAKE_ENDPOINT_H
#define WZP_TEST_FAKE_ENDPOINT_H

#include "support/harness.h"

#include <wzp/transport/endpoint.h>

#include <stdlib.h>
#include <string.h>

#ifndef FAKE_CONNS /* or as many as the program wants */
#    define FAKE_CONNS 2100
#endif
#define FAKE_ACTIONS (2 * FAKE_CONNS)

typedef struct fake_text {
    struct fake_text *next;
    size_t len;
    char text[];
} fake_text;

typedef struct fake_conn {
    bool is_open, is_known, is_trusted;
    bool is_stuck;      /* its signal queue is full */
    bool has_no_memory; /* for a signal */
    unsigned typed;     /* WZP_TYPED_… */
    bool is_closed_by_us;
    uint64_t code;
    char reason[WZP_REASON_MAX + 1];
    char uni[300];
    size_t queued;           /* what conn_stats says */
    wzp_addr remote;         /* the same */
    fake_text *first, *last; /* signals it was sent */
    size_t dgrams;
    size_t last_len;
    const uint8_t *last_data;
} fake_conn;

struct wzp_endpoint {
    wzp_mem mem;
    wzp_pkt_pool *pool;
    wzp_tstamp deadline;
    fake_conn conns[FAKE_CONNS];
    size_t n_conns; /* numbers 1 … n_conns */
    wzp_ep_action actions[FAKE_ACTIONS];
    size_t first, n;
    char *borrowed;   /* text of the signal action handed out last */
    uint64_t charged; /* points, all addresses */
    bool is_over_rate;
};

static struct wzp_endpoint *fake;

/* --- the functions of endpoint.h ------------------------------------------ */

void wzp_endpoint_config_default_sized(wzp_endpoint_config *cfg, size_t size)
{
    *cfg = (wzp_endpoint_config){.size = size, .signal_max_queue = 1048576};
}

wzp_err wzp_endpoint_new(wzp_endpoint **out, const wzp_endpoint_config *cfg,
                         wzp_tstamp now)
{
    (void)now;
    wzp_endpoint *ep = wzp_mem_new(&cfg->mem, sizeof *ep);
    if (ep == NULL) {
        return WZP_ERR_NOMEM;
    }
    assert_true(cfg->accepts && cfg->has_tls_seed);
    ep->mem = cfg->mem;
    ep->pool = cfg->pool;
    ep->deadline = WZP_NEVER;
    fake = ep;
    *out = ep;
    return WZP_OK;
}

static void fake_forget_texts(fake_conn *c)
{
    while (c->first != NULL) {
        fake_text *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    c->last = NULL;
}

static void fake_release_action(wzp_ep_action *a)
{
    if (a->kind == WZP_EP_DGRAM) {
        wzp_pkt_unref(a->u.dgram);
    }
    if (a->kind == WZP_EP_SIGNAL) {
        char *text;
        memcpy(&text, &a->u.signal.data, sizeof text);
        free(text);
    }
}

void wzp_endpoint_free(wzp_endpoint *ep)
{
    if (ep == NULL) {
        return;
    }
    for (size_t i = 0; i < FAKE_CONNS; i++) {
        fake_forget_texts(&ep->conns[i]);
    }
    for (; ep->n > 0; ep->n--) {
        fake_release_action(&ep->actions[ep->first]);
        ep->first = (ep->first + 1) % FAKE_ACTIONS;
    }
    free(ep->borrowed);
    fake = NULL;
    wzp_mem mem = ep->mem;
    wzp_mem_free(&mem, ep, sizeof *ep);
}

wzp_err wzp_endpoint_cert_hash(const wzp_endpoint *ep,
                               uint8_t out[WZP_HASH_LEN])
{
    (void)ep;
    memset(out, 0xCE, WZP_HASH_LEN);
    return WZP_OK;
}

/* Stands for the certificate of a seed: the seed's bytes, turned over. */
wzp_err wzp_endpoint_cert_hash_of(const uint8_t tls_seed[WZP_KEY_LEN],
                                  uint8_t out[WZP_HASH_LEN])
{
    for (size_t i = 0; i < WZP_HASH_LEN; i++) {
        out[i] = (uint8_t)~tls_seed[i];
    }
    return WZP_OK;
}

void wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    (void)ep, (void)now, (void)local, (void)remote, (void)data, (void)len;
}

void wzp_endpoint_expire(wzp_endpoint *ep, wzp_tstamp now)
{
    (void)now;
    ep->deadline = WZP_NEVER;
}

wzp_tstamp wzp_endpoint_deadline(const wzp_endpoint *ep)
{
    return ep->deadline;
}

static fake_conn *fake_conn_of(wzp_endpoint *ep, wzp_conn_id conn)
{
    return conn >= 1 && conn <= ep->n_conns && ep->conns[conn].is_open
               ? &ep->conns[conn]
               : NULL;
}

static void fake_push(wzp_endpoint *ep, const wzp_ep_action *a)
{
    assert_true(ep->n < FAKE_ACTIONS);
    ep->actions[(ep->first + ep->n) % FAKE_ACTIONS] = *a;
    ep->n++;
}

static void fake_end(wzp_endpoint *ep, wzp_conn_id conn, wzp_err err,
                     uint64_t code)
{
    ep->conns[conn].is_open = false;
    fake_push(ep, &(wzp_ep_action){
                      .kind = WZP_EP_CLOSED,
                      .conn = conn,
                      .u.closed = {.err = err, .code = code, .reason = ""}});
}

wzp_err wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                 wzp_conn_id conn, const char *json, size_t len)
{
    (void)now;
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    if (c->has_no_memory) {
        return WZP_ERR_NOMEM;
    }
    if (c->is_stuck) {
        fake_end(ep, conn, WZP_ERR_SLOW, 0);
        return WZP_ERR_FULL;
    }
    fake_text *t = malloc(sizeof *t + len);
    assert_non_null(t);
    t->next = NULL;
    t->len = len;
    memcpy(t->text, json, len);
    if (c->last != NULL) {
        c->last->next = t;
    } else {
        c->first = t;
    }
    c->last = t;
    return WZP_OK;
}

wzp_err wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                wzp_conn_id conn, wzp_pkt *pkt)
{
    (void)now;
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->dgrams++;
    c->last_len = pkt->len;
    c->last_data = pkt->data;
    return WZP_OK;
}

wzp_err wzp_endpoint_send_uni(wzp_endpoint *ep, wzp_tstamp now,
                              wzp_conn_id conn, const char *text, size_t len)
{
    (void)now;
    fake_conn *c = fake_conn_of(ep, conn);
    assert_true(len < sizeof c->uni);
    memcpy(c->uni, text, len);
    return WZP_OK;
}

wzp_err wzp_endpoint_close(wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn,
                           uint64_t code, const char *reason)
{
    (void)now;
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    assert_true(reason != NULL && reason[0] != '\0');
    assert_true(strlen(reason) < sizeof c->reason);
    c->is_closed_by_us = true;
    c->code = code;
    memcpy(c->reason, reason, strlen(reason) + 1);
    fake_end(ep, conn, WZP_OK, 0);
    return WZP_OK;
}

wzp_err wzp_endpoint_know(wzp_endpoint *ep, wzp_conn_id conn)
{
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->is_known = true;
    return WZP_OK;
}

wzp_err wzp_endpoint_trust(wzp_endpoint *ep, wzp_conn_id conn)
{
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->is_trusted = true;
    return WZP_OK;
}

wzp_err wzp_endpoint_charge(wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn,
                            uint32_t points)
{
    (void)now;
    if (fake_conn_of(ep, conn) == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    if (ep->is_over_rate) {
        return WZP_ERR_RATE;
    }
    ep->charged += points;
    return WZP_OK;
}

wzp_err wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn, unsigned ways)
{
    fake_conn *c = fake_conn_of(ep, conn);
    if (c == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    c->typed |= ways;
    return WZP_OK;
}

bool wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out)
{
    (void)now;
    free(ep->borrowed);
    ep->borrowed = NULL;
    if (ep->n == 0) {
        return false;
    }
    *out = ep->actions[ep->first];
    ep->first = (ep->first + 1) % FAKE_ACTIONS;
    ep->n--;
    if (out->kind == WZP_EP_SIGNAL) {
        memcpy(&ep->borrowed, &out->u.signal.data, sizeof ep->borrowed);
    }
    return true;
}

size_t wzp_endpoint_dgram_limit(const wzp_endpoint *ep, wzp_conn_id conn)
{
    (void)ep, (void)conn;
    return 1200;
}

void wzp_endpoint_stats_get(const wzp_endpoint *ep, wzp_endpoint_stats *out)
{
    (void)ep;
    *out = (wzp_endpoint_stats){.size = sizeof *out};
}

wzp_err wzp_endpoint_conn_stats(const wzp_endpoint *ep, wzp_conn_id conn,
                                wzp_conn_stats *out)
{
    if (conn < 1 || conn > ep->n_conns || !ep->conns[conn].is_open) {
        return WZP_ERR_NOT_FOUND;
    }
    *out = (wzp_conn_stats){.size = sizeof *out,
                            .signal_queued = ep->conns[conn].queued,
                            .remote = ep->conns[conn].remote};
    return WZP_OK;
}

#endif
