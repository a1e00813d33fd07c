/* SPDX-License-Identifier: MIT */
/* speexdsp's preprocessor: takes away noise, and what the echo canceller has
 * left. Costs 10 ms of delay. It allocates in _new and _reset, from the C
 * library, and ends the process where that has no memory.
 */
#ifndef WZP__DSP_SUPPRESS_H
#define WZP__DSP_SUPPRESS_H

#include <wzp/codec/capture.h>

struct SpeexEchoState_;

#define WZP__SUPPRESS_DELAY WZP_CAPTURE_BLOCK

typedef struct wzp__suppress wzp__suppress;

wzp_err wzp__suppress_new(wzp__suppress **out, const wzp_mem *mem);
void wzp__suppress_free(wzp__suppress *s);
void wzp__suppress_reset(wzp__suppress *s);

/* From the next block on.
 * noise  whether noise is taken away
 * echo   the canceller that has processed the same block; NULL: no echo. Must
 *        outlive its use here */
void wzp__suppress_set(wzp__suppress *s, bool noise,
                       struct SpeexEchoState_ *echo);

/* In place. */
void wzp__suppress_process(wzp__suppress *s, int16_t pcm[WZP_CAPTURE_BLOCK]);

#endif
