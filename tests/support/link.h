/* SPDX-License-Identifier: MIT */
/* One direction of a network link, as arithmetic.
 *
 * Told when a packet enters and how long it is, a link answers when it comes
 * out: never, once, or twice. It holds no packets, reads no clock and does no
 * I/O; the same configuration and the same calls give the same answers. The
 * impairment proxy (proxy/) and the simulated world use it alike; queues of
 * packets on their way are theirs.
 */
#ifndef WZP_TEST_LINK_H
#define WZP_TEST_LINK_H

#include "support/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero everywhere is a perfect link. */
typedef struct wzp_link_cfg {
    double loss;        /* share of packets lost, 0 to 1 */
    double burst_ms;    /* > 0: losses come as holes of this length, whose gaps
                         * are drawn so that `loss` of the time is lost */
    uint64_t delay_ns;  /* one way */
    uint64_t jitter_ns; /* delay is uniform in delay ± jitter, at least 0 */
    uint64_t rate_bps;  /* bit/s of the bottleneck; 0: no limit */
    size_t queue_bytes; /* before the bottleneck; 0: 200 ms of it, at least
                         * WZP_LINK_QUEUE_MIN. Unused without rate_bps */
    double dup;         /* share of arriving packets that arrive twice */
    bool keep_order;    /* jitter delays followers instead of reordering */
    double reorder; /* share of packets held back, so that others overtake */
    uint64_t reorder_ns; /* by so much; 0: WZP_LINK_REORDER_NS */
    size_t mtu;          /* larger packets are dropped, as in a black hole that
                          * tells nobody; 0: none. May be set in mid-run */
    double corrupt;      /* share of packets that arrive with one bit wrong */
    const wzp_trace *trace; /* its losses and delays instead of loss, delay and
                             * jitter; begins with the first packet, goes
                             * round. Borrowed */
    uint64_t seed;
} wzp_link_cfg;

enum {
    WZP_LINK_QUEUE_MIN = 15000, /* bytes; chosen: ten full packets */
    WZP_LINK_QUEUE_MAX = 1 << 30,
    WZP_LINK_COPIES_MAX = 2,
    WZP_LINK_REORDER_NS = 20000000, /* chosen: a frame's length */
};

typedef struct wzp_link_stats {
    uint64_t packets, bytes;             /* given to wzp_link_send */
    uint64_t delivered, delivered_bytes; /* first copies */
    uint64_t lost;                       /* by chance */
    uint64_t overflowed;                 /* the queue was full */
    uint64_t duplicated;                 /* second copies */
    uint64_t reordered;                  /* due before an earlier packet */
    uint64_t too_big;                    /* larger than mtu */
    uint64_t held_back;                  /* by reorder */
    uint64_t corrupted;                  /* all copies of it */
} wzp_link_stats;

/* Storage is the caller's; read `stats` and `cfg`, and `is_corrupt` and
 * `flip_bit` after a call; leave the rest alone. */
typedef struct wzp_link {
    wzp_link_cfg cfg;
    wzp_link_stats stats;
    uint64_t packet_rng; /* loss, delay, duplication: fixed draws per packet */
    uint64_t hole_rng;   /* lengths of the gaps between holes */
    uint64_t fault_rng;  /* reordering, corruption: fixed draws as well */
    bool has_begun;      /* a trace counts from the first packet */
    uint64_t begin_ns;
    bool is_corrupt; /* the packet of the last call: its bit flip_bit is */
    size_t flip_bit; /* wrong, counted from the lowest of its first byte */
    uint64_t hole_from_ns; /* the current or next hole */
    bool hole_is_known;
    uint64_t busy_until_ns; /* the bottleneck has sent what it holds */
    uint64_t last_due_ns;
} wzp_link;

void wzp_link_init(wzp_link *link, const wzp_link_cfg *cfg);

/* New conditions from now on; random streams, statistics and what the
 * bottleneck still holds stay. cfg->seed is ignored. */
void wzp_link_set(wzp_link *link, const wzp_link_cfg *cfg);

/* A packet of len bytes enters.
 *
 * now_ns      never less than in the call before
 * deliver_at  when each copy comes out, ns on the clock of now_ns
 *
 * Returns the number of copies: 0 (dropped), 1 or 2. Packets due at the same
 * time come out in the order they went in. Where is_corrupt is set then, the
 * caller spoils its bytes with wzp_link_spoil.
 */
int wzp_link_send(wzp_link *link, uint64_t now_ns, size_t len,
                  uint64_t deliver_at[WZP_LINK_COPIES_MAX]);

/* Turns the bit of the packet that was sent last, if it is to be wrong. */
void wzp_link_spoil(const wzp_link *link, uint8_t *data);

#endif
