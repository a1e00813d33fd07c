/* SPDX-License-Identifier: MIT */
/* See alloc.h. */
#include "support/faults/alloc.h"

#include <stdint.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
void *__real_speex_echo_state_init(int samples, int tail);
void *__wrap_speex_echo_state_init(int samples, int tail);
void *__real_speex_preprocess_state_init(int samples, int rate);
void *__wrap_speex_preprocess_state_init(int samples, int rate);

static size_t depth, count, fails_at, live;
static bool has_failed;

void wzp_alloc_enter(void)
{
    depth++;
}

void wzp_alloc_leave(void)
{
    depth--;
}

void wzp_alloc_arm(size_t n)
{
    count = 0;
    fails_at = n;
    has_failed = false;
}

bool wzp_alloc_disarm(void)
{
    fails_at = 0;
    return has_failed;
}

size_t wzp_alloc_count(void)
{
    return count;
}

size_t wzp_alloc_live(void)
{
    return live;
}

static bool is_due(void)
{
    if (depth == 0 || ++count != fails_at) {
        return false;
    }
    has_failed = true;
    return true;
}

static void *kept(void *p)
{
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n)
{
    return is_due() ? NULL : kept(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_due() ? NULL : kept(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (is_due()) {
        return NULL;
    }
    return p == NULL ? kept(__real_realloc(p, n)) : __real_realloc(p, n);
}

void __wrap_free(void *p)
{
    live -= p != NULL;
    __real_free(p);
}

/* speexdsp never looks at what calloc answers (docs/embedding.md). */
static void *spared(void *init(int, int), int a, int b)
{
    const size_t held = depth;
    depth = 0;
    void *p = init(a, b);
    depth = held;
    return p;
}

void *__wrap_speex_echo_state_init(int samples, int tail)
{
    return spared(__real_speex_echo_state_init, samples, tail);
}

void *__wrap_speex_preprocess_state_init(int samples, int rate)
{
    return spared(__real_speex_preprocess_state_init, samples, rate);
}
