/* SPDX-License-Identifier: MIT */
/* What is known of addresses, and what is forgotten first. */
#include "quic/source.h"

#include "support/harness.h"

#include <string.h>

static wzp__sources *sources_new(void)
{
    static wzp__sources t;
    const wzp_mem mem = wzp_mem_default();
    const uint8_t key[WZP__CID_KEY_LEN] = {7};
    wzp__sources_init(&t, &mem, key);
    return &t;
}

static wzp__cid key_no(uint32_t n)
{
    return wzp__cid_of((const uint8_t *)&n, sizeof n);
}

/* Address n has work until then, and no places. */
static void work(wzp__sources *t, uint32_t n, wzp_tstamp until)
{
    const wzp__cid key = key_no(n);
    wzp__source *s = wzp__sources_enter(t, &key);
    assert_non_null(s);
    s->until = until;
    wzp__sources_settle(t, 1, s);
}

static bool knows(const wzp__sources *t, uint32_t n)
{
    const wzp__cid key = key_no(n);
    return wzp__sources_find(t, &key) != NULL;
}

WZP_TEST(source_is_forgotten_when_its_work_is_and_it_holds_no_place)
{
    wzp__sources *t = sources_new();
    const wzp__cid key = key_no(5);
    wzp__source *s = wzp__sources_enter(t, &key);
    s->until = 10;
    s->conns = 1;
    wzp__sources_settle(t, 1, s);
    wzp__sources_settle(t, 20, wzp__sources_find(t, &key));
    assert_true(knows(t, 5)); /* it holds a place */
    wzp__sources_find(t, &key)->conns = 0;
    wzp__sources_settle(t, 9, wzp__sources_find(t, &key));
    assert_true(knows(t, 5)); /* 1 left */
    wzp__sources_settle(t, 10, wzp__sources_find(t, &key));
    assert_false(knows(t, 5));
    assert_int_equal(t->map.count, 0);
    wzp__sources_deinit(t);
}

WZP_TEST(source_with_the_least_work_goes_first_when_there_are_too_many)
{
    wzp__sources *t = sources_new();
    work(t, 0, 1000000); /* the one who would like to be forgotten */
    for (uint32_t n = 1; n < WZP__SOURCES_IDLE; n++) {
        work(t, n, 1000 + n);
    }
    assert_true(knows(t, 1));
    for (uint32_t n = 0; n < 20000; n++) { /* his many addresses */
        work(t, 100000 + n, 5000 + n % 7);
    }
    assert_true(knows(t, 0));
    assert_false(knows(t, 1));
    assert_int_equal(t->map.count, WZP__SOURCES_IDLE);
    wzp__sources_deinit(t);
}

WZP_TEST(source_that_holds_a_place_stays_whoever_comes)
{
    wzp__sources *t = sources_new();
    for (uint32_t n = 0; n < 100; n++) {
        const wzp__cid key = key_no(n);
        wzp__source *s = wzp__sources_enter(t, &key);
        s->conns = 1;
        wzp__sources_settle(t, 1, s);
    }
    for (uint32_t n = 0; n < 2 * WZP__SOURCES_IDLE; n++) {
        work(t, 1000 + n, 5000);
    }
    for (uint32_t n = 0; n < 100; n++) {
        assert_true(knows(t, n));
    }
    assert_int_equal(t->map.count, WZP__SOURCES_IDLE + 100);
    wzp__sources_deinit(t);
}

WZP_TEST(source_memory_is_used_again)
{
    wzp__sources *t = sources_new();
    for (int round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < 1000; n++) {
            work(t, n, 100);
        }
        const wzp__cid key = key_no(0);
        assert_int_equal(t->map.count, 1000);
        wzp__sources_settle(t, 100, wzp__sources_find(t, &key));
        assert_int_equal(t->map.count, 0);
        assert_int_equal(t->cap, 1024);
    }
    wzp__sources_deinit(t);
}
