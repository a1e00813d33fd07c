/* SPDX-License-Identifier: MIT */
/* How much faster or slower a sender's clock runs than ours: from the least
 * transit of every few seconds, which queues do not touch. A path that changes
 * moves a few of the differences; the median does not care. Times are µs.
 */
#ifndef WZP_PROTO_MEDIA_SKEW_H
#define WZP_PROTO_MEDIA_SKEW_H

#include <wzp/proto/base.h>

enum {
    /* After so long without a packet what was measured before says nothing.
     * chosen: clocks 500 ppm apart are off by 30 ms then. */
    WZP__SKEW_STALE_US = 60000000,
    /* chosen: some packet in 4 s finds the queues empty. */
    WZP__SKEW_SPAN_US = 4000000,
    WZP__SKEW_SPANS = 32, /* looked back on: about two minutes */
    /* Spans between two that are compared. chosen: 0.3 ms of noise in 32 s are
     * 10 ppm, before the median. */
    WZP__SKEW_APART = 8,
};

typedef struct wzp__skew {
    int64_t least[WZP__SKEW_SPANS]; /* of finished spans, ring */
    size_t n, at;
    int64_t begin; /* of the span that is measured */
    int64_t now_least;
    bool is_begun;
    int32_t ppm; /* above 0: the sender's clock is fast */
} wzp__skew;

void wzp__skew_add(wzp__skew *k, int64_t at, int64_t transit);

/* The least transit of the last 8 to 12 s; there must have been one. */
int64_t wzp__skew_base(const wzp__skew *k);

#endif
