/* SPDX-License-Identifier: MIT */
/* One question to a relay, see probe.h. All addresses are dialled together;
 * the first whole answer ends it.
 *
 * Timer:
 *   give_up  5 s after the start: the relay is not there
 */
#include <wzp/client/probe.h>
#include <wzp/proto/sized.h>
#include <wzp/transport/endpoint.h>

#include <stdio.h>
#include <string.h>

#define TIMEOUT_NS (5 * WZP_S)
#define PACKETS    8 /* no datagrams are expected */

struct wzp_probe {
    wzp_mem mem;
    wzp_probe_kind kind;
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_tstamp started;
    wzp_tstamp give_up; /* WZP_NEVER once done */
    struct dialled {
        wzp_conn_id conn; /* 0: closed */
        bool is_up;
        wzp_probe_result result;
    } dials[WZP_RELAY_ADDRS_MAX];
    size_t n_dials;
    bool is_done;
    wzp_probe_result result;
};

void wzp_probe_config_default_sized(wzp_probe_config *cfg, size_t size)
{
    const wzp_probe_config full = {.size = sizeof full,
                                   .mem = wzp_mem_default(),
                                   .log = wzp_log_none(),
                                   .timeout = TIMEOUT_NS};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static struct dialled *find(wzp_probe *p, wzp_conn_id conn)
{
    for (size_t i = 0; i < p->n_dials; i++) {
        if (p->dials[i].conn == conn && conn != 0) {
            return &p->dials[i];
        }
    }
    return NULL;
}

/* --- ending --- */

static void close_all(wzp_probe *p, wzp_tstamp now)
{
    const char *reason = p->kind == WZP_PROBE_PING ? "ping" : "done";
    for (size_t i = 0; i < p->n_dials; i++) {
        if (p->dials[i].conn != 0) {
            wzp_ignore(wzp_endpoint_close(p->ep, now, p->dials[i].conn,
                                          WZP_CLOSE_NORMAL, reason),
                       "it may have closed by itself");
        }
    }
}

static void finish(wzp_probe *p, wzp_tstamp now, const wzp_probe_result *result)
{
    if (!p->is_done) {
        p->is_done = true;
        p->give_up = WZP_NEVER;
        p->result = *result;
        p->result.size = sizeof p->result;
        close_all(p, now);
    }
}

static void fail(wzp_probe *p, wzp_tstamp now, wzp_err err, const char *reason)
{
    wzp_probe_result r = {.err = err};
    (void)snprintf(r.text, sizeof r.text, "%s%s%s", wzp_strerror(err),
                   *reason == '\0' ? "" : ": ", reason);
    finish(p, now, &r);
}

/* --- what happened --- */

static void on_up(wzp_probe *p, wzp_tstamp now, const wzp_ep_action *a)
{
    struct dialled *d = find(p, a->conn);
    if (d == NULL) {
        return;
    }
    d->is_up = true;
    d->result.relay = a->u.up.remote;
    d->result.handshake_us = (now - p->started) / 1000;
    memcpy(d->result.cert_hash, a->u.up.cert_hash, WZP_HASH_LEN);
    if (p->kind == WZP_PROBE_PING) {
        finish(p, now, &d->result);
    }
}

static void on_text(wzp_probe *p, wzp_tstamp now, const wzp_ep_action *a)
{
    struct dialled *d = find(p, a->conn);
    if (d == NULL || p->kind != WZP_PROBE_VERSION) {
        return;
    }
    size_t len = a->u.signal.len;
    len = len < sizeof d->result.text ? len : sizeof d->result.text - 1;
    for (size_t i = 0; i < len; i++) { /* it goes to a terminal */
        char c = a->u.signal.data[i];
        d->result.text[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    d->result.text[len] = '\0';
    finish(p, now, &d->result);
}

/* The last of them decides what is said. */
static void on_closed(wzp_probe *p, wzp_tstamp now, const wzp_ep_action *a)
{
    struct dialled *d = find(p, a->conn);
    if (d == NULL) {
        return;
    }
    d->conn = 0;
    for (size_t i = 0; i < p->n_dials; i++) {
        if (p->dials[i].conn != 0) {
            return;
        }
    }
    fail(p, now, a->u.closed.err == WZP_OK ? WZP_ERR_CLOSED : a->u.closed.err,
         a->u.closed.reason);
}

static void on_action(wzp_probe *p, wzp_tstamp now, const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_CONNECTED: on_up(p, now, a); break;
    case WZP_EP_UNI: on_text(p, now, a); break;
    case WZP_EP_CLOSED: on_closed(p, now, a); break;
    case WZP_EP_SEND:
    case WZP_EP_ACCEPTED:
    case WZP_EP_SIGNAL:
    case WZP_EP_DGRAM: break; /* not asked for */
    }
}

/* --- the machine's verbs --- */

void wzp_probe_recv(wzp_probe *p, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_endpoint_recv(p->ep, now, local, remote, data, len);
}

void wzp_probe_expire(wzp_probe *p, wzp_tstamp now)
{
    wzp_endpoint_expire(p->ep, now);
    if (now >= p->give_up) {
        fail(p, now, WZP_ERR_TIMEOUT, "no answer");
    }
}

wzp_tstamp wzp_probe_deadline(const wzp_probe *p)
{
    wzp_tstamp at = wzp_endpoint_deadline(p->ep);
    return p->give_up < at ? p->give_up : at;
}

bool wzp_probe_poll_send(wzp_probe *p, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_ep_action a;
    while (wzp_endpoint_poll(p->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        on_action(p, now, &a);
    }
    return false;
}

bool wzp_probe_result_get_sized(const wzp_probe *p, wzp_probe_result *out,
                                size_t size)
{
    if (p->is_done) {
        wzp_sized_give(out, size, &p->result, sizeof p->result);
    }
    return p->is_done;
}

/* --- life --- */

/* The socket's address, in the form of the remote's family. */
static wzp_addr local_for(const wzp_addr *local, const wzp_addr *remote)
{
    if (local->family == remote->family) {
        return *local;
    }
    return (wzp_addr){.family = remote->family, .port = local->port};
}

static wzp_err dial_all(wzp_probe *p, const wzp_probe_config *cfg,
                        wzp_tstamp now)
{
    wzp_err last = WZP_ERR_CONFIG;
    for (size_t i = 0; i < cfg->n_addrs; i++) {
        const wzp_dial dial = {.local = local_for(&cfg->local, &cfg->addrs[i]),
                               .remote = cfg->addrs[i],
                               .sni = cfg->kind == WZP_PROBE_PING ? "ping"
                                                                  : "version"};
        struct dialled *d = &p->dials[p->n_dials];
        last = wzp_endpoint_dial(p->ep, now, &dial, &d->conn);
        p->n_dials += last == WZP_OK;
    }
    return p->n_dials > 0 ? WZP_OK : last;
}

static wzp_err make_endpoint(wzp_probe *p, const wzp_probe_config *cfg,
                             wzp_tstamp now)
{
    wzp_endpoint_config ep;
    wzp_endpoint_config_default(&ep);
    ep.mem = cfg->mem;
    ep.rng = cfg->rng;
    ep.log = cfg->log;
    ep.max_conns = WZP_RELAY_ADDRS_MAX;
    WZP_TRY(wzp_pkt_pool_new(&p->pool, &cfg->mem, PACKETS));
    ep.pool = p->pool;
    return wzp_endpoint_new(&p->ep, &ep, now);
}

wzp_err wzp_probe_new(wzp_probe **out, const wzp_probe_config *cfg,
                      wzp_tstamp now)
{
    wzp_probe_config all;
    wzp_probe_config_default(&all);
    wzp_sized_take(&all, sizeof all, cfg);
    if (all.rng.fill == NULL || all.n_addrs == 0 ||
        all.n_addrs > WZP_RELAY_ADDRS_MAX) {
        return WZP_ERR_CONFIG;
    }
    wzp_probe *p = wzp_mem_new(&all.mem, sizeof *p);
    if (p == NULL) {
        return WZP_ERR_NOMEM;
    }
    p->mem = all.mem;
    p->kind = all.kind;
    p->started = now;
    p->give_up = now + all.timeout;
    wzp_err e = make_endpoint(p, &all, now);
    if (e == WZP_OK) {
        e = dial_all(p, &all, now);
    }
    if (e != WZP_OK) {
        wzp_probe_free(p);
        return e;
    }
    *out = p;
    return WZP_OK;
}

void wzp_probe_free(wzp_probe *p)
{
    if (p == NULL) {
        return;
    }
    wzp_mem mem = p->mem;
    wzp_endpoint_free(p->ep);
    wzp_pkt_pool_free(p->pool);
    wzp_mem_free(&mem, p, sizeof *p);
}
