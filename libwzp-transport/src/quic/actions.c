/* SPDX-License-Identifier: MIT */
/* What the owner is given, in this order: events, then ends of connections,
 * then packets, so that everything it queues in answer shares those packets.
 */
#include "quic/table.h"

#include <string.h>

void wzp__actions_release(wzp_endpoint *ep)
{
    wzp_pkt_unref(ep->lent_pkt);
    ep->lent_pkt = NULL;
    if (ep->lent_up != NULL) {
        wzp__tls_forget(&ep->lent_up->tls);
        ep->lent_up = NULL;
    }
    wzp__conn *gone = ep->lent_gone;
    ep->lent_gone = NULL;
    if (gone != NULL) {
        gone->is_told = true;
        if (gone->state == WZP__CONN_CLOSED) {
            /* A connection that never was leaves no tomb: one damaged Initial
             * would keep out the good one that follows. */
            if (!gone->has_tomb && gone->is_visible) {
                wzp__tomb_add(&ep->tombs, gone, ep->now, NULL, 0);
            }
            wzp__table_remove(ep, gone);
        }
    }
}

static void fill_up(wzp_endpoint *ep, wzp__conn *c, wzp_ep_action *out)
{
    out->u.up.local = c->local;
    out->u.up.remote = c->remote;
    const wzp__tls_facts *f = c->tls.facts;
    out->u.up.sni = f->sni;
    memcpy(out->u.up.exporter, f->exporter, sizeof f->exporter);
    out->u.up.has_peer_cert = f->has_peer_cert;
    memcpy(out->u.up.cert_hash, f->peer_cert, WZP_HASH_LEN);
    out->u.up.has_peer_key = f->has_peer_key;
    memcpy(out->u.up.peer_key, f->peer_key, WZP_KEY_LEN);
    ep->lent_up = c;
}

static bool next_signal(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out)
{
    wzp__conn *c = ep->signals;
    if (c == NULL) {
        return false;
    }
    if (c->is_muted || !wzp__inbox_next(&c->inbox, now, &out->u.signal.data,
                                        &out->u.signal.len)) {
        c->signal_queued = false;
        ep->signals = NULL;
        return false;
    }
    c->total.signals_received++;
    out->kind = WZP_EP_SIGNAL;
    out->conn = c->id;
    return true;
}

/* False: nothing for the owner in this event. */
static bool fill_event(wzp_endpoint *ep, wzp_tstamp now, const wzp__event *ev,
                       wzp_ep_action *out)
{
    wzp__conn *c = ev->conn;
    ep->lent_pkt = ev->pkt;
    if (c->is_muted) {
        return false;
    }
    out->kind = ev->kind;
    out->conn = c->id;
    switch (ev->kind) {
    case WZP_EP_ACCEPTED:
    case WZP_EP_CONNECTED: fill_up(ep, c, out); return true;
    case WZP_EP_SIGNAL: ep->signals = c; return next_signal(ep, now, out);
    case WZP_EP_UNI:
        out->u.signal.data = c->uni->text;
        out->u.signal.len = c->uni->len;
        return true;
    case WZP_EP_DGRAM: out->u.dgram = ev->pkt; return true;
    case WZP_EP_SEND:
    case WZP_EP_CLOSED: break; /* never queued */
    }
    return false;
}

static bool next_end(wzp_endpoint *ep, wzp_ep_action *out)
{
    wzp__conn *c = ep->env.ended_first;
    if (c == NULL) {
        return false;
    }
    ep->env.ended_first = c->next_ended;
    if (ep->env.ended_first == NULL) {
        ep->env.ended_last = NULL;
    }
    ep->lent_gone = c;
    if (c->state == WZP__CONN_CLOSING) {
        wzp__table_mark(ep, c);
    }
    out->kind = WZP_EP_CLOSED;
    out->conn = c->id;
    out->u.closed.err = c->end.err;
    out->u.closed.code = c->end.code;
    out->u.closed.reason = c->end.reason;
    return true;
}

static bool next_event(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out)
{
    if (next_signal(ep, now, out)) {
        return true;
    }
    wzp__event ev;
    while (wzp__events_pop(&ep->env, &ev)) {
        if (fill_event(ep, now, &ev, out)) {
            return true;
        }
        wzp__actions_release(ep);
    }
    while (next_end(ep, out)) {
        if (ep->lent_gone->is_visible) {
            return true;
        }
        wzp__actions_release(ep);
    }
    return false;
}

static bool send_answer(wzp_endpoint *ep, wzp_ep_action *out)
{
    const wzp__answer *a = wzp__stateless_next(&ep->stateless);
    if (a == NULL) {
        return false;
    }
    out->kind = WZP_EP_SEND;
    out->conn = 0;
    out->u.send.local = a->local;
    out->u.send.remote = a->remote;
    out->u.send.data = a->data;
    out->u.send.len = a->len;
    return true;
}

/* One packet of the first connection that has something; false when its round
 * is over. */
static bool send_next(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out)
{
    wzp__conn *c = ep->dirty_first;
    const size_t n = wzp__conn_write(c, now, ep->buf, &out->u.send.local,
                                     &out->u.send.remote);
    if (n > 0) {
        out->kind = WZP_EP_SEND;
        out->conn = 0;
        out->u.send.data = ep->buf;
        out->u.send.len = n;
    }
    if (c->state == WZP__CONN_CLOSED) {
        wzp__table_unmark(ep);
        if (n > 0 && !c->has_tomb) {
            wzp__tomb_add(&ep->tombs, c, now, ep->buf, n);
            c->has_tomb = true;
        }
        if (c->is_told) {
            wzp__table_remove(ep, c);
        }
    } else if (n == 0) {
        wzp__table_unmark(ep);
        wzp__table_arm(ep, c, now);
    }
    return n > 0;
}

bool wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now, wzp_ep_action *out)
{
    ep->now = now;
    wzp__actions_release(ep);
    for (;;) {
        if (next_event(ep, now, out)) {
            return true;
        }
        if (send_answer(ep, out)) {
            break;
        }
        if (ep->dirty_first == NULL) {
            return false;
        }
        if (send_next(ep, now, out)) {
            break;
        }
    }
    ep->env.stats.tx_packets++;
    return true;
}
