/* SPDX-License-Identifier: MIT */
/* Frames for tests of the packer and of what takes packets apart: frame n of a
 * codec has contents that follow from n.
 */
#ifndef WZP_TEST_CLIENT_PACKING_H
#define WZP_TEST_CLIENT_PACKING_H

#include "voice/packer.h"

#include <string.h>

typedef struct voice {
    wzp_codec_id codec;
    uint8_t frame_ms;
    uint8_t toc; /* first byte of an Opus frame: its length in ms */
    size_t len;
} voice;

/* Opus, wideband SILK, one frame of 20 or 60 ms: RFC 6716 table 2. */
static const voice OPUS_20 = {WZP_CODEC_OPUS_24K, 20, 9 << 3, 60};
static const voice OPUS_60 = {WZP_CODEC_OPUS_6K, 60, 11 << 3, 37};
static const voice CODEC2_1200 = {WZP_CODEC_CODEC2_1200, 40, 0, 6};

static inline size_t frame_bytes(const voice *v, uint16_t n, uint8_t *out)
{
    /* Opus frames differ in length, too. */
    const size_t len = v->len + (v->toc != 0 ? n % 5 : 0);
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(n * 31 + i * 7);
    }
    if (v->toc != 0) {
        out[0] = v->toc;
    }
    return len;
}

/* The next frame of this voice at this time stamp. */
static inline void put_frame(wzp__packer *p, wzp_tstamp now, const voice *v,
                             uint32_t timestamp)
{
    wzp__packer_frame f = {.timestamp = timestamp,
                           .codec = (uint8_t)v->codec,
                           .frame_ms = v->frame_ms};
    uint8_t *room = wzp__packer_room(p);
    f.len = (uint16_t)frame_bytes(v, p->seq, room);
    wzp__packer_put(p, now, &f);
}

static inline wzp_media_mode mode_of(const voice *v, uint8_t n_new,
                                     uint8_t n_old)
{
    return (wzp_media_mode){.codec = v->codec,
                            .frame_ms = v->frame_ms,
                            .n_new = n_new,
                            .n_old = n_old};
}

#endif
