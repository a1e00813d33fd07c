/* SPDX-License-Identifier: MIT */
/* One remote sender's opened packets → codec frames: single ones, bundles of
 * all forms, and what parity and windows let rebuild. Each frame comes out at
 * most once, at the earliest moment. Does not wait, order or decode.
 * Source: design/secure-media.md 7, docs/wire.md.
 *
 * Bounded: 256 numbers, 24 KB of frames for parity packets and 8 KB of their
 * symbols, 64 frames of a window.
 */
#ifndef WZP_CLIENT_DEPACKET_H
#define WZP_CLIENT_DEPACKET_H

#include <wzp/crypto/sframe.h>
#include <wzp/proto/env.h>

typedef struct wzp__depacket wzp__depacket;

typedef enum wzp__frame_from {
    WZP__FRAME_NEW,    /* sent for the first time */
    WZP__FRAME_COPY,   /* a repeat, and the first of it that came */
    WZP__FRAME_PARITY, /* rebuilt from parity packets or a window */
} wzp__frame_from;

typedef struct wzp__frame_in {
    uint16_t seq;
    uint32_t timestamp; /* ms */
    uint8_t codec;
    uint8_t frame_ms;
    wzp__frame_from from;
    bool is_follower;    /* NEW, but not the first of its packet */
    const uint8_t *data; /* borrowed for the call */
    size_t len;
} wzp__frame_in;

typedef void wzp__frame_fn(void *user, wzp_tstamp now,
                           const wzp__frame_in *frame);

WZP_NODISCARD wzp_err wzp__depacket_new(wzp__depacket **out,
                                        const wzp_mem *mem);
void wzp__depacket_free(wzp__depacket *d);

/* One opened packet of form FRAME, BUNDLE or PARITY. Calls fn for each frame
 * that is in it and new here, new ones first, then for each that it let
 * rebuild.
 *
 * WZP_ERR_BUNDLE, WZP_ERR_PARITY, WZP_ERR_CODEC_DATA (a frame that is none of
 * its codec): refused as a whole, nothing was called. WZP_ERR_ARG: a form
 * without frames. */
WZP_NODISCARD wzp_err wzp__depacket_recv(wzp__depacket *d, wzp_tstamp now,
                                         const wzp_media_hdr *hdr,
                                         wzp_plain_form form,
                                         const uint8_t *plain, size_t len,
                                         wzp__frame_fn *fn, void *user);

/* New frames that the packet taken last held, whether or not they had come
 * before as repeats: from its seq on. */
unsigned wzp__depacket_n_new(const wzp__depacket *d);

/* How far back repeats and parity of the packets of late reach, ms. */
uint32_t wzp__depacket_reach_ms(const wzp__depacket *d);

#endif
