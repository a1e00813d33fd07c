/* SPDX-License-Identifier: MIT */
/* PCM to frames. The configuration picks an operating point (opus_point.c);
 * this file tells libopus and counts samples. libopus lives inside our one
 * allocation, so nothing is allocated after creation.
 *
 * Leaving LBRR takes one frame more: libopus still sends the copy it holds of
 * the last frame, and out of the new frame's bits. Without more of them the
 * frame is starved and comes out up to 2.9 times too loud (measured), so it
 * gets them, once, before the new point is applied.
 *
 * Codec2 and comfort noise are refused as unsupported until they are built in.
 */
#include "codec/align.h"
#include "codec/opus_point.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/sized.h>

#include <opus.h>

enum {
    SAMPLES_PER_MS = WZP_PCM_RATE / 1000,
    DRED_MIN_COMPLEXITY = 7, /* below, libopus 1.5.2 pays for DRED and writes
                                none: deps.md 4 */
    OPUS_LOOKAHEAD = 312,    /* OPUS_GET_LOOKAHEAD, VOIP at 48 kHz: a test asks
                                the library */
    FLUSH_BPS = 40000,       /* chosen: room for a frame and LBRR; 32,000 is
                                nearly enough */
};

struct wzp_encoder {
    wzp_mem mem;
    size_t size; /* of the allocation: this struct, then libopus */
    wzp_codec_id codec;
    uint8_t frame_ms;
    uint8_t complexity;
    bool dtx;
    uint8_t loss_pct;               /* of `point` */
    const wzp__opus_point *point;   /* applied */
    const wzp__opus_point *pending; /* to be applied after the next frame */
    uint8_t pending_loss_pct;
    OpusEncoder *opus;
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

static bool is_frame_ms(unsigned ms)
{
    return ms == 10 || ms == 20 || ms == 40 || ms == 60;
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
    if (full->mem.resize == NULL || !is_frame_ms(full->frame_ms) ||
        full->loss_pct > 100 || full->complexity > 10 ||
        (unsigned)full->redundancy > WZP_REDUNDANCY_BOTH ||
        (unsigned)full->codec >= WZP_CODEC_COUNT) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

static wzp_err find_point(const wzp__opus_point **out, wzp_codec_id codec,
                          unsigned frame_ms, wzp_redundancy redundancy,
                          uint8_t complexity)
{
    *out = wzp__opus_point_get(codec, frame_ms, redundancy);
    if (*out == NULL || ((*out)->dred_10ms > 0 && opus_dred_get_size() == 0)) {
        return WZP_ERR_UNSUPPORTED;
    }
    if ((*out)->dred_10ms > 0 && complexity < DRED_MIN_COMPLEXITY) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

/* None of these loses state: libopus takes them up at the next frame and fades
 * between bandwidths itself. */
static wzp_err tell_opus(OpusEncoder *opus, const wzp__opus_point *p,
                         uint8_t loss_pct)
{
    const int hint = wzp__opus_point_hint(p, loss_pct);
    const int results[] = {
        opus_encoder_ctl(opus, OPUS_SET_BITRATE(p->bitrate_bps)),
        opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(p->has_lbrr ? 1 : 0)),
        opus_encoder_ctl(opus, OPUS_SET_PACKET_LOSS_PERC(hint)),
        opus_encoder_ctl(opus, OPUS_SET_MAX_BANDWIDTH(p->max_bandwidth)),
    };
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (results[i] != OPUS_OK) {
            return WZP_ERR_INTERNAL;
        }
    }
    /* A libopus without DRED does not know the request. */
    int e = opus_encoder_ctl(opus, OPUS_SET_DRED_DURATION(p->dred_10ms));
    return e == OPUS_OK || p->dred_10ms == 0 ? WZP_OK : WZP_ERR_INTERNAL;
}

static wzp_err apply_point(wzp_encoder *enc, const wzp__opus_point *p,
                           uint8_t loss_pct)
{
    enc->point = p;
    enc->loss_pct = loss_pct;
    enc->pending = NULL;
    return tell_opus(enc->opus, p, loss_pct);
}

/* The frame that carries the last LBRR: no redundancy of its own, more bits. */
static wzp_err apply_flush(wzp_encoder *enc, const wzp__opus_point *next,
                           uint8_t loss_pct)
{
    wzp__opus_point flush = *enc->point;
    flush.has_lbrr = false;
    flush.hint_pct = 0;
    flush.bitrate_bps = FLUSH_BPS;
    enc->pending = next;
    enc->pending_loss_pct = loss_pct;
    return tell_opus(enc->opus, &flush, 0);
}

static wzp_err start_opus(const wzp_encoder *enc)
{
    OpusEncoder *opus = enc->opus;
    if (opus_encoder_init(opus, WZP_PCM_RATE, 1, OPUS_APPLICATION_VOIP) !=
            OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(enc->complexity)) !=
            OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_DTX(enc->dtx ? 1 : 0)) != OPUS_OK) {
        return WZP_ERR_INTERNAL;
    }
    return WZP_OK;
}

