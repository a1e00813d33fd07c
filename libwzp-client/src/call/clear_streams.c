/* SPDX-License-Identifier: MIT */
/* See clear_streams.h. */
#include "call/clear_streams.h"

#include <wzp/proto/media.h>

#define NEAR_MS   250 /* chosen: above the jitter of paths that carry a call */
#define NEXT_MOST 4   /* numbers ahead: surely the same, whatever the delay */
#define NEXT_MS   1000
#define IDLE_NS   (2 * WZP_S) /* chosen: then its place may be taken */
#define SMOOTH    16          /* share of a packet in the smoothed transit */

/* Both wrap, and so may the difference. */
static uint32_t transit_of(wzp_tstamp now, uint32_t timestamp)
{
    return (uint32_t)(now / WZP_MS) - timestamp;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a - b < b - a ? a - b : b - a;
}

/* It carries on where this stream is: a late burst of one talker. */
static bool follows(const wzp__clear_stream *s, uint16_t seq,
                    uint32_t timestamp)
{
    const uint16_t ahead = (uint16_t)(seq - s->seq);
    const uint32_t later = timestamp - s->timestamp;
    return ahead >= 1 && ahead <= NEXT_MOST && later <= NEXT_MS;
}

static int find(const wzp__clear_streams *s, uint32_t transit, uint16_t seq,
                uint32_t timestamp)
{
    int best = -1;
    uint32_t best_apart = NEAR_MS;
    for (int i = 0; i < WZP__CLEAR_STREAMS; i++) {
        const wzp__clear_stream *one = &s->v[i];
        if (!one->is_used) {
            continue;
        }
        if (follows(one, seq, timestamp)) {
            return i;
        }
        const uint32_t d = apart(transit, one->transit_ms);
        if (d < best_apart) {
            best = i;
            best_apart = d;
        }
    }
    return best;
}

static int take_place(wzp__clear_streams *s, wzp_tstamp now)
{
    int oldest = 0;
    for (int i = 0; i < WZP__CLEAR_STREAMS; i++) {
        if (!s->v[i].is_used) {
            return i;
        }
        if (s->v[i].heard_at < s->v[oldest].heard_at) {
            oldest = i;
        }
    }
    return now - s->v[oldest].heard_at > IDLE_NS ? oldest : -1;
}

static void note(wzp__clear_stream *s, wzp_tstamp now, uint16_t seq,
                 uint32_t timestamp)
{
    const uint32_t transit = transit_of(now, timestamp);
    const uint32_t later = transit - s->transit_ms;
    s->heard_at = now;
    if (wzp_seq_before(s->seq, seq)) {
        s->seq = seq;
        s->timestamp = timestamp;
    }
    if (later < NEAR_MS) {
        s->transit_ms += later / SMOOTH;
    } else if (0u - later < NEAR_MS) {
        s->transit_ms -= (0u - later) / SMOOTH;
    }
}

int wzp__clear_streams_pick(wzp__clear_streams *s, wzp_tstamp now, uint16_t seq,
                            uint32_t timestamp, bool *is_new)
{
    const uint32_t transit = transit_of(now, timestamp);
    int i = find(s, transit, seq, timestamp);
    *is_new = i < 0;
    if (i < 0) {
        i = take_place(s, now);
        if (i >= 0) {
            s->v[i] = (wzp__clear_stream){.is_used = true,
                                          .seq = seq,
                                          .timestamp = timestamp,
                                          .transit_ms = transit,
                                          .heard_at = now};
        }
        return i;
    }
    note(&s->v[i], now, seq, timestamp);
    return i;
}
