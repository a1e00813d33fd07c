/* SPDX-License-Identifier: MIT */
/* Several voices into one: each at its gain, summed, then a soft limiter that
 * leaves quiet sums exactly as they are. int16_t pcm[n], mono, 48 kHz.
 */
#ifndef WZP_CLIENT_MIXER_H
#define WZP_CLIENT_MIXER_H

#include <wzp/client/audio.h>

#define WZP__GAIN_ONE 256  /* gains are of this */
#define WZP__GAIN_MAX 1024 /* +12 dB */

typedef struct wzp__mixer {
    int32_t sum[WZP_AUDIO_TICK_SAMPLES];
} wzp__mixer;

/* One tick, in place, from one gain to the other in a straight line, so that a
 * change of volume makes no click; through the limiter where it got louder. */
void wzp__gain_ramp(int16_t pcm[WZP_AUDIO_TICK_SAMPLES], uint16_t from,
                    uint16_t to);

void wzp__mixer_begin(wzp__mixer *m);
/* pcm: one tick of one sender. */
void wzp__mixer_add(wzp__mixer *m, const int16_t pcm[WZP_AUDIO_TICK_SAMPLES]);
void wzp__mixer_end(const wzp__mixer *m, int16_t out[WZP_AUDIO_TICK_SAMPLES]);

#endif
