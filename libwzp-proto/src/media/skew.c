/* SPDX-License-Identifier: MIT */
/* The clock comparison (skew.h). Once in 4 s it sorts 24 numbers. */
#include "media/skew.h"

enum {
    PAIRS = WZP__SKEW_SPANS - WZP__SKEW_APART,
    BASE_SPANS = 2, /* finished ones, beside the one that is measured */
};

/* The i-th span before the last one. */
static int64_t back(const wzp__skew *k, size_t i)
{
    return k->least[(k->at + WZP__SKEW_SPANS - 1 - i) % WZP__SKEW_SPANS];
}

static int64_t median(int64_t *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const int64_t x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--) {
            v[j] = v[j - 1];
        }
        v[j] = x;
    }
    return v[n / 2];
}

static void measure(wzp__skew *k)
{
    int64_t rise[PAIRS];
    size_t n = 0;
    for (; n + WZP__SKEW_APART < k->n; n++) {
        rise[n] = back(k, n) - back(k, n + WZP__SKEW_APART);
    }
    if (n != 0) {
        const int64_t s = WZP__SKEW_APART * (WZP__SKEW_SPAN_US / 1000000);
        k->ppm = (int32_t)(-median(rise, n) / s);
    }
}

static void end_span(wzp__skew *k)
{
    k->least[k->at] = k->now_least;
    k->at = (k->at + 1) % WZP__SKEW_SPANS;
    k->n += k->n < WZP__SKEW_SPANS;
    measure(k);
}

void wzp__skew_add(wzp__skew *k, int64_t at, int64_t transit)
{
    if (!k->is_begun || at - k->begin > WZP__SKEW_STALE_US) {
        *k = (wzp__skew){
            .begin = at, .now_least = transit, .is_begun = true, .ppm = k->ppm};
        return;
    }
    /* A silence of several spans: each of them was as the last. */
    while (at - k->begin >= WZP__SKEW_SPAN_US) {
        end_span(k);
        k->begin += WZP__SKEW_SPAN_US;
        k->now_least =
            (at - k->begin >= WZP__SKEW_SPAN_US) ? k->now_least : transit;
    }
    k->now_least = (transit < k->now_least) ? transit : k->now_least;
}

int64_t wzp__skew_base(const wzp__skew *k)
{
    int64_t base = k->now_least;
    for (size_t i = 0; i < BASE_SPANS && i < k->n; i++) {
        base = (back(k, i) < base) ? back(k, i) : base;
    }
    return base;
}
