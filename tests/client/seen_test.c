/* SPDX-License-Identifier: MIT */
/* Identities that could seal: kept, found, never pushed out; a file that cannot
 * be understood is refused whole.
 */
#include "account/seen.h"

#include "client/fake_store.h"

typedef struct fixture {
    fake_store store;
    wzp__seen *seen;
} fixture;

static void reopen(fixture *f)
{
    wzp__seen_free(f->seen);
    f->seen = NULL;
    ASSERT_OK(wzp__seen_new(&f->seen, &f->store.mem, &f->store.table));
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    fake_store_init(&f->store, "capable");
    reopen(f);
}

static void teardown(fixture *f)
{
    wzp__seen_free(f->seen);
    fake_store_deinit(&f->store);
}

static const uint8_t *fp_of(unsigned n)
{
    static uint8_t fp[WZP_FP_LEN];
    memset(fp, 0, sizeof fp);
    fp[0] = (uint8_t)(n * 151); /* not in order */
    fp[1] = (uint8_t)(n >> 8);
    fp[15] = (uint8_t)n;
    return fp;
}

WZP_TEST(seen_identities_are_found_again_after_a_restart)
{
    fixture f;
    setup(&f);
    for (unsigned i = 0; i < 300; i++) {
        ASSERT_OK(wzp__seen_add(f.seen, fp_of(i)));
        ASSERT_OK(wzp__seen_add(f.seen, fp_of(i))); /* twice is once */
    }
    ASSERT_OK(wzp__seen_save(f.seen));
    reopen(&f);
    for (unsigned i = 0; i < 300; i++) {
        assert_true(wzp__seen_has(f.seen, fp_of(i)));
    }
    assert_false(wzp__seen_has(f.seen, fp_of(300)));
    teardown(&f);
}

WZP_TEST(seen_is_written_only_when_there_is_something_new)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__seen_save(f.seen));
    assert_int_equal(f.store.saves, 0);
    ASSERT_OK(wzp__seen_add(f.seen, fp_of(1)));
    ASSERT_OK(wzp__seen_save(f.seen));
    assert_int_equal(f.store.saves, 1);
    assert_int_equal(strlen(fake_store_text(&f.store)), 2 * WZP_FP_LEN + 1);
    teardown(&f);
}

WZP_TEST(seen_that_is_full_takes_everybody_for_seen)
{
    fixture f;
    setup(&f);
    for (unsigned i = 0; i < WZP__SEEN_MAX - 1; i++) {
        ASSERT_OK(wzp__seen_add(f.seen, fp_of(i)));
    }
    assert_false(wzp__seen_has(f.seen, fp_of(60000)));
    ASSERT_OK(wzp__seen_add(f.seen, fp_of(WZP__SEEN_MAX)));
    assert_int_equal(wzp__seen_add(f.seen, fp_of(60001)), WZP_ERR_FULL);
    assert_true(wzp__seen_has(f.seen, fp_of(60000)));
    assert_true(wzp__seen_has(f.seen, fp_of(0))); /* nobody was pushed out */
    teardown(&f);
}

WZP_TEST(seen_refuses_a_file_it_does_not_understand)
{
    static const char *const bad[] = {
        "x", "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdeg\n",
        "0123456789abcdef0123456789abcde\n",
        "0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture f;
        setup(&f);
        fake_store_put(&f.store, bad[i], strlen(bad[i]));
        wzp__seen *other = NULL;
        assert_int_equal(wzp__seen_new(&other, &f.store.mem, &f.store.table),
                         WZP_ERR_MALFORMED);
        assert_null(other);
        teardown(&f);
    }
}

WZP_TEST(seen_without_a_store_lives_in_memory)
{
    fixture f;
    setup(&f);
    wzp__seen_free(f.seen);
    f.store.table = (wzp_store){0};
    f.seen = NULL;
    ASSERT_OK(wzp__seen_new(&f.seen, &f.store.mem, &f.store.table));
    ASSERT_OK(wzp__seen_add(f.seen, fp_of(3)));
    ASSERT_OK(wzp__seen_save(f.seen));
    assert_true(wzp__seen_has(f.seen, fp_of(3)));
    teardown(&f);
}
