/* SPDX-License-Identifier: MIT */
/* Several objects in one allocation: each starts where any object may. */
#ifndef WZP_CODEC_ALIGN_H
#define WZP_CODEC_ALIGN_H

#include <stdalign.h>
#include <stddef.h>

/* The next multiple of the strictest alignment. */
static inline size_t wzp__align_up(size_t n)
{
    const size_t align = alignof(max_align_t);
    return (n + align - 1) / align * align;
}

#endif
