/* SPDX-License-Identifier: MIT */
/* What the tests of the capture chain hear: made voices that differ, noise,
 * levels. 8 s each, made once per program.
 */
#ifndef WZP_TEST_CAPTURE_SOUND_H
#define WZP_TEST_CAPTURE_SOUND_H

#include "codec/speech.h"

#include <wzp/codec/capture.h>

enum {
    BLOCK = WZP_CAPTURE_BLOCK,
    SOUND_RATE = WZP_PCM_RATE,
    SOUND_SAMPLES = 8 * SOUND_RATE,
    SOUND_VOICES = 3,
};

/* Pulses and breath through three formants that jump from syllable to
 * syllable, a word of three syllables a second with a pause after it; 0.3 s of
 * silence every second. About −24 dBFS while it speaks. which: 1 or 2. */
static inline const int16_t *sound_voice(unsigned which)
{
    static int16_t *held[SOUND_VOICES];
    assert_in_range(which, 1, SOUND_VOICES - 1);
    if (held[which] != NULL) {
        return held[which];
    }
    int16_t *pcm = calloc(SOUND_SAMPLES, sizeof *pcm);
    assert_non_null(pcm);
    const double tau = 6.283185307179586;
    uint32_t seed = which * 977;
    double phase = 0;
    double formants[3] = {0};
    double pitch = 0;
    double y1[3] = {0};
    double y2[3] = {0};
    for (size_t i = 0; i < SOUND_SAMPLES; i++) {
        const double t = (double)i / SOUND_RATE;
        const double in_word = fmod(t + 0.4 * which, 1.0);
        const double in_syllable = fmod(in_word, 0.23) / 0.23;
        if (i % (SOUND_RATE / 100) == 0 && in_syllable < 0.05) {
            formants[0] = 500 + 500 * speech_noise(&seed);
            formants[1] = 1500 + 1200 * speech_noise(&seed);
            formants[2] = 2700 + 900 * speech_noise(&seed);
            pitch = (which == 1 ? 110 : 190) * (1 + 0.4 * speech_noise(&seed));
        }
        const double loud = in_word < 0.69 ? sin(tau / 2 * in_syllable) : 0.0;
        phase += pitch / SOUND_RATE;
        double x = 0.3 * speech_noise(&seed);
        if (phase >= 1.0) {
            phase -= 1.0;
            x += 1.0;
        }
        double y = 0;
        for (int k = 0; k < 3; k++) {
            const double r = exp(-tau / 2 * (90 + 40 * k) / SOUND_RATE);
            const double v =
                loud * x + 2 * r * cos(tau * formants[k] / SOUND_RATE) * y1[k] -
                r * r * y2[k];
            y2[k] = y1[k];
            y1[k] = v;
            y += v / (1 << k);
        }
        const double out = 200.0 * y;
        pcm[i] = (int16_t)(out > 32767 ? 32767 : out < -32768 ? -32768 : out);
    }
    held[which] = pcm;
    return pcm;
}

/* Even noise within ± amplitude. */
static inline void sound_noise(int16_t *pcm, size_t n, double amplitude,
                               uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        pcm[i] = (int16_t)lrint(2.0 * amplitude * speech_noise(&seed));
    }
}

static inline double sound_db(double power)
{
    return 10 * log10(power / (32768.0 * 32768.0) + 1e-13);
}

/* dBFS of v[0..n). */
static inline double sound_level(const int16_t *v, size_t n)
{
    const double rms = speech_rms(v, n);
    return sound_db(rms * rms);
}

/* The lag 0 … most at which `out` is most like `in`. */
static inline size_t sound_lag(const int16_t *in, const int16_t *out, size_t n,
                               size_t most)
{
    double best = 0;
    size_t lag = most + 1;
    for (size_t l = 0; l <= most; l++) {
        double sum = 0;
        for (size_t i = 0; i + most < n; i++) {
            sum += (double)in[i] * out[i + l];
        }
        if (sum > best) {
            best = sum;
            lag = l;
        }
    }
    return lag;
}

#endif
