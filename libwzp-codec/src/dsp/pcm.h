/* SPDX-License-Identifier: MIT */
/* Samples and levels. */
#ifndef WZP__DSP_PCM_H
#define WZP__DSP_PCM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Rounded and clipped. */
static inline int16_t wzp__pcm_of(float v)
{
    if (v >= 32767.0f) {
        return INT16_MAX;
    }
    if (v <= -32768.0f) {
        return INT16_MIN;
    }
    return (int16_t)lrintf(v);
}

/* Mean square, samples². */
static inline float wzp__pcm_power(const int16_t *pcm, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += pcm[i] * pcm[i];
    }
    return (float)sum / (float)n;
}

/* dB below full scale (an amplitude of 32,768), 0 at most and −127 at least. */
static inline float wzp__pcm_dbfs(float power)
{
    const float db = 10.0f * log10f(power / (32768.0f * 32768.0f) + 2e-13f);
    return db > 0.0f ? 0.0f : db < -127.0f ? -127.0f : db;
}

#endif
