/* SPDX-License-Identifier: MIT */
/* The delay estimator (delay.h). Every packet scans the window: 250 numbers,
 * fifty times a second.
 */
#include "media/delay.h"

enum {
    /* Packets of a full window that may come later than the target: 1 %.
     * chosen: they are lost in playout, which concealment can bear; more would
     * add to the loss of the path, fewer would let single strays decide. */
    ALLOWED_LATE = WZP__DELAY_WINDOW / 100,
    /* The target falls by 1/FALL of its distance per packet. chosen: about
     * 1.3 s at 20 ms, besides what the window remembers. */
    FALL = 64,
};

void wzp__delay_init(wzp__delay *d, uint16_t min_ms, uint16_t max_ms,
                     uint16_t start_ms)
{
    *d = (wzp__delay){.min_ms = min_ms,
                      .max_ms = max_ms,
                      .target_q8 = (uint32_t)start_ms * 256};
}

/* Put v into the descending list of the `n` largest. */
static void keep_largest(int64_t *largest, size_t n, int64_t v)
{
    size_t i = n;
    for (; i > 0 && v > largest[i - 1]; i--) {
        if (i < n) {
            largest[i] = largest[i - 1];
        }
    }
    if (i < n) {
        largest[i] = v;
    }
}

/* The transit that all but the allowed share of the window stays within. */
static int64_t high_percentile(const wzp__delay *d)
{
    int64_t largest[ALLOWED_LATE + 1];
    const size_t keep = d->n * ALLOWED_LATE / WZP__DELAY_WINDOW + 1;
    for (size_t i = 0; i < keep; i++) {
        largest[i] = INT64_MIN;
    }
    for (size_t i = 0; i < d->n; i++) {
        keep_largest(largest, keep, d->transit[i]);
    }
    return largest[keep - 1];
}

static void update_jitter(wzp__delay *d, int64_t transit)
{
    if (d->n != 0) {
        int64_t change = transit - d->last;
        change = (change < 0) ? -change : change;
        change = (change > 10000) ? 10000 : change;
        d->jitter_q4 += (uint32_t)change - ((d->jitter_q4 + 8) >> 4);
    }
    d->last = transit;
}

static void update_target(wzp__delay *d, uint8_t frame_ms)
{
    int64_t wanted = high_percentile(d) - d->base + frame_ms;
    wanted = (wanted < d->min_ms) ? d->min_ms : wanted;
    wanted = (wanted > d->max_ms) ? d->max_ms : wanted;
    const uint32_t wanted_q8 = (uint32_t)wanted * 256;
    if (wanted_q8 > d->target_q8) {
        d->target_q8 = wanted_q8;
    } else {
        d->target_q8 -= (d->target_q8 - wanted_q8) / FALL;
    }
}

void wzp__delay_add(wzp__delay *d, int64_t transit, uint8_t frame_ms)
{
    update_jitter(d, transit);
    d->transit[d->at] = transit;
    d->at = (d->at + 1) % WZP__DELAY_WINDOW;
    d->n += d->n < WZP__DELAY_WINDOW;
    d->base = d->transit[0];
    for (size_t i = 1; i < d->n; i++) {
        d->base = (d->transit[i] < d->base) ? d->transit[i] : d->base;
    }
    update_target(d, frame_ms);
}
