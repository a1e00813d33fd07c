/* SPDX-License-Identifier: MIT */
#include "codec/codec2_enc.h"

#include "codec/codec2_mode.h"

#include <wzp/codec/resample.h>

struct wzp__codec2_enc {
    wzp_mem mem;
    struct CODEC2 *modes[WZP__CODEC2_MODES];
    bool is_used[WZP__CODEC2_MODES];
    wzp_resampler *down;
};

wzp_err wzp__codec2_enc_new(wzp__codec2_enc **out, const wzp_mem *mem)
{
    wzp__codec2_enc *c = wzp_mem_new(mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->mem = *mem;
    wzp_err e =
        wzp_resampler_new(&c->down, mem, WZP_PCM_RATE, WZP__CODEC2_RATE);
    if (e == WZP_OK) {
        e = wzp__codec2_modes_new(c->modes);
    }
    if (e != WZP_OK) {
        wzp__codec2_enc_free(c);
        return e;
    }
    *out = c;
    return WZP_OK;
}

void wzp__codec2_enc_free(wzp__codec2_enc *c)
{
    if (c == NULL) {
        return;
    }
    const wzp_mem mem = c->mem;
    wzp__codec2_modes_free(c->modes);
    wzp_resampler_free(c->down);
    wzp_mem_free(&mem, c, sizeof *c);
}

wzp_err wzp__codec2_enc_encode(wzp__codec2_enc *c, wzp_codec_id codec,
                               const int16_t *pcm, size_t samples, uint8_t *out,
                               size_t *out_len)
{
    const wzp__codec2_mode *mode = wzp__codec2_mode_get(codec);
    int16_t narrow[WZP__CODEC2_FRAME_MAX];
    size_t n = 0;
    WZP_TRY(wzp_resampler_process(c->down, pcm, samples, narrow,
                                  WZP__CODEC2_FRAME_MAX, &n));
    if (n != mode->samples) {
        return WZP_ERR_INTERNAL;
    }
    c->is_used[mode->index] = true;
    codec2_encode(c->modes[mode->index], out, narrow);
    *out_len = mode->bytes;
    return WZP_OK;
}

void wzp__codec2_enc_restart(wzp__codec2_enc *c)
{
    static const int16_t silence[WZP__CODEC2_FRAME_MAX * WZP__CODEC2_RATIO];
    int16_t unsent[WZP__CODEC2_FRAME_MAX];
    size_t n;
    wzp_ignore(wzp_resampler_process(c->down, silence,
                                     sizeof silence / sizeof silence[0], unsent,
                                     WZP__CODEC2_FRAME_MAX, &n),
               "there is room for a frame");
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (c->is_used[i]) {
            wzp__codec2_renew(c->modes[i], wzp__codec2_mode_at(i));
            c->is_used[i] = false;
        }
    }
}
