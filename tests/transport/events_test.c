/* SPDX-License-Identifier: MIT */
#include "quic/env.h"
#include "support/harness.h"

static void put(wzp__env *env, uintptr_t n)
{
    const wzp__event ev = {.kind = WZP_EP_SIGNAL,
                           .conn = (struct wzp__conn *)n};
    assert_int_equal(wzp__events_push(env, ev), WZP_OK);
}

WZP_TEST(events_come_out_in_the_order_they_went_in)
{
    wzp__env env = {.cfg = {.mem = wzp_mem_default()}};
    uintptr_t in = 0, out = 0;
    wzp__event ev;
    assert_false(wzp__events_pop(&env, &ev));
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 7; i++) {
            put(&env, in++);
        }
        for (int i = 0; i < 5; i++) {
            assert_true(wzp__events_pop(&env, &ev));
            assert_int_equal((uintptr_t)ev.conn, out++);
        }
    }
    while (wzp__events_pop(&env, &ev)) {
        assert_int_equal((uintptr_t)ev.conn, out++);
    }
    assert_int_equal(in, out);
    wzp__events_deinit(&env);
}

WZP_TEST(events_that_nobody_took_give_their_packets_back)
{
    wzp__env env = {.cfg = {.mem = wzp_mem_default()}};
    wzp_pkt_pool *pool = NULL;
    assert_int_equal(wzp_pkt_pool_new(&pool, &env.cfg.mem, 3), WZP_OK);
    const wzp__event ev = {.kind = WZP_EP_DGRAM, .pkt = wzp_pkt_get(pool)};
    assert_int_equal(wzp__events_push(&env, ev), WZP_OK);
    wzp__events_deinit(&env);
    assert_int_equal(wzp_pkt_pool_free_count(pool), 3);
    wzp_pkt_pool_free(pool);
}
