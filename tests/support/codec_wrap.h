/* SPDX-License-Identifier: MIT */
/* For those who are linked with -Wl,--wrap=wzp_encoder_encode and the like:
 * the real function, and theirs, which everybody then calls in its place.
 */
#ifndef WZP_TEST_CODEC_WRAP_H
#define WZP_TEST_CODEC_WRAP_H

#include <wzp/codec/codec.h>

wzp_err __real_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len);
wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len);

wzp_err __real_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples);
wzp_err __wrap_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples);

wzp_err __real_wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                wzp_codec_id next_codec, const uint8_t *next,
                                size_t next_len, size_t ahead, int16_t *pcm,
                                wzp_rebuilt *how);
wzp_err __wrap_wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                wzp_codec_id next_codec, const uint8_t *next,
                                size_t next_len, size_t ahead, int16_t *pcm,
                                wzp_rebuilt *how);

#endif
