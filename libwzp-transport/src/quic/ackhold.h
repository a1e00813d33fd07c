/* SPDX-License-Identifier: MIT */
/* When to acknowledge media. ngtcp2 acknowledges nearly every packet on short
 * paths whatever max_ack_delay says, so the decision to write is made here:
 * datagrams are acknowledged together (ten packets or 95 ms), and what
 * ngtcp2's timer wants soon after a packet came waits as long for a datagram it
 * can ride on. Only for connections without stream data under way, because
 * loss is noticed up to that much later. Source: transport-facts.md, hints 1
 * and 2.
 */
#ifndef WZP_TRANSPORT_QUIC_ACKHOLD_H
#define WZP_TRANSPORT_QUIC_ACKHOLD_H

#include <wzp/proto/base.h>

#define WZP__ACK_ANNOUNCED (100 * WZP_MS) /* max_ack_delay, both sides */
#define WZP__ACK_HOLD      (95 * WZP_MS)  /* chosen: 5 ms for timers */
#define WZP__ACK_RIDE      WZP__ACK_HOLD /* chosen: a frame of 60 ms, and jitter */
enum {
    WZP__ACK_PACKETS = 10, /* chosen: one ack in five at 50 packets/s, one in
                            * ten above 100 */
};

typedef struct wzp__ackhold {
    uint32_t packets;   /* with datagrams, not yet acknowledged */
    wzp_tstamp first;   /* when the first of them came */
    wzp_tstamp last_rx; /* when any packet came */
} wzp__ackhold;

/* A packet came; with_dgram: it carried at least one datagram. True: enough
 * were held back, write now. */
static inline bool wzp__ackhold_received(wzp__ackhold *h, wzp_tstamp now,
                                         bool with_dgram)
{
    h->last_rx = now;
    if (!with_dgram) {
        return false;
    }
    if (h->packets == 0) {
        h->first = now;
    }
    h->packets++;
    return h->packets >= WZP__ACK_PACKETS;
}

/* A write was tried at `now`. An acknowledgement was in it if ngtcp2's own
 * delay has passed (an eighth of the RTT, at most max_ack_delay) or its packet
 * count was reached; from the end of the hold on its own timer counts. */
static inline void wzp__ackhold_wrote(wzp__ackhold *h, wzp_tstamp now,
                                      wzp_tstamp smoothed_rtt)
{
    const wzp_tstamp eighth = smoothed_rtt / 8;
    const wzp_tstamp delay = eighth < WZP__ACK_HOLD ? eighth : WZP__ACK_HOLD;
    if (h->packets >= WZP__ACK_PACKETS || now - h->first >= delay) {
        h->packets = 0;
    }
}

/* expiry  what ngtcp2 asks for. Later than that for a while after packets. */
static inline wzp_tstamp wzp__ackhold_deadline(const wzp__ackhold *h,
                                               wzp_tstamp expiry)
{
    if (h->packets > 0) {
        return h->first + WZP__ACK_HOLD;
    }
    const wzp_tstamp ride = h->last_rx + WZP__ACK_RIDE;
    return expiry < ride ? ride : expiry;
}

#endif
