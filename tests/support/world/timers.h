/* SPDX-License-Identifier: MIT */
/* The earliest of many deadlines, one per node: a tree of winners. A change
 * costs log2(nodes), the answer nothing; of equal deadlines the lowest node
 * wins.
 */
#ifndef WZP_TEST_TIMERS_H
#define WZP_TEST_TIMERS_H

#include <stdint.h>

enum { WZP_TIMERS_MAX = 2048 }; /* nodes; a power of two */

typedef struct wzp_timers {
    uint64_t at[2 * WZP_TIMERS_MAX]; /* [1] is the root, leaves in [MAX …] */
} wzp_timers;

/* All never. */
void wzp_timers_init(wzp_timers *t);
void wzp_timers_set(wzp_timers *t, int node, uint64_t at);
/* UINT64_MAX when there is none; *node is set otherwise. */
uint64_t wzp_timers_first(const wzp_timers *t, int *node);

#endif
