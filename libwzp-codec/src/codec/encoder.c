/* SPDX-License-Identifier: MIT */
/* PCM to frames. The configuration picks who encodes: libopus at an operating
 * point (opus_enc.c), libcodec2 (codec2_enc.c), or the measure of a background
 * (comfort noise). Both libraries are there from the start, so any frame may be
 * another codec's and nothing is allocated after creation.
 *
 * Whoever takes over begins anew: what it last heard is old, and redundancy
 * would repeat it. Until it has something to say, the decoder goes on with what
 * was before (decoder.c).
 */
#include "codec/align.h"
#include "codec/codec2_enc.h"
#include "codec/opus_enc.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/sized.h>

#include <math.h>

enum {
    SAMPLES_PER_MS = WZP_PCM_RATE / 1000,
    DRED_MIN_COMPLEXITY = 7, /* below, libopus 1.5.2 pays for DRED and writes
                                none: deps.md 4 */
    NOBODY = -1,
};

struct wzp_encoder {
    wzp_mem mem;
    size_t size; /* of the allocation: this struct, then libopus */
    wzp_codec_id codec;
    uint8_t frame_ms;
    uint8_t complexity;
    int last; /* codec of the last frame of speech; NOBODY: there was none */
    wzp__opus_enc opus;
    wzp__codec2_enc *codec2;
};

