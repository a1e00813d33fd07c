/* SPDX-License-Identifier: MIT */
/* Typed datagrams of one connection: which packets travel with a context in
 * place of their header, and how such ones become bare again. What a context
 * is, is wzp/proto/dgram.h; acknowledgements are QUIC's. Nothing is allocated
 * before it is used. Source: design/secure-media.md 8.
 */
#ifndef WZP_TRANSPORT_QUIC_TYPED_H
#define WZP_TRANSPORT_QUIC_TYPED_H

#include <wzp/proto/dgram.h>
#include <wzp/proto/pkt.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp__typed {
    const wzp_mem *mem; /* borrowed */
    unsigned ways;      /* WZP_TYPED_… */
    wzp_dgram_rx *rx;   /* NULL until a typed one came */
    wzp_dgram_tx *tx;   /* NULL until one was sent */
} wzp__typed;

void wzp__typed_init(wzp__typed *t, const wzp_mem *mem);
void wzp__typed_deinit(wzp__typed *t);

/* What to send before pkt's bytes, and how many of those it replaces: 12, or 0
 * for a packet that goes as it is (then *out is empty). Sealed media only:
 * control packets are few and would take the slots of speech.
 *
 * limit  bytes that fit the path, at least pkt->len */
size_t wzp__typed_head(wzp__typed *t, const wzp_pkt *pkt, size_t limit,
                       wzp_dgram_head *out);

/* A datagram with this token was acknowledged; 0 says nothing. */
void wzp__typed_acked(wzp__typed *t, uint32_t token);

/* A received datagram, at most WZP_PKT_CAP bytes, as a bare one in pkt. Errors
 * are those of wzp_dgram_decode, and WZP_ERR_SPACE for one that is too long
 * with its header; they are counted in `stats`, WZP_ERR_NOMEM excepted. */
WZP_NODISCARD wzp_err wzp__typed_read(wzp__typed *t, const uint8_t *data,
                                      size_t len, wzp_pkt *pkt,
                                      wzp_conn_stats *stats);

/* A received datagram for which there is no packet. What it opens is kept all
 * the same: QUIC acknowledges it, and minis of that context follow. */
void wzp__typed_missed(wzp__typed *t, const uint8_t *data, size_t len);

#endif
