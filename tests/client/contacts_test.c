/* SPDX-License-Identifier: MIT */
/* People the user knows: names, keys that are pinned once and not replaced by
 * what comes later, the file, and that a file which cannot be understood is
 * left as it is.
 */
#include "client/fake_store.h"

#include <wzp/client/contacts.h>

#define NOW UINT64_C(1800000000)

typedef struct fixture {
    fake_store store;
    wzp_contacts *c;
} fixture;

static void reopen(fixture *f)
{
    wzp_contacts_free(f->c);
    f->c = NULL;
    ASSERT_OK(wzp_contacts_new(&f->c, &f->store.mem, &f->store.table));
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    fake_store_init(&f->store, "contacts");
    reopen(f);
}

static void teardown(fixture *f)
{
    wzp_contacts_free(f->c);
    fake_store_deinit(&f->store);
}

static const uint8_t *key(uint8_t b)
{
    static uint8_t out[WZP_KEY_LEN];
    memset(out, b, sizeof out);
    return out;
}

static const uint8_t *fp(uint8_t b)
{
    static uint8_t out[WZP_FP_LEN];
    uint8_t all[WZP_KEY_LEN]; /* not key(): that may be in use */
    memset(all, b, sizeof all);
    wzp_identity_fingerprint(all, out);
    return out;
}

static wzp_contact get(const fixture *f, uint8_t b)
{
    wzp_contact one;
    ASSERT_OK(wzp_contacts_find(f->c, fp(b), &one));
    assert_int_equal(one.size, sizeof one);
    assert_memory_equal(one.fingerprint, fp(b), WZP_FP_LEN);
    return one;
}

/* SHA-256 of 32 bytes 01, and those. */
#define FP1  "72cd6e8422c407fb6d098690f1130b7d"
#define KEY1 "0101010101010101010101010101010101010101010101010101010101010101"
#define FP9  "99999999999999999999999999999999"

/* --- adding, finding, forgetting ------------------------------------------ */

WZP_TEST(contacts_of_an_empty_store_are_none)
{
    fixture f;
    wzp_contact one;
    setup(&f);

    assert_int_equal(wzp_contacts_count(f.c), 0);
    assert_int_equal(wzp_contacts_at(f.c, 0, &one), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_find(f.c, fp(1), &one), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_find_name(f.c, "Anna", &one),
                     WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_forget(f.c, fp(1)), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_verify(f.c, fp(1), true), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_see(f.c, key(1), NOW), WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_contacts_replace_key(f.c, fp(1), key(1), NOW),
                     WZP_ERR_NOT_FOUND);
    ASSERT_OK(wzp_contacts_save(f.c));
    assert_int_equal(f.store.saves, 0);
    teardown(&f);
}

WZP_TEST(contacts_are_there_in_the_next_life_by_fingerprint_and_by_name)
{
    fixture f;
    wzp_contact one;
    setup(&f);
    for (uint8_t b = 1; b < 60; b++) {
        char name[16];
        snprintf(name, sizeof name, "Friend %u", b);
        ASSERT_OK(wzp_contacts_add(f.c, fp(b), name, NOW + b));
    }

    reopen(&f);

    assert_int_equal(wzp_contacts_count(f.c), 59);
    for (uint8_t b = 1; b < 60; b++) {
        one = get(&f, b);
        assert_true(one.first_seen == NOW + b && one.last_seen == 0);
        assert_false(one.has_key || one.is_capable || one.is_verified);
    }
    ASSERT_OK(wzp_contacts_find_name(f.c, "friend 7", &one));
    assert_memory_equal(one.fingerprint, fp(7), WZP_FP_LEN);
    assert_string_equal(one.name, "Friend 7");
    assert_int_equal(wzp_contacts_find_name(f.c, "Friend", &one),
                     WZP_ERR_NOT_FOUND);
    teardown(&f);
}

