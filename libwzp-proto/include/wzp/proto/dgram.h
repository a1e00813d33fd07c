/* SPDX-License-Identifier: MIT */
/* What a QUIC datagram carries on one hop: a bare media datagram, or between
 * peers with `dgram1` one of the typed forms, or on a legacy federation link a
 * bare datagram behind a room hash. Receiving turns every form back into a
 * bare datagram; sending picks the shortest form the peer can read.
 * Source: design/secure-media.md 8; spec/wire.md 1.8.
 *
 *   2C | ctx u8 | step u8 | MediaHeader(12) | payload      open a context
 *   28 | ctx u8 | seq u16 | payload                        mini
 *   34 | hops u8 | origin u64 | room_hash[8] | bare        federation
 *        room_hash[8] | bare                               federation, legacy
 */
#ifndef WZP_PROTO_DGRAM_H
#define WZP_PROTO_DGRAM_H

#include <wzp/proto/env.h>
#include <wzp/proto/media.h>

#define WZP_DGRAM_TYPE_MINI       0x28
#define WZP_DGRAM_TYPE_OPEN       0x2C
#define WZP_DGRAM_TYPE_FEDERATION 0x34

#define WZP_DGRAM_OPEN_LEN 15 /* type, ctx, step, MediaHeader */
#define WZP_DGRAM_MINI_LEN 4  /* type, ctx, seq */
#define WZP_DGRAM_HEAD_MAX WZP_DGRAM_OPEN_LEN
#define WZP_ROOM_HASH_LEN  8
#define WZP_FED_HDR_LEN    18
#define WZP_FED_HOPS_MAX   8

typedef enum wzp_dgram_kind {
    WZP_DGRAM_BARE, /* bits 5..2 are a codec id, 0 … 8 */
    WZP_DGRAM_OPEN,
    WZP_DGRAM_MINI,
    WZP_DGRAM_FEDERATION,
    WZP_DGRAM_UNKNOWN,
} wzp_dgram_kind;

/* By the first byte alone. */
wzp_dgram_kind wzp_dgram_classify(uint8_t first);

/* --- federation --- */

typedef struct wzp_fed_hdr {
    uint8_t hops;    /* 0 from the origin, +1 per relay, ≤ 8 */
    uint64_t origin; /* first 8 bytes of the origin relay's TLS hash */
    uint8_t room_hash[WZP_ROOM_HASH_LEN];
} wzp_fed_hdr;

/* The 18 bytes in front of a bare datagram. hops above 8 are a BUG. */
void wzp_fed_hdr_encode(const wzp_fed_hdr *hdr, uint8_t out[WZP_FED_HDR_LEN])
    WZP_NONNULL(1, 2);

/* bare is borrowed. WZP_ERR_DGRAM_TYPE, WZP_ERR_LENGTH (under 12 bytes
 * inside), WZP_ERR_HOPS, WZP_ERR_CODEC. */
WZP_NODISCARD wzp_err wzp_fed_decode(const uint8_t *data, size_t len,
                                     wzp_fed_hdr *hdr, wzp_bytes *bare)
    WZP_NONNULL(3, 4);

/* The legacy form: *room_hash and *bare are borrowed. WZP_ERR_LENGTH,
 * WZP_ERR_CODEC. (To send: the 8 bytes, then the datagram.) */
WZP_NODISCARD wzp_err wzp_fed_legacy_decode(const uint8_t *data, size_t len,
                                            wzp_bytes *room_hash,
                                            wzp_bytes *bare) WZP_NONNULL(3, 4);

/* --- receiving --- */

/* One per connection that announced `dgram1`: 16 slots × 16 versions. */
typedef struct wzp_dgram_rx wzp_dgram_rx;

WZP_NODISCARD wzp_err wzp_dgram_rx_new(wzp_dgram_rx **out, const wzp_mem *mem);
void wzp_dgram_rx_free(wzp_dgram_rx *rx);

/* A datagram as its bare form: head, then body. */
typedef struct wzp_dgram_view {
    wzp_dgram_kind kind;
    uint8_t head[WZP_MEDIA_HDR_LEN]; /* MediaHeader, rebuilt for a mini */
    wzp_bytes body;  /* what follows the header (trailer included); borrowed */
    wzp_fed_hdr fed; /* valid when kind is FEDERATION */
} wzp_dgram_view;

/* Take any datagram but a legacy federation one. rx may be NULL on a hop
 * without `dgram1`: then only bare ones pass. An open datagram sets its
 * context.
 *
 * WZP_ERR_TRUNCATED      bare, under 12 bytes
 * WZP_ERR_LENGTH         typed, too short
 * WZP_ERR_CODEC          header inside with codec id 9 … 15
 * WZP_ERR_DGRAM_TYPE     unknown type, or typed without rx
 * WZP_ERR_DGRAM_CONTEXT  mini of a context that was not opened
 * WZP_ERR_HOPS
 * WZP_ERR_NOMEM          open of a slot not used before
 */
WZP_NODISCARD wzp_err wzp_dgram_decode(wzp_dgram_rx *rx, const uint8_t *data,
                                       size_t len, wzp_dgram_view *out)
    WZP_NONNULL(4);

/* Head and body as one bare datagram. WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_dgram_view_copy(const wzp_dgram_view *view,
                                          uint8_t *out, size_t cap,
                                          size_t *out_len) WZP_NONNULL(1, 4);

/* --- sending --- */

/* One per connection whose peer announced `dgram1`: at most 16 streams at a
 * time have a slot, the least recently used one gives way. */
typedef struct wzp_dgram_tx wzp_dgram_tx;

WZP_NODISCARD wzp_err wzp_dgram_tx_new(wzp_dgram_tx **out, const wzp_mem *mem);
void wzp_dgram_tx_free(wzp_dgram_tx *tx);

/* What to put in front of the body instead of the 12 header bytes. */
typedef struct wzp_dgram_head {
    wzp_dgram_kind kind; /* BARE, OPEN or MINI */
    uint8_t bytes[WZP_DGRAM_HEAD_MAX];
    size_t len;
    /* For wzp_dgram_tx_acked when QUIC acknowledges this datagram; 0 when
     * there is nothing to tell. */
    uint32_t token;
} wzp_dgram_head;

/* stream   names the sender within this connection, e.g. its number
 * head     the 12 bytes of the MediaHeader to send
 * step_ms  timestamp units per sequence number: the frame length; a guess,
 *          until the stream's headers show it
 *
 * Opens (and opens again, with every packet) until an open datagram of the
 * version was acknowledged, then sends minis as long as the header is the
 * predicted one. BARE when all slots are busy with other streams, and when the
 * stream's headers change too often to be predicted. */
void wzp_dgram_tx_encode(wzp_dgram_tx *tx, uint32_t stream,
                         const uint8_t head[WZP_MEDIA_HDR_LEN], uint8_t step_ms,
                         wzp_dgram_head *out) WZP_NONNULL(1, 3, 5);

/* A datagram that carried this token was acknowledged. Tokens of versions
 * given up since are ignored. */
void wzp_dgram_tx_acked(wzp_dgram_tx *tx, uint32_t token) WZP_NONNULL(1);

#endif
