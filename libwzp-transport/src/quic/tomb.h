/* SPDX-License-Identifier: MIT */
/* What is left of a closed connection for a while: its ids, so that late
 * packets are not taken for new connections, and the packet that closed it, to
 * be said again when the peer has not heard it (RFC 9000 section 10.2).
 */
#ifndef WZP_TRANSPORT_QUIC_TOMB_H
#define WZP_TRANSPORT_QUIC_TOMB_H

#include "quic/conn.h"

enum {
    WZP__TOMBS_MAX = 1024, /* chosen; the oldest goes first */
    WZP__TOMB_CIDS = 6,
    WZP__TOMB_PACKET = 192, /* chosen: a close with the longest reason fits */
};
/* chosen: three PTOs on a path of 600 ms */
#define WZP__TOMB_LIFE (3 * WZP_S)
/* In the table of connection ids, tombs stand above all slots. */
#define WZP__TOMB_BASE 0x10000u

typedef struct wzp__tomb {
    wzp_tstamp until;
    wzp_addr local, remote;
    wzp__cid cids[WZP__TOMB_CIDS];
    uint8_t cid_count;
    uint16_t len;   /* of packet; 0: the peer closed, nothing to say */
    uint32_t heard; /* packets that came */
    uint8_t packet[WZP__TOMB_PACKET];
} wzp__tomb;

typedef struct wzp__tombs {
    wzp__tomb *ring[WZP__TOMBS_MAX];
    size_t head, count;
} wzp__tombs;

/* Before the connection is freed. data NULL: no packet was written. Without
 * memory there is no tomb; that is no error. */
void wzp__tomb_add(wzp__tombs *t, wzp__conn *c, wzp_tstamp now,
                   const uint8_t *data, size_t len);
void wzp__tombs_deinit(wzp__tombs *t, wzp__env *env);

/* A packet for value − WZP__TOMB_BASE of the id table. NULL, or the tomb whose
 * packet is to be sent again: for the 1st, 2nd, 4th, 8th … packet. */
const wzp__tomb *wzp__tomb_recv(wzp__tombs *t, uint32_t value);

void wzp__tombs_expire(wzp__tombs *t, wzp__env *env, wzp_tstamp now);
wzp_tstamp wzp__tombs_deadline(const wzp__tombs *t);

#endif
