/* SPDX-License-Identifier: MIT */
/* Compact ("mini") framing of the earlier protocol: one full frame, then 49
 * that carry a timestamp difference only. No live path sends it; between our
 * own peers dgram.h does this job. Source: spec/wire.md 1.6.
 *
 *   00 | MediaHeader(12) | payload | [QualityReport(4) if Q]
 *   01 | timestamp_delta u16 | payload_len u16 | payload
 */
#ifndef WZP_PROTO_COMPACT_H
#define WZP_PROTO_COMPACT_H

#include <wzp/proto/media.h>

#define WZP_COMPACT_FULL_INTERVAL 50 /* frames per cycle */

/* State of one direction, at either end. Start with {0}. */
typedef struct wzp_compact {
    wzp_media_hdr last; /* the last header, full or expanded */
    bool has_last;
    uint32_t n; /* sender: frames sent since the last full one */
} wzp_compact;

/* One frame. `quality` is written in a full frame when hdr->has_quality, and
 * dropped in a mini; it may be NULL otherwise. WZP_ERR_SPACE, WZP_ERR_OVERSIZE
 * for a payload above 65535; the state is unchanged then. */
WZP_NODISCARD wzp_err wzp_compact_encode(wzp_compact *c,
                                         const wzp_media_view *frame,
                                         uint8_t *out, size_t cap,
                                         size_t *out_len) WZP_NONNULL(1, 2, 5);

/* The header given back is complete; payload is borrowed. A mini inherits Q
 * and has no report: hdr.has_quality is true and quality is zero, as in the
 * earlier system. WZP_ERR_DGRAM_TYPE, WZP_ERR_TRUNCATED, WZP_ERR_CODEC,
 * WZP_ERR_DGRAM_CONTEXT (mini before any full frame). */
WZP_NODISCARD wzp_err wzp_compact_decode(wzp_compact *c, const uint8_t *data,
                                         size_t len, wzp_media_view *out)
    WZP_NONNULL(1, 4);

#endif
