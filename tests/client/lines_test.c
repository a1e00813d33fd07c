/* SPDX-License-Identifier: MIT */
/* Text tables read line by line and word by word. */
#include "account/lines.h"

#include "client/fakes.h"

/* A store with one content; NULL: nothing was saved. */
static wzp_err give(void *user, const char *name, const wzp_mem *mem,
                    uint8_t **out, size_t *len)
{
    const char *text = user;
    assert_string_equal(name, "table");
    if (text == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    *len = strlen(text);
    *out = wzp_mem_new(mem, *len);
    assert_non_null(*out);
    memcpy(*out, text, *len);
    return WZP_OK;
}

static void open_lines(wzp__lines *l, const char *text)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_store store = {.load = give, .user = (void *)(uintptr_t)text};
    ASSERT_OK(wzp__lines_open(l, &store, &mem, "table"));
}

static void expect_line(wzp__lines *l, const char *text, bool is_cut)
{
    wzp_str line;
    assert_true(wzp__lines_next(l, &line));
    assert_int_equal(line.len, strlen(text));
    assert_memory_equal(line.ptr, text, line.len);
    assert_int_equal(l->is_cut, is_cut);
}

static void expect_end(wzp__lines *l)
{
    wzp_str line;
    assert_false(wzp__lines_next(l, &line));
    wzp__lines_close(l);
}

WZP_TEST(lines_of_what_was_never_saved_are_none)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_store none = {0};
    wzp__lines l;
    open_lines(&l, NULL);
    expect_end(&l);
    open_lines(&l, "");
    expect_end(&l);
    ASSERT_OK(wzp__lines_open(&l, &none, &mem, "table"));
    expect_end(&l);
}

WZP_TEST(lines_that_are_empty_are_passed_over)
{
    wzp__lines l;
    open_lines(&l, "\n\nfirst one\n\nsecond\n\n");
    expect_line(&l, "first one", false);
    expect_line(&l, "second", false);
    expect_end(&l);
}

WZP_TEST(lines_without_an_end_are_given_and_said_to_be_cut)
{
    wzp__lines l;
    open_lines(&l, "first\nsec");
    expect_line(&l, "first", false);
    expect_line(&l, "sec", true);
    expect_end(&l);
}

WZP_TEST(lines_come_apart_into_words_at_single_spaces)
{
    wzp_str line = WZP_STR("one two  rest of it");
    wzp_str word = wzp__lines_word(&line);
    assert_int_equal(word.len, 3);
    assert_memory_equal(word.ptr, "one", 3);
    word = wzp__lines_word(&line);
    assert_memory_equal(word.ptr, "two", 3);

    word = wzp__lines_word(&line); /* two spaces: there is no word */

    assert_null(word.ptr);
    assert_int_equal(line.len, strlen(" rest of it"));
    line = WZP_STR("last");
    assert_null(wzp__lines_word(&line).ptr);
    assert_int_equal(line.len, 4);
}

static const struct {
    const char *text;
    bool is_number;
    uint64_t value;
} NUMBERS[] = {
    {"0", true, 0},
    {"007", true, 7},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"99999999999999999999999", false, 0},
    {"", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"0x1", false, 0},
};

static size_t numbers(void)
{
    return sizeof NUMBERS / sizeof NUMBERS[0];
}

static void number_row(size_t i)
{
    const wzp_str text = {NUMBERS[i].text, strlen(NUMBERS[i].text)};
    uint64_t v = 0;
    assert_int_equal(wzp__lines_number(text, &v), NUMBERS[i].is_number);
    if (NUMBERS[i].is_number) {
        assert_true(v == NUMBERS[i].value);
    }
}
WZP_ROWS(lines_know_digits_from_anything_else, numbers, number_row);
