/* SPDX-License-Identifier: MIT */
/* The JSON reader: what is JSON (skipped values), integers, floats, texts.
 * Rows after RFC 8259 and the serde rules of spec/wire.md 2.2.
 */
#include "base/json.h"

#include "round_trip.h"

#include <float.h>
#include <stdlib.h>

static wzp__json reader(const char *text, size_t len)
{
    return wzp__json_init(text, len, arena());
}

/* --- any value --- */

static const struct {
    const char *text;
    wzp_err e;
} VALUES[] = {
    {"null", WZP_OK},
    {" \t\r\n true \n", WZP_OK},
    {"[]", WZP_OK},
    {"[ ]", WZP_OK},
    {"{ }", WZP_OK},
    {"[1,[2,{\"a\":[]}],\"x\"]", WZP_OK},
    {"{\"a\":1,\"a\":2}", WZP_OK},
    {"-0", WZP_OK},
    {"0.5e-10", WZP_OK},
    {"1E+2", WZP_OK},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", WZP_OK},
    {"", WZP_ERR_JSON},
    {"nul", WZP_ERR_JSON},
    {"truee", WZP_ERR_JSON},
    {"[1,]", WZP_ERR_JSON},
    {"[,1]", WZP_ERR_JSON},
    {"[1 2]", WZP_ERR_JSON},
    {"[1}", WZP_ERR_JSON},
    {"[", WZP_ERR_JSON},
    {"]", WZP_ERR_JSON},
    {"{\"a\"}", WZP_ERR_JSON},
    {"{\"a\":}", WZP_ERR_JSON},
    {"{\"a\":1,}", WZP_ERR_JSON},
    {"{a:1}", WZP_ERR_JSON},
    {"{1:1}", WZP_ERR_JSON},
    {"01", WZP_ERR_JSON},
    {"-", WZP_ERR_JSON},
    {"-a", WZP_ERR_JSON},
    {"+1", WZP_ERR_JSON},
    {".5", WZP_ERR_JSON},
    {"1.", WZP_ERR_JSON},
    {"1e", WZP_ERR_JSON},
    {"1e+", WZP_ERR_JSON},
    {"0x1", WZP_ERR_JSON},
    {"NaN", WZP_ERR_JSON},
    {"'a'", WZP_ERR_JSON},
    {"\"a", WZP_ERR_JSON},
    {"\"a\nb\"", WZP_ERR_JSON},
    {"\"\x1F\"", WZP_ERR_JSON},
    {"\"\\x41\"", WZP_ERR_JSON},
    {"\"\\u12\"", WZP_ERR_JSON},
    {"\"\\u12g4\"", WZP_ERR_JSON},
    {"\"\\ud800\"", WZP_ERR_JSON},
    {"\"\\ud800\\u0041\"", WZP_ERR_JSON},
    {"\"\\udc00\"", WZP_ERR_JSON},
    {"\"\\ud800\\ud800\"", WZP_ERR_JSON},
    {"\"\\", WZP_ERR_JSON},
    {"\"\xFF\"", WZP_ERR_UTF8},
    {"\"\xED\xA0\x80\"", WZP_ERR_UTF8},
    {"\"\xC3\"", WZP_ERR_UTF8},
    {"1 2", WZP_ERR_JSON},
    {"\xEF\xBB\xBF"
     "1",
     WZP_ERR_JSON},
    {"/**/1", WZP_ERR_JSON},
};

static size_t count_values(void)
{
    return sizeof VALUES / sizeof VALUES[0];
}

static void run_value(size_t row)
{
    wzp__json j = reader(VALUES[row].text, strlen(VALUES[row].text));
    wzp__json_skip(&j);
    assert_int_equal(wzp__json_end(&j), VALUES[row].e);
}
WZP_ROWS(json_value_is_skipped_or_refused, count_values, run_value);

WZP_TEST(json_skips_down_to_its_bound)
{
    char text[2 * (WZP__JSON_SKIP_DEPTH + 1)];
    for (size_t depth = WZP__JSON_SKIP_DEPTH; depth <= WZP__JSON_SKIP_DEPTH + 1;
         depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        wzp__json j = reader(text, 2 * depth);
        wzp__json_skip(&j);
        assert_int_equal(wzp__json_end(&j), (depth == WZP__JSON_SKIP_DEPTH)
                                                ? WZP_OK
                                                : WZP_ERR_JSON);
    }
}

/* --- integers --- */

static const struct {
    const char *text;
    uint64_t max;
    wzp_err e;
    uint64_t v;
} INTEGERS[] = {
    {"0", 0, WZP_OK, 0},
    {"255", 255, WZP_OK, 255},
    {"256", 255, WZP_ERR_FIELD, 0},
    {"9007199254740993", UINT64_MAX, WZP_OK, 9007199254740993u},
    {"18446744073709551615", UINT64_MAX, WZP_OK, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, WZP_ERR_FIELD, 0},
    {"99999999999999999999999", UINT64_MAX, WZP_ERR_FIELD, 0},
    {"-1", 255, WZP_ERR_FIELD, 0},
    {"-0", 255, WZP_ERR_FIELD, 0},
    {"1.0", 255, WZP_ERR_FIELD, 0},
    {"1e2", 255, WZP_ERR_FIELD, 0},
    {"1E0", 255, WZP_ERR_FIELD, 0},
    {"\"1\"", 255, WZP_ERR_FIELD, 0},
    {"null", 255, WZP_ERR_FIELD, 0},
    {"true", 255, WZP_ERR_FIELD, 0},
    {"[1]", 255, WZP_ERR_FIELD, 0},
    {"00", 255, WZP_ERR_JSON, 0},
    {"", 255, WZP_ERR_JSON, 0},
};

