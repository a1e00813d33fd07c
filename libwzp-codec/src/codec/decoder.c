/* SPDX-License-Identifier: MIT */
/* Frames to PCM, and something in the place of frames that did not come. Which
 * codec, each frame says; this file goes over from one to the other. A codec
 * that others have followed forgets what it heard and begins anew, and so does
 * its encoder; so it has nothing to say until its delay has passed. As long the
 * old one speaks on, concealing, then goes over into the new one in 5 ms.
 *
 * Comfort noise is laid over silence, and over a codec that fades away.
 */
#include "codec/align.h"
#include "codec/codec2_dec.h"
#include "codec/comfort.h"
#include "codec/opus_dec.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/sized.h>

#include <string.h>

enum {
    HOLE_STEP = WZP_PCM_RATE / 400, /* libopus conceals multiples of 2.5 ms */
    FADE = WZP_PCM_RATE / 200,      /* 5 ms */
    FAREWELL_MAX = 1680, /* the delay of Codec2 and a fade, in HOLE_STEPs */
};

/* The old codec says on what the new one goes over from. It may last longer
 * than a frame. */
typedef struct farewell {
    size_t at, len; /* equal: there is none */
    int16_t pcm[FAREWELL_MAX];
} farewell;

/* Who sounds. */
typedef enum source {
    SOURCE_NOBODY, /* nothing was heard yet */
    SOURCE_OPUS,
    SOURCE_CODEC2_3200,
    SOURCE_CODEC2_1200,
    SOURCE_NOISE,
} source;

struct wzp_decoder {
    wzp_mem mem;
    size_t size;       /* of the allocation: this struct, libopus, DRED */
    source last;       /* of the newest sample */
    source speech;     /* the same, but never noise */
    float noise_level; /* announced by the last frame of it */
    farewell farewell;
    wzp__opus_dec opus;
    wzp__codec2_dec *codec2;
    wzp__comfort comfort;
};

