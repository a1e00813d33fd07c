/* SPDX-License-Identifier: MIT */
/* Frames to PCM, and something in the place of frames that did not come. One
 * libopus decoder serves every Opus id, concealment, LBRR and DRED, because
 * each continues the state the others left; so holes must be filled in playing
 * order. Everything lives in one allocation.
 *
 * Parsing DRED is in dred.c. Codec2 and comfort noise are refused as
 * unsupported until they are built in.
 */
#include "codec/align.h"
#include "codec/dred.h"
#include "codec/opus_point.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/sized.h>

#include <opus.h>

enum {
    HOLE_STEP = WZP_PCM_RATE / 400, /* libopus conceals multiples of 2.5 ms */
    MAX_FRAMES = 48,                /* in a packet: RFC 6716 3.2.5 */
};

struct wzp_decoder {
    wzp_mem mem;
    size_t size; /* of the allocation: this struct, libopus, DRED */
    OpusDecoder *opus;
    bool was_celt; /* the last packet had no SILK part: LBRR cannot follow */
    wzp__dred dred;
};

/* What libopus will find in a packet, after checking it. */
typedef struct packet_view {
    size_t samples;       /* all frames together */
    size_t frame_samples; /* of one frame */
    bool is_celt;
    bool has_lbrr;
} packet_view;

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
    const size_t dred_at =
        opus_at + wzp__align_up((size_t)opus_decoder_get_size(1));
    const size_t size = dred_at + wzp__dred_size();
    uint8_t *block = wzp_mem_new(&c.mem, size);
    if (block == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp_decoder *dec = (void *)block;
    dec->mem = c.mem;
    dec->size = size;
    dec->opus = (void *)(block + opus_at);
    if (opus_decoder_init(dec->opus, WZP_PCM_RATE, 1) != OPUS_OK ||
        opus_decoder_ctl(dec->opus, OPUS_SET_COMPLEXITY(c.complexity)) !=
            OPUS_OK) {
        wzp_decoder_free(dec);
        return WZP_ERR_INTERNAL;
    }
    wzp__dred_init(&dec->dred, block + dred_at);
    *out = dec;
    return WZP_OK;
}

void wzp_decoder_free(wzp_decoder *dec)
{
    if (dec != NULL) {
        const wzp_mem mem = dec->mem;
        wzp_mem_free(&mem, dec, dec->size);
    }
}

static bool is_opus(wzp_codec_id codec)
{
    return wzp__opus_point_get(codec, 20, WZP_REDUNDANCY_NONE) != NULL;
}

/* False for bytes that libopus would refuse or that do not fit WZP_PCM_MAX.
 * opus_packet_has_lbrr reads the first byte of the first frame without asking
 * whether there is one: an empty frame (DTX) is kept from it. */
static bool look_at(packet_view *view, const uint8_t *packet, size_t len)
{
    if (len == 0 || len > WZP_FRAME_MAX) {
        return false;
    }
    const opus_int32 n = (opus_int32)len;
    const unsigned char *frames[MAX_FRAMES];
    opus_int16 sizes[MAX_FRAMES];
    int count = opus_packet_parse(packet, n, NULL, frames, sizes, NULL);
    int each = opus_packet_get_samples_per_frame(packet, WZP_PCM_RATE);
    if (count <= 0 || each <= 0 || count * each > WZP_PCM_MAX) {
        return false;
    }
    *view = (packet_view){
        .samples = (size_t)(count * each),
        .frame_samples = (size_t)each,
        .is_celt = (packet[0] & 0x80) != 0, /* RFC 6716 3.1 */
        .has_lbrr = sizes[0] > 0 && opus_packet_has_lbrr(packet, n) > 0,
    };
    return true;
}

wzp_err wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                           const uint8_t *frame, size_t len, int16_t *pcm,
                           size_t cap, size_t *samples)
{
    if (!is_opus(codec)) {
        return WZP_ERR_UNSUPPORTED;
    }
    if (cap < WZP_PCM_MAX) {
        return WZP_ERR_SPACE;
    }
    packet_view view;
    if (!look_at(&view, frame, len)) {
        return WZP_ERR_CODEC_DATA;
    }
    int n = opus_decode(dec->opus, frame, (opus_int32)len, pcm, WZP_PCM_MAX, 0);
    if (n < 0) {
        return WZP_ERR_CODEC_DATA;
    }
    dec->was_celt = view.is_celt;
    *samples = (size_t)n;
    return WZP_OK;
}

/* --- holes ---------------------------------------------------------------- */

static wzp_err conceal(wzp_decoder *dec, size_t samples, int16_t *pcm)
{
    int n = opus_decode(dec->opus, NULL, 0, pcm, (int)samples, 0);
    return n == (int)samples ? WZP_OK : WZP_ERR_INTERNAL;
}

/* The hole begins `back` samples before `next`. A hole that DRED covers in
 * part sounds better with that part, but counts as concealed. */
static wzp_err fill_dred(wzp_decoder *dec, size_t samples, const uint8_t *next,
                         size_t len, size_t back, int16_t *pcm,
                         wzp_rebuilt *how)
{
    *how = WZP_REBUILT_CONCEALED;
    wzp__dred_cover cover =
        wzp__dred_find(&dec->dred, next, len, back, samples);
    if (cover == WZP__DRED_NOTHING) {
        return conceal(dec, samples, pcm);
    }
    int n = opus_decoder_dred_decode(dec->opus, dec->dred.features,
                                     (opus_int32)back, pcm, (int)samples);
    if (n != (int)samples) {
        return WZP_ERR_INTERNAL;
    }
    if (cover == WZP__DRED_WHOLE) {
        *how = WZP_REBUILT_DRED;
    }
    return WZP_OK;
}

/* LBRR holds the frame just before `next`: the end of the hole, or all of it.
 * What comes before goes the other ways. */
static wzp_err fill_lbrr(wzp_decoder *dec, size_t samples, const uint8_t *next,
                         size_t len, const packet_view *view, int16_t *pcm,
                         wzp_rebuilt *how)
{
    const size_t front = samples - view->frame_samples;
    *how = WZP_REBUILT_LBRR;
    if (front > 0) {
        WZP_TRY(fill_dred(dec, front, next, len, samples, pcm, how));
    }
    int n = opus_decode(dec->opus, next, (opus_int32)len, pcm + front,
                        (int)view->frame_samples, 1);
    return n == (int)view->frame_samples ? WZP_OK : WZP_ERR_INTERNAL;
}

wzp_err wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                         wzp_codec_id next_codec, const uint8_t *next,
                         size_t next_len, size_t ahead, int16_t *pcm,
                         wzp_rebuilt *how)
{
    if (samples == 0 || samples > WZP_PCM_MAX || samples % HOLE_STEP != 0) {
        return WZP_ERR_ARG;
    }
    packet_view view;
    *how = WZP_REBUILT_CONCEALED;
    if (next == NULL || !is_opus(next_codec) ||
        !look_at(&view, next, next_len) || ahead > SIZE_MAX - samples) {
        return conceal(dec, samples, pcm);
    }
    if (ahead == 0 && view.has_lbrr && !dec->was_celt &&
        view.frame_samples <= samples) {
        return fill_lbrr(dec, samples, next, next_len, &view, pcm, how);
    }
    return fill_dred(dec, samples, next, next_len, ahead + samples, pcm, how);
}
