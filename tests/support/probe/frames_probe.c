/* SPDX-License-Identifier: MIT */
/* Linked into a copy of wzp-client for the demo with
 * -Wl,--wrap=wzp_encoder_encode: every frame the real encoder makes is also
 * written to the file named by WZP_PROBE_FRAMES. The product has no such
 * switch, and none that stops sealing.
 */
#include "support/codec_wrap.h"
#include "support/frames.h"

#include <stdlib.h>

wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len)
{
    static FILE *file;
    wzp_err e = __real_wzp_encoder_encode(enc, pcm, samples, out, cap, out_len);
    const char *path = getenv("WZP_PROBE_FRAMES");
    if (file == NULL && path != NULL) {
        file = fopen(path, "wb");
    }
    if (file != NULL && e == WZP_OK && *out_len > 0) {
        wzp_frames_write(file, out, *out_len);
        fflush(file); /* the tap reads while this process may be killed */
    }
    return e;
}
