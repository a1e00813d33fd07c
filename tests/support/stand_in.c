/* SPDX-License-Identifier: MIT */
/* See stand_in.h. */
#include "support/stand_in.h"

#include <string.h>

/* Full band, mono, as RFC 6716 3.1 and 3.2.5 have it: 10 and 20 ms are one
 * frame, 40 and 60 ms two or three of 20 ms. All its bits are 0: silence. */
static size_t opus_frame(size_t samples, uint8_t *out)
{
    enum { CELT_10MS = 30 << 3, CELT_20MS = 31 << 3, COUNTED = 3 };
    const size_t n = samples <= 960 ? 1 : samples / 960;
    out[0] = samples < 960 ? CELT_10MS : CELT_20MS;
    if (n > 1) {
        out[0] |= COUNTED;
        out[1] = (uint8_t)n;
    }
    return 62; /* 60 bytes of frames can be halved and cut in three */
}

size_t wzp_stand_in_frame(wzp_codec_id codec, size_t samples,
                          uint8_t out[WZP_STAND_IN_MAX])
{
    memset(out, 0, WZP_STAND_IN_MAX);
    switch (codec) {
    case WZP_CODEC_CODEC2_3200: return 8;
    case WZP_CODEC_CODEC2_1200: return 6;
    case WZP_CODEC_COMFORT_NOISE: return 1;
    default: return opus_frame(samples, out);
    }
}
