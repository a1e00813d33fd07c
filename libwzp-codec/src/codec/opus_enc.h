/* SPDX-License-Identifier: MIT */
/* The Opus part of an encoder: libopus at an operating point, changed between
 * two frames. It lives in its owner's memory.
 */
#ifndef WZP_CODEC_OPUS_ENC_H
#define WZP_CODEC_OPUS_ENC_H

#include "codec/opus_point.h"

#include <opus.h>

typedef struct wzp__opus_enc {
    OpusEncoder *opus;
    uint8_t complexity;
    bool has_dtx;
    uint8_t loss_pct;               /* of `point` */
    const wzp__opus_point *point;   /* applied; NULL: none yet */
    const wzp__opus_point *pending; /* to be applied after the next frame */
    uint8_t pending_loss_pct;
} wzp__opus_enc;

/* Bytes that init wants. */
size_t wzp__opus_enc_size(void);

/* `space`: that many bytes, aligned for any object; stays the caller's. */
wzp_err wzp__opus_enc_init(wzp__opus_enc *o, void *space, uint8_t complexity,
                           bool has_dtx);

/* The point from the next frame on. */
wzp_err wzp__opus_enc_set(wzp__opus_enc *o, const wzp__opus_point *point,
                          uint8_t loss_pct);

/* One frame; out has room for WZP_FRAME_MAX. */
wzp_err wzp__opus_enc_encode(wzp__opus_enc *o, const int16_t *pcm,
                             size_t samples, uint8_t *out, size_t *out_len);

/* Forget all sound; the point stays. */
wzp_err wzp__opus_enc_restart(wzp__opus_enc *o);

#endif
