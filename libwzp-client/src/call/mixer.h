/* SPDX-License-Identifier: MIT */
/* Several voices into one: sum, then a soft limiter that leaves quiet sums
 * exactly as they are. int16_t pcm[n], mono, 48 kHz.
 */
#ifndef WZP_CLIENT_MIXER_H
#define WZP_CLIENT_MIXER_H

#include <wzp/client/audio.h>

typedef struct wzp__mixer {
    int32_t sum[WZP_AUDIO_TICK_SAMPLES];
} wzp__mixer;

void wzp__mixer_begin(wzp__mixer *m);
/* pcm: one tick of one sender. */
void wzp__mixer_add(wzp__mixer *m, const int16_t pcm[WZP_AUDIO_TICK_SAMPLES]);
void wzp__mixer_end(const wzp__mixer *m, int16_t out[WZP_AUDIO_TICK_SAMPLES]);

#endif
