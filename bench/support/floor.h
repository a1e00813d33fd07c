/* SPDX-License-Identifier: MIT */
/* The floor under a fan-out: one process that sends bare UDP packets, a burst
 * of one to each receiver per tick, and does nothing else. Same shape as
 * ../shared/bench/paced.c.
 */
#ifndef WZP_BENCH_FLOOR_H
#define WZP_BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>

enum { WZP_FLOOR_RECEIVERS_MAX = 256 };

typedef struct wzp_floor {
    size_t size;      /* bytes of UDP payload */
    size_t receivers; /* one socket each, read by another process */
    unsigned rate;    /* bursts per second */
    double seconds;
} wzp_floor;

/* Packets per CPU-second of the sender, or 0 with the reason on stderr. */
double wzp_floor_run(const wzp_floor *f);

#endif
