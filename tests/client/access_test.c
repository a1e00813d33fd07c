/* SPDX-License-Identifier: MIT */
/* Terms of a join: copied, told to groups, gone when they are over. */
#include "call/access.h"

#include "client/fakes.h"

#include <wzp/crypto/identity.h>

typedef struct fixture {
    fake_mem fake;
    wzp_mem mem;
    uint8_t list[2][WZP_FP_LEN];
    wzp_join join;
    wzp__access access;
} fixture;

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    ASSERT_OK(wzp_crypto_global_init());
    f->mem = fake_mem_table(&f->fake);
    memset(f->list[0], 1, WZP_FP_LEN);
    memset(f->list[1], 2, WZP_FP_LEN);
    f->join.policy = WZP_POLICY_LIST;
    f->join.allowed = (const uint8_t(*)[WZP_FP_LEN])f->list;
    f->join.n_allowed = 2;
    f->join.has_secret = true;
    memset(f->join.access, 0xAC, WZP_KEY_LEN);
    memset(f->join.psk, 0x95, WZP_KEY_LEN);
}

static void teardown(fixture *f)
{
    wzp__access_clear(&f->access, &f->mem);
    assert_int_equal(f->fake.held, 0);
    wzp_crypto_global_deinit();
}

WZP_TEST(access_keeps_a_copy_of_what_the_join_says)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &f.join));
    memset(f.list, 9, sizeof f.list);
    memset(f.join.psk, 9, WZP_KEY_LEN);

    wzp_group_config cfg = {0};
    wzp__access_tell(&f.access, &cfg);

    assert_int_equal(cfg.policy, WZP_POLICY_LIST);
    assert_int_equal(cfg.n_allowed, 2);
    assert_int_equal(cfg.allowed[1][0], 2);
    assert_true(cfg.has_psk);
    assert_int_equal(cfg.psk[0], 0x95);
    assert_int_equal(f.access.secret->access[0], 0xAC);
    assert_false(wzp__access_is_open(&f.access));
    teardown(&f);
}

WZP_TEST(access_of_a_join_that_says_nothing_is_open_and_has_no_secret)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &f.join));
    const wzp_join plain = {.room = "r"};
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &plain));

    wzp_group_config cfg = {0};
    wzp__access_tell(&f.access, &cfg);

    assert_int_equal(cfg.policy, WZP_POLICY_OPEN);
    assert_false(cfg.has_psk);
    assert_int_equal(cfg.n_allowed, 0);
    assert_true(wzp__access_is_open(&f.access));
    assert_int_equal(f.fake.held, 0);
    teardown(&f);
}

WZP_TEST(access_with_a_list_or_with_a_secret_alone_is_not_open)
{
    fixture f;
    setup(&f);
    const wzp_join list = {.policy = WZP_POLICY_CONTACTS};
    const wzp_join secret = {.has_secret = true};
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &list));
    assert_false(wzp__access_is_open(&f.access));
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &secret));
    assert_false(wzp__access_is_open(&f.access));
    teardown(&f);
}

WZP_TEST(access_that_makes_no_sense_leaves_the_one_before)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &f.join));
    wzp_join wrong = {.policy = (wzp_room_policy)3};
    assert_int_equal(wzp__access_take(&f.access, &f.mem, &wrong), WZP_ERR_ARG);
    wrong = (wzp_join){.policy = WZP_POLICY_LIST, .n_allowed = 1};
    assert_int_equal(wzp__access_take(&f.access, &f.mem, &wrong), WZP_ERR_ARG);
    f.fake.fail_at = f.fake.calls + 1;
    assert_int_equal(wzp__access_take(&f.access, &f.mem, &f.join),
                     WZP_ERR_NOMEM);
    assert_int_equal(f.access.n_allowed, 2);
    assert_non_null(f.access.secret);
    teardown(&f);
}

WZP_TEST(access_takes_one_off_and_gives_its_place_to_the_next)
{
    fixture f;
    setup(&f);
    const uint8_t third[WZP_FP_LEN] = {3};
    const uint8_t first[WZP_FP_LEN] = {1, 1, 1, 1, 1, 1, 1, 1,
                                       1, 1, 1, 1, 1, 1, 1, 1};
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &f.join));
    wzp__access_disallow(&f.access, first);
    wzp__access_disallow(&f.access, third); /* was not there */
    assert_memory_not_equal(f.access.allowed[0], first, WZP_FP_LEN);
    assert_int_equal(f.access.allowed[1][0], 2);
    ASSERT_OK(wzp__access_allow(&f.access, &f.mem, third));
    assert_int_equal(f.access.n_allowed, 2);
    assert_memory_equal(f.access.allowed[0], third, WZP_FP_LEN);
    teardown(&f);
}

WZP_TEST(access_takes_one_more_once)
{
    fixture f;
    setup(&f);
    const uint8_t third[WZP_FP_LEN] = {3};
    ASSERT_OK(wzp__access_take(&f.access, &f.mem, &f.join));
    ASSERT_OK(wzp__access_allow(&f.access, &f.mem, f.list[0]));
    assert_int_equal(f.access.n_allowed, 2);
    ASSERT_OK(wzp__access_allow(&f.access, &f.mem, third));
    ASSERT_OK(wzp__access_allow(&f.access, &f.mem, third));
    assert_int_equal(f.access.n_allowed, 3);
    assert_memory_equal(f.access.allowed[2], third, WZP_FP_LEN);
    f.fake.fail_at = f.fake.calls + 1;
    assert_int_equal(
        wzp__access_allow(&f.access, &f.mem, (const uint8_t[WZP_FP_LEN]){4}),
        WZP_ERR_NOMEM);
    assert_int_equal(f.access.n_allowed, 3);
    teardown(&f);
}
