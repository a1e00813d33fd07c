/* SPDX-License-Identifier: MIT */
/* Relay certificates seen before: round trip, change, bounds, and a file that
 * cannot be understood is refused whole and left as it is.
 */
#include "account/pins.h"

#include "client/fake_store.h"

typedef struct fixture {
    fake_store store;
    wzp_pins *pins;
} fixture;

static void reopen(fixture *f)
{
    wzp_pins_free(f->pins);
    f->pins = NULL;
    ASSERT_OK(wzp_pins_new(&f->pins, &f->store.mem, &f->store.table));
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    fake_store_init(&f->store, "pins");
    reopen(f);
}

static void teardown(fixture *f)
{
    wzp_pins_free(f->pins);
    fake_store_deinit(&f->store);
}

static const uint8_t *hash(uint8_t b)
{
    static uint8_t out[WZP_HASH_LEN];
    memset(out, b, sizeof out);
    return out;
}

static void expect(fixture *f, const char *relay, uint8_t b)
{
    uint8_t got[WZP_HASH_LEN];
    ASSERT_OK(wzp__pins_get(f->pins, relay, got));
    assert_memory_equal(got, hash(b), WZP_HASH_LEN);
}

static void expect_none(fixture *f, const char *relay)
{
    uint8_t got[WZP_HASH_LEN];
    assert_int_equal(wzp__pins_get(f->pins, relay, got), WZP_ERR_NOT_FOUND);
}

#define HEX64 "0101010101010101010101010101010101010101010101010101010101010101"

/* --- round trip ----------------------------------------------------------- */

WZP_TEST(pins_of_an_empty_store_know_no_relay)
{
    fixture f;
    setup(&f);

    expect_none(&f, "relay.example:4433");

    teardown(&f);
}

WZP_TEST(pins_are_there_in_the_next_life)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "relay.example:4433", hash(1), 100));
    ASSERT_OK(wzp__pins_set(f.pins, "[2001:db8::1]:4433", hash(2), 200));

    reopen(&f);

    expect(&f, "relay.example:4433", 1);
    expect(&f, "[2001:db8::1]:4433", 2);
    expect_none(&f, "relay.example:4434");
    teardown(&f);
}

WZP_TEST(pins_are_kept_as_lines_a_person_can_read)
{
    fixture f;
    setup(&f);

    ASSERT_OK(wzp__pins_set(f.pins, "relay.example:4433", hash(1), 100));
    ASSERT_OK(wzp__pins_set(f.pins, "relay.example:4433", hash(1), 250));

    assert_string_equal(fake_store_text(&f.store),
                        "relay.example:4433 " HEX64 " 100 250\n");
    teardown(&f);
}

WZP_TEST(pins_that_change_are_seen_first_when_they_changed)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 100));

    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 300));

    expect(&f, "r:1", 1);
    assert_string_equal(fake_store_text(&f.store), "r:1 " HEX64 " 300 300\n");
    reopen(&f);
    expect(&f, "r:1", 1);
    teardown(&f);
}

WZP_TEST(pins_read_a_file_without_a_last_newline_and_with_empty_lines)
{
    fixture f;
    setup(&f);
    const char *text = "\nr:1 " HEX64 " 1 2\n\nr:2 " HEX64 " 3 4";
    fake_store_put(&f.store, text, strlen(text));

    reopen(&f);

    expect(&f, "r:1", 1);
    expect(&f, "r:2", 1);
    teardown(&f);
}

