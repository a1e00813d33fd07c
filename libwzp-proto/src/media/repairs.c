/* SPDX-License-Identifier: MIT */
/* The wait for repairs (repairs.h). */
#include "media/repairs.h"

#include <assert.h>

enum {
    /* Nothing lost for eight times as long as from one loss to the next, on the
     * mean, ends the wait. chosen: bursts that come every five seconds are
     * waited for until the next, while after a time of steady loss delay is
     * back within five. */
    WINDOW_US = 15000000,
    CALM_LEAST_US = 2500000,
    CALM_GAPS = 8,
    APART_US = 100000, /* losses closer to each other are one */
    KEEP = (WZP__REPAIRS_MAX - 1) * WZP__REPAIRS_LEFT_OUT_MAX / 100 + 1,
};

void wzp__repairs_add(wzp__repairs *r, int64_t at, int64_t need)
{
    r->at[r->next] = at;
    r->need[r->next] = need;
    r->next = (r->next + 1) % WZP__REPAIRS_MAX;
    r->n += r->n < WZP__REPAIRS_MAX;
}

/* Put v into the descending list of the KEEP largest. */
static void keep_largest(int64_t largest[KEEP], int64_t v)
{
    for (size_t i = 0; i < KEEP; i++) {
        if (v > largest[i]) {
            const int64_t pushed = largest[i];
            largest[i] = v;
            v = pushed;
        }
    }
}

/* When do we stop expecting more? */
static int64_t calm_after(const wzp__repairs *r)
{
    const size_t from = r->n < WZP__REPAIRS_MAX ? 0 : r->next;
    int64_t first = 0;
    int64_t last = 0;
    int64_t events = 0;
    for (size_t i = 0; i < r->n; i++) {
        const int64_t at = r->at[(from + i) % WZP__REPAIRS_MAX];
        if (events == 0 || at - last > APART_US) {
            first = events == 0 ? at : first;
            last = at;
            events++;
        }
    }
    if (events < 2) {
        return WINDOW_US;
    }
    const int64_t calm = CALM_GAPS * (last - first) / (events - 1);
    return calm < CALM_LEAST_US ? CALM_LEAST_US : calm;
}

static int64_t newest(const wzp__repairs *r)
{
    return r->at[(r->next + WZP__REPAIRS_MAX - 1) % WZP__REPAIRS_MAX];
}

int64_t wzp__repairs_wanted(const wzp__repairs *r, int64_t now,
                            unsigned left_out_percent)
{
    int64_t largest[KEEP];
    size_t n = 0;
    assert(left_out_percent <= WZP__REPAIRS_LEFT_OUT_MAX);
    if (r->n == 0 || now - newest(r) > calm_after(r)) {
        return INT64_MIN;
    }
    for (size_t i = 0; i < KEEP; i++) {
        largest[i] = INT64_MIN;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (now - r->at[i] <= WINDOW_US) {
            keep_largest(largest, r->need[i]);
            n++;
        }
    }
    return n == 0 ? INT64_MIN : largest[(n - 1) * left_out_percent / 100];
}
