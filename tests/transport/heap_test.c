/* SPDX-License-Identifier: MIT */
#include "quic/heap.h"

#include "support/harness.h"

enum {
    SLOTS = 200,
};

static wzp__heap make(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__heap h;
    wzp__heap_init(&h, &mem);
    assert_int_equal(wzp__heap_reserve(&h, SLOTS), WZP_OK);
    return h;
}

WZP_TEST(heap_empty_has_no_top)
{
    wzp__heap h = make();
    wzp__heap_entry e;
    assert_false(wzp__heap_top(&h, &e));
    wzp__heap_set(&h, 3, WZP_NEVER);
    assert_false(wzp__heap_top(&h, &e));
    assert_true(wzp__heap_get(&h, 3) == WZP_NEVER);
    wzp__heap_deinit(&h);
}

/* Random moves, checked against a plain array. */
WZP_TEST(heap_top_is_always_the_earliest)
{
    wzp__heap h = make();
    wzp_tstamp plain[SLOTS];
    for (size_t i = 0; i < SLOTS; i++) {
        plain[i] = WZP_NEVER;
    }
    uint64_t rng = 1;
    for (int step = 0; step < 20000; step++) {
        rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint32_t slot = (uint32_t)(rng >> 33) % SLOTS;
        const bool remove = (rng >> 20) % 4 == 0;
        plain[slot] = remove ? WZP_NEVER : (rng >> 40) % 1000;
        wzp__heap_set(&h, slot, plain[slot]);
        wzp_tstamp earliest = WZP_NEVER;
        for (size_t i = 0; i < SLOTS; i++) {
            earliest = plain[i] < earliest ? plain[i] : earliest;
        }
        wzp__heap_entry top = {.at = WZP_NEVER};
        assert_int_equal(wzp__heap_top(&h, &top), earliest != WZP_NEVER);
        assert_true(top.at == earliest);
        if (earliest != WZP_NEVER) {
            assert_true(plain[top.slot] == earliest);
        }
        assert_true(wzp__heap_get(&h, slot) == plain[slot]);
    }
    wzp__heap_deinit(&h);
}

WZP_TEST(heap_keeps_its_entries_when_it_grows)
{
    wzp__heap h = make();
    for (uint32_t i = 0; i < SLOTS; i++) {
        wzp__heap_set(&h, i, 1000 - i);
    }
    assert_int_equal(wzp__heap_reserve(&h, 3 * SLOTS), WZP_OK);
    wzp__heap_set(&h, 3 * SLOTS - 1, 1);
    wzp__heap_entry top;
    assert_true(wzp__heap_top(&h, &top));
    assert_int_equal(top.slot, 3 * SLOTS - 1);
    assert_true(wzp__heap_get(&h, 7) == 993);
    wzp__heap_deinit(&h);
}
