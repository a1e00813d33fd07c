/* SPDX-License-Identifier: MIT */
/* A stand-in for the decoders of a world that asked for it: silence of the
 * right length. What is sent, sealed and opened stays real; of a large room
 * most of the time is otherwise spent in libopus.
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
