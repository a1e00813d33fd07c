/* SPDX-License-Identifier: MIT */
/* Places and work, counted by address. */
#include "quic/share.h"

#include "support/harness.h"

#include <string.h>

#define NOW (100 * WZP_S)

static wzp__env *env_new(size_t max_conns, size_t max_half_open)
{
    static wzp__env env;
    const wzp_mem mem = wzp_mem_default();
    const uint8_t key[WZP__CID_KEY_LEN] = {7};
    memset(&env, 0, sizeof env);
    env.cfg.max_conns = max_conns;
    env.cfg.max_half_open = max_half_open;
    wzp__share_init(&env.cfg);
    wzp__sources_init(&env.sources, &mem, key);
    return &env;
}

static wzp_addr v4(uint8_t last, uint16_t port)
{
    return wzp_addr_v4((const uint8_t[]){192, 0, 2, last}, port);
}

/* In the /48 of `sixth`, in its /64 `eighth`. */
static wzp_addr v6_of(uint8_t sixth, uint8_t eighth, uint8_t last)
{
    const uint8_t ip[16] = {0x20, 1, 13, 184, 0, sixth, 0, eighth, [15] = last};
    return wzp_addr_v6(ip, 1);
}

static wzp_addr v6(uint8_t eighth, uint8_t last)
{
    return v6_of(0, eighth, last);
}

static bool allows(const wzp__env *env, wzp_addr from)
{
    return wzp__share_check(env, NOW, &from) == WZP_OK;
}

/* As the endpoint does with a handshake whose address is proven. */
static wzp__conn stranger(wzp__env *env, wzp_addr from)
{
    wzp__conn c = {.env = env, .remote = from, .now = NOW};
    env->stats.half_open++;
    env->stats.conns++;
    wzp__share_take(&c);
    return c;
}

/* One that the owner trusts. */
static wzp__conn member(wzp__env *env, wzp_addr from)
{
    wzp__conn c = stranger(env, from);
    env->stats.half_open--;
    wzp__share_trust(&c);
    return c;
}

static void gone(wzp__conn *c)
{
    c->env->stats.half_open -= c->is_stranger;
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
    wzp__sources_deinit(&env->sources);
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
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_of_an_address_is_a_quarter_of_what_is_left)
{
    wzp__env *env = env_new(1000, 32);
    wzp__conn c[16];
    size_t n = 0;
    env->stats.half_open = 16; /* of spoofed addresses: pressure */
    while (allows(env, v4(1, 5))) {
        assert_true(n < 16);
        c[n] = stranger(env, v4(1, (uint16_t)n)); /* ports make no difference */
        n++;
    }
    assert_int_equal(n, 3); /* a quarter of 13 left is 3 */
    assert_true(allows(env, v4(2, 5)));
    while (n > 0) {
        gone(&c[--n]);
    }
    assert_int_equal(env->strangers, 0);
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_leaves_the_last_places_to_addresses_that_hold_none)
{
    wzp__env *env = env_new(1000, 16);
    wzp__conn c[16];
    for (uint8_t i = 0; i < 15; i++) {
        const wzp_addr from = v4(i, 1);
        assert_true(allows(env, from));
        c[i] = stranger(env, from);
        assert_false(i >= 8 && allows(env, from));
    }
    for (uint8_t i = 0; i < 15; i++) {
        gone(&c[i]);
    }
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_counts_an_ipv6_network_as_one)
{
    wzp__env *env = env_new(1000, 2); /* the first is pressure */
    wzp__conn c = stranger(env, v6(1, 1));
    const wzp_addr same = v6(1, 2);
    const wzp_addr other = v6(2, 1);
    assert_false(allows(env, same));
    assert_true(allows(env, other));
    gone(&c);
    wzp__sources_deinit(&env->sources);
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
    const wzp_addr first = v4(1, 1);
    const wzp__cid key = wzp__cid_of(first.ip, 4);
    assert_int_equal(wzp__sources_find(&env->sources, &key)->conns, 0);
    wzp__sources_deinit(&env->sources);
}

/* --- places, whether there is pressure or not --- */