WZP_TEST(contacts_are_listed_once_each)
{
    fixture f;
    bool is_met[40] = {false};
    setup(&f);
    for (uint8_t b = 1; b < 40; b++) {
        const char name[] = {'n', (char)('0' + b / 10), (char)('0' + b % 10),
                             '\0'};
        ASSERT_OK(wzp_contacts_add(f.c, fp(b), name, NOW));
        ASSERT_OK(wzp_contacts_see(f.c, key(b), NOW));
    }
    for (size_t i = 0; i < 39; i++) {
        wzp_contact one;
        ASSERT_OK(wzp_contacts_at(f.c, i, &one));
        assert_false(is_met[one.key[0]]);
        is_met[one.key[0]] = true;
    }
    assert_int_equal(wzp_contacts_count(f.c), 39);
    teardown(&f);
}

WZP_TEST(contacts_have_one_name_and_one_fingerprint_each)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna \xC3\x84", NOW));

    assert_int_equal(wzp_contacts_add(f.c, fp(1), "Berta", NOW),
                     WZP_ERR_EXISTS);
    assert_int_equal(wzp_contacts_add(f.c, fp(2), "aNNA \xC3\x84", NOW),
                     WZP_ERR_EXISTS);
    ASSERT_OK(wzp_contacts_add(f.c, fp(2), "Anna \xC3\xA4", NOW));

    assert_int_equal(wzp_contacts_count(f.c), 2);
    teardown(&f);
}

WZP_TEST(contacts_that_are_forgotten_are_gone_and_may_come_back)
{
    fixture f;
    wzp_contact one;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    ASSERT_OK(wzp_contacts_add(f.c, fp(2), "Berta", NOW));
    ASSERT_OK(wzp_contacts_add(f.c, fp(3), "Clara", NOW));

    ASSERT_OK(wzp_contacts_forget(f.c, fp(2)));

    reopen(&f);
    assert_int_equal(wzp_contacts_count(f.c), 2);
    assert_int_equal(wzp_contacts_find(f.c, fp(2), &one), WZP_ERR_NOT_FOUND);
    assert_string_equal(get(&f, 1).name, "Anna");
    assert_string_equal(get(&f, 3).name, "Clara");
    ASSERT_OK(wzp_contacts_add(f.c, fp(2), "berta", NOW));
    teardown(&f);
}

/* 63 bytes. */
#define LONGEST                                                                \
    "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"

static const struct {
    const char *name;
    wzp_err err;
} NAMES[] = {
    {"A", WZP_OK},
    {"Anna Example", WZP_OK},
    {"\xE2\x82\xAC", WZP_OK},
    {"-", WZP_OK},
    {LONGEST, WZP_OK},
    {LONGEST "0", WZP_ERR_NAME},
    {"", WZP_ERR_NAME},
    {" Anna", WZP_ERR_NAME},
    {"Anna ", WZP_ERR_NAME},
    {"An\nna", WZP_ERR_NAME},
    {"An\tna", WZP_ERR_NAME},
    {"An\x7Fna", WZP_ERR_NAME},
    {"An\xC2\x9Bna", WZP_ERR_NAME},
    {"\x1B[31mAnna", WZP_ERR_NAME},
    {"An\xE2\x80\xAEna", WZP_ERR_NAME},
    {"Anna\xC3", WZP_ERR_NAME},
    {"\xFF", WZP_ERR_NAME},
    /* these are taken for something else */
    {"relay.example:4433", WZP_ERR_NAME},
    {"72cd:6e84:22c4:07fb:6d09:8690:f113:0b7d", WZP_ERR_NAME},
    {"72cd6e8422c407fb6d098690f1130b7D", WZP_ERR_NAME},
    {"72cd6e8422c407fb6d098690f1130b7", WZP_OK},
    {"72cd6e8422c407fb6d098690f1130b7x", WZP_OK},
};

static size_t names(void)
{
    return sizeof NAMES / sizeof NAMES[0];
}

static void name_row(size_t i)
{
    fixture f;
    setup(&f);
    assert_int_equal(wzp_contacts_add(f.c, fp(1), NAMES[i].name, NOW),
                     NAMES[i].err);
    reopen(&f);
    assert_int_equal(wzp_contacts_count(f.c), NAMES[i].err == WZP_OK);
    if (NAMES[i].err == WZP_OK) {
        assert_string_equal(get(&f, 1).name, NAMES[i].name);
    }
    teardown(&f);
}
WZP_ROWS(contacts_take_names_that_can_stand_on_a_line, names, name_row);

/* --- keys ----------------------------------------------------------------- */

