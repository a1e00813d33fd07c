/* SPDX-License-Identifier: MIT */
/* One part of the capture chain, switched on and off without a click: it warms
 * up unheard until what comes out of it is sound, then one block is faded over
 * to it; switched off, one block is faded back.
 */
#ifndef WZP__DSP_BLEND_H
#define WZP__DSP_BLEND_H

#include <wzp/codec/capture.h>

typedef struct wzp__blend {
    bool is_on;      /* wanted */
    uint8_t warm_up; /* blocks unheard */
    uint8_t at;      /* 0 off … warm_up + 1: heard alone */
} wzp__blend;

/* A part that is on from the start is heard from the start. */
void wzp__blend_init(wzp__blend *b, uint8_t warm_up, bool is_on);

void wzp__blend_set(wzp__blend *b, bool is_on);

/* Must the part process this block? */
bool wzp__blend_is_running(const wzp__blend *b);

/* Is the part heard, alone or faded? */
bool wzp__blend_is_heard(const wzp__blend *b);

/* The end of a block that the part has processed.
 * without  the block as it went into the part
 * with     in: as it came out; out: what goes on */
void wzp__blend_mix(wzp__blend *b, const int16_t without[WZP_CAPTURE_BLOCK],
                    int16_t with[WZP_CAPTURE_BLOCK]);

/* out = from, fading to `to` over the block; out may be one of them. */
void wzp__blend_fade(const int16_t from[WZP_CAPTURE_BLOCK],
                     const int16_t to[WZP_CAPTURE_BLOCK],
                     int16_t out[WZP_CAPTURE_BLOCK]);

#endif