WZP_TEST(pins_take_the_longest_name_there_is)
{
    fixture f;
    setup(&f);
    char name[WZP__PIN_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[WZP__PIN_NAME_MAX] = '\0';

    ASSERT_OK(wzp__pins_set(f.pins, name, hash(3), UINT64_MAX));
    reopen(&f);

    expect(&f, name, 3);
    teardown(&f);
}

WZP_TEST(pins_are_listed_with_all_that_is_known_of_a_relay)
{
    fixture f;
    wzp_pin one;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 100));
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 200));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(2), 300));
    reopen(&f);

    assert_int_equal(wzp_pins_count(f.pins), 1);
    ASSERT_OK(wzp_pins_at(f.pins, 0, &one));
    assert_int_equal(one.size, sizeof one);
    assert_string_equal(one.relay, "r:1");
    assert_memory_equal(one.hash, hash(1), WZP_HASH_LEN);
    assert_true(one.first_seen == 100 && one.last_seen == 200 && one.has_next);
    assert_memory_equal(one.next, hash(2), WZP_HASH_LEN);
    assert_true(one.next_not_before == 300);
    assert_int_equal(wzp_pins_at(f.pins, 1, &one), WZP_ERR_NOT_FOUND);
    teardown(&f);
}

WZP_TEST(pins_that_are_forgotten_are_unknown_and_the_others_stay)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 100));
    ASSERT_OK(wzp__pins_set(f.pins, "r:2", hash(2), 100));
    ASSERT_OK(wzp__pins_set(f.pins, "r:3", hash(3), 100));

    ASSERT_OK(wzp_pins_forget(f.pins, "r:1"));
    assert_int_equal(wzp_pins_forget(f.pins, "r:1"), WZP_ERR_NOT_FOUND);

    reopen(&f);
    expect_none(&f, "r:1");
    expect(&f, "r:2", 2);
    expect(&f, "r:3", 3);
    ASSERT_OK(wzp_pins_forget(f.pins, "r:3"));
    ASSERT_OK(wzp_pins_forget(f.pins, "r:2"));
    reopen(&f);
    assert_int_equal(wzp_pins_count(f.pins), 0);
    teardown(&f);
}

/* --- refused -------------------------------------------------------------- */

static const char *const bad_names[] = {"", "a b", "a\nb", "a\tb", " a", "a\r"};

static size_t bad_names_count(void)
{
    return sizeof bad_names / sizeof bad_names[0];
}

static void bad_name_row(size_t row)
{
    fixture f;
    setup(&f);
    assert_int_equal(wzp__pins_set(f.pins, bad_names[row], hash(1), 1),
                     WZP_ERR_ARG);
    expect_none(&f, bad_names[row]);
    teardown(&f);
}
WZP_ROWS(pins_refuse_a_name_that_would_break_the_file, bad_names_count,
         bad_name_row);