WZP_TEST(contacts_pin_the_first_key_that_is_seen)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));

    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW + 500));
    ASSERT_OK(wzp_contacts_save(f.c));

    reopen(&f);
    const wzp_contact one = get(&f, 1);
    assert_true(one.has_key && one.is_capable);
    assert_false(one.is_verified);
    assert_memory_equal(one.key, key(1), WZP_KEY_LEN);
    assert_true(one.first_seen == NOW + 500 && one.last_seen == NOW + 500);
    teardown(&f);
}

WZP_TEST(contacts_know_nobody_by_another_key)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    const size_t saves = f.store.saves;

    assert_int_equal(wzp_contacts_see(f.c, key(2), NOW), WZP_ERR_NOT_FOUND);

    ASSERT_OK(wzp_contacts_save(f.c));
    assert_int_equal(f.store.saves, saves);
    assert_false(get(&f, 1).has_key);
    teardown(&f);
}

/* Two keys of one fingerprint are not to be had; a store edited by hand
 * stands for them: pinned 09…, and the fingerprint is that of 01…. */
static void put_other_key(fixture *f)
{
    const char text[] = FP1 " 0909090909090909090909090909090909090909090909090"
                            "909090909090909 100 200 verified Anna\n";
    fake_store_put(&f->store, text, sizeof text - 1);
    reopen(f);
}

WZP_TEST(contacts_whose_key_is_another_are_refused_and_nothing_changes)
{
    fixture f;
    setup(&f);
    put_other_key(&f);

    assert_int_equal(wzp_contacts_see(f.c, key(1), NOW), WZP_ERR_CONTACT);
    assert_int_equal(wzp_contacts_see(f.c, key(1), NOW), WZP_ERR_CONTACT);

    ASSERT_OK(wzp_contacts_save(f.c));
    assert_int_equal(f.store.saves, 0);
    const wzp_contact one = get(&f, 1);
    assert_memory_equal(one.key, key(9), WZP_KEY_LEN);
    assert_true(one.is_verified && one.last_seen == 200);
    teardown(&f);
}

WZP_TEST(contacts_take_another_key_when_the_user_says_so_and_verify_it_anew)
{
    fixture f;
    setup(&f);
    put_other_key(&f);

    assert_int_equal(wzp_contacts_replace_key(f.c, fp(1), key(2), NOW),
                     WZP_ERR_FINGERPRINT);
    ASSERT_OK(wzp_contacts_replace_key(f.c, fp(1), key(1), NOW));

    reopen(&f);
    const wzp_contact one = get(&f, 1);
    assert_memory_equal(one.key, key(1), WZP_KEY_LEN);
    assert_false(one.is_verified);
    assert_true(one.first_seen == NOW);
    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW));
    teardown(&f);
}

WZP_TEST(contacts_are_verified_once_there_is_a_key_to_verify)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    assert_int_equal(wzp_contacts_verify(f.c, fp(1), true), WZP_ERR_STATE);
    ASSERT_OK(wzp_contacts_verify(f.c, fp(1), false));
    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW));

    ASSERT_OK(wzp_contacts_verify(f.c, fp(1), true));
    reopen(&f);
    assert_true(get(&f, 1).is_verified);
    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW + 3600));
    assert_true(get(&f, 1).is_verified);

    ASSERT_OK(wzp_contacts_verify(f.c, fp(1), false));
    reopen(&f);
    assert_false(get(&f, 1).is_verified);
    assert_true(get(&f, 1).has_key);
    teardown(&f);
}

WZP_TEST(contacts_seen_again_and_again_are_written_once_a_minute)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    const size_t before = f.store.saves;
    for (unsigned s = 0; s < 3600; s++) {
        ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW + s));
        ASSERT_OK(wzp_contacts_save(f.c));
    }
    assert_int_equal(f.store.saves - before, 60);
    assert_true(get(&f, 1).last_seen == NOW + 3540);
    teardown(&f);
}

WZP_TEST(contacts_forget_a_moment_that_a_wrong_clock_put_ahead)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW + 1000000));

    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW));

    assert_true(get(&f, 1).last_seen == NOW);
    teardown(&f);
}

/* --- the file ------------------------------------------------------------- */

