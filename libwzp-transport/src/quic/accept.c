/* SPDX-License-Identifier: MIT */
/* Packets no connection wants: new connections within limits, everything else
 * answered without state or dropped. The limits stand before any cryptography:
 * those of all, those of the address (share.h); under pressure a client must
 * first show with a Retry that it receives there (spec/weaknesses-wire.md 44).
 */
#include "quic/share.h"
#include "quic/table.h"

static bool is_full(const wzp_endpoint *ep)
{
    const wzp_endpoint_stats *s = &ep->env.stats;
    return s->conns >= ep->env.cfg.max_conns ||
           s->half_open >= ep->env.cfg.max_half_open;
}

static void create(wzp_endpoint *ep, wzp_tstamp now, const wzp__stray *in,
                   const wzp__conn_initial *initial)
{
    wzp__conn_new how;
    wzp__conn *c = NULL;
    if (wzp__table_reserve(ep, &how) != WZP_OK ||
        wzp__conn_accept(&c, &how, initial) != WZP_OK) {
        ep->env.stats.refused_full++;
        return; /* out of memory: silence is cheapest */
    }
    wzp__table_insert(ep, c);
    wzp__table_mark(ep, c);
    (void)wzp__conn_recv(c, now, in->local, in->remote, in->data, in->len);
}

static void refuse(wzp_endpoint *ep, const wzp__stray *in, wzp_err why)
{
    if (why == WZP_ERR_RATE) {
        ep->env.stats.refused_rate++;
    } else {
        ep->env.stats.refused_full++;
    }
    wzp__stateless_refuse(&ep->stateless, in, why);
}

static void accept_initial(wzp_endpoint *ep, wzp_tstamp now,
                           const wzp__stray *in, const ngtcp2_pkt_hd *hd)
{
    const wzp_err why = is_full(ep)
                            ? WZP_ERR_FULL
                            : wzp__share_check(&ep->env, now, in->remote);
    if (why != WZP_OK) {
        refuse(ep, in, why);
        return;
    }
    ngtcp2_cid odcid;
    const bool is_shown =
        wzp__stateless_verify(&ep->env, now, in->remote, hd, &odcid);
    if (!is_shown && wzp__share_is_pressed(&ep->env)) {
        wzp__stateless_retry(&ep->stateless, &ep->env, now, in, hd);
        return;
    }
    create(ep, now, in,
           &(wzp__conn_initial){.local = in->local,
                                .remote = in->remote,
                                .hd = hd,
                                .odcid = is_shown ? &odcid : NULL});
}

void wzp__accept(wzp_endpoint *ep, wzp_tstamp now, const wzp__stray *in)
{
    if (!ep->env.cfg.accepts) {
        ep->env.stats.malformed++;
        return;
    }
    if ((in->data[0] & WZP__LONG_HEADER) == 0) {
        ep->env.stats.malformed++;
        wzp__stateless_reset(&ep->stateless, &ep->env, now, in);
        return;
    }
    ngtcp2_pkt_hd hd;
    if (ngtcp2_accept(&hd, in->data, in->len) != 0) {
        ep->env.stats.malformed++;
        return;
    }
    accept_initial(ep, now, in, &hd);
}