WZP_TEST(share_lets_an_address_have_so_many_strangers_and_trust_frees_a_place)
{
    wzp__env *env = env_new(4096, 100000);
    wzp__conn c[256];
    for (size_t i = 0; i < 256; i++) {
        assert_true(allows(env, v4(1, 1)));
        c[i] = stranger(env, v4(1, (uint16_t)i));
    }
    assert_false(wzp__share_is_pressed(env));
    assert_false(allows(env, v4(1, 1)));
    assert_true(allows(env, v4(2, 1)));
    wzp__share_trust(&c[7]);
    wzp__share_trust(&c[7]);
    assert_true(allows(env, v4(1, 1)));
    for (size_t i = 0; i < 256; i++) {
        gone(&c[i]);
    }
    assert_int_equal(env->strangers, 0);
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_lets_an_address_have_a_quarter_of_all_connections)
{
    wzp__env *env = env_new(4096, 100000);
    static wzp__conn c[1024];
    for (size_t i = 0; i < 1024; i++) {
        assert_true(allows(env, v4(1, 1)));
        c[i] = member(env, v4(1, (uint16_t)i));
    }
    const wzp_addr same = v4(1, 1);
    assert_int_equal(wzp__share_check(env, NOW, &same), WZP_ERR_FULL);
    assert_true(allows(env, v4(2, 1)));
    gone(&c[0]);
    assert_true(allows(env, v4(1, 1)));
    for (size_t i = 1; i < 1024; i++) {
        gone(&c[i]);
    }
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_lets_all_of_a_small_relay_come_from_one_address)
{
    wzp__env *env = env_new(200, 100000);
    assert_int_equal(env->cfg.max_source_conns, 256);
    wzp__sources_deinit(&env->sources);
}

/* Who has a /48 has 65,536 addresses, and twice the places of one. */
WZP_TEST(share_counts_the_site_of_an_ipv6_address_as_well)
{
    wzp__env *env = env_new(4096, 100000);
    static wzp__conn c[2048];
    size_t n = 0;
    while (allows(env, v6((uint8_t)n, 1))) {
        assert_true(n < 2048);
        c[n] = stranger(env, v6((uint8_t)n, 1));
        n++;
    }
    assert_int_equal(n, 512);
    assert_true(allows(env, v6_of(1, 1, 1)));
    while (n > 0) {
        gone(&c[--n]);
    }
    assert_int_equal(env->strangers, 0);
    assert_true(allows(env, v6(0, 1)));
    wzp__sources_deinit(&env->sources);
}

/* --- work --- */

/* Come and go, so that no place is held; how often before the refusal. */
static size_t come_and_go(wzp__env *env, wzp_addr from, uint32_t points)
{
    size_t n = 0;
    for (; wzp__share_check(env, NOW, &from) == WZP_OK; n++) {
        wzp__conn c = member(env, from);
        assert_true(n < 100000);
        wzp_ignore(wzp__share_charge(&c, NOW, points), "the limit, perhaps");
        gone(&c);
    }
    assert_int_equal(wzp__share_check(env, NOW, &from), WZP_ERR_RATE);
    return n;
}

WZP_TEST(share_counts_a_connection_as_one_point_and_what_is_charged)
{
    wzp__env *env = env_new(4096, 512);
    assert_int_equal(come_and_go(env, v4(1, 1), 0), 2048);
    assert_int_equal(come_and_go(env, v4(2, 1), 1), 1024);
    assert_int_equal(come_and_go(env, v4(3, 1), 10), 187);
    assert_true(allows(env, v4(4, 1)));
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_forgets_points_with_time)
{
    wzp__env *env = env_new(4096, 512);
    (void)come_and_go(env, v4(1, 1), 0);
    const wzp_addr from = v4(1, 9);
    assert_int_equal(wzp__share_check(env, NOW + 49 * WZP_MS, &from),
                     WZP_ERR_RATE);
    assert_int_equal(wzp__share_check(env, NOW + 51 * WZP_MS, &from), WZP_OK);
    wzp__conn c = member(env, v4(2, 1)); /* whoever comes next tidies up */
    wzp__share_give(&c);
    assert_int_equal(env->sources.map.count, 2);
    c = (wzp__conn){.env = env, .remote = v4(2, 1), .now = NOW + 200 * WZP_S};
    wzp__share_take(&c);
    assert_int_equal(env->sources.map.count, 1);
    wzp__share_give(&c);
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_takes_an_ipv6_address_again_whose_work_is_forgotten)
{
    wzp__env *env = env_new(4096, 512);
    wzp__conn c = member(env, v6(1, 1));
    gone(&c); /* it and its site are idle now */
    c = (wzp__conn){.env = env, .remote = v6(1, 1), .now = NOW + WZP_S};
    env->stats.conns++;
    wzp__share_take(&c);
    assert_int_equal(env->sources.map.count, 2);
    gone(&c);
    wzp__sources_deinit(&env->sources);
}

/* The limit is for newcomers; who is in has two points for each of the 512 that
 * may shake hands. */
