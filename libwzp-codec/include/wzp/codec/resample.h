/* SPDX-License-Identifier: MIT */
/* Streaming sample-rate conversion of mono int16_t speech between any two
 * rates of 8,000 … 192,000 Hz with a small ratio (8, 16, 24, 44.1, 48 kHz …).
 * Windowed sinc, polyphase.
 */
#ifndef WZP_CODEC_RESAMPLE_H
#define WZP_CODEC_RESAMPLE_H

#include <wzp/proto/env.h>

typedef struct wzp_resampler wzp_resampler;

/* WZP_ERR_CONFIG for a rate out of range, WZP_ERR_UNSUPPORTED for two rates
 * whose reduced ratio needs more than 640 phases, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_resampler_new(wzp_resampler **out, const wzp_mem *mem,
                                        uint32_t in_hz, uint32_t out_hz);
void wzp_resampler_free(wzp_resampler *r);

/* Most samples that wzp_resampler_process can give for n_in samples. */
size_t wzp_resampler_bound(const wzp_resampler *r, size_t n_in);

/* All of `in` is consumed. WZP_ERR_SPACE when cap is below the bound. */
WZP_NODISCARD wzp_err wzp_resampler_process(wzp_resampler *r, const int16_t *in,
                                            size_t n_in, int16_t *out,
                                            size_t cap, size_t *n_out);

/* Group delay in output samples, rounded to nearest: 32 samples of the lower
 * rate. Equal rates: the input itself, without delay. */
size_t wzp_resampler_delay(const wzp_resampler *r);

#endif
