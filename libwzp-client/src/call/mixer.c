/* SPDX-License-Identifier: MIT */
/* Sum and soft limiter, see mixer.h. Above KNEE the curve bends smoothly and
 * reaches full scale only at infinity: y = K + (M − K) · x' / (x' + M − K)
 * with x' = x − K; slope 1 at the knee, so there is no click.
 */
#include "call/mixer.h"

#include <string.h>

#define FULL 32767
#define KNEE 24000 /* chosen: −2.7 dBFS, one normal voice never bends */

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

void wzp__mixer_end(const wzp__mixer *m, int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        out[i] = limit(m->sum[i]);
    }
}
