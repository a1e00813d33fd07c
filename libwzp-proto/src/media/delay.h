/* SPDX-License-Identifier: MIT */
/* How much delay a stream needs: the estimator of the jitter buffer.
 *
 * Transit is arrival minus timestamp, in ms; its zero means nothing, its
 * differences do. The quickest packet of the window is the base; how much the
 * others were slower decides the target.
 */
#ifndef WZP_PROTO_MEDIA_DELAY_H
#define WZP_PROTO_MEDIA_DELAY_H

#include <wzp/proto/base.h>

/* Packets looked back on. chosen: 5 s at 20 ms; long enough for a burst every
 * few seconds to be remembered, short enough for clocks that drift. */
#define WZP__DELAY_WINDOW 250

typedef struct wzp__delay {
    uint16_t min_ms;
    uint16_t max_ms;
    int64_t transit[WZP__DELAY_WINDOW]; /* ring */
    size_t n;
    size_t at;
    int64_t base;       /* smallest of the window */
    uint32_t target_q8; /* ms × 256 */
    uint32_t jitter_q4; /* RFC 3550 A.8: ms × 16 */
    int64_t last;       /* transit before this one */
} wzp__delay;

void wzp__delay_init(wzp__delay *d, uint16_t min_ms, uint16_t max_ms,
                     uint16_t start_ms);

/* One packet arrived; its frames are frame_ms long. */
void wzp__delay_add(wzp__delay *d, int64_t transit, uint8_t frame_ms);

static inline int64_t wzp__delay_target(const wzp__delay *d)
{
    return (int64_t)((d->target_q8 + 128) / 256);
}

static inline uint32_t wzp__delay_jitter(const wzp__delay *d)
{
    return d->jitter_q4 / 16;
}

#endif