WZP_TEST(contacts_are_kept_as_lines_a_person_can_read)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna B.", 100));
    assert_string_equal(fake_store_text(&f.store), FP1 " - 100 0 - Anna B.\n");

    ASSERT_OK(wzp_contacts_see(f.c, key(1), 200));
    ASSERT_OK(wzp_contacts_verify(f.c, fp(1), true));

    assert_string_equal(fake_store_text(&f.store),
                        FP1 " " KEY1 " 200 200 verified Anna B.\n");
    teardown(&f);
}

WZP_TEST(contacts_are_read_in_any_order_and_between_empty_lines)
{
    fixture f;
    wzp_contact one;
    setup(&f);
    const char text[] =
        "\n" FP9 " - 5 0 - Nina\n\n" FP1 " " KEY1 " 1 2 - Anna\n";
    fake_store_put(&f.store, text, sizeof text - 1);

    reopen(&f);

    ASSERT_OK(wzp_contacts_find_name(f.c, "NINA", &one));
    assert_true(one.first_seen == 5 && !one.has_key);
    assert_true(get(&f, 1).has_key);
    teardown(&f);
}

/* clang-format off */
static const char *const BAD_LINES[] = {
    FP1,
    FP1 " - 1 0 -",
    FP1 " - 1 0 - ",
    FP1 " - 1 0 Anna",
    FP1 " - 1 0 yes Anna",
    FP1 " - 1 0 verified Anna",       /* a key there is not */
    FP1 "  - 1 0 - Anna",
    " " FP1 " - 1 0 - Anna",
    FP1 " - 1 0 -  Anna",
    FP1 " - 1 0 - Anna ",
    FP1 " - 1 0 - Anna\r",
    FP1 " - 1 0 - An\x1bna",
    FP1 " - 1 0 - An\xff",
    FP1 " - 1 0 - An:na",
    FP1 " - 1 0 - " FP9,
    FP1 " - 1 0 - " LONGEST "0",
    FP1 " - one 0 - Anna",
    FP1 " - 1 -1 - Anna",
    FP1 " - 1 99999999999999999999 - Anna",
    FP1 " 01 1 0 - Anna",
    FP1 " " KEY1 "01 1 0 - Anna",
    FP1 " " KEY1 " 1 0 verifie Anna",
    FP1 "7d - 1 0 - Anna",
    "x2cd6e8422c407fb6d098690f1130b7d - 1 0 - Anna",
    FP9 " - 1 0 - Anna",              /* twice the fingerprint, below */
    FP1 " - 1 0 - NINA",              /* twice the name */
    "{\"contacts\": []}",
    "r:1 " KEY1 " 1 2",               /* pins */
};
/* clang-format on */

static size_t bad_lines(void)
{
    return sizeof BAD_LINES / sizeof BAD_LINES[0];
}