wzp_err wzp_encoder_new(wzp_encoder **out, const wzp_encoder_config *cfg)
{
    wzp_encoder_config c;
    WZP_TRY(read_config(&c, cfg));
    const wzp__opus_point *point;
    WZP_TRY(
        find_point(&point, c.codec, c.frame_ms, c.redundancy, c.complexity));

    const size_t head = wzp__align_up(sizeof(wzp_encoder));
    const size_t size = head + (size_t)opus_encoder_get_size(1);
    uint8_t *block = wzp_mem_new(&c.mem, size);
    if (block == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp_encoder *enc = (void *)block;
    *enc = (wzp_encoder){
        .mem = c.mem,
        .size = size,
        .codec = c.codec,
        .frame_ms = c.frame_ms,
        .complexity = c.complexity,
        .dtx = c.dtx,
        .opus = (void *)(block + head),
    };
    wzp_err e = start_opus(enc);
    if (e == WZP_OK) {
        e = apply_point(enc, point, c.loss_pct);
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
        wzp_mem_free(&mem, enc, enc->size);
    }
}

size_t wzp_encoder_frame_samples(const wzp_encoder *enc)
{
    return (size_t)enc->frame_ms * SAMPLES_PER_MS;
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
    int n = opus_encode(enc->opus, pcm, (int)samples, out, WZP_FRAME_MAX);
    if (n < 0) {
        return WZP_ERR_INTERNAL;
    }
    *out_len = (size_t)n;
    if (enc->pending != NULL) {
        return apply_point(enc, enc->pending, enc->pending_loss_pct);
    }
    return WZP_OK;
}

wzp_err wzp_encoder_set_redundancy(wzp_encoder *enc, wzp_redundancy redundancy,
                                   uint8_t loss_pct)
{
    if (loss_pct > 100) {
        return WZP_ERR_CONFIG;
    }
    const wzp__opus_point *point;
    WZP_TRY(find_point(&point, enc->codec, enc->frame_ms, redundancy,
                       enc->complexity));
    if (enc->point->has_lbrr && !point->has_lbrr) {
        return apply_flush(enc, point, loss_pct);
    }
    return apply_point(enc, point, loss_pct);
}

/* From the start: OPUS_RESET_STATE of libopus 1.5.2 keeps what DRED repeats. */
void wzp_encoder_reset(wzp_encoder *enc)
{
    const bool is_flushing = enc->pending != NULL; /* nothing is left to */
    const wzp__opus_point *point = is_flushing ? enc->pending : enc->point;
    const uint8_t loss_pct =
        is_flushing ? enc->pending_loss_pct : enc->loss_pct;
    wzp_err e = start_opus(enc);
    if (e == WZP_OK) {
        e = apply_point(enc, point, loss_pct);
    }
    wzp_ignore(e, "libopus took the same before, and allocates nothing");
}

size_t wzp_codec_delay(wzp_codec_id codec)
{
    bool is_opus = wzp__opus_point_get(codec, 20, WZP_REDUNDANCY_NONE) != NULL;
    return is_opus ? OPUS_LOOKAHEAD : 0;
}
