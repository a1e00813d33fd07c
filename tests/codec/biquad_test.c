/* SPDX-License-Identifier: MIT */
/* Filters, by what they do to a tone. */
#include "dsp/biquad.h"

#include "support/harness.h"

#include <math.h>
#include <string.h>

enum { RATE = 48000, SAMPLES = 2 * RATE };

static const double TAU = 6.28318530717958647692;

/* dB that a tone gains, in its second second. */
static double response(wzp__biquad f, double hz)
{
    double in = 0;
    double out = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        const float x = (float)(10000.0 * sin(TAU * hz * (double)i / RATE));
        const float y = wzp__biquad_step(&f, x);
        if (i >= RATE) {
            in += (double)x * x;
            out += (double)y * y;
        }
    }
    return 10 * log10(out / in);
}

WZP_TEST(biquad_highpass_is_3_db_down_at_its_edge_and_falls_by_12_db_per_octave)
{
    wzp__biquad f;

    wzp__biquad_highpass(&f, 80.0);

    assert_true(fabs(response(f, 80.0) + 3.0) < 0.1);
    assert_true(fabs(response(f, 1000.0)) < 0.1);
    assert_true(fabs(response(f, 20.0) + 24.0) < 0.5);
}

WZP_TEST(biquad_lowpass_is_3_db_down_at_its_edge_and_falls_by_12_db_per_octave)
{
    wzp__biquad f;

    wzp__biquad_lowpass(&f, 1500.0);

    assert_true(fabs(response(f, 1500.0) + 3.0) < 0.1);
    assert_true(fabs(response(f, 100.0)) < 0.1);
    assert_true(fabs(response(f, 6000.0) + 24.0) < 1.5);
}

WZP_TEST(biquad_clips_what_does_not_fit)
{
    wzp__biquad f;
    int16_t pcm[96];
    wzp__biquad_highpass(&f, 80.0);
    for (size_t i = 0; i < 96; i++) {
        pcm[i] = i < 48 ? INT16_MIN : INT16_MAX; /* a step of 65,535 */
    }

    wzp__biquad_process(&f, pcm, 96);

    assert_int_equal(pcm[48], INT16_MAX);
}