WZP_TEST(share_charges_who_is_in_over_the_limit_up_to_an_end_and_says_so)
{
    wzp__env *env = env_new(4096, 512);
    wzp__conn c = member(env, v4(1, 1));
    assert_int_equal(wzp__share_charge(&c, NOW, 2046), WZP_OK);
    assert_true(allows(env, v4(1, 2))); /* 1 left */
    assert_int_equal(wzp__share_charge(&c, NOW, 1), WZP_OK);
    assert_false(allows(env, v4(1, 2)));
    assert_int_equal(wzp__share_charge(&c, NOW, 1023), WZP_OK);
    assert_int_equal(wzp__share_charge(&c, NOW, 1000), WZP_OK); /* 1 left */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(wzp__share_charge(&c, NOW, 1000), WZP_ERR_RATE);
    }
    const wzp_tstamp later = NOW + 1000 * 50 * WZP_MS;
    assert_int_equal(wzp__share_charge(&c, later, 1), WZP_OK);
    wzp__share_give(&c);
    wzp__sources_deinit(&env->sources);
}

WZP_TEST(share_of_work_of_a_site_is_twice_that_of_an_address)
{
    wzp__env *env = env_new(4096, 512);
    size_t n = 0;
    for (uint8_t net = 0; allows(env, v6(net, 1)); net++) {
        n += come_and_go(env, v6(net, 1), 0);
        assert_true(net < 100);
    }
    assert_int_equal(n, 4096);
    assert_true(allows(env, v6_of(1, 1, 1)));
    wzp__sources_deinit(&env->sources);
}

/* The attack on the table itself: a bucket is not emptied by coming from
 * elsewhere, however often. */
WZP_TEST(share_remembers_who_did_much_while_ten_thousand_others_come)
{
    wzp__env *env = env_new(4096, 512);
    (void)come_and_go(env, v4(1, 1), 0);
    for (uint32_t i = 0; i < 10000; i++) {
        const uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
                               (uint8_t)i};
        wzp__conn c = member(env, wzp_addr_v4(ip, 1));
        gone(&c);
    }
    assert_false(allows(env, v4(1, 1)));
    assert_true(env->sources.map.count <= WZP__SOURCES_IDLE);
    wzp__sources_deinit(&env->sources);
}

/* Whatever comes and goes, in any order: the table agrees with a plain count.
 */
WZP_TEST(share_agrees_with_a_plain_count_over_comings_and_goings_at_random)
{
    enum { PEOPLE = 64, STEPS = 50000 };
    wzp__env *env = env_new(4096, 100000);
    wzp__conn c[PEOPLE];
    bool is_in[PEOPLE] = {false};
    uint32_t rng = 1;
    wzp_tstamp now = NOW;
    for (int step = 0; step < STEPS; step++) {
        rng = rng * 1664525 + 1013904223;
        const size_t i = rng >> 26;
        now += (rng >> 8) % (100 * WZP_MS);
        if (!is_in[i]) { /* two sites of four networks, and eight of IPv4 */
            const wzp_addr from = i % 3 == 0
                                      ? v4((uint8_t)(i % 8), 1)
                                      : v6_of(i % 2, (uint8_t)(i % 4), 1);
            c[i] = (wzp__conn){.env = env, .remote = from, .now = now};
            wzp__share_take(&c[i]);
        } else if ((rng >> 4) % 3 == 0) {
            wzp__share_trust(&c[i]);
            continue;
        } else if ((rng >> 4) % 3 == 1) {
            wzp_ignore(wzp__share_charge(&c[i], now, 1), "perhaps");
            continue;
        } else {
            c[i].now = now;
            wzp__share_give(&c[i]);
        }
        is_in[i] = !is_in[i];
        size_t same = 0, strangers = 0;
        for (size_t k = 0; k < PEOPLE; k++) {
            same += is_in[k] && c[k].source.len == c[i].source.len &&
                    memcmp(&c[k].source, &c[i].source, sizeof c[k].source) == 0;
            strangers += is_in[k] && c[k].is_stranger;
        }
        const wzp__source *s = wzp__sources_find(&env->sources, &c[i].source);
        assert_true(!is_in[i] || s->conns == same);
        assert_int_equal(env->strangers, strangers);
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        if (is_in[i]) {
            c[i].now = now + 1000 * WZP_S;
            wzp__share_give(&c[i]);
        }
    }
    assert_int_equal(env->strangers, 0);
    c[0] = (wzp__conn){.env = env, .remote = v4(9, 9), .now = c[0].now};
    c[0].now = now + 2000 * WZP_S;
    wzp__share_take(&c[0]);
    assert_int_equal(env->sources.map.count, 1); /* all others are forgotten */
    wzp__share_give(&c[0]);
    wzp__sources_deinit(&env->sources);
}
