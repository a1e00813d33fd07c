/* SPDX-License-Identifier: MIT */
/* How long packets may be on a path that has become narrower than it was, as
 * under a new tunnel: ngtcp2 finds what a path can carry at its beginning and
 * never goes back. Where nothing longer than the least that QUIC needs gets
 * through for a while, packets are that short until the path changes; media
 * lose nothing by it. Source: RFC 9000 section 14.3, RFC 8899 section 4.3.
 */
#ifndef WZP_TRANSPORT_QUIC_WIDTH_H
#define WZP_TRANSPORT_QUIC_WIDTH_H

#include <wzp/proto/base.h>

#define WZP__UDP_MIN 1200 /* payload; RFC 9000 section 14 */
#define WZP__UDP_MAX 1452 /* payload; spec/wire.md 5.3 */

#define WZP__WIDTH_PATIENCE WZP_S /* chosen: and at least three round trips */
enum {
    WZP__WIDTH_TRIES = 4, /* chosen: chance takes as many at 30 % loss in one
                           * case of 120, and being wrong costs little */
    WZP__WIDTH_SERIALS = 256,
    WZP__WIDTH_STREAM = 1160, /* more bytes of a stream than a short packet
                               * can hold */
};

typedef struct wzp__width {
    size_t max;       /* bytes of a packet */
    wzp_tstamp since; /* first wide packet of which nothing was heard */
    uint32_t tries;   /* how many of them; 0: none */
    uint64_t wide[WZP__WIDTH_SERIALS / 64]; /* by serial number: was wide */
} wzp__width;

/* A new path: as wide as may be. */
static inline void wzp__width_reset(wzp__width *w)
{
    *w = (wzp__width){.max = WZP__UDP_MAX};
}

/* Packet `serial` of so many bytes was sent. */
static inline void wzp__width_sent(wzp__width *w, wzp_tstamp now,
                                   uint64_t serial, size_t bytes)
{
    const uint64_t bit = UINT64_C(1) << (serial % 64);
    uint64_t *word = &w->wide[serial / 64 % (WZP__WIDTH_SERIALS / 64)];
    if (bytes <= WZP__UDP_MIN) {
        *word &= ~bit;
        return;
    }
    *word |= bit;
    w->since = w->tries == 0 ? now : w->since;
    w->tries++;
}

/* A datagram in packet `serial` arrived. */
static inline void wzp__width_acked(wzp__width *w, uint64_t serial)
{
    const uint64_t word = w->wide[serial / 64 % (WZP__WIDTH_SERIALS / 64)];
    if ((word >> (serial % 64) & 1) != 0) {
        w->tries = 0;
    }
}

/* So many bytes of a stream arrived. */
static inline void wzp__width_acked_stream(wzp__width *w, uint64_t bytes)
{
    if (bytes > WZP__WIDTH_STREAM) {
        w->tries = 0;
    }
}

/* Before a packet is written: narrow the path if it is time. True: it was. */
static inline bool wzp__width_narrow(wzp__width *w, wzp_tstamp now,
                                     wzp_tstamp smoothed_rtt)
{
    const wzp_tstamp three = 3 * smoothed_rtt;
    const wzp_tstamp patience =
        three > WZP__WIDTH_PATIENCE ? three : WZP__WIDTH_PATIENCE;
    if (w->tries < WZP__WIDTH_TRIES || now - w->since < patience) {
        return false;
    }
    w->max = WZP__UDP_MIN;
    w->tries = 0;
    return true;
}

#endif
