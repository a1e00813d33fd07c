/* SPDX-License-Identifier: MIT */
/* Stand-ins for the codecs of a world that asked for it: decoders give silence
 * of the right length, encoders one frame again and again. What is sealed, sent
 * and opened stays real; of a large room and of a long talk most of the time is
 * otherwise spent in libopus.
 */
#include "support/world/world.h"

#include <string.h>

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

wzp_err __wrap_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples)
{
    if (!wzp_world_is_silent()) {
        return __real_wzp_decoder_decode(dec, codec, frame, len, pcm, cap,
                                         samples);
    }
    *samples = 960; /* what the default profile sends: 20 ms */
    memset(pcm, 0, *samples * sizeof *pcm);
    return WZP_OK;
}

wzp_err __wrap_wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                wzp_codec_id next_codec, const uint8_t *next,
                                size_t next_len, size_t ahead, int16_t *pcm,
                                wzp_rebuilt *how)
{
    if (!wzp_world_is_silent()) {
        return __real_wzp_decoder_fill(dec, samples, next_codec, next, next_len,
                                       ahead, pcm, how);
    }
    *how = WZP_REBUILT_CONCEALED;
    memset(pcm, 0, samples * sizeof *pcm);
    return WZP_OK;
}

wzp_err __real_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len);
wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len);

wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len)
{
    static const uint8_t frame[60] = {31 << 3}; /* 20 ms, full band, mono */
    if (wzp_world_has_encoder() || cap < sizeof frame) {
        return __real_wzp_encoder_encode(enc, pcm, samples, out, cap, out_len);
    }
    memcpy(out, frame, sizeof frame);
    *out_len = sizeof frame;
    return WZP_OK;
}
