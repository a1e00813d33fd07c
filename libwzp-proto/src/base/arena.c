/* SPDX-License-Identifier: MIT */
/* The arena (arena.h): a chain of blocks, filled from the front. A new block
 * is twice the last one, or as large as asked for, up to what the limit still
 * allows.
 */
#include <wzp/proto/arena.h>

#include <stdalign.h>
#include <string.h>

enum {
    FIRST_BLOCK = 4096, /* chosen: most signals fit in one */
    KEEP_MAX = 16384,   /* chosen: a longer first block is not kept */
};

typedef struct block {
    struct block *next;
    size_t cap; /* bytes after this header */
    size_t used;
    alignas(max_align_t) uint8_t data[];
} block;

struct wzp_arena {
    wzp_mem mem;
    size_t limit;
    size_t held; /* caps of all blocks */
    block *first;
    block *last;
};

static size_t round_up(size_t size)
{
    const size_t align = alignof(max_align_t);
    return (size + align - 1) / align * align;
}

/* Append a block with room for `size` bytes. */
static block *grow(wzp_arena *arena, size_t size)
{
    const size_t left = arena->limit - arena->held;
    size_t cap = (arena->last != NULL) ? arena->last->cap : FIRST_BLOCK / 2;
    cap = (cap > left / 2) ? left : cap * 2;
    if (cap < size) {
        cap = size;
    }
    if (cap > left) {
        return NULL;
    }
    block *b = wzp_mem_resize(&arena->mem, NULL, 0, sizeof *b + cap);
    if (b == NULL) {
        return NULL;
    }
    *b = (block){.next = NULL, .cap = cap, .used = 0};
    if (arena->last != NULL) {
        arena->last->next = b;
    } else {
        arena->first = b;
    }
    arena->last = b;
    arena->held += cap;
    return b;
}

static void free_from(wzp_arena *arena, block *b)
{
    while (b != NULL) {
        block *next = b->next;
        arena->held -= b->cap;
        wzp_mem_free(&arena->mem, b, sizeof *b + b->cap);
        b = next;
    }
}

wzp_err wzp_arena_new(wzp_arena **out, const wzp_mem *mem, size_t limit)
{
    wzp_arena *arena = wzp_mem_new(mem, sizeof *arena);
    if (arena == NULL) {
        return WZP_ERR_NOMEM;
    }
    arena->mem = *mem;
    arena->limit = limit;
    *out = arena;
    return WZP_OK;
}

void wzp_arena_free(wzp_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    const wzp_mem mem = arena->mem;
    free_from(arena, arena->first);
    wzp_mem_free(&mem, arena, sizeof *arena);
}

void wzp_arena_reset(wzp_arena *arena)
{
    if (arena->first == NULL) {
        return;
    }
    if (arena->first->cap > KEEP_MAX) {
        free_from(arena, arena->first);
        arena->first = NULL;
        arena->last = NULL;
        return;
    }
    free_from(arena, arena->first->next);
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->last = arena->first;
}

void *wzp_arena_alloc(wzp_arena *arena, size_t size)
{
    if (size > arena->limit) {
        return NULL;
    }
    size = round_up((size != 0) ? size : 1);
    block *b = arena->last;
    if (b == NULL || size > b->cap - b->used) {
        b = grow(arena, size);
    }
    if (b == NULL) {
        return NULL;
    }
    void *ptr = b->data + b->used;
    b->used += size;
    return memset(ptr, 0, size);
}

void *wzp_arena_copy(wzp_arena *arena, const void *data, size_t len)
{
    void *ptr = wzp_arena_alloc(arena, len);
    if (ptr != NULL && len != 0) {
        memcpy(ptr, data, len);
    }
    return ptr;
}
