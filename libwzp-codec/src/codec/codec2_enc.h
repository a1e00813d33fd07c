/* SPDX-License-Identifier: MIT */
/* The Codec2 part of an encoder: 48 kHz down to 8 kHz, and libcodec2 in both
 * modes. libcodec2 allocates from the C library's heap, 32 kB a mode, once,
 * when this is created; nothing later.
 */
#ifndef WZP_CODEC_CODEC2_ENC_H
#define WZP_CODEC_CODEC2_ENC_H

#include <wzp/codec/codec.h>

typedef struct wzp__codec2_enc wzp__codec2_enc;

wzp_err wzp__codec2_enc_new(wzp__codec2_enc **out, const wzp_mem *mem);
void wzp__codec2_enc_free(wzp__codec2_enc *c);

/* codec: one of the two. samples: its frame at 48 kHz. *out_len: 8 or 6. */
wzp_err wzp__codec2_enc_encode(wzp__codec2_enc *c, wzp_codec_id codec,
                               const int16_t *pcm, size_t samples, uint8_t *out,
                               size_t *out_len);

/* Forget all sound of both modes. */
void wzp__codec2_enc_restart(wzp__codec2_enc *c);

#endif
