/* SPDX-License-Identifier: MIT */
/* The 12-byte MediaHeader, the 4-byte QualityReport trailer and sequence
 * arithmetic. Source: spec/wire.md 1.1, 1.4, 1.5; flag bits of byte 10:
 * design/secure-media.md 6.
 */
#ifndef WZP_PROTO_MEDIA_H
#define WZP_PROTO_MEDIA_H

#include <wzp/proto/err.h>

#define WZP_MEDIA_HDR_LEN 12
#define WZP_QUALITY_LEN   4

/* Bits of `flags` (byte 10) in a sealed packet; 0 in a legacy one. */
#define WZP_MEDIA_SEALED  0x80
#define WZP_MEDIA_BUNDLE  0x40
#define WZP_MEDIA_CONTROL 0x20

typedef struct wzp_media_hdr {
    uint8_t version;    /* 0 … 1; only 0 is written */
    bool is_repair;     /* T: FEC repair or parity packet */
    uint8_t codec;      /* wzp_codec_id, 0 … 8 */
    bool has_quality;   /* Q: last 4 bytes are a QualityReport */
    uint8_t fec_ratio;  /* 7 bits; value / 63.5 */
    uint16_t seq;       /* wraps */
    uint32_t timestamp; /* ms since the sender's start, wraps */
    uint8_t fec_block;
    uint8_t fec_symbol;
    uint8_t flags;       /* byte 10 */
    uint8_t source_hint; /* byte 11: low byte of the stream id when sealed */
} wzp_media_hdr;

typedef struct wzp_quality_report {
    uint8_t loss;        /* 0 … 255 for 0 … 100 % */
    uint8_t rtt_4ms;     /* units of 4 ms, saturates at 1020 ms */
    uint8_t jitter_ms;   /* saturates at 255 */
    uint8_t bitrate_cap; /* kbit/s */
} wzp_quality_report;

/* A datagram taken apart; payload is borrowed from the input. */
typedef struct wzp_media_view {
    wzp_media_hdr hdr;
    wzp_bytes payload;          /* without trailer; may be empty */
    wzp_quality_report quality; /* valid when hdr.has_quality */
} wzp_media_view;

/* Write 12 bytes. `hdr` fields above their range are a BUG (asserted). */
void wzp_media_hdr_encode(const wzp_media_hdr *hdr,
                          uint8_t out[WZP_MEDIA_HDR_LEN]) WZP_NONNULL(1, 2);

/* WZP_ERR_TRUNCATED under 12 bytes; WZP_ERR_CODEC for codec ids 9 … 15. */
WZP_NODISCARD wzp_err wzp_media_hdr_decode(const uint8_t *data, size_t len,
                                           wzp_media_hdr *out) WZP_NONNULL(3);

/* Header, payload and trailer of a bare datagram. Errors as above, and
 * WZP_ERR_TRUNCATED when Q is set and no 4 bytes follow the header. */
WZP_NODISCARD wzp_err wzp_media_view_decode(const uint8_t *data, size_t len,
                                            wzp_media_view *out) WZP_NONNULL(3);

/* Write 4 bytes / read 4 bytes. */
void wzp_quality_encode(const wzp_quality_report *q,
                        uint8_t out[WZP_QUALITY_LEN]) WZP_NONNULL(1, 2);
void wzp_quality_decode(const uint8_t data[WZP_QUALITY_LEN],
                        wzp_quality_report *out) WZP_NONNULL(1, 2);

/* From path statistics: loss 0 … 100 %, clamped. bitrate_cap is 200. */
wzp_quality_report wzp_quality_from_path(float loss_pct, uint32_t rtt_ms,
                                         uint32_t jitter_ms);

/* FEC ratio ↔ 7-bit code: round half away from zero of ratio × 63.5. */
uint8_t wzp_fec_ratio_encode(float ratio);
float wzp_fec_ratio_decode(uint8_t code);

/* True when a comes before b (serial arithmetic, half range excluded). */
static inline bool wzp_seq_before(uint16_t a, uint16_t b)
{
    uint16_t d = (uint16_t)(b - a);
    return d != 0 && d < 0x8000;
}

/* Extend a 16-bit sequence number to 64 bits, nearest to `last`. */
int64_t wzp_seq_extend(int64_t last, uint16_t seq);

#endif
