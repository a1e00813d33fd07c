/* SPDX-License-Identifier: MIT */
/* What an engine is made of, for the two files that make it work: engine.c
 * (routing) and engine_stats.c (the snapshot).
 */
#ifndef WZP_CLIENT_ENGINE_PARTS_H
#define WZP_CLIENT_ENGINE_PARTS_H

#include "account/pins.h"
#include "audio/port.h"
#include "call/event_queue.h"
#include "call/held.h"
#include "call/sender.h"
#include "call/session.h"
#include "call/voices.h"

#include <wzp/client/engine.h>

struct wzp_engine {
    wzp_engine_config cfg;
    char alias[WZP_ALIAS_MAX];
    wzp_pkt_pool *pool;
    wzp_endpoint *ep;
    wzp__pins *pins;
    wzp__session *session;
    wzp__sender *sender;
    wzp__voices voices;
    wzp__held held;
    wzp_audio_port port;
    wzp__event_queue events;

    uint32_t epoch; /* of the key group the voices belong to */

    bool audio_on;
    bool input_ended;
    bool is_muted;
    wzp_tstamp tick_at;
    wzp_tstamp stats_at;
    wzp_client_stats stats; /* the counters kept here; rest on demand */
};

#endif
