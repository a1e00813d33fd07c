/* SPDX-License-Identifier: MIT */
/* Sum and soft limiter, see mixer.h. Above KNEE the curve bends smoothly and
 * reaches full scale only at infinity: y = K + (M − K) · x' / (x' + M − K)
 * with x' = x − K; slope 1 at the knee, so there is no click.
 */
#include "voice/mixer.h"

#include <string.h>

#define FULL 32767
#define KNEE 24000 /* chosen: −2.7 dBFS, one normal voice never bends */

static int16_t limit(int32_t x)
{
    int64_t size = x < 0 ? -(int64_t)x : x;
    if (size > KNEE) {
        int64_t above = size - KNEE;
        int64_t room = FULL - KNEE;
        size = KNEE + room * above / (above + room);
    }
    return (int16_t)(x < 0 ? -size : size);
}

void wzp__gain_ramp(int16_t pcm[WZP_AUDIO_TICK_SAMPLES], uint16_t from,
                    uint16_t to)
{
    if (from == WZP__GAIN_ONE && to == WZP__GAIN_ONE) {
        return;
    }
    for (int32_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        /* In 1/480 of a step: finer than a sample can tell. */
        const int32_t gain =
            from * WZP_AUDIO_TICK_SAMPLES + ((int32_t)to - from) * i;
        pcm[i] = limit((int32_t)((int64_t)pcm[i] * gain /
                                 (WZP__GAIN_ONE * WZP_AUDIO_TICK_SAMPLES)));
    }
}

void wzp__mixer_begin(wzp__mixer *m)
{
    memset(m->sum, 0, sizeof m->sum);
}

void wzp__mixer_add(wzp__mixer *m, const int16_t pcm[WZP_AUDIO_TICK_SAMPLES])
{
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        m->sum[i] += pcm[i];
    }
}

void wzp__mixer_end(const wzp__mixer *m, int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        out[i] = limit(m->sum[i]);
    }
}
