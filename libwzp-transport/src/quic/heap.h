/* SPDX-License-Identifier: MIT */
/* Deadlines of many objects, each named by a small number ("slot"): a binary
 * heap in which every slot is at most once.
 */
#ifndef WZP_TRANSPORT_QUIC_HEAP_H
#define WZP_TRANSPORT_QUIC_HEAP_H

#include <wzp/proto/env.h>

typedef struct wzp__heap_entry {
    wzp_tstamp at;
    uint32_t slot;
} wzp__heap_entry;

typedef struct wzp__heap {
    wzp_mem mem;
    wzp__heap_entry *v; /* count used of slots */
    uint32_t *pos;      /* by slot: index in v, plus 1; 0 = not in the heap */
    size_t count, slots;
} wzp__heap;

void wzp__heap_init(wzp__heap *h, const wzp_mem *mem);
void wzp__heap_deinit(wzp__heap *h);

/* Make room for slots 0 … slots − 1. */
WZP_NODISCARD wzp_err wzp__heap_reserve(wzp__heap *h, size_t slots);

/* Insert or move; WZP_NEVER removes. The slot must be reserved. */
void wzp__heap_set(wzp__heap *h, uint32_t slot, wzp_tstamp at);

/* WZP_NEVER when the slot is not in the heap. */
wzp_tstamp wzp__heap_get(const wzp__heap *h, uint32_t slot);

/* The earliest; false when empty. */
bool wzp__heap_top(const wzp__heap *h, wzp__heap_entry *out);

#endif
