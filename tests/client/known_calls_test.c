/* SPDX-License-Identifier: MIT */
/* Call ids that must not ring again: for a day, over restarts, and nobody
 * pushes an answered one out.
 */
#include "signal/known_calls.h"

#include "client/fake_store.h"

#define NOW UINT64_C(1800000000)

typedef struct fixture {
    fake_store store;
    wzp__known_calls *known;
} fixture;

static void reopen(fixture *f)
{
    wzp__known_calls_free(f->known);
    f->known = NULL;
    ASSERT_OK(wzp__known_calls_new(&f->known, &f->store.mem, &f->store.table));
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    fake_store_init(&f->store, "calls");
    reopen(f);
}

static void teardown(fixture *f)
{
    wzp__known_calls_free(f->known);
    fake_store_deinit(&f->store);
}

static wzp_str id_of(unsigned n)
{
    static char text[4][16];
    static size_t next;
    char *out = text[next++ % 4];
    return (wzp_str){out, (size_t)snprintf(out, 16, "call %u", n)};
}

WZP_TEST(an_answered_call_is_known_for_a_day_also_after_a_restart)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__known_calls_check(f.known, NOW, id_of(1)));
    ASSERT_OK(wzp__known_calls_answered(f.known, NOW, id_of(1)));
    reopen(&f);
    assert_int_equal(wzp__known_calls_check(f.known, NOW, id_of(1)),
                     WZP_ERR_CALL_KNOWN);
    assert_int_equal(
        wzp__known_calls_check(f.known, NOW + WZP__KNOWN_CALLS_S - 1, id_of(1)),
        WZP_ERR_CALL_KNOWN);
    assert_int_equal(wzp__known_calls_check(f.known, NOW - 5, id_of(1)),
                     WZP_ERR_CALL_KNOWN); /* a clock that went back */
    ASSERT_OK(
        wzp__known_calls_check(f.known, NOW + WZP__KNOWN_CALLS_S, id_of(1)));
    ASSERT_OK(wzp__known_calls_check(f.known, NOW, id_of(2)));
    teardown(&f);
}

WZP_TEST(calls_that_only_rang_are_known_until_others_have_rung)
{
    fixture f;
    setup(&f);
    wzp__known_calls_rang(f.known, id_of(0));
    assert_int_equal(wzp__known_calls_check(f.known, NOW, id_of(0)),
                     WZP_ERR_CALL_KNOWN);
    for (unsigned i = 1; i < WZP__KNOWN_CALLS_RANG; i++) {
        wzp__known_calls_rang(f.known, id_of(i));
    }
    assert_int_equal(wzp__known_calls_check(f.known, NOW, id_of(0)),
                     WZP_ERR_CALL_KNOWN);
    wzp__known_calls_rang(f.known, id_of(5000));
    ASSERT_OK(wzp__known_calls_check(f.known, NOW, id_of(0)));
    teardown(&f);
}

WZP_TEST(a_full_table_refuses_new_calls_until_old_ones_are_a_day_old)
{
    fixture f;
    setup(&f);
    for (unsigned i = 0; i < WZP__KNOWN_CALLS_ANSWERED; i++) {
        ASSERT_OK(wzp__known_calls_answered(f.known, NOW + i, id_of(i)));
    }
    reopen(&f);
    const wzp_unix_s late = NOW + WZP__KNOWN_CALLS_S;
    assert_int_equal(wzp__known_calls_check(f.known, late - 1, id_of(9999)),
                     WZP_ERR_FULL);
    assert_int_equal(wzp__known_calls_answered(f.known, late - 1, id_of(9999)),
                     WZP_ERR_FULL);
    assert_int_equal(wzp__known_calls_check(f.known, late - 1, id_of(0)),
                     WZP_ERR_CALL_KNOWN);
    ASSERT_OK(wzp__known_calls_check(f.known, late, id_of(9999)));
    ASSERT_OK(wzp__known_calls_answered(f.known, late, id_of(9999)));
    assert_int_equal(wzp__known_calls_check(f.known, late, id_of(9999)),
                     WZP_ERR_CALL_KNOWN);
    teardown(&f);
}

static const char *const broken[] = {
    "0123456789abcdef0123456789abcdef 1800000000", /* cut */
    "0123456789abcdef0123456789abcdef\n",
    "0123456789abcdef0123456789abcdef \n",
    "0123456789abcdef0123456789abcdeg 1800000000\n",
    "0123456789abcdef0123456789abcdef 1800000000 \n",
    "0123456789abcdef0123456789abcdef 99999999999999999999\n",
    " \n",
};

static size_t broken_count(void)
{
    return sizeof broken / sizeof broken[0];
}

static void broken_run(size_t row)
{
    fixture f;
    setup(&f);
    fake_store_put(&f.store, broken[row], strlen(broken[row]));
    wzp__known_calls *k = NULL;
    assert_int_equal(wzp__known_calls_new(&k, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);
    assert_null(k);
    teardown(&f);
}

WZP_ROWS(a_file_that_cannot_be_understood_is_an_error, broken_count,
         broken_run);

WZP_TEST(what_could_not_be_saved_is_known_in_memory)
{
    fixture f;
    setup(&f);
    f.store.is_broken = true;
    assert_int_equal(wzp__known_calls_answered(f.known, NOW, id_of(1)),
                     WZP_ERR_IO);
    assert_int_equal(wzp__known_calls_check(f.known, NOW, id_of(1)),
                     WZP_ERR_CALL_KNOWN);
    teardown(&f);
}

WZP_TEST(a_table_without_memory_is_none)
{
    fixture f;
    setup(&f);
    f.store.m.fail_at = f.store.m.calls + 1;
    wzp__known_calls *k = NULL;
    assert_int_equal(wzp__known_calls_new(&k, &f.store.mem, &f.store.table),
                     WZP_ERR_NOMEM);
    teardown(&f);
}
