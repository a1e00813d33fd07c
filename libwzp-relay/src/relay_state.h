/* SPDX-License-Identifier: MIT */
/* What a relay owns. Only relay.c, door.c, join.c and signal/register.c see
 * this; the parts get the piece they need (a room, an egress, a list of rules).
 */
#ifndef WZP_RELAY_RELAY_STATE_H
#define WZP_RELAY_RELAY_STATE_H

#include "admit.h"
#include "egress.h"
#include "event_queue.h"
#include "peer.h"
#include "room/room_table.h"
#include "signal/registry.h"

#define WZP__BUILD_MAX 256 /* bytes read by clients, spec/wire.md 5.2 */

struct wzp_relay {
    wzp_relay_config cfg; /* `build` points below */
    char build[WZP__BUILD_MAX + 1];
    wzp_pkt_pool *pool;
    wzp_endpoint *ep;
    wzp_arena *in_arena; /* message being read */
    wzp__admit_rules rules;
    wzp__egress egress; /* owns its arena through us */
    wzp__peers peers;
    wzp__room_table rooms;
    wzp__registry registry;
    wzp__asks asks;
    wzp_tstamp roster_due; /* earliest of all rooms, or earlier */
    size_t members;
    bool is_draining;
    wzp_tstamp drain_end;
    char drain_reason[WZP_REASON_MAX];
    wzp_relay_stats stats;
    wzp__budget log_budget; /* strangers can cause log lines */
    wzp__event_queue events;
};

#endif
