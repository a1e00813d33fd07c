/* SPDX-License-Identifier: MIT */
/* What is to be sent at a later time: texts and datagrams, with a number that
 * says to whom. Ordered by time, then by order of entry.
 */
#ifndef WZP_TEST_LATER_H
#define WZP_TEST_LATER_H

#include <wzp/proto/env.h>

typedef struct wzp_later_item {
    struct wzp_later_item *next;
    wzp_tstamp at;
    int to;
    bool is_dgram;
    size_t len;
    uint8_t data[];
} wzp_later_item;

/* Zero-initialised it is empty. Aborts out of memory. */
typedef struct wzp_later {
    wzp_later_item *first;
} wzp_later;

typedef struct wzp_later_what {
    int to;
    bool is_dgram;
    const void *data; /* copied */
    size_t len;
} wzp_later_what;

void wzp_later_add(wzp_later *q, wzp_tstamp at, const wzp_later_what *what);
/* WZP_NEVER when empty. */
wzp_tstamp wzp_later_next(const wzp_later *q);
/* The first that is due, for the caller to free(); NULL when none is. */
wzp_later_item *wzp_later_take(wzp_later *q, wzp_tstamp now);
void wzp_later_free(wzp_later *q);

#endif