static size_t count_integers(void)
{
    return sizeof INTEGERS / sizeof INTEGERS[0];
}

static void run_integer(size_t row)
{
    wzp__json j = reader(INTEGERS[row].text, strlen(INTEGERS[row].text));
    const uint64_t v = wzp__json_uint(&j, INTEGERS[row].max);
    assert_int_equal(wzp__json_end(&j), INTEGERS[row].e);
    assert_true(v == INTEGERS[row].v);
}
WZP_ROWS(json_integer_is_exact_or_refused, count_integers, run_integer);

/* --- floats --- */

static const struct {
    const char *text;
    wzp_err e;
    float v;
} FLOATS[] = {
    {"0", WZP_OK, 0.0f},
    {"1", WZP_OK, 1.0f},
    {"0.2", WZP_OK, 0.2f},
    {"-1.5", WZP_OK, -1.5f},
    {"1e-7", WZP_OK, 1e-7f},
    {"0.0000000000000000000000000000000000000000000014", WZP_OK, 1e-45f},
    {"100000000000000000000000000000000000000000000e-44", WZP_OK, 1.0f},
    {"0.333333333333333333333333333333333333333333333333", WZP_OK, 1.0f / 3},
    {"3.4028235e38", WZP_OK, FLT_MAX},
    {"3.5e38", WZP_ERR_FIELD, 0},
    {"1e999999999999", WZP_ERR_FIELD, 0},
    {"1e-999999999999", WZP_OK, 0.0f},
    {"\"1\"", WZP_ERR_FIELD, 0},
    {"1.", WZP_ERR_JSON, 0},
};

static size_t count_floats(void)
{
    return sizeof FLOATS / sizeof FLOATS[0];
}

static void run_float(size_t row)
{
    wzp__json j = reader(FLOATS[row].text, strlen(FLOATS[row].text));
    const float v = wzp__json_f32(&j);
    assert_int_equal(wzp__json_end(&j), FLOATS[row].e);
    assert_true(v == FLOATS[row].v);
}
WZP_ROWS(json_float_is_read, count_floats, run_float);

/* --- texts and containers --- */

WZP_TEST(json_string_is_unescaped_into_a_copy)
{
    const char *text = "\"a\\u0000\\u00e9\\u20ac\\ud83d\\ude00\\n\"";
    wzp__json j = reader(text, strlen(text));
    const wzp_str s = wzp__json_string(&j);
    assert_int_equal(wzp__json_end(&j), WZP_OK);
    assert_int_equal(s.len, 12);
    assert_memory_equal(s.ptr, "a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\n", 12);
}

WZP_TEST(json_text_without_escapes_is_borrowed)
{
    const char *text = "\"abc\"";
    wzp__json j = reader(text, strlen(text));
    assert_ptr_equal(wzp__json_text(&j).ptr, text + 1);
    wzp__json k = reader(text, strlen(text));
    assert_ptr_not_equal(wzp__json_string(&k).ptr, text + 1);
}

WZP_TEST(json_array_is_counted_before_it_is_read)
{
    const char *text = "[1, [2,3] ,{\"a\":[]},\"]\"]";
    wzp__json j = reader(text, strlen(text));
    wzp__json_open(&j, WZP__JSON_ARRAY);
    assert_int_equal(wzp__json_count(&j), 4);
    size_t n = 0;
    while (wzp__json_next_element(&j)) {
        wzp__json_skip(&j);
        n++;
    }
    assert_int_equal(n, 4);
    assert_int_equal(wzp__json_end(&j), WZP_OK);
}

WZP_TEST(json_that_is_open_too_deep_is_refused)
{
    char text[2 * (WZP__JSON_DEPTH + 1)];
    memset(text, '[', sizeof text);
    wzp__json j = reader(text, sizeof text);
    unsigned depth = 0;
    while (j.err == WZP_OK) {
        wzp__json_open(&j, WZP__JSON_ARRAY);
        depth++;
    }
    assert_int_equal(depth, WZP__JSON_DEPTH + 1);
    assert_int_equal(j.err, WZP_ERR_JSON);
}

WZP_TEST(json_error_is_sticky)
{
    const char *text = "[1,x,3]";
    wzp__json j = reader(text, strlen(text));
    wzp__json_open(&j, WZP__JSON_ARRAY);
    assert_true(wzp__json_next_element(&j));
    wzp__json_uint(&j, 255);
    assert_false(wzp__json_next_element(&j));
    assert_int_equal(wzp__json_uint(&j, 255), 0);
    assert_null(wzp__json_text(&j).ptr);
    assert_false(wzp__json_next_element(&j));
    assert_int_equal(wzp__json_end(&j), WZP_ERR_JSON);
}
