/* SPDX-License-Identifier: MIT */
/* How long after it was played does the far end's sound come back? The phases
 * of both signals below 2 kHz are compared (generalised cross-correlation with
 * phase transform: Knapp and Carter 1976) in windows of 192 ms, and averaged.
 * Where nobody speaks at the far end nothing is learnt and nothing forgotten.
 */
#ifndef WZP__DSP_ECHO_DELAY_H
#define WZP__DSP_ECHO_DELAY_H

#include <wzp/codec/capture.h>

#define WZP__ECHO_DELAY_MAX_MS 320

typedef struct wzp__echo_delay wzp__echo_delay;

wzp_err wzp__echo_delay_new(wzp__echo_delay **out, const wzp_mem *mem);
void wzp__echo_delay_free(wzp__echo_delay *d);
void wzp__echo_delay_reset(wzp__echo_delay *d);

void wzp__echo_delay_process(wzp__echo_delay *d,
                             const int16_t near[WZP_CAPTURE_BLOCK],
                             const int16_t far[WZP_CAPTURE_BLOCK]);

/* Samples at 48 kHz, exact to 12 of them; −1: not known. */
int32_t wzp__echo_delay_samples(const wzp__echo_delay *d);

#endif
