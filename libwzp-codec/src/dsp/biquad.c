/* SPDX-License-Identifier: MIT */
#include "dsp/biquad.h"

#include "dsp/pcm.h"

#include <wzp/codec/codec.h>

#include <math.h>

static const double tau = 6.28318530717958647692;

/* side: of b1, +1 low-pass, −1 high-pass */
static void design(wzp__biquad *f, double hz, double side)
{
    const double w = tau * hz / WZP_PCM_RATE;
    const double c = cos(w);
    const double alpha = sin(w) / sqrt(2.0); /* Q = 1/√2: Butterworth */
    const double a0 = 1.0 + alpha;
    const double b = (1.0 - side * c) / 2.0 / a0;
    *f = (wzp__biquad){.b0 = (float)b,
                       .b1 = (float)(2.0 * side * b),
                       .b2 = (float)b,
                       .a1 = (float)(-2.0 * c / a0),
                       .a2 = (float)((1.0 - alpha) / a0)};
}

void wzp__biquad_highpass(wzp__biquad *f, double hz)
{
    design(f, hz, -1.0);
}

void wzp__biquad_lowpass(wzp__biquad *f, double hz)
{
    design(f, hz, 1.0);
}

void wzp__biquad_process(wzp__biquad *f, int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pcm[i] = wzp__pcm_of(wzp__biquad_step(f, pcm[i]));
    }
}
