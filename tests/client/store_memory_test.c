/* SPDX-License-Identifier: MIT */
/* The store that keeps nothing beyond its own life. */
#include "client/fakes.h"

#include <wzp/client/store.h>

typedef struct fixture {
    fake_mem m;
    wzp_mem mem;
    wzp_store_memory *s;
    wzp_store table;
} fixture;

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->mem = fake_mem_table(&f->m);
    ASSERT_OK(wzp_store_memory_new(&f->s, &f->mem));
    f->table = wzp_store_memory_table(f->s);
}

static void teardown(fixture *f)
{
    wzp_store_memory_free(f->s);
    assert_int_equal(f->m.held, 0);
}

static wzp_err save(fixture *f, const char *name, const char *text)
{
    return f->table.save(f->table.user, name, (const uint8_t *)text,
                         strlen(text));
}

static void expect(fixture *f, const char *name, const char *text)
{
    uint8_t *data = NULL;
    size_t len = 0;
    ASSERT_OK(f->table.load(f->table.user, name, &f->mem, &data, &len));
    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
    wzp_mem_free(&f->mem, data, len);
}

WZP_TEST(store_memory_gives_back_what_was_saved)
{
    fixture f;
    setup(&f);

    ASSERT_OK(save(&f, "pins", "one"));
    ASSERT_OK(save(&f, "contacts", "two"));
    ASSERT_OK(save(&f, "pins", "three"));

    expect(&f, "pins", "three");
    expect(&f, "contacts", "two");
    teardown(&f);
}

WZP_TEST(store_memory_knows_nothing_that_was_not_saved)
{
    fixture f;
    setup(&f);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(f.table.load(f.table.user, "pins", &f.mem, &data, &len),
                     WZP_ERR_NOT_FOUND);

    assert_null(data);
    teardown(&f);
}

WZP_TEST(store_memory_keeps_empty_content)
{
    fixture f;
    setup(&f);

    ASSERT_OK(f.table.save(f.table.user, "pins", NULL, 0));

    expect(&f, "pins", "");
    teardown(&f);
}

WZP_TEST(store_memory_refuses_the_ninth_name_and_keeps_eight)
{
    fixture f;
    setup(&f);
    char name[] = "name0";
    for (char c = '0'; c < '8'; c++) {
        name[4] = c;
        ASSERT_OK(save(&f, name, name));
    }

    assert_int_equal(save(&f, "name8", "x"), WZP_ERR_FULL);

    ASSERT_OK(save(&f, "name3", "again")); /* a known one still can */
    expect(&f, "name3", "again");
    expect(&f, "name7", "name7");
    teardown(&f);
}

WZP_TEST(store_memory_without_memory_keeps_the_old_content)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "pins", "old"));
    f.m.fail_at = f.m.calls + 1;

    assert_int_equal(save(&f, "pins", "new"), WZP_ERR_NOMEM);

    f.m.fail_at = 0;
    expect(&f, "pins", "old");
    teardown(&f);
}

WZP_TEST(store_memory_new_without_memory_says_so)
{
    fake_mem m = {.fail_at = 1};
    const wzp_mem mem = fake_mem_table(&m);
    wzp_store_memory *s = NULL;

    assert_int_equal(wzp_store_memory_new(&s, &mem), WZP_ERR_NOMEM);

    assert_null(s);
    wzp_store_memory_free(NULL);
}