/* Between two good lines, and nothing is lost: the file stays as it is. */
static void bad_line_row(size_t row)
{
    fixture f;
    setup(&f);
    char text[1024];
    snprintf(text, sizeof text,
             FP9 " - 1 0 - Nina\n%s\n"
                 "22222222222222222222222222222222 - 1 0 - Zoe\n",
             BAD_LINES[row]);
    fake_store_put(&f.store, text, strlen(text));

    wzp_contacts *c = NULL;
    assert_int_equal(wzp_contacts_new(&c, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);

    assert_null(c);
    assert_string_equal(fake_store_text(&f.store), text);
    teardown(&f);
}
WZP_ROWS(contacts_refuse_a_malformed_line_and_lose_nothing, bad_lines,
         bad_line_row);

WZP_TEST(contacts_refuse_a_name_with_a_nul_inside)
{
    fixture f;
    setup(&f);
    const char text[] = FP1 " - 1 0 - An\0na\n";
    fake_store_put(&f.store, text, sizeof text - 1);

    wzp_contacts *c = NULL;
    assert_int_equal(wzp_contacts_new(&c, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);

    teardown(&f);
}

WZP_TEST(contacts_refuse_a_torn_file_wherever_it_is_torn_inside_a_line)
{
    const char text[] = FP1 " " KEY1 " 12 34 verified Anna\n";
    for (size_t cut = 1; cut < sizeof text; cut++) {
        fixture f;
        setup(&f);
        fake_store_put(&f.store, text, cut);
        wzp_contacts *c = NULL;
        const bool is_whole = cut == sizeof text - 1;
        assert_int_equal(wzp_contacts_new(&c, &f.store.mem, &f.store.table),
                         is_whole ? WZP_OK : WZP_ERR_MALFORMED);
        wzp_contacts_free(c);
        teardown(&f);
    }
}

/* --- the store fails ------------------------------------------------------ */

WZP_TEST(contacts_of_a_store_that_cannot_be_read_are_an_error)
{
    fixture f;
    setup(&f);
    f.store.is_unreadable = true;
    wzp_contacts *c = NULL;

    assert_int_equal(wzp_contacts_new(&c, &f.store.mem, &f.store.table),
                     WZP_ERR_IO);

    assert_null(c);
    teardown(&f);
}

WZP_TEST(contacts_that_cannot_be_saved_are_kept_and_saved_with_the_next)
{
    fixture f;
    setup(&f);
    f.store.is_broken = true;

    assert_int_equal(wzp_contacts_add(f.c, fp(1), "Anna", NOW), WZP_ERR_IO);
    assert_int_equal(wzp_contacts_save(f.c), WZP_ERR_IO);
    assert_string_equal(get(&f, 1).name, "Anna");
    f.store.is_broken = false;
    ASSERT_OK(wzp_contacts_save(f.c));

    reopen(&f);
    assert_string_equal(get(&f, 1).name, "Anna");
    teardown(&f);
}

WZP_TEST(contacts_without_a_store_are_kept_in_memory)
{
    fixture f;
    setup(&f);
    f.store.table = (wzp_store){0};
    reopen(&f);

    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    ASSERT_OK(wzp_contacts_see(f.c, key(1), NOW));

    assert_true(get(&f, 1).has_key);
    teardown(&f);
}

WZP_TEST(contacts_lose_nobody_at_the_nth_allocation)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    const size_t held = f.store.m.held;
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp_contacts *c = NULL;
        f.store.m.fail_at = f.store.m.calls + n;
        e = wzp_contacts_new(&c, &f.store.mem, &f.store.table);
        if (e == WZP_OK) {
            e = wzp_contacts_forget(c, fp(1));
        }
        f.store.m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp_contacts_free(c);
        assert_true(n < 10);
        if (e != WZP_OK) {
            assert_int_equal(f.store.m.held, held);
            assert_string_equal(fake_store_text(&f.store),
                                FP1 " - 1800000000 0 - Anna\n");
        }
    }
    teardown(&f);
}

/* --- bounds --------------------------------------------------------------- */

/* As many lines as the table takes, and `more`. */
static char *many(size_t more, size_t *len)
{
    const size_t n = WZP_CONTACTS_MAX + more;
    char *text = calloc(n, 64);
    assert_non_null(text);
    *len = 0;
    for (size_t i = 0; i < n; i++) {
        *len += (size_t)snprintf(text + *len, 64, "%032zx - 1 0 - n%zu\n",
                                 i * 7919 % 65537, i);
    }
    return text;
}

WZP_TEST(contacts_are_bounded_and_nobody_makes_room)
{
    fixture f;
    setup(&f);
    size_t len;
    char *text = many(0, &len);
    fake_store_put(&f.store, text, len);
    free(text);
    reopen(&f);

    assert_int_equal(wzp_contacts_add(f.c, fp(1), "Anna", NOW), WZP_ERR_FULL);

    assert_int_equal(wzp_contacts_count(f.c), WZP_CONTACTS_MAX);
    const uint8_t zeros[WZP_FP_LEN] = {0};
    ASSERT_OK(wzp_contacts_forget(f.c, zeros));
    ASSERT_OK(wzp_contacts_add(f.c, fp(1), "Anna", NOW));
    reopen(&f);
    assert_int_equal(wzp_contacts_count(f.c), WZP_CONTACTS_MAX);
    teardown(&f);
}

WZP_TEST(contacts_of_a_file_with_too_many_are_refused_whole)
{
    fixture f;
    setup(&f);
    size_t len;
    char *text = many(1, &len);
    fake_store_put(&f.store, text, len);
    free(text);
    wzp_contacts *c = NULL;

    assert_int_equal(wzp_contacts_new(&c, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);

    teardown(&f);
}
