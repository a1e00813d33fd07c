/* SPDX-License-Identifier: MIT */
/* One libopus decoder serves every Opus id, concealment, LBRR and DRED, because
 * each continues the state the others left; so holes must be filled in playing
 * order. Parsing DRED is in dred.c.
 */
#include "codec/opus_dec.h"

#include "codec/align.h"

enum {
    MAX_FRAMES = 48, /* in a packet: RFC 6716 3.2.5 */
};

/* opus_packet_has_lbrr reads the first byte of the first frame without asking
 * whether there is one: an empty frame (DTX) is kept from it. */
bool wzp__opus_view_get(wzp__opus_view *view, const uint8_t *packet, size_t len)
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
    *view = (wzp__opus_view){
        .packet = packet,
        .len = len,
        .samples = (size_t)(count * each),
        .frame_samples = (size_t)each,
        .is_celt = (packet[0] & 0x80) != 0, /* RFC 6716 3.1 */
        .has_lbrr = sizes[0] > 0 && opus_packet_has_lbrr(packet, n) > 0,
    };
    return true;
}

/* --- life ----------------------------------------------------------------- */

static size_t opus_size(void)
{
    return wzp__align_up((size_t)opus_decoder_get_size(1));
}

size_t wzp__opus_dec_size(void)
{
    return opus_size() + wzp__dred_size();
}

wzp_err wzp__opus_dec_init(wzp__opus_dec *o, void *space, uint8_t complexity)
{
    o->opus = space;
    o->was_celt = false;
    if (opus_decoder_init(o->opus, WZP_PCM_RATE, 1) != OPUS_OK ||
        opus_decoder_ctl(o->opus, OPUS_SET_COMPLEXITY(complexity)) != OPUS_OK) {
        return WZP_ERR_INTERNAL;
    }
    wzp__dred_init(&o->dred, (uint8_t *)space + opus_size());
    return WZP_OK;
}

void wzp__opus_dec_restart(wzp__opus_dec *o)
{
    (void)opus_decoder_ctl(o->opus, OPUS_RESET_STATE); /* cannot fail */
    o->was_celt = false;
}

/* --- frames --------------------------------------------------------------- */

wzp_err wzp__opus_dec_decode(wzp__opus_dec *o, const wzp__opus_view *view,
                             int16_t *pcm)
{
    int n = opus_decode(o->opus, view->packet, (opus_int32)view->len, pcm,
                        WZP_PCM_MAX, 0);
    if (n < 0 || (size_t)n != view->samples) {
        return WZP_ERR_CODEC_DATA;
    }
    o->was_celt = view->is_celt;
    return WZP_OK;
}

/* --- holes ---------------------------------------------------------------- */

wzp_err wzp__opus_dec_conceal(wzp__opus_dec *o, size_t samples, int16_t *pcm)
{
    int n = opus_decode(o->opus, NULL, 0, pcm, (int)samples, 0);
    return n == (int)samples ? WZP_OK : WZP_ERR_INTERNAL;
}

/* The hole begins `back` samples before `next`. A hole that DRED covers in
 * part sounds better with that part, but counts as concealed. */
static wzp_err fill_dred(wzp__opus_dec *o, const wzp__opus_view *next,
                         size_t samples, size_t back, int16_t *pcm,
                         wzp_rebuilt *how)
{
    *how = WZP_REBUILT_CONCEALED;
    wzp__dred_cover cover =
        wzp__dred_find(&o->dred, next->packet, next->len, back, samples);
    if (cover == WZP__DRED_NOTHING) {
        return wzp__opus_dec_conceal(o, samples, pcm);
    }
    int n = opus_decoder_dred_decode(o->opus, o->dred.features,
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
static wzp_err fill_lbrr(wzp__opus_dec *o, const wzp__opus_view *next,
                         size_t samples, int16_t *pcm, wzp_rebuilt *how)
{
    const size_t front = samples - next->frame_samples;
    *how = WZP_REBUILT_LBRR;
    if (front > 0) {
        WZP_TRY(fill_dred(o, next, front, samples, pcm, how));
    }
    int n = opus_decode(o->opus, next->packet, (opus_int32)next->len,
                        pcm + front, (int)next->frame_samples, 1);
    return n == (int)next->frame_samples ? WZP_OK : WZP_ERR_INTERNAL;
}

static bool has_lbrr_for(const wzp__opus_view *next, size_t samples,
                         size_t ahead)
{
    return ahead == 0 && next->has_lbrr && next->frame_samples <= samples;
}

bool wzp__opus_dec_covers(wzp__opus_dec *o, const wzp__opus_view *next,
                          size_t samples, size_t ahead)
{
    return has_lbrr_for(next, samples, ahead) ||
           (ahead <= SIZE_MAX - samples &&
            wzp__dred_find(&o->dred, next->packet, next->len, ahead + samples,
                           samples) != WZP__DRED_NOTHING);
}

wzp_err wzp__opus_dec_fill(wzp__opus_dec *o, const wzp__opus_view *next,
                           size_t samples, size_t ahead, int16_t *pcm,
                           wzp_rebuilt *how)
{
    if (has_lbrr_for(next, samples, ahead) && !o->was_celt) {
        return fill_lbrr(o, next, samples, pcm, how);
    }
    if (ahead > SIZE_MAX - samples) {
        *how = WZP_REBUILT_CONCEALED;
        return wzp__opus_dec_conceal(o, samples, pcm);
    }
    return fill_dred(o, next, samples, ahead + samples, pcm, how);
}

size_t wzp__opus_dec_reach(wzp__opus_dec *o, const wzp__opus_view *view)
{
    const size_t lbrr = view->has_lbrr ? view->frame_samples : 0;
    const size_t dred = wzp__dred_reach(&o->dred, view->packet, view->len);
    return dred > lbrr ? dred : lbrr;
}
