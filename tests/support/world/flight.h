/* SPDX-License-Identifier: MIT */
/* Packets on their way: a heap ordered by time, then by order of entry. */
#ifndef WZP_TEST_FLIGHT_H
#define WZP_TEST_FLIGHT_H

#include <wzp/proto/addr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wzp_flying {
    uint64_t due_ns;
    uint64_t order;
    int from, to;
    wzp_addr src, dst; /* as seen outside */
    bool is_last_leg;  /* false: enters the receiver's down link at due_ns */
    uint16_t len;
    uint8_t data[1500];
} wzp_flying;

typedef struct wzp_flight {
    wzp_flying **heap;
    size_t count, cap;
    wzp_flying *spare; /* one, so that a steady flow allocates nothing */
    uint64_t orders;
} wzp_flight;

/* Copies. */
void wzp_flight_add(wzp_flight *f, const wzp_flying *head, const uint8_t *data,
                    size_t len);
/* UINT64_MAX when empty. */
uint64_t wzp_flight_next(const wzp_flight *f);
/* The first one; valid until the next call here. NULL when empty. */
wzp_flying *wzp_flight_take(wzp_flight *f);
void wzp_flight_free(wzp_flight *f);

#endif
