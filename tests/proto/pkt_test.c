/* SPDX-License-Identifier: MIT */
/* The packet pool: references, exhaustion, no allocation while running. */
#include "memory.h"
#include "support/harness.h"

#include <wzp/proto/pkt.h>

#include <string.h>

WZP_TEST(packet_goes_back_with_its_last_reference)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_pkt_pool *pool;
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 2), WZP_OK);
    wzp_pkt *a = wzp_pkt_get(pool);
    wzp_pkt *b = wzp_pkt_get(pool);
    assert_null(wzp_pkt_get(pool));
    memset(a->data, 1, WZP_PKT_CAP);
    memset(b->data, 2, WZP_PKT_CAP);
    assert_int_equal(a->data[WZP_PKT_CAP - 1], 1);

    assert_ptr_equal(wzp_pkt_ref(a), a);
    wzp_pkt_unref(a);
    assert_int_equal(wzp_pkt_pool_free_count(pool), 0);
    wzp_pkt_unref(a);
    assert_int_equal(wzp_pkt_pool_free_count(pool), 1);
    a = wzp_pkt_get(pool);
    assert_int_equal(a->len, 0);
    wzp_pkt_unref(a);
    wzp_pkt_unref(b);
    wzp_pkt_unref(NULL);
    wzp_pkt_pool_free(pool);
    wzp_pkt_pool_free(NULL);
}

WZP_TEST(packet_pool_allocates_at_creation_only)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    wzp_pkt_pool *pool;
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 8), WZP_OK);
    const size_t calls = m.calls;
    for (int i = 0; i < 1000; i++) {
        wzp_pkt_unref(wzp_pkt_get(pool));
    }
    assert_int_equal(m.calls, calls);
    wzp_pkt_pool_free(pool);
    assert_int_equal(m.held, 0);
}

static wzp_err make_pool(const wzp_mem *mem)
{
    wzp_pkt_pool *pool;
    WZP_TRY(wzp_pkt_pool_new(&pool, mem, 4));
    wzp_pkt_pool_free(pool);
    return WZP_OK;
}

WZP_TEST(packet_pool_checks_its_size_and_survives_failed_allocations)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_pkt_pool *pool;
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 0), WZP_ERR_ARG);
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 1048577), WZP_ERR_ARG);
    TEST_EVERY_ALLOCATION(make_pool);
}

WZP_TEST(packets_are_scarce_when_less_than_a_quarter_is_left)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_pkt_pool *pool;
    wzp_pkt *taken[8];
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 8), WZP_OK);
    for (size_t i = 0; i < 8; i++) {
        taken[i] = wzp_pkt_get(pool);
        assert_int_equal(wzp_pkt_is_scarce(taken[0]), i >= 6); /* 1 left */
    }
    for (size_t i = 0; i < 8; i++) {
        wzp_pkt_unref(taken[i]);
    }
    wzp_pkt_pool_free(pool);
}
