/* SPDX-License-Identifier: MIT */
/* Tree of winners, see timers.h. */
#include "timers.h"

#include <stddef.h>

void wzp_timers_init(wzp_timers *t)
{
    for (size_t i = 0; i < sizeof t->at / sizeof *t->at; i++) {
        t->at[i] = UINT64_MAX;
    }
}

void wzp_timers_set(wzp_timers *t, int node, uint64_t at)
{
    size_t i = WZP_TIMERS_MAX + (size_t)node;
    t->at[i] = at;
    for (i /= 2; i > 0; i /= 2) {
        const uint64_t left = t->at[2 * i], right = t->at[2 * i + 1];
        const uint64_t least = left < right ? left : right;
        if (t->at[i] == least) {
            return;
        }
        t->at[i] = least;
    }
}

uint64_t wzp_timers_first(const wzp_timers *t, int *node)
{
    const uint64_t at = t->at[1];
    if (at == UINT64_MAX) {
        return at;
    }
    size_t i = 1;
    while (i < WZP_TIMERS_MAX) {
        i = t->at[2 * i] == at ? 2 * i : 2 * i + 1;
    }
    *node = (int)(i - WZP_TIMERS_MAX);
    return at;
}
