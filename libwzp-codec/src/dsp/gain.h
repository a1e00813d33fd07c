/* SPDX-License-Identifier: MIT */
/* Automatic gain towards −20 dBFS of speech, and a limiter. No delay: a block
 * is known whole before its first sample goes on.
 */
#ifndef WZP__DSP_GAIN_H
#define WZP__DSP_GAIN_H

#include <wzp/codec/capture.h>

typedef struct wzp__gain {
    uint32_t blocks; /* of speech, up to where the mean is settled */
    float power;     /* of speech, mean square */
    float db;        /* towards which the gain ramps */
    float edge;      /* factor at the end of the last block */
} wzp__gain;

void wzp__gain_init(wzp__gain *g);

/* In place.
 * is_active  the block is speech: only then its level is learnt from */
void wzp__gain_process(wzp__gain *g, int16_t pcm[WZP_CAPTURE_BLOCK],
                       bool is_active);

#endif
