/* SPDX-License-Identifier: MIT */
/* Second-order Butterworth filters at 48,000 Hz, bilinear transform. Source:
 * R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
 * coefficients".
 */
#ifndef WZP__DSP_BIQUAD_H
#define WZP__DSP_BIQUAD_H

#include <stddef.h>
#include <stdint.h>

typedef struct wzp__biquad {
    float b0, b1, b2, a1, a2;
    float s1, s2; /* transposed direct form II */
} wzp__biquad;

/* hz: −3 dB */
void wzp__biquad_highpass(wzp__biquad *f, double hz);
void wzp__biquad_lowpass(wzp__biquad *f, double hz);

static inline float wzp__biquad_step(wzp__biquad *f, float x)
{
    const float y = f->b0 * x + f->s1;
    f->s1 = f->b1 * x - f->a1 * y + f->s2;
    f->s2 = f->b2 * x - f->a2 * y;
    return y;
}

/* In place, rounded and clipped. */
void wzp__biquad_process(wzp__biquad *f, int16_t *pcm, size_t n);

#endif
