/* SPDX-License-Identifier: MIT */
/* What happened in the last second: counters in ten slices of 100 ms. A loss
 * share over the whole life of a connection, as the reference has it, says
 * nothing about now (spec/weaknesses-wire.md 50).
 */
#ifndef WZP_TRANSPORT_QUIC_STATS_H
#define WZP_TRANSPORT_QUIC_STATS_H

#include <wzp/proto/base.h>

enum {
    WZP__STATS_SLICES = 10,
};
#define WZP__STATS_SLICE (100 * WZP_MS)

typedef struct wzp__stats_slice {
    uint32_t tx_bytes, rx_bytes;
    uint16_t sent; /* packets that can be reported lost; saturates */
    uint16_t lost;
} wzp__stats_slice;

typedef struct wzp__stats {
    wzp_tstamp start; /* of the window's grid: creation time */
    uint64_t slice;   /* number of the newest slice */
    wzp__stats_slice v[WZP__STATS_SLICES]; /* slice n is at n mod 10 */
} wzp__stats;

void wzp__stats_init(wzp__stats *s, wzp_tstamp now);

void wzp__stats_sent(wzp__stats *s, wzp_tstamp now, size_t bytes,
                     bool can_be_lost);
void wzp__stats_received(wzp__stats *s, wzp_tstamp now, size_t bytes);
void wzp__stats_lost(wzp__stats *s, wzp_tstamp now);

typedef struct wzp__stats_view {
    uint32_t loss_permille; /* 0 … 1000; 0 when nothing was sent */
    uint64_t tx_rate_bps, rx_rate_bps;
} wzp__stats_view;

/* Over the window as it stands at `now`; during the first second, over the
 * time that has passed. */
wzp__stats_view wzp__stats_get(const wzp__stats *s, wzp_tstamp now);

#endif
