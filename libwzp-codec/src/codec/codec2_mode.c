/* SPDX-License-Identifier: MIT */
/* Codec2_1200 sends how energy and pitch differ from a prediction out of the
 * frames before, so encoder and decoder must begin alike: a new object's
 * prediction is 0 dB. An old one that is out of step is 30 dB off, and still
 * 10 dB after 200 ms (measured). libcodec2 can neither copy nor reset a state,
 * but forgets by a factor of 0.81 a frame; so a faint noise, whose prediction
 * is about 0 dB, is coded until all before is forgotten.
 */
#include "codec/codec2_mode.h"

enum {
    RENEW_FRAMES = 14, /* 0.81 to this power: 60 dB become 3 */
    RENEW_NOISE = 45,  /* amplitude. chosen: a new decoder and an encoder
                          renewed so are 1 dB apart */
};

/* spec/wire.md 1.2; a test asks the library for lengths. */
static const wzp__codec2_mode modes_table[WZP__CODEC2_MODES] = {
    {WZP_CODEC_CODEC2_3200, 0, CODEC2_MODE_3200, 160, 8},
    {WZP_CODEC_CODEC2_1200, 1, CODEC2_MODE_1200, 320, 6},
};

const wzp__codec2_mode *wzp__codec2_mode_get(wzp_codec_id codec)
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (modes_table[i].codec == codec) {
            return &modes_table[i];
        }
    }
    return NULL;
}

const wzp__codec2_mode *wzp__codec2_mode_at(size_t index)
{
    return &modes_table[index];
}

void wzp__codec2_renew(struct CODEC2 *codec, const wzp__codec2_mode *mode)
{
    uint32_t seed = 1;
    for (size_t k = 0; k < RENEW_FRAMES; k++) {
        int16_t pcm[WZP__CODEC2_FRAME_MAX];
        uint8_t frame[WZP__CODEC2_BYTES_MAX];
        for (size_t i = 0; i < mode->samples; i++) {
            seed = seed * 1664525u + 1013904223u; /* Numerical Recipes */
            pcm[i] = (int16_t)((int)((seed >> 16) % (2 * RENEW_NOISE + 1)) -
                               RENEW_NOISE);
        }
        codec2_encode(codec, frame, pcm);
        codec2_decode(codec, pcm, frame);
    }
}

wzp_err wzp__codec2_modes_new(struct CODEC2 *modes[WZP__CODEC2_MODES])
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        modes[i] = codec2_create(modes_table[i].mode);
        if (modes[i] == NULL) {
            return WZP_ERR_NOMEM;
        }
    }
    return WZP_OK;
}

void wzp__codec2_modes_free(struct CODEC2 *modes[WZP__CODEC2_MODES])
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (modes[i] != NULL) {
            codec2_destroy(modes[i]);
        }
    }
}
