/* SPDX-License-Identifier: MIT */
/* How much delay a stream needs: the estimator of the jitter buffer.
 *
 * All times are µs. Transit is arrival minus timestamp; its zero means
 * nothing, its differences do. A packet's need is the moment from which the
 * receiver could use it, minus its timestamp: transit, and the wait for the
 * receiver's next tick. Transit, need and target are on one scale; what people
 * call delay is counted from the base, the least transit of the last seconds.
 *
 * The target is what all packets of the last 2.5 s needed, unless only one in 8
 * s needed so much. So it rises with the second packet that needs more, and
 * falls 2.5 s after the last. A single stall of the path is forgiven: all
 * packets that waited in one queue count as one.
 */
#ifndef WZP_PROTO_MEDIA_DELAY_H
#define WZP_PROTO_MEDIA_DELAY_H

#include "media/skew.h"

/* Packets looked back on at most. chosen: WINDOW_MOBILE at 20 ms. */
#define WZP__DELAY_SAMPLES 512

typedef struct wzp__delay_config {
    uint16_t min_ms, max_ms; /* of the target above the base */
    uint16_t start_ms;       /* before anything was measured */
    bool is_mobile;          /* remembers longer and forgives nothing */
} wzp__delay_config;

typedef struct wzp__delay_sample {
    int64_t at; /* arrival */
    int64_t transit;
    int64_t need;
    bool is_queued; /* behind one that needed more */
} wzp__delay_sample;

typedef struct wzp__delay {
    wzp__delay_config cfg;
    wzp__delay_sample samples[WZP__DELAY_SAMPLES]; /* ring */
    size_t n;
    size_t at;    /* the next one's place */
    size_t total; /* samples since the beginning, at most START_SAMPLES */
    int64_t base;
    int64_t target;        /* above base, within min and max */
    uint32_t jitter_q4;    /* RFC 3550 A.8: µs × 16 */
    int32_t gradient_us_s; /* of the transit over the last second */
    wzp__skew skew;
} wzp__delay;

void wzp__delay_init(wzp__delay *d, const wzp__delay_config *cfg);

/* One packet came at `at`. */
void wzp__delay_add(wzp__delay *d, int64_t at, int64_t transit, int64_t need);

/* The delay wanted, on the scale of transits. */
static inline int64_t wzp__delay_wanted(const wzp__delay *d)
{
    return d->base + d->target;
}

#endif
