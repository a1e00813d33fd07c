/* SPDX-License-Identifier: MIT */
/* A hole is filled with the last frame decoded again, which keeps pitch and
 * colour and goes on without a seam, at a falling volume: repeat and decay
 * (design/voice-facts.md 2 e). Holes may end anywhere in such a frame: what is
 * left of it fades into the next real one.
 */
#include "codec/codec2_dec.h"

#include "codec/codec2_mode.h"

#include <wzp/codec/resample.h>

#include <math.h>
#include <string.h>

/* At 8 kHz. */
enum {
    FADE = 40,  /* 5 ms */
    HOLD = 160, /* 20 ms. chosen: one frame of the faster mode */
    GONE = 960, /* 120 ms. chosen: as long as a receiver conceals */
    NARROW_MAX = WZP_PCM_MAX / WZP__CODEC2_RATIO,
};

struct wzp__codec2_dec {
    wzp_mem mem;
    struct CODEC2 *modes[WZP__CODEC2_MODES];
    wzp_resampler *up;
    const wzp__codec2_mode *mode; /* of `last`; NULL: nothing was heard */
    uint8_t last[WZP__CODEC2_BYTES_MAX];
    int16_t spare[WZP__CODEC2_FRAME_MAX]; /* repeated, not yet used */
    size_t spare_at, spare_len;
    size_t concealed; /* samples in a row */
    float gain;       /* of the newest sample */
};

wzp_err wzp__codec2_dec_new(wzp__codec2_dec **out, const wzp_mem *mem)
{
    wzp__codec2_dec *c = wzp_mem_new(mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->mem = *mem;
    c->gain = 1.0f;
    wzp_err e = wzp_resampler_new(&c->up, mem, WZP__CODEC2_RATE, WZP_PCM_RATE);
    if (e == WZP_OK) {
        e = wzp__codec2_modes_new(c->modes);
    }
    if (e != WZP_OK) {
        wzp__codec2_dec_free(c);
        return e;
    }
    *out = c;
    return WZP_OK;
}

void wzp__codec2_dec_free(wzp__codec2_dec *c)
{
    if (c == NULL) {
        return;
    }
    const wzp_mem mem = c->mem;
    wzp__codec2_modes_free(c->modes);
    wzp_resampler_free(c->up);
    wzp_mem_free(&mem, c, sizeof *c);
}

size_t wzp__codec2_dec_bytes(wzp_codec_id codec)
{
    const wzp__codec2_mode *mode = wzp__codec2_mode_get(codec);
    return mode == NULL ? 0 : mode->bytes;
}

static wzp_err widen(wzp__codec2_dec *c, const int16_t *narrow, size_t n,
                     int16_t *pcm)
{
    size_t got;
    return wzp_resampler_process(c->up, narrow, n, pcm, n * WZP__CODEC2_RATIO,
                                 &got);
}

static void speak_last(wzp__codec2_dec *c, int16_t *narrow)
{
    codec2_decode(c->modes[c->mode->index], narrow, c->last);
}

void wzp__codec2_dec_start(wzp__codec2_dec *c, wzp_codec_id codec,
                           const uint8_t *frame)
{
    c->mode = wzp__codec2_mode_get(codec);
    memcpy(c->last, frame, c->mode->bytes);
    c->spare_at = c->spare_len = 0;
    c->concealed = 0;
    c->gain = 1.0f;
    int16_t narrow[WZP__CODEC2_FRAME_MAX];
    int16_t unheard[WZP_PCM_MAX];
    speak_last(c, narrow);
    wzp_ignore(widen(c, narrow, c->mode->samples, unheard),
               "there is room for every frame");
}

/* The volume after `n` concealed samples. */
static float gain_after(size_t n)
{
    if (n <= HOLD) {
        return 1.0f;
    }
    return n >= GONE ? 0.0f : (float)(GONE - n) / (GONE - HOLD);
}

/* Out of a hole: what is left of the repeated frame, and of its volume, goes
 * over into the real one. */
static void join(wzp__codec2_dec *c, int16_t *narrow, size_t n)
{
    const float volume = c->gain;
    const size_t left = c->spare_len - c->spare_at;
    const size_t blend = left < FADE ? left : FADE;
    for (size_t i = 0; i < n && c->gain < 1.0f; i++) {
        c->gain += 1.0f / FADE;
        c->gain = c->gain > 1.0f ? 1.0f : c->gain;
        narrow[i] = (int16_t)lrintf(c->gain * narrow[i]);
    }
    for (size_t i = 0; i < blend; i++) {
        const float w = (float)(i + 1) / (float)(blend + 1);
        const float old = volume * c->spare[c->spare_at + i];
        narrow[i] = (int16_t)lrintf(w * narrow[i] + (1.0f - w) * old);
    }
    c->spare_at = c->spare_len = 0;
    c->concealed = 0;
}

wzp_err wzp__codec2_dec_decode(wzp__codec2_dec *c, wzp_codec_id codec,
                               const uint8_t *frame, int16_t *pcm,
                               size_t *samples)
{
    c->mode = wzp__codec2_mode_get(codec);
    memcpy(c->last, frame, c->mode->bytes);
    int16_t narrow[WZP__CODEC2_FRAME_MAX];
    speak_last(c, narrow);
    join(c, narrow, c->mode->samples);
    *samples = c->mode->samples * WZP__CODEC2_RATIO;
    return widen(c, narrow, c->mode->samples, pcm);
}

wzp_err wzp__codec2_dec_conceal(wzp__codec2_dec *c, size_t samples,
                                int16_t *pcm, float *left)
{
    int16_t narrow[NARROW_MAX];
    const size_t n = samples / WZP__CODEC2_RATIO;
    for (size_t i = 0; i < n; i++) {
        if (c->spare_at == c->spare_len) {
            speak_last(c, c->spare);
            c->spare_at = 0;
            c->spare_len = c->mode->samples;
        }
        c->concealed += c->concealed < GONE;
        c->gain = gain_after(c->concealed);
        narrow[i] = (int16_t)lrintf(c->gain * c->spare[c->spare_at++]);
    }
    *left = c->gain;
    return widen(c, narrow, n, pcm);
}
