/* SPDX-License-Identifier: MIT */
/* A loss is counted in the slice in which it is noticed, about one round trip
 * after the packet was sent; over a second this does not matter.
 */
#include "quic/stats.h"

void wzp__stats_init(wzp__stats *s, wzp_tstamp now)
{
    *s = (wzp__stats){.start = now};
}

static uint64_t slice_at(const wzp__stats *s, wzp_tstamp now)
{
    return now <= s->start ? 0 : (now - s->start) / WZP__STATS_SLICE;
}

/* Move the window on and give the slice of `now`. */
static wzp__stats_slice *current(wzp__stats *s, wzp_tstamp now)
{
    const uint64_t n = slice_at(s, now);
    for (uint64_t steps = 0; s->slice < n && steps < WZP__STATS_SLICES;
         steps++) {
        s->slice++;
        s->v[s->slice % WZP__STATS_SLICES] = (wzp__stats_slice){0};
    }
    if (s->slice < n) { /* everything was cleared: jump */
        s->slice = n;
    }
    return &s->v[s->slice % WZP__STATS_SLICES];
}

static void count(uint16_t *v)
{
    if (*v < UINT16_MAX) {
        (*v)++;
    }
}

void wzp__stats_sent(wzp__stats *s, wzp_tstamp now, size_t bytes,
                     bool can_be_lost)
{
    wzp__stats_slice *v = current(s, now);
    v->tx_bytes += (uint32_t)bytes;
    if (can_be_lost) {
        count(&v->sent);
    }
}

void wzp__stats_received(wzp__stats *s, wzp_tstamp now, size_t bytes)
{
    current(s, now)->rx_bytes += (uint32_t)bytes;
}

void wzp__stats_lost(wzp__stats *s, wzp_tstamp now)
{
    count(&current(s, now)->lost);
}

wzp__stats_view wzp__stats_get(const wzp__stats *s, wzp_tstamp now)
{
    wzp__stats at_now = *s;
    (void)current(&at_now, now);
    uint64_t sent = 0, lost = 0, tx = 0, rx = 0;
    for (size_t i = 0; i < WZP__STATS_SLICES; i++) {
        sent += at_now.v[i].sent;
        lost += at_now.v[i].lost;
        tx += at_now.v[i].tx_bytes;
        rx += at_now.v[i].rx_bytes;
    }
    /* The newest slice is partly in the future: nine whole ones and a part. */
    const wzp_tstamp passed = now > s->start ? now - s->start : 0;
    const wzp_tstamp window =
        (WZP__STATS_SLICES - 1) * WZP__STATS_SLICE + passed % WZP__STATS_SLICE;
    wzp_tstamp span = passed < window ? passed : window;
    if (span < WZP__STATS_SLICE) {
        span = WZP__STATS_SLICE;
    }
    wzp__stats_view view = {
        .tx_rate_bps = tx * 8 * (WZP_S / WZP_MS) / (span / WZP_MS),
        .rx_rate_bps = rx * 8 * (WZP_S / WZP_MS) / (span / WZP_MS),
    };
    if (sent > 0) {
        view.loss_permille =
            (uint32_t)(lost >= sent ? 1000 : lost * 1000 / sent);
    }
    return view;
}
