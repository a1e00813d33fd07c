/* SPDX-License-Identifier: MIT */
/* Trunk frames of the earlier protocol: several media datagrams in one, each
 * with a two-byte session id. No receiver of that system reads them; between
 * our own peers several DATAGRAM frames share a QUIC packet instead.
 * Source: spec/wire.md 1.7.
 *
 *   count u16 | count × ( session_id[2] | len u16 | payload )
 */
#ifndef WZP_PROTO_TRUNK_H
#define WZP_PROTO_TRUNK_H

#include <wzp/proto/env.h>

#define WZP_TRUNK_ID_LEN      2
#define WZP_TRUNK_PAYLOAD_MAX 1500 /* chosen: WZP_PKT_CAP */
#define WZP_TRUNK_MAX_ENTRIES 10   /* of the batcher, by default */
#define WZP_TRUNK_MAX_BYTES   1200

typedef struct wzp_trunk_entry {
    uint8_t session_id[WZP_TRUNK_ID_LEN];
    wzp_bytes payload; /* a bare media datagram; borrowed */
} wzp_trunk_entry;

/* WZP_ERR_OVERSIZE for more than 65535 entries or payload bytes,
 * WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_trunk_encode(const wzp_trunk_entry *entries, size_t n,
                                       uint8_t *out, size_t cap,
                                       size_t *out_len) WZP_NONNULL(5);

/* Bytes after the last entry are ignored. WZP_ERR_TRUNCATED refuses the whole
 * frame; WZP_ERR_OVERSIZE for more than `cap` entries. */
WZP_NODISCARD wzp_err wzp_trunk_decode(const uint8_t *data, size_t len,
                                       wzp_trunk_entry *entries, size_t cap,
                                       size_t *n) WZP_NONNULL(5);

/* Gathers datagrams until a frame is full; the owner flushes it on a timer
 * (5 ms in the earlier system). */
typedef struct wzp_trunk_batcher wzp_trunk_batcher;

/* max_entries 1 … 65535, max_bytes 6 … 65535. WZP_ERR_ARG, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_trunk_batcher_new(wzp_trunk_batcher **out,
                                            const wzp_mem *mem,
                                            size_t max_entries,
                                            size_t max_bytes);
void wzp_trunk_batcher_free(wzp_trunk_batcher *b);

/* Add one; *frame is a full frame to send now, valid until the next call, or
 * {NULL, 0}. WZP_ERR_OVERSIZE for a payload above WZP_TRUNK_PAYLOAD_MAX. */
WZP_NODISCARD wzp_err wzp_trunk_batcher_insert(wzp_trunk_batcher *b,
                                               const wzp_trunk_entry *entry,
                                               wzp_bytes *frame)
    WZP_NONNULL(1, 2, 3);

/* What is waiting, as a frame valid until the next call; {NULL, 0} if
 * nothing is. */
wzp_bytes wzp_trunk_batcher_flush(wzp_trunk_batcher *b) WZP_NONNULL(1);

#endif
