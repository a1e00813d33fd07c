/* SPDX-License-Identifier: MIT */
/* The `size` rule of public structs that grow: each begins with `size_t size`,
 * the bytes its owner's header knows, and fields are added at the end only. A
 * library that knows more fields than its caller, or fewer, reads and writes
 * only what both know. docs/embedding.md says what that promises.
 *
 * Functions that fill a struct of the caller exist as x_sized, which is told
 * the caller's size, and as x in the header, inline: compiled into the caller,
 * it says how large the struct was when the caller was compiled.
 */
#ifndef WZP_PROTO_SIZED_H
#define WZP_PROTO_SIZED_H

#include <wzp/proto/base.h>

/* Give `full` to a caller whose struct has `size` bytes: the first bytes of
 * both, and in the caller's first field how many those are. Nothing is written
 * to a struct too short for that field. */
void wzp_sized_give(void *out, size_t size, const void *full, size_t full_size)
    WZP_NONNULL(1, 3);

/* Take what a caller gave over the defaults that are in `full`: as many bytes
 * as its first field says, at most full_size. full's own size stays. */
void wzp_sized_take(void *full, size_t full_size, const void *given)
    WZP_NONNULL(1, 3);

#endif
