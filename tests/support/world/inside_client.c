/* SPDX-License-Identifier: MIT */
/* Inside a client, see inside.h. */
#include "call/engine_parts.h"
#include "inside.h"

void wzp_inside_client(const wzp_engine *e, wzp_inside *out)
{
    wzp_endpoint_stats ep = {.size = sizeof ep};
    wzp_conn_stats conn = {.size = sizeof conn};
    wzp_endpoint_config limits;
    wzp_endpoint_config_default(&limits);
    wzp_endpoint_stats_get(e->ep, &ep);
    wzp_ignore(
        wzp_endpoint_conn_stats(e->ep, wzp__session_conn(e->session), &conn),
        "without a connection its queues are empty");
    *out = (wzp_inside){
        .pool_free = wzp_pkt_pool_free_count(e->pool),
        .conns = {ep.conns, 64}, /* engine.c says so */
        .events = {e->events.count, e->events.cap},
        .signals = {conn.signal_queued, limits.signal_max_queue},
        .dgrams = {conn.dgram_queued, limits.dgram_max_queue},
        .held = {e->held.n, WZP__HELD_MAX},
        .epoch = wzp__session_epoch(e->session),
        .resumed = ep.resumed,
        .key_updates = ep.key_updates,
        .no_memory = ep.no_memory,
    };
}
