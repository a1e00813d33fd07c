/* SPDX-License-Identifier: MIT */
/* The file of contacts while a system call fails: whatever it is, the next
 * start finds all who were there before, and who was added if that was said to
 * have worked.
 */
#include "support/faults/faults.h"
#include "support/harness.h"

#include <wzp/client/contacts.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct open_book {
    wzp_store_file *files;
    wzp_contacts *c;
} open_book;

static wzp_err book_open(open_book *b, const char *dir)
{
    const wzp_mem mem = wzp_mem_default();
    *b = (open_book){0};
    WZP_TRY(wzp_store_file_new(&b->files, &mem, dir));
    const wzp_store table = wzp_store_file_table(b->files);
    return wzp_contacts_new(&b->c, &mem, &table);
}

static void book_close(open_book *b)
{
    wzp_contacts_free(b->c);
    wzp_store_file_free(b->files);
}

static wzp_err add(const char *dir, uint8_t who, const char *name)
{
    const uint8_t fp[WZP_FP_LEN] = {who};
    open_book b;
    wzp_err e = book_open(&b, dir);
    if (e == WZP_OK) {
        e = wzp_contacts_add(b.c, fp, name, 1800000000);
    }
    book_close(&b);
    return e;
}

static bool has(const char *dir, const char *name)
{
    wzp_contact one;
    open_book b;
    assert_int_equal(book_open(&b, dir), WZP_OK);
    const wzp_err e = wzp_contacts_find_name(b.c, name, &one);
    book_close(&b);
    return e == WZP_OK;
}

static void remove_dir(const char *dir)
{
    static const char *const names[] = {"contacts", "contacts.new", "lock"};
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

/* Adding Clara with call n of f failing. True when it did. */
static bool play(wzp_fault f, size_t n, size_t *refused)
{
    char dir[] = "/tmp/wzp-torture-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(add(dir, 1, "Anna"), WZP_OK);
    assert_int_equal(add(dir, 2, "Berta"), WZP_OK);
    wzp_fault_arm(f, n);
    const wzp_err e = add(dir, 3, "Clara");
    const bool has_failed = wzp_fault_disarm();
    assert_true(has_failed || e == WZP_OK);
    assert_true(has(dir, "Anna"));
    assert_true(has(dir, "Berta"));
    assert_int_equal(has(dir, "Clara"), e == WZP_OK);
    *refused += e != WZP_OK;
    remove_dir(dir);
    return has_failed;
}

WZP_TEST(contacts_are_all_there_after_any_call_that_failed)
{
    size_t failed = 0;
    size_t refused = 0;
    for (wzp_fault f = 0; f < WZP_FAULT_COUNT; f++) {
        for (size_t n = 1; play(f, n, &refused); n++) {
            failed++;
        }
    }
    print_message("%zu calls failed, %zu were told\n", failed, refused);
    assert_true(refused >= 8 && failed >= refused);
}

/* Another process is kept out the same way (tests/client/store_file_test.c,
 * tests/e2e/programs.sh). */
WZP_TEST(contacts_held_by_two_are_changed_by_the_first_one_only)
{
    char dir[] = "/tmp/wzp-torture-XXXXXX";
    open_book first;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(book_open(&first, dir), WZP_OK);
    const uint8_t fp[WZP_FP_LEN] = {1};
    assert_int_equal(wzp_contacts_add(first.c, fp, "Anna", 1), WZP_OK);

    assert_int_equal(add(dir, 2, "Berta"), WZP_ERR_EXISTS);

    assert_int_equal(wzp_contacts_verify(first.c, fp, false), WZP_OK);
    book_close(&first);
    assert_true(has(dir, "Anna"));
    assert_false(has(dir, "Berta"));
    assert_int_equal(add(dir, 2, "Berta"), WZP_OK); /* control: it can now */
    assert_true(has(dir, "Anna") && has(dir, "Berta"));
    remove_dir(dir);
}
