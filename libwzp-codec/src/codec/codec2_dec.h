/* SPDX-License-Identifier: MIT */
/* The Codec2 part of a decoder: libcodec2 in both modes, concealment, and 8 kHz
 * up to 48 kHz. libcodec2 allocates from the C library's heap, 32 kB a mode,
 * once, when this is created; nothing later.
 *
 * libcodec2 draws the phases of unvoiced sound from one generator of the whole
 * process: the same frames sound alike, but are not the same samples.
 */
#ifndef WZP_CODEC_CODEC2_DEC_H
#define WZP_CODEC_CODEC2_DEC_H

#include <wzp/codec/codec.h>

typedef struct wzp__codec2_dec wzp__codec2_dec;

wzp_err wzp__codec2_dec_new(wzp__codec2_dec **out, const wzp_mem *mem);
void wzp__codec2_dec_free(wzp__codec2_dec *c);

/* Length of this codec's frames in bytes; 0 for another codec. */
size_t wzp__codec2_dec_bytes(wzp_codec_id codec);

/* Forget all sound of both modes. */
void wzp__codec2_dec_restart(wzp__codec2_dec *c);

/* pcm: room for WZP_PCM_MAX. */
wzp_err wzp__codec2_dec_decode(wzp__codec2_dec *c, wzp_codec_id codec,
                               const uint8_t *frame, int16_t *pcm,
                               size_t *samples);

/* The last pitch period again and again, fading. samples: a multiple of 120, at
 * most WZP_PCM_MAX. *left: how loud it still is at the end, 0 … 1. */
wzp_err wzp__codec2_dec_conceal(wzp__codec2_dec *c, size_t samples,
                                int16_t *pcm, float *left);

#endif