WZP_TEST(pins_refuse_a_name_that_is_too_long)
{
    fixture f;
    setup(&f);
    char name[WZP__PIN_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[WZP__PIN_NAME_MAX + 1] = '\0';

    assert_int_equal(wzp__pins_set(f.pins, name, hash(1), 1), WZP_ERR_ARG);

    teardown(&f);
}

/* clang-format off */
static const char *const bad_lines[] = {
    "r:1",
    "r:1 " HEX64,
    "r:1 " HEX64 " 1",
    "r:1 " HEX64 " 1 2 3",
    "r:1 " HEX64 " 1 2 ",
    "r:1 " HEX64 " 1 2\r",
    "r:1 " HEX64 "01 1 2",
    "r:1 0101 1 2",
    "r:1 " HEX64 " one 2",
    "r:1 " HEX64 " 1 -2",
    "r:1 " HEX64 " +1 2",
    "r:1 " HEX64 " 1 99999999999999999999999",
    "r:1 g101010101010101010101010101010101010101010101010101010101010101 1 2",
    "r:1  " HEX64 " 1 2",
    " r:1 " HEX64 " 1 2",
    "{\"relays\": []}",
};
/* clang-format on */

static size_t bad_lines_count(void)
{
    return sizeof bad_lines / sizeof bad_lines[0];
}

/* Between two good lines, and nothing is lost: the file stays as it is. */
static void bad_line_row(size_t row)
{
    fixture f;
    setup(&f);
    char text[1024];
    snprintf(text, sizeof text, "a:1 %s 1 2\n%s\nb:1 %s 1 2\n", HEX64,
             bad_lines[row], HEX64);
    fake_store_put(&f.store, text, strlen(text));

    wzp_pins *pins = NULL;
    assert_int_equal(wzp_pins_new(&pins, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);

    assert_null(pins);
    assert_string_equal(fake_store_text(&f.store), text);
    teardown(&f);
}
WZP_ROWS(pins_refuse_a_malformed_line_and_lose_nothing, bad_lines_count,
         bad_line_row);

WZP_TEST(pins_refuse_a_line_with_a_nul_inside)
{
    fixture f;
    setup(&f);
    const char text[] = "r:1 " HEX64 " 1 2\0 3\n";
    fake_store_put(&f.store, text, sizeof text - 1);

    wzp_pins *pins = NULL;
    assert_int_equal(wzp_pins_new(&pins, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);

    teardown(&f);
}

WZP_TEST(pins_refuse_a_file_cut_at_every_length_but_a_whole_line)
{
    const char *text = "relay.example:4433 " HEX64 " 12 34\n";
    const size_t len = strlen(text);
    for (size_t cut = 1; cut < len; cut++) {
        fixture f;
        setup(&f);
        fake_store_put(&f.store, text, cut);
        wzp_pins *pins = NULL;
        wzp_err e = wzp_pins_new(&pins, &f.store.mem, &f.store.table);
        /* "3", "34" and the newline: numbers do not tell where they end. */
        assert_int_equal(e, cut >= len - 2 ? WZP_OK : WZP_ERR_MALFORMED);
        wzp_pins_free(pins);
        teardown(&f);
    }
}

/* --- the store fails ------------------------------------------------------ */

WZP_TEST(pins_of_a_store_that_cannot_be_read_are_an_error)
{
    fixture f;
    setup(&f);
    f.store.is_unreadable = true;
    wzp_pins *pins = NULL;

    assert_int_equal(wzp_pins_new(&pins, &f.store.mem, &f.store.table),
                     WZP_ERR_IO);

    assert_null(pins);
    teardown(&f);
}

WZP_TEST(pins_that_cannot_be_saved_are_kept_in_memory)
{
    fixture f;
    setup(&f);
    f.store.is_broken = true;

    assert_int_equal(wzp__pins_set(f.pins, "r:1", hash(1), 1), WZP_ERR_IO);

    expect(&f, "r:1", 1);
    teardown(&f);
}

WZP_TEST(pins_without_a_store_are_kept_in_memory)
{
    fixture f;
    setup(&f);
    f.store.table = (wzp_store){0};
    reopen(&f);

    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 1));

    expect(&f, "r:1", 1);
    teardown(&f);
}

WZP_TEST(pins_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(1), 1));
    const size_t held = f.store.m.held;
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp_pins *pins = NULL;
        f.store.m.fail_at = f.store.m.calls + n;
        e = wzp_pins_new(&pins, &f.store.mem, &f.store.table);
        f.store.m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp_pins_free(pins);
        assert_int_equal(f.store.m.held, held);
        assert_true(n < 10);
    }
    teardown(&f);
}

/* --- successors ----------------------------------------------------------- */

#define NINETY_DAYS UINT64_C(7776000)

WZP_TEST(pins_keep_an_announced_successor_over_a_restart)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 100));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(1), 5000));
    ASSERT_OK(wzp__pins_set(f.pins, "r:2", hash(9), 100));

    reopen(&f);

    assert_true(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000));
    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(9), 5000));
    assert_false(wzp__pins_is_next(f.pins, "r:2", hash(1), 5000));
    assert_false(wzp__pins_is_next(f.pins, "r:3", hash(1), 5000));
    expect(&f, "r:1", 9);
    teardown(&f);
}

WZP_TEST(pins_take_a_successor_for_90_days_and_not_a_second_more)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 100));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(1), 5000));

    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(1), 4999));
    assert_true(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000));
    assert_true(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000 + NINETY_DAYS));
    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(1), 5001 + NINETY_DAYS));
    teardown(&f);
}

