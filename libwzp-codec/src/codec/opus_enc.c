/* SPDX-License-Identifier: MIT */
/* libopus as it wants to be told.
 *
 * Leaving LBRR takes one frame more: libopus still sends the copy it holds of
 * the last frame, and out of the new frame's bits. Without more of them the
 * frame is starved and comes out up to 2.9 times too loud (measured), so it
 * gets them, once, before the new point is applied.
 */
#include "codec/opus_enc.h"

enum {
    FLUSH_BPS = 40000, /* chosen: room for a frame and LBRR; 32,000 is
                          nearly enough */
};

size_t wzp__opus_enc_size(void)
{
    return (size_t)opus_encoder_get_size(1);
}

/* None of these loses state: libopus takes them up at the next frame and fades
 * between bandwidths itself. */
static wzp_err tell(OpusEncoder *opus, const wzp__opus_point *p,
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

static wzp_err apply(wzp__opus_enc *o, const wzp__opus_point *p,
                     uint8_t loss_pct)
{
    o->point = p;
    o->loss_pct = loss_pct;
    o->pending = NULL;
    return tell(o->opus, p, loss_pct);
}

/* The frame that carries the last LBRR: no redundancy of its own, more bits. */
static wzp_err apply_flush(wzp__opus_enc *o, const wzp__opus_point *next,
                           uint8_t loss_pct)
{
    wzp__opus_point flush = *o->point;
    flush.has_lbrr = false;
    flush.hint_pct = 0;
    flush.bitrate_bps = FLUSH_BPS;
    o->pending = next;
    o->pending_loss_pct = loss_pct;
    return tell(o->opus, &flush, 0);
}

static wzp_err start(const wzp__opus_enc *o)
{
    OpusEncoder *opus = o->opus;
    if (opus_encoder_init(opus, WZP_PCM_RATE, 1, OPUS_APPLICATION_VOIP) !=
            OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(o->complexity)) != OPUS_OK ||
        opus_encoder_ctl(opus, OPUS_SET_DTX(o->has_dtx ? 1 : 0)) != OPUS_OK) {
        return WZP_ERR_INTERNAL;
    }
    return WZP_OK;
}

wzp_err wzp__opus_enc_init(wzp__opus_enc *o, void *space, uint8_t complexity,
                           bool has_dtx)
{
    *o = (wzp__opus_enc){
        .opus = space, .complexity = complexity, .has_dtx = has_dtx};
    return start(o);
}

wzp_err wzp__opus_enc_set(wzp__opus_enc *o, const wzp__opus_point *point,
                          uint8_t loss_pct)
{
    if (o->point != NULL && o->point->has_lbrr && !point->has_lbrr) {
        return apply_flush(o, point, loss_pct);
    }
    return apply(o, point, loss_pct);
}

wzp_err wzp__opus_enc_encode(wzp__opus_enc *o, const int16_t *pcm,
                             size_t samples, uint8_t *out, size_t *out_len)
{
    int n = opus_encode(o->opus, pcm, (int)samples, out, WZP_FRAME_MAX);
    if (n < 0) {
        return WZP_ERR_INTERNAL;
    }
    *out_len = (size_t)n;
    return o->pending == NULL ? WZP_OK
                              : apply(o, o->pending, o->pending_loss_pct);
}

/* From the start: OPUS_RESET_STATE of libopus 1.5.2 keeps what DRED repeats. */
wzp_err wzp__opus_enc_restart(wzp__opus_enc *o)
{
    const bool is_flushing = o->pending != NULL; /* nothing is left to */
    const wzp__opus_point *point = is_flushing ? o->pending : o->point;
    const uint8_t loss_pct = is_flushing ? o->pending_loss_pct : o->loss_pct;
    WZP_TRY(start(o));
    return point == NULL ? WZP_OK : apply(o, point, loss_pct);
}
