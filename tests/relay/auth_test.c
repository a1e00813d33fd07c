/* SPDX-License-Identifier: MIT */
/* Tokens on their way to the host. */
#include "auth.h"

#include "support/harness.h"

#include <string.h>

static void expect_ask(wzp__asks *asks, wzp_conn_id conn, const char *token)
{
    wzp_conn_id got;
    wzp_str text;
    assert_true(wzp__asks_take(asks, &got, &text));
    assert_int_equal(got, conn);
    assert_int_equal(text.len, strlen(token));
    assert_memory_equal(text.ptr, token, text.len);
}

WZP_TEST(tokens_are_taken_in_order_and_those_of_gone_clients_are_not)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__asks asks;
    wzp__auth auth[5] = {{0}};
    wzp_conn_id conn;
    wzp_str token;
    wzp__asks_init(&asks, &mem);
    for (size_t i = 0; i < 5; i++) {
        const char text[2] = {(char)('a' + i), 'x'};
        assert_int_equal(
            wzp__auth_ask(&asks, &auth[i], i + 1, (wzp_str){text, 2}), WZP_OK);
    }
    wzp__auth_drop(&asks, &auth[0]); /* first, middle, last */
    wzp__auth_drop(&asks, &auth[2]);
    wzp__auth_drop(&asks, &auth[4]);
    expect_ask(&asks, 2, "bx");
    expect_ask(&asks, 4, "dx");
    assert_false(wzp__asks_take(&asks, &conn, &token));
    assert_null(asks.taken.text); /* not kept beyond the next take */
    wzp__asks_deinit(&asks);
}

/* Memory that is looked at when it is given back. */
typedef struct watched {
    bool was_wiped;
    size_t freed;
} watched;

static void *watch(void *user, void *ptr, size_t old, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    watched *w = user;
    if (ptr != NULL && size == 0) {
        w->freed++;
        for (size_t i = 0; i < old; i++) {
            w->was_wiped &= ((const char *)ptr)[i] == 0;
        }
    }
    return mem.resize(mem.user, ptr, old, size);
}

WZP_TEST(tokens_and_what_is_held_are_wiped_on_every_way_out)
{
    watched w = {.was_wiped = true};
    const wzp_mem mem = {.resize = watch, .user = &w};
    const uint8_t fp[WZP_FP_LEN] = {1};
    wzp__asks asks;
    wzp__auth auth[4] = {{0}};
    wzp_conn_id conn;
    wzp_str token;
    wzp__asks_init(&asks, &mem);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            wzp__auth_ask(&asks, &auth[i], i + 1, WZP_STR("secret")), WZP_OK);
        assert_int_equal(wzp__auth_hold(&mem, &auth[i], WZP_STR("offer")),
                         WZP_OK);
    }
    assert_true(wzp__asks_take(&asks, &conn, &token)); /* taken, granted */
    wzp__kept held = wzp__auth_grant(&auth[0], fp);
    assert_int_equal(held.len, 5);
    wzp__kept_free(&mem, &held);
    wzp__auth_drop(&asks, &auth[0]);
    wzp__auth_drop(&asks, &auth[1]);  /* gone before it was taken */
    wzp__auth_deinit(&mem, &auth[2]); /* the relay ends */
    wzp__auth_deinit(&mem, &auth[3]);
    wzp__asks_deinit(&asks);
    assert_int_equal(w.freed, 8);
    assert_true(w.was_wiped);
    /* The control: one that is only given back is noticed. */
    char *bare = wzp_mem_new(&mem, 4);
    memcpy(bare, "bare", 4);
    wzp_mem_free(&mem, bare, 4);
    assert_false(w.was_wiped);
}

WZP_TEST(a_token_and_what_is_held_have_a_length)
{
    const wzp_mem mem = wzp_mem_default();
    static char text[WZP__AUTH_HELD_MAX + 1];
    wzp__asks asks;
    wzp__auth a = {0};
    wzp__asks_init(&asks, &mem);
    memset(text, 'x', sizeof text);
    assert_int_equal(wzp__auth_ask(&asks, &a, 1, (wzp_str){text, 0}),
                     WZP_ERR_AUTH);
    assert_int_equal(
        wzp__auth_ask(&asks, &a, 1, (wzp_str){text, WZP_RELAY_TOKEN_MAX + 1}),
        WZP_ERR_AUTH);
    assert_int_equal(a.state, WZP__AUTH_WANTED);
    assert_int_equal(
        wzp__auth_ask(&asks, &a, 1, (wzp_str){text, WZP_RELAY_TOKEN_MAX}),
        WZP_OK);
    assert_int_equal(wzp__auth_hold(&mem, &a, (wzp_str){text, sizeof text}),
                     WZP_ERR_PROTOCOL);
    assert_int_equal(
        wzp__auth_hold(&mem, &a, (wzp_str){text, WZP__AUTH_HELD_MAX}), WZP_OK);
    assert_int_equal(wzp__auth_hold(&mem, &a, (wzp_str){text, 1}),
                     WZP_ERR_PROTOCOL);
    wzp__auth_drop(&asks, &a);
    wzp__asks_deinit(&asks);
}

WZP_TEST(only_the_identity_of_the_token_is_admitted)
{
    const uint8_t key[WZP_KEY_LEN] = {7}, other[WZP_KEY_LEN] = {8};
    uint8_t fp[WZP_FP_LEN];
    wzp__auth a = {0};
    wzp_identity_fingerprint(key, fp);
    assert_true(wzp__auth_admits(&a, false, key)); /* none is asked for */
    assert_false(wzp__auth_admits(&a, true, key));
    (void)wzp__auth_grant(&a, fp);
    assert_true(wzp__auth_admits(&a, true, key));
    assert_false(wzp__auth_admits(&a, true, other));
}
