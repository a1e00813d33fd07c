/* SPDX-License-Identifier: MIT */
/* Inside a relay, see inside.h. */
#include "inside.h"
#include "relay_state.h"

static void look_at(const wzp_relay *r, const wzp__peer *peer, wzp_inside *out)
{
    wzp_conn_stats conn = {.size = sizeof conn};
    if (wzp_endpoint_conn_stats(r->ep, peer->conn, &conn) != WZP_OK) {
        return;
    }
    if (conn.signal_queued > out->signals.n) {
        out->signals.n = conn.signal_queued;
    }
    if (conn.dgram_queued > out->dgrams.n) {
        out->dgrams.n = conn.dgram_queued;
    }
}

void wzp_inside_relay(const wzp_relay *r, wzp_inside *out)
{
    wzp_endpoint_stats ep = {.size = sizeof ep};
    wzp_endpoint_config limits;
    wzp_endpoint_config_default(&limits);
    wzp_endpoint_stats_get(r->ep, &ep);
    *out = (wzp_inside){
        .pool_free = wzp_pkt_pool_free_count(r->pool),
        .conns = {ep.conns, r->cfg.max_conns},
        .events = {r->events.n, WZP__EVENTS_MAX},
        .signals = {0, limits.signal_max_queue},
        .dgrams = {0, limits.dgram_max_queue},
        .peers = r->peers.n,
    };
    for (size_t i = 0; i < r->peers.cap; i++) {
        if (r->peers.slots[i] != NULL) {
            look_at(r, r->peers.slots[i], out);
        }
    }
}
