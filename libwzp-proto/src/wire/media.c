/* SPDX-License-Identifier: MIT */
/* MediaHeader, QualityReport trailer, sequence arithmetic (media.h).
 *
 *   byte 0   V(7) T(6) codec(5..2) Q(1) fec_ratio bit 6 (0)
 *   byte 1   fec_ratio bits 5..0 (7..2), 0 (1..0)
 *   2-3      seq        4-7 timestamp
 *   8        fec_block  9   fec_symbol
 *   10       flags      11  source hint
 */
#include <wzp/proto/bytes.h>
#include <wzp/proto/media.h>
#include <wzp/proto/profile.h>

#include <assert.h>

enum {
    BITRATE_CAP = 200,   /* what the earlier system always writes */
    FEC_RATIO_MAX = 127, /* seven bits */
};

/* spec/wire.md 1.1: 127 stands for a ratio of 2.0. */
static const float FEC_RATIO_UNIT = 63.5f;

void wzp_media_hdr_encode(const wzp_media_hdr *hdr,
                          uint8_t out[WZP_MEDIA_HDR_LEN])
{
    assert(hdr->version <= 1 && hdr->codec < WZP_CODEC_COUNT &&
           hdr->fec_ratio <= FEC_RATIO_MAX);
    wzp_writer w = wzp_writer_init(out, WZP_MEDIA_HDR_LEN);
    wzp_write_u8(&w, (uint8_t)(hdr->version << 7 | hdr->is_repair << 6 |
                               hdr->codec << 2 | hdr->has_quality << 1 |
                               hdr->fec_ratio >> 6));
    wzp_write_u8(&w, (uint8_t)((hdr->fec_ratio & 0x3F) << 2));
    wzp_write_u16(&w, hdr->seq);
    wzp_write_u32(&w, hdr->timestamp);
    wzp_write_u8(&w, hdr->fec_block);
    wzp_write_u8(&w, hdr->fec_symbol);
    wzp_write_u8(&w, hdr->flags);
    wzp_write_u8(&w, hdr->source_hint);
}

wzp_err wzp_media_hdr_decode(const uint8_t *data, size_t len,
                             wzp_media_hdr *out)
{
    wzp_reader r = wzp_reader_init(data, len);
    const uint8_t b0 = wzp_read_u8(&r);
    const uint8_t b1 = wzp_read_u8(&r);
    const wzp_media_hdr hdr = {
        .version = b0 >> 7,
        .is_repair = (b0 >> 6 & 1) != 0,
        .codec = b0 >> 2 & 15,
        .has_quality = (b0 >> 1 & 1) != 0,
        .fec_ratio = (uint8_t)((b0 & 1) << 6 | b1 >> 2),
        .seq = wzp_read_u16(&r),
        .timestamp = wzp_read_u32(&r),
        .fec_block = wzp_read_u8(&r),
        .fec_symbol = wzp_read_u8(&r),
        .flags = wzp_read_u8(&r),
        .source_hint = wzp_read_u8(&r),
    };
    WZP_TRY(r.err);
    if (hdr.codec >= WZP_CODEC_COUNT) {
        return WZP_ERR_CODEC;
    }
    *out = hdr;
    return WZP_OK;
}

wzp_err wzp_media_view_decode(const uint8_t *data, size_t len,
                              wzp_media_view *out)
{
    wzp_media_view view = {0};
    WZP_TRY(wzp_media_hdr_decode(data, len, &view.hdr));
    size_t payload_len = len - WZP_MEDIA_HDR_LEN;
    if (view.hdr.has_quality) {
        if (payload_len < WZP_QUALITY_LEN) {
            return WZP_ERR_TRUNCATED;
        }
        payload_len -= WZP_QUALITY_LEN;
        wzp_quality_decode(data + len - WZP_QUALITY_LEN, &view.quality);
    }
    view.payload = (wzp_bytes){data + WZP_MEDIA_HDR_LEN, payload_len};
    *out = view;
    return WZP_OK;
}

void wzp_quality_encode(const wzp_quality_report *q,
                        uint8_t out[WZP_QUALITY_LEN])
{
    out[0] = q->loss;
    out[1] = q->rtt_4ms;
    out[2] = q->jitter_ms;
    out[3] = q->bitrate_cap;
}

void wzp_quality_decode(const uint8_t data[WZP_QUALITY_LEN],
                        wzp_quality_report *out)
{
    *out = (wzp_quality_report){data[0], data[1], data[2], data[3]};
}

wzp_quality_report wzp_quality_from_path(float loss_pct, uint32_t rtt_ms,
                                         uint32_t jitter_ms)
{
    /* Single precision and this order of operations, as the earlier system
     * computes it. NaN gives 0. */
    const float loss = loss_pct / 100.0f * 255.0f;
    uint8_t loss_raw = 0;
    if (loss >= 255.0f) {
        loss_raw = 255;
    } else if (loss > 0.0f) {
        loss_raw = (uint8_t)loss;
    }
    const uint32_t rtt = rtt_ms / 4;
    return (wzp_quality_report){
        .loss = loss_raw,
        .rtt_4ms = (rtt < 255) ? (uint8_t)rtt : 255,
        .jitter_ms = (jitter_ms < 255) ? (uint8_t)jitter_ms : 255,
        .bitrate_cap = BITRATE_CAP,
    };
}

uint8_t wzp_fec_ratio_encode(float ratio)
{
    const float scaled = ratio * FEC_RATIO_UNIT;
    if (scaled >= (float)FEC_RATIO_MAX) {
        return FEC_RATIO_MAX;
    }
    if (!(scaled > 0.0f)) { /* NaN too */
        return 0;
    }
    const uint8_t whole = (uint8_t)scaled;
    return (uint8_t)(whole + (scaled - (float)whole >= 0.5f));
}

float wzp_fec_ratio_decode(uint8_t code)
{
    return (float)(code & FEC_RATIO_MAX) / FEC_RATIO_UNIT;
}

int64_t wzp_seq_extend(int64_t last, uint16_t seq)
{
    /* The signed 16-bit distance from last to seq. */
    const uint16_t ahead = (uint16_t)(seq - (uint16_t)(uint64_t)last);
    return (ahead < 0x8000) ? last + ahead : last + ahead - 0x10000;
}
