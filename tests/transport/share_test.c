/* SPDX-License-Identifier: MIT */
/* Places of strangers, counted by address. */
#include "quic/share.h"

#include "support/harness.h"

#include <string.h>

static wzp__env *env_new(size_t max_conns, size_t max_half_open)
{
    static wzp__env env;
    const wzp_mem mem = wzp_mem_default();
    const uint8_t key[WZP__CID_KEY_LEN] = {7};
    memset(&env, 0, sizeof env);
    env.cfg.max_conns = max_conns;
    env.cfg.max_half_open = max_half_open;
    wzp__cidmap_init(&env.shares, &mem, key);
    return &env;
}

static wzp_addr v4(uint8_t last, uint16_t port)
{
    return wzp_addr_v4((const uint8_t[]){192, 0, 2, last}, port);
}

static wzp_addr v6(uint8_t eighth, uint8_t last)
{
    const uint8_t ip[16] = {0x20, 1, 13, 184, 0, 0, 0, eighth, [15] = last};
    return wzp_addr_v6(ip, 1);
}

/* As the endpoint does with a handshake whose address is proven. */
static wzp__conn stranger(wzp__env *env, wzp_addr from)
{
    wzp__conn c = {.env = env, .remote = from};
    env->stats.half_open++;
    env->stats.conns++;
    wzp__share_take(&c);
    return c;
}

static void gone(wzp__conn *c)
{
    c->env->stats.half_open--;
    c->env->stats.conns--;
    wzp__share_give(c);
}

WZP_TEST(share_is_pressed_when_half_of_the_handshakes_are_under_way)
{
    wzp__env *env = env_new(1000, 10);
    env->stats.half_open = 4;
    assert_false(wzp__share_is_pressed(env));
    env->stats.half_open = 5;
    assert_true(wzp__share_is_pressed(env));
    wzp__cidmap_deinit(&env->shares);
}

WZP_TEST(share_is_pressed_when_strangers_hold_half_of_the_connections)
{
    wzp__env *env = env_new(4, 1000);
    wzp__conn a = stranger(env, v4(1, 1));
    env->stats.conns = 4; /* the others are trusted */
    assert_false(wzp__share_is_pressed(env));
    wzp__conn b = stranger(env, v4(2, 1));
    assert_true(wzp__share_is_pressed(env));
    gone(&a);
    gone(&b);
    assert_int_equal(env->strangers, 0);
    wzp__cidmap_deinit(&env->shares);
}

WZP_TEST(share_of_an_address_is_a_quarter_of_what_is_left)
{
    wzp__env *env = env_new(1000, 16);
    wzp__conn c[16];
    size_t n = 0;
    const wzp_addr greedy = v4(1, 5);
    while (wzp__share_allows(env, &greedy)) {
        assert_true(n < 16);
        c[n] = stranger(env, v4(1, (uint16_t)n)); /* ports make no difference */
        n++;
    }
    assert_int_equal(n, 3); /* 3 of the 16: a quarter of 13 left is 3 */
    const wzp_addr other = v4(2, 5);
    assert_true(wzp__share_allows(env, &other));
    while (n > 0) {
        gone(&c[--n]);
    }
    assert_int_equal(env->shares.count, 0);
    wzp__cidmap_deinit(&env->shares);
}

WZP_TEST(share_leaves_the_last_places_to_addresses_that_hold_none)
{
    wzp__env *env = env_new(1000, 16);
    wzp__conn c[16];
    for (uint8_t i = 0; i < 15; i++) {
        const wzp_addr from = v4(i, 1);
        assert_true(wzp__share_allows(env, &from));
        c[i] = stranger(env, from);
        assert_false(i >= 8 && wzp__share_allows(env, &from));
    }
    for (uint8_t i = 0; i < 15; i++) {
        gone(&c[i]);
    }
    wzp__cidmap_deinit(&env->shares);
}

WZP_TEST(share_counts_an_ipv6_network_as_one)
{
    wzp__env *env = env_new(1000, 4);
    wzp__conn c = stranger(env, v6(1, 1));
    const wzp_addr same = v6(1, 2);
    const wzp_addr other = v6(2, 1);
    assert_false(wzp__share_allows(env, &same));
    assert_true(wzp__share_allows(env, &other));
    gone(&c);
    wzp__cidmap_deinit(&env->shares);
}

WZP_TEST(share_counts_a_connection_once_and_gives_it_back_once)
{
    wzp__env *env = env_new(1000, 1000);
    wzp__conn c = stranger(env, v4(1, 1));
    wzp__share_take(&c);
    assert_int_equal(env->strangers, 1);
    c.remote = v4(9, 9); /* it moved: its old place is given back */
    wzp__share_give(&c);
    wzp__share_give(&c);
    assert_int_equal(env->strangers, 0);
    assert_int_equal(env->shares.count, 0);
    wzp__cidmap_deinit(&env->shares);
}
