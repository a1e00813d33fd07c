/* SPDX-License-Identifier: MIT */
/* Callers whose struct is older, newer or not filled in. */
#include "support/harness.h"

#include <wzp/proto/sized.h>

#include <string.h>

typedef struct known {
    size_t size;
    uint32_t a, b, c, d;
} known;

typedef struct guarded {
    known v;
    uint8_t guard[32];
} guarded;

static const known FULL = {
    .size = sizeof(known), .a = 1, .b = 2, .c = 3, .d = 4};

WZP_TEST(sized_give_writes_no_byte_beyond_an_older_struct)
{
    for (size_t size = 0; size <= sizeof(known); size++) {
        guarded g;
        memset(&g, 0xEE, sizeof g);
        wzp_sized_give(&g, size, &FULL, sizeof FULL);
        const uint8_t *at = (const uint8_t *)&g;
        for (size_t i = size; i < sizeof g; i++) {
            assert_int_equal(at[i], 0xEE);
        }
        if (size >= sizeof size) {
            assert_int_equal(g.v.size, size);
            assert_memory_equal(at + sizeof size,
                                (const uint8_t *)&FULL + sizeof size,
                                size - sizeof size);
        }
    }
}

WZP_TEST(sized_give_tells_a_newer_caller_how_much_it_got)
{
    guarded g;
    memset(&g, 0xEE, sizeof g);
    wzp_sized_give(&g, sizeof g, &FULL, sizeof FULL);
    assert_int_equal(g.v.size, sizeof FULL);
    assert_int_equal(g.v.d, 4);
    assert_int_equal(g.guard[0], 0xEE);
}

WZP_TEST(sized_take_leaves_the_default_where_an_older_struct_ends)
{
    known full = FULL;
    const struct {
        size_t size;
        uint32_t a, b;
    } older = {.size = sizeof older, .a = 11, .b = 12};
    wzp_sized_take(&full, sizeof full, &older);
    assert_int_equal(full.size, sizeof full);
    assert_int_equal(full.a, 11);
    assert_int_equal(full.b, 12);
    assert_int_equal(full.c, 3);
    assert_int_equal(full.d, 4);
}

WZP_TEST(sized_take_ignores_what_only_a_newer_caller_knows)
{
    struct {
        known v;
        uint32_t later[8];
    } newer = {.v = {.size = sizeof newer, .a = 7, .d = 8}, .later = {9}};
    guarded g;
    memset(&g, 0xEE, sizeof g);
    g.v.size = sizeof g.v;
    wzp_sized_take(&g.v, sizeof g.v, &newer);
    assert_int_equal(g.v.size, sizeof g.v);
    assert_int_equal(g.v.a, 7);
    assert_int_equal(g.v.d, 8);
    assert_int_equal(g.guard[0], 0xEE);
}

WZP_TEST(sized_take_of_a_struct_without_a_size_takes_nothing)
{
    known full = FULL;
    const known empty = {0};
    wzp_sized_take(&full, sizeof full, &empty);
    assert_memory_equal(&full, &FULL, sizeof full);
}
