/* SPDX-License-Identifier: MIT */
/* The two modes of Codec2 that have a codec id, and libcodec2's objects for
 * them. Not here: what an encoder and a decoder do with them.
 */
#ifndef WZP_CODEC_CODEC2_MODE_H
#define WZP_CODEC_CODEC2_MODE_H

#include <wzp/codec/codec.h>

#include <codec2.h>

#define WZP__CODEC2_MODES     2
#define WZP__CODEC2_RATE      8000
#define WZP__CODEC2_RATIO     (WZP_PCM_RATE / WZP__CODEC2_RATE)
#define WZP__CODEC2_FRAME_MAX 320 /* samples at 8 kHz */
#define WZP__CODEC2_BYTES_MAX 8

typedef struct wzp__codec2_mode {
    wzp_codec_id codec;
    size_t index;   /* in the objects of modes_new */
    int mode;       /* CODEC2_MODE_… */
    size_t samples; /* in a frame at 8 kHz */
    size_t bytes;   /* of a frame */
} wzp__codec2_mode;

/* NULL for any other codec. */
const wzp__codec2_mode *wzp__codec2_mode_get(wzp_codec_id codec);
/* By its index. */
const wzp__codec2_mode *wzp__codec2_mode_at(size_t index);

/* An object of this mode, used before, sounds and predicts again as a new one,
 * as nearly as can be had without allocating: 0.5 … 1.3 ms. */
void wzp__codec2_renew(struct CODEC2 *codec, const wzp__codec2_mode *mode);

/* WZP_ERR_NOMEM. The allocator is the C library's: libcodec2 takes no other. */
wzp_err wzp__codec2_modes_new(struct CODEC2 *modes[WZP__CODEC2_MODES]);
/* Also what is created in part: NULL is none. */
void wzp__codec2_modes_free(struct CODEC2 *modes[WZP__CODEC2_MODES]);

#endif