void wzp_decoder_config_default_sized(wzp_decoder_config *cfg, size_t size)
{
    const wzp_decoder_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .complexity = 5,
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err read_config(wzp_decoder_config *full,
                           const wzp_decoder_config *cfg)
{
    wzp_decoder_config_default(full);
    if (cfg->size < offsetof(wzp_decoder_config, complexity)) {
        return WZP_ERR_CONFIG;
    }
    wzp_sized_take(full, sizeof *full, cfg);
    if (full->mem.resize == NULL || full->complexity > 10) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

wzp_err wzp_decoder_new(wzp_decoder **out, const wzp_decoder_config *cfg)
{
    wzp_decoder_config c;
    WZP_TRY(read_config(&c, cfg));

    const size_t opus_at = wzp__align_up(sizeof(wzp_decoder));
    const size_t size = opus_at + wzp__opus_dec_size();
    uint8_t *block = wzp_mem_new(&c.mem, size);
    if (block == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp_decoder *dec = (void *)block;
    dec->mem = c.mem;
    dec->size = size;
    wzp__comfort_init(&dec->comfort);
    wzp_err e = wzp__codec2_dec_new(&dec->codec2, &c.mem);
    if (e == WZP_OK) {
        e = wzp__opus_dec_init(&dec->opus, block + opus_at, c.complexity);
    }
    if (e != WZP_OK) {
        wzp_decoder_free(dec);
        return e;
    }
    *out = dec;
    return WZP_OK;
}

void wzp_decoder_free(wzp_decoder *dec)
{
    if (dec != NULL) {
        const wzp_mem mem = dec->mem;
        wzp__codec2_dec_free(dec->codec2);
        wzp_mem_free(&mem, dec, dec->size);
    }
}

/* --- from one source to the next ------------------------------------------ */

/* What is said on where no frame came: by the codec that spoke, or noise. */
static wzp_err go_on(wzp_decoder *dec, size_t samples, int16_t *pcm)
{
    float level = 0.0f;
    float left = 1.0f;
    switch (dec->last) {
    case SOURCE_NOBODY:
    case SOURCE_NOISE: memset(pcm, 0, samples * sizeof *pcm); break;
    case SOURCE_OPUS:
        WZP_TRY(wzp__opus_dec_conceal(&dec->opus, samples, pcm));
        break;
    case SOURCE_CODEC2_3200:
    case SOURCE_CODEC2_1200:
        WZP_TRY(wzp__codec2_dec_conceal(dec->codec2, samples, pcm, &left));
        level = (1.0f - left) * wzp__comfort_background(&dec->comfort);
        break;
    }
    if (dec->last == SOURCE_NOISE) {
        level = dec->noise_level;
    }
    wzp__comfort_add(&dec->comfort, level, pcm, samples);
    return WZP_OK;
}

/* Over `pcm`, what comes next, lies the end of the old codec. */
static void mix_farewell(wzp_decoder *dec, int16_t *pcm, size_t samples)
{
    farewell *f = &dec->farewell;
    for (size_t i = 0; i < samples && f->at < f->len; i++, f->at++) {
        const int32_t left = (int32_t)(f->len - f->at);
        const int32_t old = left > FADE ? FADE + 1 : left;
        pcm[i] = (int16_t)((old * f->pcm[f->at] + (FADE + 1 - old) * pcm[i]) /
                           (FADE + 1));
    }
}

/* `next` is going to sound, and says nothing for its first `delay` samples. */
static wzp_err say_farewell(wzp_decoder *dec, source next, size_t delay)
{
    if (dec->last == next || dec->last == SOURCE_NOBODY) {
        return WZP_OK;
    }
    const size_t len = (delay + FADE + HOLE_STEP - 1) / HOLE_STEP * HOLE_STEP;
    int16_t pcm[FAREWELL_MAX];
    WZP_TRY(go_on(dec, len, pcm));
    wzp__comfort_stop(&dec->comfort); /* it goes with the farewell */
    mix_farewell(dec, pcm, len);
    memcpy(dec->farewell.pcm, pcm, len * sizeof *pcm);
    dec->farewell.at = 0;
    dec->farewell.len = len;
    return WZP_OK;
}

/* `pcm` is what `next` says. */
static void arrive(wzp_decoder *dec, source next, int16_t *pcm, size_t samples)
{
    dec->last = next;
    dec->speech = next == SOURCE_NOISE ? dec->speech : next;
    mix_farewell(dec, pcm, samples);
    wzp__comfort_add(&dec->comfort,
                     next == SOURCE_NOISE ? dec->noise_level : 0.0f, pcm,
                     samples);
}

/* --- frames --------------------------------------------------------------- */

static bool is_opus(wzp_codec_id codec)
{
    const wzp_codec_info *info = wzp_codec_info_get(codec);
    return info != NULL && info->is_opus;
}

static wzp_err decode_opus(wzp_decoder *dec, wzp_codec_id codec,
                           const uint8_t *frame, size_t len, int16_t *pcm,
                           size_t *samples)
{
    wzp__opus_view view;
    if (!wzp__opus_view_get(&view, frame, len)) {
        return WZP_ERR_CODEC_DATA;
    }
    const bool is_new = dec->speech != SOURCE_OPUS;
    WZP_TRY(
        say_farewell(dec, SOURCE_OPUS, is_new ? wzp_codec_delay(codec) : 0));
    if (is_new) {
        wzp__opus_dec_restart(&dec->opus);
    }
    WZP_TRY(wzp__opus_dec_decode(&dec->opus, &view, pcm));
    wzp__comfort_hear(&dec->comfort, pcm, view.samples);
    arrive(dec, SOURCE_OPUS, pcm, view.samples);
    *samples = view.samples;
    return WZP_OK;
}

static wzp_err decode_codec2(wzp_decoder *dec, wzp_codec_id codec,
                             const uint8_t *frame, size_t len, int16_t *pcm,
                             size_t *samples)
{
    const source me = codec == WZP_CODEC_CODEC2_3200 ? SOURCE_CODEC2_3200
                                                     : SOURCE_CODEC2_1200;
    if (len != wzp__codec2_dec_bytes(codec)) {
        return WZP_ERR_CODEC_DATA;
    }
    const bool is_new = dec->speech != me;
    WZP_TRY(say_farewell(dec, me, is_new ? wzp_codec_delay(codec) : 0));
    if (is_new) {
        wzp__codec2_dec_restart(dec->codec2);
    }
    WZP_TRY(wzp__codec2_dec_decode(dec->codec2, codec, frame, pcm, samples));
    wzp__comfort_hear(&dec->comfort, pcm, *samples);
    arrive(dec, me, pcm, *samples);
    return WZP_OK;
}

static wzp_err decode_noise(wzp_decoder *dec, uint8_t level, int16_t *pcm,
                            size_t samples)
{
    WZP_TRY(say_farewell(dec, SOURCE_NOISE, 0));
    memset(pcm, 0, samples * sizeof *pcm);
    dec->noise_level = level;
    arrive(dec, SOURCE_NOISE, pcm, samples);
    return WZP_OK;
}

wzp_err wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                           const uint8_t *frame, size_t len, int16_t *pcm,
                           size_t cap, size_t *samples)
{
    const wzp_codec_info *info = wzp_codec_info_get(codec);
    if (info == NULL) {
        return WZP_ERR_UNSUPPORTED;
    }
    if (cap < WZP_PCM_MAX) {
        return WZP_ERR_SPACE;
    }
    if (info->is_opus) {
        return decode_opus(dec, codec, frame, len, pcm, samples);
    }
    if (codec != WZP_CODEC_COMFORT_NOISE) {
        return decode_codec2(dec, codec, frame, len, pcm, samples);
    }
    if (len != 1) {
        return WZP_ERR_CODEC_DATA;
    }
    *samples = (size_t)info->frame_ms * (WZP_PCM_RATE / 1000);
    return decode_noise(dec, frame[0], pcm, *samples);
}

/* --- holes ---------------------------------------------------------------- */

static wzp_err fill_blind(wzp_decoder *dec, size_t samples, int16_t *pcm)
{
    WZP_TRY(go_on(dec, samples, pcm));
    mix_farewell(dec, pcm, samples);
    return WZP_OK;
}

/* If `next` knows something of a hole in what another codec said, or in
 * silence: libopus must have decoded a packet before it can say what came
 * before it. */
static wzp_err fill_opus(wzp_decoder *dec, const wzp__opus_view *next,
                         size_t samples, size_t ahead, int16_t *pcm,
                         wzp_rebuilt *how)
{
    WZP_TRY(say_farewell(dec, SOURCE_OPUS, 0));
    if (dec->speech != SOURCE_OPUS) {
        int16_t unheard[WZP_PCM_MAX];
        wzp__opus_dec_restart(&dec->opus);
        WZP_TRY(wzp__opus_dec_decode(&dec->opus, next, unheard));
    }
    WZP_TRY(wzp__opus_dec_fill(&dec->opus, next, samples, ahead, pcm, how));
    arrive(dec, SOURCE_OPUS, pcm, samples);
    return WZP_OK;
}

wzp_err wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                         wzp_codec_id next_codec, const uint8_t *next,
                         size_t next_len, size_t ahead, int16_t *pcm,
                         wzp_rebuilt *how)
{
    if (samples == 0 || samples > WZP_PCM_MAX || samples % HOLE_STEP != 0) {
        return WZP_ERR_ARG;
    }
    wzp__opus_view view;
    *how = WZP_REBUILT_CONCEALED;
    if (next == NULL || !is_opus(next_codec) ||
        !wzp__opus_view_get(&view, next, next_len)) {
        return fill_blind(dec, samples, pcm);
    }
    if (dec->last != SOURCE_OPUS &&
        !wzp__opus_dec_covers(&dec->opus, &view, samples, ahead)) {
        return fill_blind(dec, samples, pcm);
    }
    return fill_opus(dec, &view, samples, ahead, pcm, how);
}

size_t wzp_decoder_reach(wzp_decoder *dec, wzp_codec_id codec,
                         const uint8_t *frame, size_t len)
{
    wzp__opus_view view;
    if (!is_opus(codec) || !wzp__opus_view_get(&view, frame, len)) {
        return 0;
    }
    return wzp__opus_dec_reach(&dec->opus, &view);
}
