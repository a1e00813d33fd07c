/* SPDX-License-Identifier: MIT */
/* An allocator for tests that counts what is held and fails on demand: the
 * n-th allocation fails, then the next one, until a whole run succeeds.
 */
#ifndef WZP_TEST_PROTO_MEMORY_H
#define WZP_TEST_PROTO_MEMORY_H

#include <wzp/proto/env.h>

#include <stdlib.h>

typedef struct test_memory {
    size_t held;      /* bytes not given back */
    size_t calls;     /* allocations so far */
    size_t fail_from; /* this allocation and all later ones fail; 0: none */
} test_memory;

static void *test_memory_resize(void *user, void *ptr, size_t old, size_t size)
{
    test_memory *m = user;
    if (size == 0) {
        m->held -= old;
        free(ptr);
        return NULL;
    }
    m->calls++;
    if (m->fail_from != 0 && m->calls >= m->fail_from) {
        return NULL;
    }
    void *new_ptr = realloc(ptr, size);
    if (new_ptr != NULL) {
        m->held += size - old;
    }
    return new_ptr;
}

static inline wzp_mem test_memory_mem(test_memory *m)
{
    return (wzp_mem){.resize = test_memory_resize, .user = m};
}

/* Run `run` with ever later failures until it says WZP_OK; every failure says
 * WZP_ERR_NOMEM and gives all memory back. */
#define TEST_EVERY_ALLOCATION(run)                                             \
    do {                                                                       \
        wzp_err oom_e_ = WZP_ERR_NOMEM;                                        \
        for (size_t oom_n_ = 1; oom_e_ != WZP_OK; oom_n_++) {                  \
            test_memory oom_m_ = {.fail_from = oom_n_};                        \
            const wzp_mem oom_mem_ = test_memory_mem(&oom_m_);                 \
            oom_e_ = (run)(&oom_mem_);                                         \
            assert_true(oom_e_ == WZP_OK || oom_e_ == WZP_ERR_NOMEM);          \
            assert_int_equal(oom_m_.held, 0);                                  \
            assert_true(oom_n_ < 1000);                                        \
        }                                                                      \
    } while (0)

#endif
