/* SPDX-License-Identifier: MIT */
/* Stand-ins for the codecs of a world that asked for it: decoders give silence
 * of the right length, encoders frames of silence. What is sealed, sent
 * and opened stays real; of a large room and of a long talk most of the time is
 * otherwise spent in libopus.
 */
#include "support/codec_wrap.h"
#include "support/stand_in.h"
#include "support/world/world.h"

#include <string.h>

wzp_err __wrap_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples)
{
    if (!wzp_world_is_silent()) {
        return __real_wzp_decoder_decode(dec, codec, frame, len, pcm, cap,
                                         samples);
    }
    uint8_t ms;
    WZP_TRY(wzp_codec_frame_ms(codec, frame, len, &ms));
    *samples = (size_t)ms * 48;
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

wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len)
{
    if (wzp_world_has_encoder() || cap < WZP_STAND_IN_MAX) {
        return __real_wzp_encoder_encode(enc, pcm, samples, out, cap, out_len);
    }
    *out_len = wzp_stand_in_frame(wzp_encoder_codec(enc), samples, out);
    return WZP_OK;
}
