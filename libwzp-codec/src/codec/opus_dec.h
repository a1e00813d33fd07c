/* SPDX-License-Identifier: MIT */
/* The Opus part of a decoder: frames, concealment, LBRR and DRED, which all
 * continue one state of libopus. It lives in its owner's memory.
 */
#ifndef WZP_CODEC_OPUS_DEC_H
#define WZP_CODEC_OPUS_DEC_H

#include "codec/dred.h"

typedef struct wzp__opus_dec {
    OpusDecoder *opus;
    bool was_celt; /* the last packet had no SILK part: LBRR cannot follow */
    wzp__dred dred;
} wzp__opus_dec;

/* What libopus will find in a packet, after checking it. */
typedef struct wzp__opus_view {
    const uint8_t *packet;
    size_t len;
    size_t samples;       /* all frames together */
    size_t frame_samples; /* of one frame */
    bool is_celt;
    bool has_lbrr;
} wzp__opus_view;

/* False for bytes that libopus would refuse or that do not fit WZP_PCM_MAX. */
bool wzp__opus_view_get(wzp__opus_view *view, const uint8_t *packet,
                        size_t len);

/* Bytes that init wants. */
size_t wzp__opus_dec_size(void);

/* `space`: that many bytes, aligned for any object; stays the caller's. */
wzp_err wzp__opus_dec_init(wzp__opus_dec *o, void *space, uint8_t complexity);

/* Forget all sound. */
void wzp__opus_dec_restart(wzp__opus_dec *o);

/* pcm: room for WZP_PCM_MAX; view->samples are written.
 * WZP_ERR_CODEC_DATA. */
wzp_err wzp__opus_dec_decode(wzp__opus_dec *o, const wzp__opus_view *view,
                             int16_t *pcm);

/* samples: a multiple of 120. */
wzp_err wzp__opus_dec_conceal(wzp__opus_dec *o, size_t samples, int16_t *pcm);

/* Whether `next` knows anything of this hole, see wzp_decoder_fill. */
bool wzp__opus_dec_covers(wzp__opus_dec *o, const wzp__opus_view *next,
                          size_t samples, size_t ahead);

/* wzp_decoder_fill with a next packet. */
wzp_err wzp__opus_dec_fill(wzp__opus_dec *o, const wzp__opus_view *next,
                           size_t samples, size_t ahead, int16_t *pcm,
                           wzp_rebuilt *how);

/* wzp_decoder_reach. */
size_t wzp__opus_dec_reach(wzp__opus_dec *o, const wzp__opus_view *view);

#endif
