/* SPDX-License-Identifier: MIT */
/* A stream of hostile frames through one decoder. The input is a list of
 * records: one byte of what to do, two bytes of length (big-endian), the frame.
 *
 *   bits 0-3  codec id; 15: comfort noise laid over
 *   bit  4    fill a hole from this frame first
 *   bits 5-7  how many times 10 ms that hole lies ahead
 */
#include <wzp/codec/codec.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a buffer of its own length: reading past it is seen. */
static void play(wzp_decoder *dec, unsigned what, const uint8_t *data,
                 size_t len)
{
    uint8_t *frame = malloc(len + (len == 0));
    if (frame == NULL) {
        return;
    }
    memcpy(frame, data, len);
    const wzp_codec_id codec = (wzp_codec_id)(what & 15);
    int16_t pcm[WZP_PCM_MAX];
    if ((what & 16) != 0) {
        wzp_rebuilt how;
        const size_t hole = 480 + 480 * (len % 6);
        if (wzp_decoder_fill(dec, hole, codec, frame, len, (what >> 5) * 480u,
                             pcm, &how) != WZP_OK) {
            abort();
        }
    }
    size_t samples = 0;
    if (wzp_decoder_decode(dec, codec, frame, len, pcm, WZP_PCM_MAX,
                           &samples) == WZP_OK &&
        (samples == 0 || samples > WZP_PCM_MAX)) {
        abort();
    }
    uint8_t ms;
    if (wzp_codec_frame_ms(codec, frame, len, &ms) == WZP_OK && samples != 0 &&
        samples != ms * 48u) {
        abort();
    }
    if (wzp_decoder_reach(dec, codec, frame, len) > 49920) {
        abort();
    }
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp_decoder_config cfg;
    wzp_decoder_config_default(&cfg);
    wzp_decoder *dec;
    if (wzp_decoder_new(&dec, &cfg) != WZP_OK) {
        return 0;
    }
    while (size >= 3) {
        const unsigned what = data[0];
        size_t len = (size_t)data[1] << 8 | data[2];
        data += 3;
        size -= 3;
        len = len < size ? len : size;
        play(dec, what, data, len);
        data += len;
        size -= len;
    }
    wzp_decoder_free(dec);
    return 0;
}
