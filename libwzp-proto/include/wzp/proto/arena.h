/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once: parse results of one message. Grows
 * in blocks up to a limit; reset keeps the first block. One thread.
 */
#ifndef WZP_PROTO_ARENA_H
#define WZP_PROTO_ARENA_H

#include <wzp/proto/env.h>

typedef struct wzp_arena wzp_arena;

/* limit  most bytes it will ever hold, e.g. 8 × WZP_SIGNAL_MAX. */
WZP_NODISCARD wzp_err wzp_arena_new(wzp_arena **out, const wzp_mem *mem,
                                    size_t limit);
void wzp_arena_free(wzp_arena *arena);

/* Everything allocated before becomes invalid. */
void wzp_arena_reset(wzp_arena *arena) WZP_NONNULL(1);

/* Zeroed, aligned for any type; NULL at the limit or out of memory. size 0
 * gives a valid pointer. */
void *wzp_arena_alloc(wzp_arena *arena, size_t size) WZP_NONNULL(1);

/* Copy of `len` bytes, or NULL. */
void *wzp_arena_copy(wzp_arena *arena, const void *data, size_t len)
    WZP_NONNULL(1);

#endif
