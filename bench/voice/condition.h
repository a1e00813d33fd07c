/* SPDX-License-Identifier: MIT */
/* The networks of the sweep: what is wrong with the listener's down link, from
 * the moment the talker begins to speak. The other direction is clean with the
 * same delay, so listeners' reports arrive.
 */
#ifndef WZP_VOICE_CONDITION_H
#define WZP_VOICE_CONDITION_H

#include "support/link.h"

#include <wzp/proto/env.h>

/* From the talker to the relay, and from there to the listener; chosen: a call
 * in one country. */
#define VOICE_HOP_NS (15 * WZP_MS)

typedef struct voice_condition {
    const char *name;
    double loss;     /* share, 0 where a trace or the rate decides */
    double burst_ms; /* length of each hole; 0: packets at random */
    uint64_t rate_bps;
    size_t queue_bytes;
    bool is_trace;
    bool is_extra;   /* for single figures, not of the ten and the twelve */
    bool has_no_hop; /* without any delay */
} voice_condition;

size_t voice_condition_count(void);
/* Valid until the program ends. */
const voice_condition *voice_condition_at(size_t i);

/* The link of it; *trace must outlive the link. */
wzp_link_cfg voice_condition_link(const voice_condition *c, uint64_t seed,
                                  wzp_trace *trace);

#endif
