/* SPDX-License-Identifier: MIT */
/* The wait for repairs (repairs.h). */
#include "media/repairs.h"

enum {
    /* chosen: bursts of loss that come every ten seconds are remembered. */
    WINDOW_US = 15000000,
    LEFT_OUT_PERCENT = 3,
    KEEP = WZP__REPAIRS_MAX * LEFT_OUT_PERCENT / 100 + 1,
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

int64_t wzp__repairs_wanted(const wzp__repairs *r, int64_t now)
{
    int64_t largest[KEEP];
    size_t n = 0;
    for (size_t i = 0; i < KEEP; i++) {
        largest[i] = INT64_MIN;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (now - r->at[i] <= WINDOW_US) {
            keep_largest(largest, r->need[i]);
            n++;
        }
    }
    return largest[n * LEFT_OUT_PERCENT / 100];
}