WZP_TEST(pins_forget_a_successor_with_the_pin_that_announced_it)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 100));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(1), 5000));
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 101)); /* seen again */
    assert_true(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000));

    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(3), 102));

    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000));
    teardown(&f);
}

WZP_TEST(pins_let_an_announcement_be_changed_and_taken_back)
{
    fixture f;
    setup(&f);
    assert_int_equal(wzp__pins_set_next(f.pins, "r:1", hash(1), 5000),
                     WZP_ERR_NOT_FOUND);
    ASSERT_OK(wzp__pins_set(f.pins, "r:1", hash(9), 100));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(1), 5000));
    assert_string_equal(strrchr(fake_store_text(&f.store), ' '), " 5000\n");

    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", hash(1), 6000));
    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(1), 5000));
    ASSERT_OK(wzp__pins_set_next(f.pins, "r:1", NULL, 0));
    assert_false(wzp__pins_is_next(f.pins, "r:1", hash(1), 6000));
    assert_string_equal(strrchr(fake_store_text(&f.store), ' '), " 100\n");
    teardown(&f);
}

static const char *const HALF[] = {
    "r:1 " HEX64 " 1 2 " HEX64,        "r:1 " HEX64 " 1 2 " HEX64 " ",
    "r:1 " HEX64 " 1 2 ab 5",          "r:1 " HEX64 " 1 2 " HEX64 " x",
    "r:1 " HEX64 " 1 2 " HEX64 " 5 6", "r:1 " HEX64 " 1  " HEX64 " 5",
    "r:1 " HEX64 " 1 2 " HEX64 "01 5",
};

static size_t half_rows(void)
{
    return sizeof HALF / sizeof HALF[0];
}

static void half_row(size_t i)
{
    fixture f;
    setup(&f);
    fake_store_put(&f.store, HALF[i], strlen(HALF[i]));
    wzp_pins *pins = NULL;
    assert_int_equal(wzp_pins_new(&pins, &f.store.mem, &f.store.table),
                     WZP_ERR_MALFORMED);
    assert_null(pins);
    teardown(&f);
}
WZP_ROWS(pins_with_half_a_successor_are_refused_whole, half_rows, half_row);

/* --- bounds --------------------------------------------------------------- */

WZP_TEST(pins_beyond_the_cap_replace_the_one_longest_unseen)
{
    fixture f;
    setup(&f);
    f.store.table = (wzp_store){0}; /* saving 1024 times is not the point */
    reopen(&f);
    char name[32];
    for (unsigned i = 0; i < WZP__PINS_MAX; i++) {
        snprintf(name, sizeof name, "r:%u", i);
        ASSERT_OK(wzp__pins_set(f.pins, name, hash(1), 1000 + i));
    }
    ASSERT_OK(wzp__pins_set(f.pins, "r:0", hash(1), 5000)); /* seen again */

    ASSERT_OK(wzp__pins_set(f.pins, "new:1", hash(2), 6000));

    expect(&f, "new:1", 2);
    expect(&f, "r:0", 1);
    expect_none(&f, "r:1");
    expect(&f, "r:2", 1);
    expect(&f, "r:1023", 1);
    teardown(&f);
}

WZP_TEST(pins_of_a_full_table_come_back_whole)
{
    fixture f;
    setup(&f);
    char *text = calloc(WZP__PINS_MAX, 128);
    assert_non_null(text);
    size_t len = 0;
    for (unsigned i = 0; i < WZP__PINS_MAX; i++) {
        len += (size_t)snprintf(text + len, 128, "r:%u %s %u %u\n", i, HEX64, i,
                                i);
    }
    fake_store_put(&f.store, text, len);

    reopen(&f);

    expect(&f, "r:0", 1);
    expect(&f, "r:1023", 1);
    ASSERT_OK(wzp__pins_set(f.pins, "r:5", hash(1), 9999));
    reopen(&f);
    expect(&f, "r:1022", 1);
    free(text);
    teardown(&f);
}
