/* SPDX-License-Identifier: MIT */
/* The JSON writer: floats and texts as serde_json writes them. */
#include "base/json.h"
#include "support/harness.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    float v;
    const char *text;
} FLOATS[] = {
    /* spec/wire.md 2.2 */
    {0.2f, "0.2"},
    {1.0f, "1.0"},
    {0.0f, "0.0"},
    {1e-7f, "1e-7"},
    {1e10f, "10000000000.0"},
    {0.33333334f, "0.33333334"},
    {123456.79f, "123456.79"},
    /* the layout's edges */
    {-0.0f, "-0.0"},
    {-1.5f, "-1.5"},
    {0.00001f, "0.00001"},
    {1.25e-7f, "1.25e-7"},
    {1e12f, "1000000000000.0"},
    {1.5e13f, "1.5e13"},
    {FLT_MAX, "3.4028235e38"},
    {FLT_MIN, "1.1754944e-38"},
    {1e-45f, "1e-45"},
    {16777216.0f, "16777216.0"},
    {8589973504.0f, "8589974000.0"},
    /* from the tests of Ryu: hard to round, or near a power of two */
    {1.18697725e20f, "1.18697725e20"},
    {5.3399997e9f, "5339999700.0"},
    {9.223372e18f, "9.223372e18"},
    {-2.47e-43f, "-2.47e-43"},
    {6.0898e-39f, "6.0898e-39"},
    {1.5846086e29f, "1.5846086e29"},
    {0.5f, "0.5"},
    {100.0f, "100.0"},
    {33554432.0f, "33554432.0"},
    {9.8607613e-32f, "9.8607613e-32"},
};

static size_t count_floats(void)
{
    return sizeof FLOATS / sizeof FLOATS[0];
}

static void run_float(size_t row)
{
    char text[64];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__json_put_f32(&o, FLOATS[row].v);
    text[o.len] = '\0';
    assert_string_equal(text, FLOATS[row].text);
}
WZP_ROWS(json_float_is_written_shortest, count_floats, run_float);

WZP_TEST(json_floats_of_every_exponent_read_back)
{
    for (uint32_t bits = 1; bits < 0x7F800000; bits += 0x3FFF1) {
        float v;
        memcpy(&v, &bits, sizeof v);
        char text[64];
        wzp__json_out o = {.buf = text, .cap = sizeof text - 1};
        wzp__json_put_f32(&o, v);
        text[o.len] = '\0';
        assert_true(strtof(text, NULL) == v);
    }
}

/* Where the C library would write a comma. Skipped where no such locale is
 * installed. */
WZP_TEST(json_floats_do_not_depend_on_the_locale)
{
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL &&
        setlocale(LC_NUMERIC, "fr_FR.UTF-8") == NULL) {
        WZP_SKIP("no locale with a decimal comma");
    }
    run_float(0);
    run_float(6);
    setlocale(LC_NUMERIC, "C");
}

static const struct {
    const char *in;
    const char *out;
} TEXTS[] = {
    {"", "\"\""},
    {"a", "\"a\""},
    {"\"\\/", "\"\\\"\\\\/\""},
    {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
    {"\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\""},
    {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
    {"x\ny", "\"x\\ny\""},
};

static size_t count_texts(void)
{
    return sizeof TEXTS / sizeof TEXTS[0];
}

static void run_text(size_t row)
{
    char text[64];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__json_put_string(&o, (wzp_str){TEXTS[row].in, strlen(TEXTS[row].in)});
    text[o.len] = '\0';
    assert_string_equal(text, TEXTS[row].out);
}
WZP_ROWS(json_text_is_escaped_like_serde, count_texts, run_text);

WZP_TEST(json_text_may_hold_a_nul_but_no_bad_utf8)
{
    char text[64];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__json_put_string(&o, (wzp_str){"a\0b", 3});
    text[o.len] = '\0';
    assert_string_equal(text, "\"a\\u0000b\"");
    wzp__json_put_string(&o, WZP_STR("\xC3"));
    assert_int_equal(o.err, WZP_ERR_ARG);
}

WZP_TEST(json_integers_are_plain_digits)
{
    char text[64];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__json_put_uint(&o, 0);
    wzp__json_put_char(&o, ' ');
    wzp__json_put_uint(&o, UINT64_MAX);
    text[o.len] = '\0';
    assert_string_equal(text, "0 18446744073709551615");
}

WZP_TEST(json_writer_counts_first_and_stops_at_its_end)
{
    wzp__json_out count = {.buf = NULL};
    wzp__json_put(&count, "12345", 5);
    assert_int_equal(count.len, 5);
    char text[4];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__json_put(&o, "12345", 5);
    assert_int_equal(o.err, WZP_ERR_SPACE);
    assert_int_equal(o.len, 0);
}
