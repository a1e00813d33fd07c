/* SPDX-License-Identifier: MIT */
/* See condition.h. */
#include "bench/voice/condition.h"

#include <stdlib.h>

#define FIXED 12
#define MOST  32

/* Bursts: 10 % of the time is lost. chosen: a queue of 1.5 s before the narrow
 * link, as old routers have. */
static const voice_condition fixed[FIXED] = {
    {.name = "clean"},
    {.name = "random 5 %", .loss = 0.05},
    {.name = "random 10 %", .loss = 0.10},
    {.name = "random 20 %", .loss = 0.20},
    {.name = "random 30 %", .loss = 0.30},
    {.name = "random 50 %", .loss = 0.50},
    {.name = "bursts 100 ms", .loss = 0.10, .burst_ms = 100},
    {.name = "bursts 200 ms", .loss = 0.10, .burst_ms = 200},
    {.name = "bursts 500 ms", .loss = 0.10, .burst_ms = 500},
    {.name = "16 kbit/s", .rate_bps = 16000, .queue_bytes = 3000},
    {.name = "bursts 160 ms", .loss = 0.10, .burst_ms = 160, .is_extra = true},
    {.name = "no network", .is_extra = true, .has_no_hop = true},
};

static voice_condition traces[MOST];

size_t voice_condition_count(void)
{
    return FIXED + wzp_trace_count();
}

const voice_condition *voice_condition_at(size_t i)
{
    if (i < FIXED) {
        return &fixed[i];
    }
    if (i >= voice_condition_count() || i - FIXED >= MOST) {
        abort();
    }
    traces[i - FIXED] =
        (voice_condition){.name = wzp_trace_name(i - FIXED), .is_trace = true};
    return &traces[i - FIXED];
}

wzp_link_cfg voice_condition_link(const voice_condition *c, uint64_t seed,
                                  wzp_trace *trace)
{
    wzp_link_cfg link = {.loss = c->loss,
                         .burst_ms = c->burst_ms,
                         .delay_ns = c->has_no_hop ? 0 : VOICE_HOP_NS,
                         .rate_bps = c->rate_bps,
                         .queue_bytes = c->queue_bytes,
                         .keep_order = true,
                         .seed = seed};
    if (c->is_trace) {
        if (!wzp_trace_make(c->name, trace)) {
            abort();
        }
        link.trace = trace;
    }
    return link;
}
