/* SPDX-License-Identifier: MIT */
/* Time-stretch of speech by whole pitch periods: one is cut out or repeated
 * where it will not be heard, with a linear cross-fade. At speed 1 it is a
 * copy, without delay. PCM is int16_t, mono, 48,000 Hz.
 * Source: design/voice-facts.md 5.
 */
#ifndef WZP_CODEC_STRETCH_H
#define WZP_CODEC_STRETCH_H

#include <wzp/proto/env.h>

typedef struct wzp_stretch wzp_stretch;

/* Lags looked at, in samples: 2.5 … 15 ms. */
#define WZP_STRETCH_LAG_MIN 120
#define WZP_STRETCH_LAG_MAX 720

/* 15 KB. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_stretch_new(wzp_stretch **out, const wzp_mem *mem);
void wzp_stretch_free(wzp_stretch *s);
/* Forget what was heard: the next block is the first. */
void wzp_stretch_reset(wzp_stretch *s);

/* One block of 480 … 2880 samples.
 *
 * want   samples to put in (> 0) or take out (< 0), as far as the block allows
 *        it unheard; 0: a copy
 * out    room for n + WZP_STRETCH_LAG_MAX samples; may be `in` when want is 0
 * *done  samples put in, below 0 taken out: *n_out is n + *done, 0 or one
 *        period. Never more is taken out than wanted; a period that is put in
 *        may be longer, up to WZP_STRETCH_LAG_MAX. In quiet the amount is exact
 *
 * A period that is repeated may lie before the block. One that is cut lies in
 * it, with a fade of 2.5 ms or more: 7.5 ms at most in a block of 10 ms. Of
 * periods above 10 ms only part is compared there; longer blocks do better.
 *
 * WZP_ERR_ARG for a block of another length, WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_stretch_process(wzp_stretch *s, const int16_t *in,
                                          size_t n, int32_t want, int16_t *out,
                                          size_t cap, size_t *n_out,
                                          int32_t *done);

#endif
