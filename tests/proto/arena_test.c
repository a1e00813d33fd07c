/* SPDX-License-Identifier: MIT */
/* The arena: alignment, limit, reset, failing memory. */
#include "memory.h"
#include "support/harness.h"

#include <wzp/proto/arena.h>

#include <string.h>

WZP_TEST(arena_gives_zeroed_aligned_memory_that_does_not_overlap)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *a;
    assert_int_equal(wzp_arena_new(&a, &mem, 1u << 20), WZP_OK);
    uint8_t *last = NULL;
    for (size_t size = 0; size < 300; size++) {
        uint8_t *p = wzp_arena_alloc(a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xAA, size);
        assert_ptr_not_equal(p, last);
        last = p;
    }
    wzp_arena_free(a);
    wzp_arena_free(NULL);
}

WZP_TEST(arena_stops_at_its_limit)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    wzp_arena *a;
    assert_int_equal(wzp_arena_new(&a, &mem, 10000), WZP_OK);
    assert_null(wzp_arena_alloc(a, 10001));
    assert_null(wzp_arena_alloc(a, SIZE_MAX));
    size_t got = 0;
    while (wzp_arena_alloc(a, 100) != NULL) {
        got += 100;
    }
    assert_true(got > 8000 && got <= 10000);
    assert_true(m.held < 12000);
    wzp_arena_free(a);
    assert_int_equal(m.held, 0);
}

WZP_TEST(arena_reset_keeps_a_small_first_block_only)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    wzp_arena *a;
    assert_int_equal(wzp_arena_new(&a, &mem, 1u << 20), WZP_OK);
    wzp_arena_reset(a);
    void *first = wzp_arena_alloc(a, 100);
    const size_t small = m.held;
    assert_non_null(wzp_arena_alloc(a, 100000));
    wzp_arena_reset(a);
    assert_int_equal(m.held, small);
    assert_ptr_equal(wzp_arena_alloc(a, 100), first);
    wzp_arena_free(a);

    assert_int_equal(wzp_arena_new(&a, &mem, 1u << 20), WZP_OK);
    const size_t empty = m.held;
    assert_non_null(wzp_arena_alloc(a, 100000));
    wzp_arena_reset(a);
    assert_int_equal(m.held, empty);
    assert_non_null(wzp_arena_alloc(a, 100));
    wzp_arena_free(a);
}

WZP_TEST(arena_copies_bytes)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *a;
    assert_int_equal(wzp_arena_new(&a, &mem, 1000), WZP_OK);
    assert_memory_equal(wzp_arena_copy(a, "abc", 3), "abc", 3);
    assert_non_null(wzp_arena_copy(a, NULL, 0));
    wzp_arena_free(a);
}

static wzp_err fill_arena(const wzp_mem *mem)
{
    wzp_arena *a;
    WZP_TRY(wzp_arena_new(&a, mem, 1u << 20));
    wzp_err e = WZP_OK;
    for (int i = 0; i < 10 && e == WZP_OK; i++) {
        e = (wzp_arena_alloc(a, 5000) != NULL) ? WZP_OK : WZP_ERR_NOMEM;
    }
    wzp_arena_free(a);
    return e;
}

WZP_TEST(arena_survives_every_failed_allocation)
{
    TEST_EVERY_ALLOCATION(fill_arena);
}
