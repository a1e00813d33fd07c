/* SPDX-License-Identifier: MIT */
/* Counts every allocation of the process while it is switched on, whoever
 * makes it: malloc and its kin are this program's own, in front of the C
 * library's. To be included by one source of a program; nothing of it is in an
 * archive, or every program would get it.
 *
 * Not with sanitizers, which have allocators of their own: ALLOCS_WORK is 0.
 */
#ifndef WZP_TEST_ALLOCS_H
#define WZP_TEST_ALLOCS_H

#include "support/sanitized.h"

#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALLOCS_WORK (!WZP_TEST_SANITIZED)

enum { ALLOCS_WHO = 8, ALLOCS_FRAMES = 24 };

typedef struct allocs_state {
    volatile bool is_on;
    bool is_noting; /* what is called here may allocate itself */
    bool is_quiet;  /* no backtrace */
    /* Who is at work, below ALLOCS_WHO; negative: not to be counted. */
    int (*who)(void);
    uint64_t made[ALLOCS_WHO], freed[ALLOCS_WHO];
} allocs_state;

static allocs_state allocs;

/* The first allocation of each is shown, with how it came about. */
static inline void allocs_note(uint64_t counts[ALLOCS_WHO], const char *what)
{
    if (!allocs.is_on || allocs.is_noting) {
        return;
    }
    const int who = allocs.who == NULL ? 0 : allocs.who();
    if (who < 0 || who >= ALLOCS_WHO) {
        return;
    }
    allocs.is_noting = true;
    if (counts[who]++ == 0 && !allocs.is_quiet) {
        void *frames[ALLOCS_FRAMES];
        char head[64];
        const int n =
            snprintf(head, sizeof head, "first %s of %d:\n", what, who);
        if (write(2, head, (size_t)n) == n) {
            backtrace_symbols_fd(frames, backtrace(frames, ALLOCS_FRAMES), 2);
        }
    }
    allocs.is_noting = false;
}

static inline void allocs_begin(int (*who)(void))
{
    void *frames[1];
    (void)backtrace(frames, 1); /* loads what it needs */
    memset(allocs.made, 0, sizeof allocs.made);
    memset(allocs.freed, 0, sizeof allocs.freed);
    allocs.who = who;
    allocs.is_on = true;
}

static inline void allocs_end(void)
{
    allocs.is_on = false;
}

#if ALLOCS_WORK

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *ptr);

void *malloc(size_t size)
{
    allocs_note(allocs.made, "malloc");
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    allocs_note(allocs.made, "calloc");
    return __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
    allocs_note(allocs.made, "realloc");
    if (ptr != NULL) { /* gives one for another */
        allocs_note(allocs.freed, "realloc");
    }
    return __libc_realloc(ptr, size);
}

void *memalign(size_t align, size_t size);
void *memalign(size_t align, size_t size)
{
    allocs_note(allocs.made, "memalign");
    return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    allocs_note(allocs.made, "aligned_alloc");
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size);
int posix_memalign(void **out, size_t align, size_t size)
{
    allocs_note(allocs.made, "posix_memalign");
    void *p = __libc_memalign(align, size);
    if (p == NULL) {
        return ENOMEM;
    }
    *out = p;
    return 0;
}

void free(void *ptr)
{
    if (ptr != NULL) {
        allocs_note(allocs.freed, "free");
    }
    __libc_free(ptr);
}

#endif
#endif
