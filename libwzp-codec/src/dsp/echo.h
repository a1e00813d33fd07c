/* SPDX-License-Identifier: MIT */
/* Echo canceller: speexdsp's MDF over 200 ms, behind a delay that is found out
 * (echo_delay.h). No delay of its own. When the far end has to be shifted
 * anew, a second canceller learns the last second again with the new shift,
 * some blocks at a time, and takes over once it is as far as the present.
 *
 * speexdsp allocates in _new, from the C library, and ends the process where
 * that has no memory.
 */
#ifndef WZP__DSP_ECHO_H
#define WZP__DSP_ECHO_H

#include <wzp/codec/capture.h>

struct SpeexEchoState_;

typedef struct wzp__echo wzp__echo;

wzp_err wzp__echo_new(wzp__echo **out, const wzp_mem *mem);
void wzp__echo_free(wzp__echo *e);
void wzp__echo_reset(wzp__echo *e);

/* pcm in place */
void wzp__echo_process(wzp__echo *e, int16_t pcm[WZP_CAPTURE_BLOCK],
                       const int16_t far[WZP_CAPTURE_BLOCK]);

/* The canceller of the last block; another one after a take-over. */
struct SpeexEchoState_ *wzp__echo_state(const wzp__echo *e);

/* From far to its echo, in samples; −1: not found. */
int32_t wzp__echo_found(const wzp__echo *e);

/* How far the far end is shifted, in samples. */
int32_t wzp__echo_shift(const wzp__echo *e);

#endif
