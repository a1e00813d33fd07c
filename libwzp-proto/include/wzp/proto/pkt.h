/* SPDX-License-Identifier: MIT */
/* A media datagram in memory, reference counted, so that a relay puts one
 * buffer into every receiver's queue without copying.
 *
 * Buffers come from a pool of fixed size, filled at creation: no allocation
 * per packet. A pool and its packets belong to one thread (one loop).
 */
#ifndef WZP_PROTO_PKT_H
#define WZP_PROTO_PKT_H

#include <wzp/proto/env.h>

#define WZP_PKT_CAP 1500 /* bytes of room in a packet; chosen: Ethernet MTU */

typedef struct wzp_pkt_pool wzp_pkt_pool;

typedef struct wzp_pkt {
    uint8_t *data; /* cap bytes of room, of which len are used */
    size_t len;    /* 0 … WZP_PKT_CAP */
    wzp_tstamp at; /* when it arrived or was made */
    /* Whose packet it is, set by who sends it on: packets of one stream share
     * header contexts (dgram.h). 0 at first. */
    uint16_t stream;
} wzp_pkt;

/* count  packets in the pool, 1 … 1,048,576. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_pkt_pool_new(wzp_pkt_pool **out, const wzp_mem *mem,
                                       size_t count);

/* All packets must have been given back (asserted). NULL is fine. */
void wzp_pkt_pool_free(wzp_pkt_pool *pool);

/* Packets not handed out at the moment. */
size_t wzp_pkt_pool_free_count(const wzp_pkt_pool *pool);

/* Less than a quarter of the packets of its pool are left: who keeps packets
 * should keep fewer. */
bool wzp_pkt_is_scarce(const wzp_pkt *pkt) WZP_NONNULL(1);

/* A packet with one reference, or NULL when the pool is empty. */
wzp_pkt *wzp_pkt_get(wzp_pkt_pool *pool) WZP_NONNULL(1);

/* One more reference. */
wzp_pkt *wzp_pkt_ref(wzp_pkt *pkt) WZP_NONNULL(1);

/* One reference less; the last one gives the packet back. NULL is fine. */
void wzp_pkt_unref(wzp_pkt *pkt);

#endif
