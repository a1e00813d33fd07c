/* SPDX-License-Identifier: MIT */
/* How much a way holds, see bandwidth.h. */
#include "media/bandwidth.h"

#define NS_PER_US UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)

/* chosen: a longer route is believed after 60 s */
#define STRETCH (30 * WZP_S)

void wzp__bandwidth_init(wzp__bandwidth *b, unsigned smooth)
{
    *b = (wzp__bandwidth){
        .smooth = smooth, .least = WZP_NEVER, .least_before = WZP_NEVER};
}

static wzp_tstamp base_of(const wzp__bandwidth *b)
{
    return b->least < b->least_before ? b->least : b->least_before;
}

static void note_delay(wzp__bandwidth *b, wzp_tstamp now, wzp_tstamp delay)
{
    if (now - b->stretch_at >= STRETCH) {
        b->least_before = b->stretch_at == 0 ? WZP_NEVER : b->least;
        b->least = WZP_NEVER;
        b->stretch_at = now;
    }
    b->least = delay < b->least ? delay : b->least;
    for (unsigned i = 0; i + 1 < WZP__BANDWIDTH_SMOOTH; i++) {
        b->recent[i] = b->recent[i + 1];
    }
    b->recent[WZP__BANDWIDTH_SMOOTH - 1] = delay;
    b->n += b->n < WZP__BANDWIDTH_SMOOTH;
    wzp_tstamp seen = delay;
    for (unsigned i = 1; i < b->smooth; i++) {
        const wzp_tstamp d = b->recent[WZP__BANDWIDTH_SMOOTH - 1 - i];
        seen = i < b->n && d < seen ? d : seen;
    }
    const bool is_enough = b->n >= b->smooth;
    b->queue = is_enough && seen > base_of(b) ? seen - base_of(b) : 0;
}

/* Between the newest arrival and the first that is `window` older. */
static void note_arrival(wzp__bandwidth *b, wzp_tstamp now,
                         const wzp__bandwidth_sample *s)
{
    uint64_t i = b->arrivals++;
    b->arrival[i % WZP__BANDWIDTH_ARRIVALS].at = now;
    b->arrival[i % WZP__BANDWIDTH_ARRIVALS].bytes = s->arrived;
    const uint64_t oldest =
        i < WZP__BANDWIDTH_ARRIVALS ? 0 : i - WZP__BANDWIDTH_ARRIVALS + 1;
    while (i > oldest &&
           now - b->arrival[i % WZP__BANDWIDTH_ARRIVALS].at < s->window) {
        i--;
    }
    const wzp_tstamp span = now - b->arrival[i % WZP__BANDWIDTH_ARRIVALS].at;
    const uint64_t before = b->arrival[i % WZP__BANDWIDTH_ARRIVALS].bytes;
    if (span >= NS_PER_US && s->arrived >= before) {
        b->rate_bps = (s->arrived - before) * 8 * US_PER_S / (span / NS_PER_US);
    }
}

void wzp__bandwidth_note(wzp__bandwidth *b, wzp_tstamp now,
                         const wzp__bandwidth_sample *s)
{
    note_arrival(b, now, s);
    b->backlog = s->backlog;
    if (s->delay > 0) {
        note_delay(b, now, s->delay);
    }
}

wzp_tstamp wzp__bandwidth_newest(const wzp__bandwidth *b)
{
    const wzp_tstamp newest = b->recent[WZP__BANDWIDTH_SMOOTH - 1];
    return b->n > 0 && newest > base_of(b) ? newest - base_of(b) : 0;
}

wzp_tstamp wzp__bandwidth_queue(const wzp__bandwidth *b)
{
    const wzp_tstamp seen = wzp__bandwidth_newest(b);
    if (seen == 0 || b->rate_bps == 0) {
        return seen;
    }
    const wzp_tstamp all = b->backlog * 8 * US_PER_S / b->rate_bps * NS_PER_US;
    const wzp_tstamp waiting = all > base_of(b) ? all - base_of(b) : 0;
    return waiting > seen ? waiting : seen;
}

void wzp__bandwidth_rebase(wzp__bandwidth *b, wzp_tstamp now)
{
    b->least = b->n > 0 ? b->recent[WZP__BANDWIDTH_SMOOTH - 1] : WZP_NEVER;
    b->least_before = WZP_NEVER;
    b->stretch_at = now;
    b->queue = 0;
}
