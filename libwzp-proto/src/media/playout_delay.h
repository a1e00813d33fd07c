/* SPDX-License-Identifier: MIT */
/* The reference's rule for how many packets to hold (spec/client.md 2.6), as
 * its vectors have it. Ours is delay.h; this one is what others are compared
 * with. It knows packets of 20 ms only.
 */
#ifndef WZP_PROTO_MEDIA_PLAYOUT_DELAY_H
#define WZP_PROTO_MEDIA_PLAYOUT_DELAY_H

#include <wzp/proto/base.h>

typedef struct wzp__playout_delay {
    uint16_t min, max; /* packets */
    uint16_t target;   /* packets */
    bool has_last, has_spike;
    int64_t arrival_ms, expected_ms; /* of the last packet */
    int64_t spike_ms;                /* when the last spike was */
    double jitter_ms;                /* moving average */
} wzp__playout_delay;

void wzp__playout_delay_init(wzp__playout_delay *p, uint16_t min, uint16_t max);

/* A packet came that an even stream would have brought at expected_ms; updates
 * `target`. */
void wzp__playout_delay_add(wzp__playout_delay *p, int64_t arrival_ms,
                            int64_t expected_ms);

#endif
