/* SPDX-License-Identifier: MIT */
/* The delay estimator (delay.h). Every packet scans the window: 150 samples,
 * fifty times a second.
 */
#include "media/delay.h"

enum {
    /* chosen: a stall that comes again within 8 s is expected a third time. */
    WINDOW_US = 8000000,
    /* chosen: so that the delay can be back 5 s after a stall. */
    RECENT_US = 2500000,
    WINDOW_MOBILE_US = 10000000, /* chosen: hand-overs come every few seconds */
    /* Kept though they are older. chosen: enough to begin with after silence */
    KEPT = 10,
    /* From so many on, one is forgiven. chosen: 2 % */
    FORGIVING = 50,
    /* Until so many, the start delay counts, less and less. chosen: 1 s */
    START_SAMPLES = 50,
    GRADIENT_US = 1000000,
    GRADIENT_SAMPLES = 10, /* at least */
    /* Parts of a second of which each must be slower than the one before for a
     * queue to be filling. chosen: jitter seldom looks so, a step never. */
    QUARTERS = 4,
};

void wzp__delay_init(wzp__delay *d, const wzp__delay_config *cfg)
{
    *d = (wzp__delay){.cfg = *cfg, .target = cfg->start_ms * INT64_C(1000)};
}

/* The i-th sample before the last one. */
static const wzp__delay_sample *back(const wzp__delay *d, size_t i)
{
    return &d->samples[(d->at + WZP__DELAY_SAMPLES - 1 - i) %
                       WZP__DELAY_SAMPLES];
}

static void update_jitter(wzp__delay *d, int64_t transit)
{
    if (d->n != 0) {
        int64_t change = transit - back(d, 0)->transit;
        change = (change < 0) ? -change : change;
        change = (change > 10000000) ? 10000000 : change;
        d->jitter_q4 += (uint32_t)change - ((d->jitter_q4 + 8) >> 4);
    }
}

/* Did it wait in one queue with the packet before it? Then it came less than
 * half the time after it that it was sent after it. */
static bool is_queued(const wzp__delay *d, int64_t at, int64_t transit)
{
    if (d->n == 0) {
        return false;
    }
    const wzp__delay_sample *last = back(d, 0);
    return last->transit - transit > at - last->at;
}

/* What the packets of the window needed, but for what is forgiven. */
static int64_t window_need(const wzp__delay *d, int64_t now)
{
    const int64_t span = d->cfg.is_mobile ? WINDOW_MOBILE_US : WINDOW_US;
    int64_t first = INT64_MIN, second = INT64_MIN, recent = INT64_MIN;
    size_t n = 0;
    for (; n < d->n; n++) {
        const wzp__delay_sample *s = back(d, n);
        if (n >= KEPT && now - s->at > span) {
            break;
        }
        if (s->is_queued) {
            continue;
        }
        if (n < KEPT || now - s->at <= RECENT_US) {
            recent = s->need > recent ? s->need : recent;
        }
        if (s->need > first) {
            second = first;
            first = s->need;
        } else if (s->need > second) {
            second = s->need;
        }
    }
    if (d->cfg.is_mobile) {
        return first;
    }
    const bool forgives = n >= FORGIVING && second != INT64_MIN;
    return forgives && second < recent ? second : recent;
}

/* Slope of the transits of the last second, least squares. */
static void update_gradient(wzp__delay *d, int64_t now)
{
    double t = 0, x = 0, tt = 0, tx = 0;
    const int64_t zero = back(d, 0)->transit;
    size_t n = 0;
    for (; n < d->n && now - back(d, n)->at <= GRADIENT_US; n++) {
        const double at = (double)(back(d, n)->at - now) / 1e6;
        const double v = (double)(back(d, n)->transit - zero);
        t += at;
        x += v;
        tt += at * at;
        tx += at * v;
    }
    const double spread = (double)n * tt - t * t;
    d->gradient_us_s = 0;
    if (n >= GRADIENT_SAMPLES && spread > 1e-3) {
        const double slope = ((double)n * tx - t * x) / spread;
        d->gradient_us_s = slope > 1e9    ? 1000000000
                           : slope < -1e9 ? -1000000000
                                          : (int32_t)slope;
    }
}

/* How much slower each quarter of the last second was than the one before at
 * least, by the quickest packet of each; 0 where one was not. A queue that
 * fills will have filled by so much more a quarter of a second from now. */
static int64_t steady_rise(const wzp__delay *d, int64_t now)
{
    int64_t least[QUARTERS] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    for (size_t n = 0; n < d->n; n++) {
        const int64_t age = now - back(d, n)->at;
        if (age >= GRADIENT_US) {
            break;
        }
        int64_t *l = &least[age > 0 ? age * QUARTERS / GRADIENT_US : 0];
        *l = back(d, n)->transit < *l ? back(d, n)->transit : *l;
    }
    int64_t rise = INT64_MAX;
    for (size_t q = 1; q < QUARTERS; q++) {
        if (least[q] == INT64_MAX || least[q - 1] <= least[q]) {
            return 0;
        }
        const int64_t r = least[q - 1] - least[q];
        rise = r < rise ? r : rise;
    }
    return rise;
}

static void update_target(wzp__delay *d, int64_t now)
{
    int64_t wanted = window_need(d, now) - d->base;
    wanted += steady_rise(d, now);
    const int64_t start = d->cfg.start_ms * INT64_C(1000) *
                          (int64_t)(START_SAMPLES - d->total) / START_SAMPLES;
    const int64_t min = d->cfg.min_ms * INT64_C(1000);
    const int64_t max = d->cfg.max_ms * INT64_C(1000);
    wanted = (wanted < start) ? start : wanted;
    wanted = (wanted < min) ? min : wanted;
    d->target = (wanted > max) ? max : wanted;
}

void wzp__delay_add(wzp__delay *d, int64_t at, int64_t transit, int64_t need)
{
    if (d->n != 0 && at - back(d, 0)->at > WZP__SKEW_STALE_US) {
        d->n = 0;
    }
    update_jitter(d, transit);
    const wzp__delay_sample s = {at, transit, need, is_queued(d, at, transit)};
    d->samples[d->at] = s;
    d->at = (d->at + 1) % WZP__DELAY_SAMPLES;
    d->n += d->n < WZP__DELAY_SAMPLES;
    wzp__skew_add(&d->skew, at, transit);
    d->base = wzp__skew_base(&d->skew);
    update_gradient(d, at);
    update_target(d, at);
    d->total += d->total < START_SAMPLES;
}
