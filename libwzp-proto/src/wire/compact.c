/* SPDX-License-Identifier: MIT */
/* Compact framing (compact.h). Kept for its vectors and for tools that read
 * old recordings; no product path uses it.
 */
#include <wzp/proto/bytes.h>
#include <wzp/proto/compact.h>

enum { TYPE_FULL = 0, TYPE_MINI = 1 };

static void write_full(wzp_writer *w, const wzp_media_view *frame)
{
    uint8_t hdr[WZP_MEDIA_HDR_LEN];
    wzp_media_hdr_encode(&frame->hdr, hdr);
    wzp_write_u8(w, TYPE_FULL);
    wzp_write_bytes(w, hdr, sizeof hdr);
    wzp_write_bytes(w, frame->payload.ptr, frame->payload.len);
    if (frame->hdr.has_quality) {
        uint8_t quality[WZP_QUALITY_LEN];
        wzp_quality_encode(&frame->quality, quality);
        wzp_write_bytes(w, quality, sizeof quality);
    }
}

static void write_mini(wzp_writer *w, const wzp_media_view *frame,
                       const wzp_media_hdr *last)
{
    wzp_write_u8(w, TYPE_MINI);
    wzp_write_u16(w, (uint16_t)(frame->hdr.timestamp - last->timestamp));
    wzp_write_u16(w, (uint16_t)frame->payload.len);
    wzp_write_bytes(w, frame->payload.ptr, frame->payload.len);
}

wzp_err wzp_compact_encode(wzp_compact *c, const wzp_media_view *frame,
                           uint8_t *out, size_t cap, size_t *out_len)
{
    if (frame->payload.len > UINT16_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    wzp_writer w = wzp_writer_init(out, cap);
    const bool full = c->n == 0 || c->n >= WZP_COMPACT_FULL_INTERVAL;
    if (full) {
        write_full(&w, frame);
    } else {
        write_mini(&w, frame, &c->last);
    }
    WZP_TRY(wzp_writer_end(&w, out_len));
    c->n = full ? 1 : c->n + 1;
    c->last = frame->hdr;
    c->has_last = true;
    return WZP_OK;
}

/* The frame a mini stands for: the last header, one step on. */
static wzp_err read_mini(const wzp_compact *c, wzp_reader *r,
                         wzp_media_view *out)
{
    const uint16_t delta = wzp_read_u16(r);
    const uint16_t len = wzp_read_u16(r);
    const wzp_bytes payload = wzp_read_bytes(r, len);
    WZP_TRY(r->err);
    if (!c->has_last) {
        return WZP_ERR_DGRAM_CONTEXT;
    }
    *out = (wzp_media_view){.hdr = c->last, .payload = payload};
    out->hdr.seq++;
    out->hdr.timestamp += delta;
    return WZP_OK;
}

wzp_err wzp_compact_decode(wzp_compact *c, const uint8_t *data, size_t len,
                           wzp_media_view *out)
{
    wzp_reader r = wzp_reader_init(data, len);
    const uint8_t type = wzp_read_u8(&r);
    WZP_TRY(r.err);
    wzp_media_view view;
    switch (type) {
    case TYPE_FULL: WZP_TRY(wzp_media_view_decode(r.at, r.left, &view)); break;
    case TYPE_MINI: WZP_TRY(read_mini(c, &r, &view)); break;
    default: return WZP_ERR_DGRAM_TYPE;
    }
    c->last = view.hdr;
    c->has_last = true;
    *out = view;
    return WZP_OK;
}