void wzp_encoder_config_default_sized(wzp_encoder_config *cfg, size_t size)
{
    const wzp_encoder_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .codec = WZP_CODEC_OPUS_24K,
        .frame_ms = 20,
        .redundancy = WZP_REDUNDANCY_NONE,
        .complexity = 9,
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

/* --- what is asked for ---------------------------------------------------- */

typedef struct wish {
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
    uint8_t loss_pct;
} wish;

static bool is_wish(const wish *w)
{
    const unsigned ms = w->frame_ms;
    return (ms == 10 || ms == 20 || ms == 40 || ms == 60) &&
           w->loss_pct <= 100 &&
           (unsigned)w->redundancy <= WZP_REDUNDANCY_BOTH &&
           (unsigned)w->codec < WZP_CODEC_COUNT;
}

/* *out: NULL for a codec that is not Opus. */
static wzp_err find_point(const wzp__opus_point **out, const wish *w,
                          uint8_t complexity)
{
    *out = NULL;
    if (!is_wish(w)) {
        return WZP_ERR_CONFIG;
    }
    const wzp_codec_info *info = wzp_codec_info_get(w->codec);
    if (!info->is_opus) {
        return w->frame_ms == info->frame_ms &&
                       w->redundancy == WZP_REDUNDANCY_NONE
                   ? WZP_OK
                   : WZP_ERR_UNSUPPORTED;
    }
    *out = wzp__opus_point_get(w->codec, w->frame_ms, w->redundancy);
    if (*out == NULL || ((*out)->dred_10ms > 0 && opus_dred_get_size() == 0)) {
        return WZP_ERR_UNSUPPORTED;
    }
    if ((*out)->dred_10ms > 0 && complexity < DRED_MIN_COMPLEXITY) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

static wish wish_of(const wzp_encoder_config *c)
{
    return (wish){c->codec, c->frame_ms, c->redundancy, c->loss_pct};
}

/* An older caller's shorter struct: what it lacks has the default. */
static wzp_err read_config(wzp_encoder_config *full,
                           const wzp_encoder_config *cfg)
{
    wzp_encoder_config_default(full);
    if (cfg->size < offsetof(wzp_encoder_config, codec)) {
        return WZP_ERR_CONFIG;
    }
    wzp_sized_take(full, sizeof *full, cfg);
    const wish w = wish_of(full);
    if (full->mem.resize == NULL || full->complexity > 10 || !is_wish(&w)) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

static wzp_err take(wzp_encoder *enc, const wish *w,
                    const wzp__opus_point *point)
{
    if (point != NULL) {
        WZP_TRY(wzp__opus_enc_set(&enc->opus, point, w->loss_pct));
    }
    enc->codec = w->codec;
    enc->frame_ms = w->frame_ms;
    return WZP_OK;
}

/* --- life ----------------------------------------------------------------- */

wzp_err wzp_encoder_new(wzp_encoder **out, const wzp_encoder_config *cfg)
{
    wzp_encoder_config c;
    WZP_TRY(read_config(&c, cfg));
    const wish w = wish_of(&c);
    const wzp__opus_point *point;
    WZP_TRY(find_point(&point, &w, c.complexity));

    const size_t head = wzp__align_up(sizeof(wzp_encoder));
    const size_t size = head + wzp__opus_enc_size();
    uint8_t *block = wzp_mem_new(&c.mem, size);
    if (block == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp_encoder *enc = (void *)block;
    enc->mem = c.mem;
    enc->size = size;
    enc->complexity = c.complexity;
    enc->last = NOBODY;
    wzp_err e = wzp__codec2_enc_new(&enc->codec2, &c.mem);
    if (e == WZP_OK) {
        e = wzp__opus_enc_init(&enc->opus, block + head, c.complexity, c.dtx);
    }
    if (e == WZP_OK) {
        e = take(enc, &w, point);
    }
    if (e != WZP_OK) {
        wzp_encoder_free(enc);
        return e;
    }
    *out = enc;
    return WZP_OK;
}

void wzp_encoder_free(wzp_encoder *enc)
{
    if (enc != NULL) {
        const wzp_mem mem = enc->mem;
        wzp__codec2_enc_free(enc->codec2);
        wzp_mem_free(&mem, enc, enc->size);
    }
}

wzp_err wzp_encoder_set(wzp_encoder *enc, wzp_codec_id codec, uint8_t frame_ms,
                        wzp_redundancy redundancy, uint8_t loss_pct)
{
    const wish w = {codec, frame_ms, redundancy, loss_pct};
    const wzp__opus_point *point;
    WZP_TRY(find_point(&point, &w, enc->complexity));
    return take(enc, &w, point);
}

static void restart_opus(wzp_encoder *enc)
{
    wzp_ignore(wzp__opus_enc_restart(&enc->opus),
               "libopus took the same before, and allocates nothing");
}

void wzp_encoder_reset(wzp_encoder *enc)
{
    enc->last = NOBODY;
    restart_opus(enc);
    wzp__codec2_enc_restart(enc->codec2);
}

/* --- frames --------------------------------------------------------------- */

size_t wzp_encoder_frame_samples(const wzp_encoder *enc)
{
    return (size_t)enc->frame_ms * SAMPLES_PER_MS;
}

wzp_codec_id wzp_encoder_codec(const wzp_encoder *enc)
{
    return enc->codec;
}

/* Opus ids are one encoder; each Codec2 mode is one of its own. */
static bool is_same_encoder(int a, int b)
{
    const wzp_codec_info *ia = wzp_codec_info_get((unsigned)a);
    const wzp_codec_info *ib = wzp_codec_info_get((unsigned)b);
    return a == b || (ia != NULL && ib != NULL && ia->is_opus && ib->is_opus);
}

static void take_over(wzp_encoder *enc)
{
    if (enc->codec == WZP_CODEC_COMFORT_NOISE || enc->last == NOBODY ||
        is_same_encoder((int)enc->codec, enc->last)) {
        return;
    }
    if (wzp_codec_info_get(enc->codec)->is_opus) {
        restart_opus(enc);
    } else {
        wzp__codec2_enc_restart(enc->codec2);
    }
}

/* Amplitude of even noise that is as loud: √3 times its RMS. */
static uint8_t noise_level(const int16_t *pcm, size_t samples)
{
    double sum = 0.0;
    for (size_t i = 0; i < samples; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    const double level = sqrt(3.0 * sum / (double)samples);
    return level > 255.0 ? 255 : (uint8_t)lrint(level);
}

static wzp_err encode(wzp_encoder *enc, const int16_t *pcm, size_t samples,
                      uint8_t *out, size_t *out_len)
{
    take_over(enc);
    if (enc->codec == WZP_CODEC_COMFORT_NOISE) {
        out[0] = noise_level(pcm, samples);
        *out_len = 1;
        return WZP_OK;
    }
    if (wzp_codec_info_get(enc->codec)->is_opus) {
        return wzp__opus_enc_encode(&enc->opus, pcm, samples, out, out_len);
    }
    return wzp__codec2_enc_encode(enc->codec2, enc->codec, pcm, samples, out,
                                  out_len);
}

wzp_err wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm, size_t samples,
                           uint8_t *out, size_t cap, size_t *out_len)
{
    if (samples != wzp_encoder_frame_samples(enc)) {
        return WZP_ERR_ARG;
    }
    if (cap < WZP_FRAME_MAX) {
        return WZP_ERR_SPACE;
    }
    WZP_TRY(encode(enc, pcm, samples, out, out_len));
    if (enc->codec != WZP_CODEC_COMFORT_NOISE) {
        enc->last = (int)enc->codec;
    }
    return WZP_OK;
}
