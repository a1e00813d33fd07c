/* SPDX-License-Identifier: MIT */
/* ngtcp2's allocator interface on wzp_mem. ngtcp2 does not say how much it
 * frees, so the size stands in front of every block; nor does it always say
 * that there was no memory, so that is counted here.
 */
#include "quic/env.h"

#include <stdalign.h>
#include <string.h>

/* The space in front keeps every type aligned. */
enum {
    HEAD = alignof(max_align_t) > sizeof(size_t) ? alignof(max_align_t)
                                                 : sizeof(size_t),
};

static void *resize(void *ptr, size_t size, void *user)
{
    wzp__env *env = user;
    uint8_t *block = NULL;
    size_t old = 0;
    if (ptr != NULL) {
        block = (uint8_t *)ptr - HEAD;
        memcpy(&old, block, sizeof old);
    }
    if (size > SIZE_MAX - HEAD) {
        return NULL;
    }
    block = wzp_mem_resize(&env->cfg.mem, block, old, HEAD + size);
    if (block == NULL) {
        env->stats.no_memory++;
        return NULL;
    }
    const size_t now = HEAD + size;
    memcpy(block, &now, sizeof now);
    return block + HEAD;
}

static void *allocate(size_t size, void *user)
{
    return resize(NULL, size, user);
}

static void *allocate_zeroed(size_t n, size_t size, void *user)
{
    if (size != 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    void *p = resize(NULL, n * size, user);
    if (p != NULL) {
        memset(p, 0, n * size);
    }
    return p;
}

static void release(void *ptr, void *user)
{
    if (ptr == NULL) {
        return;
    }
    const wzp__env *env = user;
    uint8_t *block = (uint8_t *)ptr - HEAD;
    size_t size = 0;
    memcpy(&size, block, sizeof size);
    wzp_mem_free(&env->cfg.mem, block, size);
}

ngtcp2_mem wzp__quic_mem(wzp__env *env)
{
    return (ngtcp2_mem){
        .user_data = env,
        .malloc = allocate,
        .free = release,
        .calloc = allocate_zeroed,
        .realloc = resize,
    };
}
