/* SPDX-License-Identifier: MIT */
/* The inside of an endpoint: its connections by slot, their deadlines, those
 * that have something to write. endpoint.c is the public face, actions.c
 * gives out what happened, accept.c takes the packets no connection wants.
 */
#ifndef WZP_TRANSPORT_QUIC_TABLE_H
#define WZP_TRANSPORT_QUIC_TABLE_H

#include "quic/conn.h"
#include "quic/heap.h"
#include "quic/stateless.h"
#include "quic/tomb.h"

/* A connection id is serial << WZP__SLOT_BITS | slot. */
#define WZP__SLOT_BITS 16
#define WZP__SLOTS_MAX (1u << WZP__SLOT_BITS)

#define WZP__LONG_HEADER 0x80 /* in the first byte */
#define WZP__RESET_MIN   21   /* bytes of a stateless reset, RFC 9000 10.3 */

struct wzp_endpoint {
    wzp__env env;
    wzp_tstamp now; /* of the last call, for the windowed statistics */

    wzp__conn **slots; /* slot_count of them; NULL = free */
    uint32_t *free_slots;
    size_t slot_count, free_count;
    uint64_t serial;
    wzp__heap deadlines; /* lazy: never later than the real one */
    wzp__conn *dirty_first, *dirty_last;

    wzp__tombs tombs;
    wzp__stateless stateless;

    /* Lent to the owner until the next poll. */
    wzp_pkt *lent_pkt;
    wzp__conn *lent_up;   /* its SNI and exporter value */
    wzp__conn *lent_gone; /* the connection whose end was told */
    wzp__conn *signals;   /* has more whole messages, perhaps */
    uint8_t buf[WZP__UDP_MAX];
};

/* Room for one more: a number and a slot. WZP_ERR_FULL, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__table_reserve(wzp_endpoint *ep, wzp__conn_new *out);
/* The connection made with it. */
void wzp__table_insert(wzp_endpoint *ep, wzp__conn *c);
/* Free the connection and its slot. */
void wzp__table_remove(wzp_endpoint *ep, wzp__conn *c);
/* NULL when it is gone or going. */
wzp__conn *wzp__table_find(const wzp_endpoint *ep, wzp_conn_id id);

/* There is something to write. */
void wzp__table_mark(wzp_endpoint *ep, wzp__conn *c);
/* Take the first off the list of those. */
void wzp__table_unmark(wzp_endpoint *ep);
/* Arm the timer if the deadline became earlier. */
void wzp__table_arm(wzp_endpoint *ep, wzp__conn *c, wzp_tstamp now);

/* actions.c: take back what the owner was lent by the last poll. */
void wzp__actions_release(wzp_endpoint *ep);

/* accept.c: a packet whose destination id is unknown. */
void wzp__accept(wzp_endpoint *ep, wzp_tstamp now, const wzp__stray *in);

#endif
