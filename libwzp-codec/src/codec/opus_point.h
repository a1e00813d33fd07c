/* SPDX-License-Identifier: MIT */
/* Operating points of the Opus encoder: what to ask of libopus for a codec id,
 * a frame length and a way of redundancy. A table and not a formula, since the
 * reach of DRED is not monotonic in the bitrate (design/voice-facts.md 1);
 * every row is checked by a test that encodes 30 s of speech.
 *
 * Not here: which state chooses which point (quality control).
 */
#ifndef WZP_CODEC_OPUS_POINT_H
#define WZP_CODEC_OPUS_POINT_H

#include <wzp/codec/codec.h>

typedef struct wzp__opus_point {
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
    int32_t bitrate_bps;  /* asked of the encoder */
    uint8_t hint_pct;     /* least loss hint; 0: the hint stays 0 */
    uint8_t dred_10ms;    /* DRED duration in units of 10 ms; 0: off */
    bool has_lbrr;        /* in-band FEC */
    int max_bandwidth;    /* OPUS_BANDWIDTH_… */
    int32_t rate_min_bps; /* what comes out on recorded speech */
    int32_t rate_max_bps;
    uint16_t reach_p10_ms; /* history that 90 % of the packets carry */
} wzp__opus_point;

/* NULL where there is no such point. */
const wzp__opus_point *wzp__opus_point_get(wzp_codec_id codec,
                                           unsigned frame_ms,
                                           wzp_redundancy redundancy);

/* The rows in order, for tests; NULL from the end on. */
const wzp__opus_point *wzp__opus_point_at(size_t row);

/* The hint for a measured or wished loss. DRED and LBRR need their least hint
 * to do anything (it is a lever and not a measurement). */
uint8_t wzp__opus_point_hint(const wzp__opus_point *point, uint8_t loss_pct);

#endif
