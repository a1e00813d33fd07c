/* SPDX-License-Identifier: MIT */
/* RNNoise, where this build has it. Costs 20 ms of delay. Of the sound as it
 * came in a twentieth stays: a room that goes dead between words tires, and
 * harm to speech in babble is bounded (voice-facts.md 6).
 */
#ifndef WZP__DSP_NEURAL_H
#define WZP__DSP_NEURAL_H

#include <wzp/codec/capture.h>

#define WZP__NEURAL_DELAY (2 * WZP_CAPTURE_BLOCK)

typedef struct wzp__neural wzp__neural;

bool wzp__neural_is_there(void);

/* WZP_ERR_UNSUPPORTED: not in this build. */
wzp_err wzp__neural_new(wzp__neural **out, const wzp_mem *mem);
void wzp__neural_free(wzp__neural *n);
void wzp__neural_reset(wzp__neural *n);

/* In place. Returns how likely the newest 10 ms are speech, 0 … 1. */
float wzp__neural_process(wzp__neural *n, int16_t pcm[WZP_CAPTURE_BLOCK]);

#endif
