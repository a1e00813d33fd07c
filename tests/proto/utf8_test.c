/* SPDX-License-Identifier: MIT */
/* UTF-8: RFC 3629's table of well-formed sequences, and its edges. */
#include "base/utf8.h"

#include "support/harness.h"

#include <string.h>

static const struct {
    const char *bytes;
    bool valid;
} ROWS[] = {
    {"", true},
    {"abc", true},
    {"\x7F", true},
    {"\xC2\x80", true},
    {"\xDF\xBF", true},
    {"\xE0\xA0\x80", true},
    {"\xED\x9F\xBF", true},
    {"\xEE\x80\x80", true},
    {"\xEF\xBF\xBF", true},
    {"\xF0\x90\x80\x80", true},
    {"\xF4\x8F\xBF\xBF", true},
    {"\x80", false},
    {"\xC0\x80", false},
    {"\xC1\xBF", false},
    {"\xC2", false},
    {"\xC2\x41", false},
    {"\xE0\x9F\xBF", false},
    {"\xE1\x80", false},
    {"\xED\xA0\x80", false},
    {"\xED\xBF\xBF", false},
    {"\xF0\x8F\xBF\xBF", false},
    {"\xF4\x90\x80\x80", false},
    {"\xF5\x80\x80\x80", false},
    {"\xF1\x80\x80", false},
    {"\xF1\x80\x80\x41", false},
    {"\xFF", false},
};

static size_t count_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_row(size_t row)
{
    assert_int_equal(
        wzp_utf8_is_valid(ROWS[row].bytes, strlen(ROWS[row].bytes)),
        ROWS[row].valid);
}
WZP_ROWS(utf8_is_well_formed_or_not, count_rows, run_row);

static const struct {
    const char *bytes;
    size_t len;
    bool is_line;
} LINES[] = {
    {"", 0, true},
    {"Anna B\xC3\xB6ll", 10, true},
    {" ~", 2, true},
    {"\xC2\xA0", 2, true},
    {"\xE2\x82\xAC", 3, true},
    {"a\0b", 3, false},
    {"a\nb", 3, false},
    {"\x1B[2J", 4, false},
    {"a\x1F", 2, false},
    {"a\x7F", 2, false},
    {"\xC2\x80", 2, false},
    {"a\xC2\x9F", 3, false},
    {"a\xC2", 2, false},
    {"a\xFF", 2, false},
};

static size_t count_lines(void)
{
    return sizeof LINES / sizeof LINES[0];
}

static void line_row(size_t row)
{
    assert_int_equal(wzp_utf8_is_line(LINES[row].bytes, LINES[row].len),
                     LINES[row].is_line);
}
WZP_ROWS(utf8_of_a_line_has_no_control_characters, count_lines, line_row);

WZP_TEST(utf8_of_every_character_is_valid)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c += (c < 0x3000) ? 1 : 97) {
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        char out[4];
        const size_t n = wzp__utf8_encode(c, out);
        assert_true(wzp_utf8_is_valid(out, n));
        assert_false(n > 1 && wzp_utf8_is_valid(out, n - 1));
    }
}
