/* SPDX-License-Identifier: MIT */
/* A call of two through one narrow link, whose queue is counted from what
 * enters it: for tests and figures of congestion.
 */
#ifndef WZP_TEST_BOTTLENECK_H
#define WZP_TEST_BOTTLENECK_H

#include "support/world/world.h"

typedef struct wzp_bottleneck {
    wzp_world *w;
    wzp_node relay, a, b; /* a speaks without a pause, b listens */
    bool is_up;           /* it is a's up link, else b's down link */
    uint64_t rate_bps, seen_bytes;
    double queue_bits;
    uint64_t received;
    uint32_t silent_ms, silent_most_ms; /* without a packet, at b */
} wzp_bottleneck;

/* Joined, with keys, at 100 kbit/s. Aborts when that does not come about. */
wzp_bottleneck wzp_bottleneck_new(uint64_t seed, bool is_up);
void wzp_bottleneck_free(wzp_bottleneck *p);
void wzp_bottleneck_rate(wzp_bottleneck *p, uint64_t rate_bps);
/* Lets time pass; the longest queue meanwhile, ms. */
double wzp_bottleneck_run(wzp_bottleneck *p, unsigned seconds);

#endif
