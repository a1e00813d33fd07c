/* SPDX-License-Identifier: MIT */
/* See ring.h. The cursors count samples for ever and wrap with size_t; their
 * difference is the level. Release on one side pairs with acquire on the
 * other, so samples are visible before the cursor that announces them.
 */
#include "audio/ring.h"

#include <string.h>

wzp_err wzp__ring_init(wzp__ring *ring, const wzp_mem *mem, size_t cap)
{
    size_t size = 1;
    while (size < cap) {
        size *= 2;
    }
    ring->cap = size;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    ring->buf = wzp_mem_array(mem, size, sizeof *ring->buf);
    return ring->buf == NULL ? WZP_ERR_NOMEM : WZP_OK;
}

void wzp__ring_deinit(wzp__ring *ring, const wzp_mem *mem)
{
    wzp_mem_free(mem, ring->buf, ring->cap * sizeof *ring->buf);
    ring->buf = NULL;
}

/* Copy n samples to or from the buffer at cursor `at`, in at most two parts. */
static void copy_in(wzp__ring *ring, size_t at, const int16_t *pcm, size_t n)
{
    size_t i = at & (ring->cap - 1);
    size_t first = n < ring->cap - i ? n : ring->cap - i;
    memcpy(ring->buf + i, pcm, first * sizeof *pcm);
    memcpy(ring->buf, pcm + first, (n - first) * sizeof *pcm);
}

static void copy_out(const wzp__ring *ring, size_t at, int16_t *pcm, size_t n)
{
    size_t i = at & (ring->cap - 1);
    size_t first = n < ring->cap - i ? n : ring->cap - i;
    memcpy(pcm, ring->buf + i, first * sizeof *pcm);
    memcpy(pcm + first, ring->buf, (n - first) * sizeof *pcm);
}

size_t wzp__ring_write(wzp__ring *ring, const int16_t *pcm, size_t n)
{
    size_t w = atomic_load_explicit(&ring->written, memory_order_relaxed);
    size_t r = atomic_load_explicit(&ring->read, memory_order_acquire);
    size_t room = ring->cap - (w - r);
    n = n < room ? n : room;
    copy_in(ring, w, pcm, n);
    atomic_store_explicit(&ring->written, w + n, memory_order_release);
    return n;
}

size_t wzp__ring_read(wzp__ring *ring, int16_t *pcm, size_t n)
{
    size_t r = atomic_load_explicit(&ring->read, memory_order_relaxed);
    size_t w = atomic_load_explicit(&ring->written, memory_order_acquire);
    n = n < w - r ? n : w - r;
    copy_out(ring, r, pcm, n);
    atomic_store_explicit(&ring->read, r + n, memory_order_release);
    return n;
}

size_t wzp__ring_level(wzp__ring *ring)
{
    size_t r = atomic_load_explicit(&ring->read, memory_order_acquire);
    return atomic_load_explicit(&ring->written, memory_order_acquire) - r;
}
