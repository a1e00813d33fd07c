/* SPDX-License-Identifier: MIT */
/* How a sender sends its voice: codec, frame length, redundancy inside the
 * codec's frames and around them. Quality control chooses one (quality.h), the
 * sender carries it out, and what it costs on the wire is known before.
 * Source: design/voice-facts.md 7, design/secure-media.md 2 and 7.
 */
#ifndef WZP_PROTO_MODE_H
#define WZP_PROTO_MODE_H

#include <wzp/proto/profile.h>

/* How lost frames shall be recoverable from the frames of the codec itself;
 * voice-facts.md 7. Opus only. */
typedef enum wzp_redundancy {
    WZP_REDUNDANCY_NONE, /* clean path: loss < 1 % */
    WZP_REDUNDANCY_LBRR, /* random loss 1–10 % */
    WZP_REDUNDANCY_DRED, /* clustered or > 10 % */
    WZP_REDUNDANCY_BOTH, /* resilient state (≥ 33k, 40 ms, wideband) */
} wzp_redundancy;

typedef struct wzp_media_mode {
    wzp_codec_id codec;
    uint8_t frame_ms; /* 10, 20, 40, 60; Codec2: its own */
    wzp_redundancy redundancy;
    uint8_t loss_pct; /* hint to the encoder 0 … 100; 0 = by table */
    uint8_t n_new;    /* new frames in a packet, 1 … 8; 1 alone: plain */
    uint8_t n_old;    /* frames of before repeated in it, 0 … 24 */
    /* Bundle form 2, codecs of fixed frame size only: in each packet so many
     * parity symbols for each new frame, over the frames of so many packets
     * before it. 0: none. */
    uint8_t window_q; /* 0 … 3 */
    uint8_t window;   /* 1 … 8 packets */
    /* Parity packets (T = 1): r over each k frames; r 0: none. */
    uint8_t parity_k; /* 1 … 32; read where r is not 0 */
    uint8_t parity_r; /* 0 … 32 */
} wzp_media_mode;

/* Bit/s on an IPv4 wire for active speech, headers, padding and tags of all
 * layers included, connection ids of 8 bytes. 0 where frame_ms or n_new is. */
uint32_t wzp_media_mode_wire_bps(const wzp_media_mode *mode) WZP_NONNULL(1);

/* ms from the first sample of a packet until it can leave. */
uint32_t wzp_media_mode_delay_ms(const wzp_media_mode *mode) WZP_NONNULL(1);

/* Take from the mode what these listeners cannot read: caps are the bits
 * (WZP_CAP_*) that all of them have. */
void wzp_media_mode_fit(wzp_media_mode *mode, uint32_t caps) WZP_NONNULL(1);

bool wzp_media_mode_is_equal(const wzp_media_mode *a, const wzp_media_mode *b)
    WZP_NONNULL(1, 2);

#endif
