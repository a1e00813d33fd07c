/* SPDX-License-Identifier: MIT */
/* How much time one encoded frame stands for: with `frames`
 * (design/secure-media.md 2) any Opus length may come under any Opus id, so
 * the frame is asked, not the id. And how late its sound comes.
 */
#include "codec/codec2_mode.h"

#include <opus.h>

wzp_err wzp_codec_frame_ms(wzp_codec_id codec, const uint8_t *frame, size_t len,
                           uint8_t *ms)
{
    const wzp_codec_info *info = wzp_codec_info_get(codec);
    if (info == NULL) {
        return WZP_ERR_CODEC_DATA;
    }
    if (!info->is_opus) {
        const wzp__codec2_mode *mode = wzp__codec2_mode_get(codec);
        if (len != (mode == NULL ? 1 : mode->bytes)) {
            return WZP_ERR_CODEC_DATA;
        }
        *ms = info->frame_ms;
        return WZP_OK;
    }
    if (len == 0 || len > WZP_FRAME_MAX) {
        return WZP_ERR_CODEC_DATA;
    }
    int samples =
        opus_packet_get_nb_samples(frame, (opus_int32)len, WZP_PCM_RATE);
    if (samples <= 0 || samples > WZP_PCM_MAX || samples % 48 != 0) {
        return WZP_ERR_CODEC_DATA;
    }
    *ms = (uint8_t)(samples / 48);
    return WZP_OK;
}

enum {
    OPUS_LOOKAHEAD = 312, /* OPUS_GET_LOOKAHEAD, VOIP at 48 kHz: a test asks
                             the library */
    CODEC2_DELAY = 960,   /* libcodec2 analyses around 20 ms ago */
    RESAMPLERS = 384,     /* 4 ms down, 4 ms up: a test asks them */
};

size_t wzp_codec_delay(wzp_codec_id codec)
{
    const wzp_codec_info *info = wzp_codec_info_get(codec);
    if (info == NULL || codec == WZP_CODEC_COMFORT_NOISE) {
        return 0;
    }
    return info->is_opus ? OPUS_LOOKAHEAD : CODEC2_DELAY + RESAMPLERS;
}
