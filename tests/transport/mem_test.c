/* SPDX-License-Identifier: MIT */
#include "quic/env.h"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

/* Keeps count of what is out, and checks that sizes come back right. */
typedef struct ledger {
    size_t bytes, blocks;
} ledger;

static void *resize(void *user, void *ptr, size_t old, size_t size)
{
    ledger *l = user;
    if (ptr != NULL) {
        l->bytes -= old;
        l->blocks--;
    }
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    l->bytes += size;
    l->blocks++;
    return realloc(ptr, size);
}

WZP_TEST(mem_gives_sizes_back_as_they_were_taken)
{
    ledger l = {0};
    wzp__env env = {.cfg.mem = {resize, &l}};
    const ngtcp2_mem q = wzp__quic_mem(&env);
    uint8_t *a = q.malloc(100, q.user_data);
    uint8_t *b = q.calloc(10, 30, q.user_data);
    assert_true(a != NULL && b != NULL);
    assert_int_equal((uintptr_t)a % 16, 0);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(b[i], 0);
    }
    memset(a, 7, 100);
    a = q.realloc(a, 5000, q.user_data);
    assert_non_null(a);
    assert_int_equal(a[99], 7);
    assert_int_equal(l.blocks, 2);
    q.free(a, q.user_data);
    q.free(b, q.user_data);
    q.free(NULL, q.user_data);
    assert_int_equal(l.bytes, 0);
    assert_int_equal(l.blocks, 0);
}

WZP_TEST(mem_refuses_sizes_that_overflow)
{
    ledger l = {0};
    wzp__env env = {.cfg.mem = {resize, &l}};
    const ngtcp2_mem q = wzp__quic_mem(&env);
    assert_null(q.calloc(SIZE_MAX / 2, 3, q.user_data));
    assert_null(q.malloc(SIZE_MAX, q.user_data));
    assert_int_equal(l.blocks, 0);
}

static void *nothing(void *user, void *ptr, size_t old, size_t size)
{
    (void)user;
    (void)ptr;
    (void)old;
    (void)size;
    return NULL;
}

WZP_TEST(mem_counts_what_it_did_not_get)
{
    wzp__env env = {.cfg.mem = {nothing, NULL}};
    const ngtcp2_mem q = wzp__quic_mem(&env);
    assert_null(q.malloc(10, q.user_data));
    assert_null(q.calloc(1, 10, q.user_data));
    assert_int_equal(env.stats.no_memory, 2);
}
