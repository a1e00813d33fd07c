/* SPDX-License-Identifier: MIT */
/* The reference's rule (playout_delay.h). All numbers are the reference's. */
#include "media/playout_delay.h"

enum { PACKET_MS = 20, MARGIN = 2, SPIKE_FACTOR = 3, SPIKE_HOLD_MS = 2000 };

#define ALPHA 0.05

void wzp__playout_delay_init(wzp__playout_delay *p, uint16_t min, uint16_t max)
{
    *p = (wzp__playout_delay){.min = min, .max = max, .target = min};
}

static uint16_t wanted(const wzp__playout_delay *p)
{
    const double packets = p->jitter_ms / PACKET_MS;
    if (packets + MARGIN >= p->max) {
        return p->max;
    }
    const uint16_t whole = (uint16_t)packets;
    const uint16_t up = (uint16_t)(whole + (whole < packets) + MARGIN);
    return up < p->min ? p->min : up;
}

void wzp__playout_delay_add(wzp__playout_delay *p, int64_t arrival_ms,
                            int64_t expected_ms)
{
    if (p->has_last) {
        const int64_t off =
            (arrival_ms - p->arrival_ms) - (expected_ms - p->expected_ms);
        const double jitter = (double)(off < 0 ? -off : off);
        if (p->jitter_ms > 0 && jitter > SPIKE_FACTOR * p->jitter_ms) {
            p->has_spike = true;
            p->spike_ms = arrival_ms;
        }
        p->jitter_ms += ALPHA * (jitter - p->jitter_ms);
        p->has_spike = p->has_spike && arrival_ms - p->spike_ms < SPIKE_HOLD_MS;
        p->target = p->has_spike ? p->max : wanted(p);
    }
    p->has_last = true;
    p->arrival_ms = arrival_ms;
    p->expected_ms = expected_ms;
}
