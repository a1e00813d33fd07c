/* SPDX-License-Identifier: MIT */
/* The twelve network traces of tests/vectors/traces.json, made by formula: 60 s
 * of one-way delays and losses, a value every 20 ms. The file says how each is
 * made; the table in trace.c is that in C.
 */
#ifndef WZP_TEST_TRACE_H
#define WZP_TEST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WZP_TRACE_LEN = 3000,
    WZP_TRACE_LOST = -1,
    WZP_TRACE_UNIT_NS = 100000,   /* of a delay: 0.1 ms */
    WZP_TRACE_STEP_NS = 20000000, /* between two values */
};

typedef struct wzp_trace {
    const char *name;
    bool is_fifo;                 /* no packet overtakes another */
    int32_t delay[WZP_TRACE_LEN]; /* 0.1 ms, or WZP_TRACE_LOST */
} wzp_trace;

size_t wzp_trace_count(void);
/* NULL from wzp_trace_count() on. */
const char *wzp_trace_name(size_t i);
/* False when there is none of this name. */
bool wzp_trace_make(const char *name, wzp_trace *out);

/* What happens to a packet that enters so long after the beginning: packets
 * of the same 20 ms share their fate; after 60 s it begins again. */
int32_t wzp_trace_at(const wzp_trace *trace, uint64_t elapsed_ns);

/* FNV-1a 64 over the delays as little-endian int32: `fnv1a64` of the file. */
uint64_t wzp_trace_hash(const wzp_trace *trace);

#endif
