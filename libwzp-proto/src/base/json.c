/* SPDX-License-Identifier: MIT */
/* The JSON reader (json.h). Own code instead of a library, because the rules
 * are those of serde_json to the letter and the libraries at hand read numbers
 * as doubles and texts as C strings: docs/wire.md, "JSON". The writer is in
 * json_out.c.
 */
#include "base/json.h"

#include "base/utf8.h"

#include <wzp/proto/hex.h>

#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

wzp__json wzp__json_init(const char *text, size_t len, wzp_arena *arena)
{
    wzp__json j = {.at = text, .end = text + len, .arena = arena};
    j.text = wzp_arena_alloc(arena, len);
    if (j.text == NULL) {
        wzp__json_fail(&j, WZP_ERR_NOMEM);
    }
    return j;
}

void wzp__json_fail(wzp__json *j, wzp_err err)
{
    if (j->err == WZP_OK) {
        j->err = err;
    }
    j->at = j->end; /* nothing more is read */
}

static void skip_space(wzp__json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' ||
                              *j->at == '\n' || *j->at == '\r')) {
        j->at++;
    }
}

/* Consumes `c` if it comes next, after white space. */
static bool take(wzp__json *j, char c)
{
    skip_space(j);
    if (j->at == j->end || *j->at != c) {
        return false;
    }
    j->at++;
    return true;
}

static bool take_word(wzp__json *j, const char *word)
{
    const size_t n = strlen(word);
    skip_space(j);
    if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0) {
        return false;
    }
    j->at += n;
    return true;
}

wzp__json_type wzp__json_peek(wzp__json *j)
{
    skip_space(j);
    if (j->err != WZP_OK || j->at == j->end) {
        return WZP__JSON_NONE;
    }
    switch (*j->at) {
    case '{': return WZP__JSON_OBJECT;
    case '[': return WZP__JSON_ARRAY;
    case '"': return WZP__JSON_STRING;
    case 't':
    case 'f': return WZP__JSON_BOOL;
    case 'n': return WZP__JSON_NULL;
    default: break;
    }
    const bool number = *j->at == '-' || (*j->at >= '0' && *j->at <= '9');
    return number ? WZP__JSON_NUMBER : WZP__JSON_NONE;
}

/* The next value is of this type, or the right error is noted. */
static bool expect(wzp__json *j, wzp__json_type type)
{
    const wzp__json_type found = wzp__json_peek(j);
    if (found == type) {
        return true;
    }
    wzp__json_fail(j, (found == WZP__JSON_NONE) ? WZP_ERR_JSON : WZP_ERR_FIELD);
    return false;
}

/* --- containers --- */

void wzp__json_open(wzp__json *j, wzp__json_type container)
{
    assert(container == WZP__JSON_OBJECT || container == WZP__JSON_ARRAY);
    if (!expect(j, container)) {
        return;
    }
    if (++j->depth > WZP__JSON_DEPTH) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return;
    }
    j->at++;
}

/* Between elements; false at the closing bracket or at an error. Whether this
 * is the first element shows in the text itself: it follows the opening
 * bracket, which no complete value ends with. */
static bool next(wzp__json *j, char opening, char closing)
{
    if (j->err != WZP_OK) {
        return false;
    }
    const bool first = j->at[-1] == opening;
    if (take(j, closing)) {
        return false;
    }
    if (!first && !take(j, ',')) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return false;
    }
    return true;
}

bool wzp__json_next_key(wzp__json *j, wzp_str *key)
{
    if (!next(j, '{', '}')) {
        j->depth--;
        return false;
    }
    if (wzp__json_peek(j) != WZP__JSON_STRING) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return false;
    }
    *key = wzp__json_text(j);
    if (!take(j, ':')) {
        wzp__json_fail(j, WZP_ERR_JSON);
    }
    return j->err == WZP_OK;
}

bool wzp__json_next_element(wzp__json *j)
{
    if (!next(j, '[', ']')) {
        j->depth--;
        return false;
    }
    /* "[1,]": a comma that no value follows. */
    if (wzp__json_peek(j) == WZP__JSON_NONE) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return false;
    }
    return true;
}

size_t wzp__json_count(wzp__json *j)
{
    wzp__json ahead = *j;
    size_t n = 0;
    while (wzp__json_next_element(&ahead)) {
        wzp__json_skip(&ahead);
        n++;
    }
    if (ahead.err != WZP_OK) {
        wzp__json_fail(j, ahead.err);
        return 0;
    }
    return n;
}

bool wzp__json_take_null(wzp__json *j)
{
    if (wzp__json_peek(j) != WZP__JSON_NULL) {
        return false;
    }
    if (!take_word(j, "null")) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return false;
    }
    return true;
}

/* --- strings --- */

/* The value of the four hex digits at `at`, or −1. */
static long hex4(const char *at, const char *end)
{
    if (end - at < 4) {
        return -1;
    }
    long v = 0;
    for (int i = 0; i < 4; i++) {
        const int d = wzp_hex_digit(at[i]);
        if (d < 0) {
            return -1;
        }
        v = v * 16 + d;
    }
    return v;
}

/* The character that \u at `at` (behind the u) stands for; *used counts the
 * characters read. −1 for a lone surrogate or bad digits. */
static long read_unicode(const char *at, const char *end, size_t *used)
{
    const long high = hex4(at, end);
    *used = 4;
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF)) {
        return -1;
    }
    if (high < 0xD800 || high > 0xDBFF) {
        return high;
    }
    if (end - at < 10 || at[4] != '\\' || at[5] != 'u') {
        return -1;
    }
    const long low = hex4(at + 6, end);
    *used = 10;
    if (low < 0xDC00 || low > 0xDFFF) {
        return -1;
    }
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* A single-character escape's meaning, or 0. */
static char plain_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/* Length of the escape at `at`, which is a backslash; 0 if it is none. */
static size_t escape_len(const char *at, const char *end)
{
    if (end - at < 2) {
        return 0;
    }
    if (at[1] != 'u') {
        return (plain_escape(at[1]) != 0) ? 2 : 0;
    }
    size_t used;
    return (read_unicode(at + 2, end, &used) >= 0) ? 2 + used : 0;
}

/* Check a string and step over it; *raw is what stands between the quotes. */
static bool scan_string(wzp__json *j, wzp_str *raw, bool *has_escapes)
{
    *has_escapes = false;
    if (!expect(j, WZP__JSON_STRING)) {
        return false;
    }
    const char *start = j->at + 1;
    const char *at = start;
    while (at < j->end && *at != '"') {
        const size_t n = (*at == '\\') ? escape_len(at, j->end) : 1;
        if (n == 0 || (unsigned char)*at < 0x20) {
            wzp__json_fail(j, WZP_ERR_JSON);
            return false;
        }
        *has_escapes = *has_escapes || *at == '\\';
        at += n;
    }
    if (at == j->end) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return false;
    }
    *raw = (wzp_str){start, (size_t)(at - start)};
    if (!wzp_utf8_is_valid(raw->ptr, raw->len)) {
        wzp__json_fail(j, WZP_ERR_UTF8);
        return false;
    }
    j->at = at + 1;
    return true;
}

char *wzp__json_keep(wzp__json *j, size_t len)
{
    char *place = j->text;
    j->text += len;
    return place;
}

/* The text of a string that was scanned. It is never longer than the raw
 * form. */
static wzp_str unescape(wzp__json *j, wzp_str raw)
{
    char *out = j->text;
    const char *end = raw.ptr + raw.len;
    size_t n = 0;
    for (const char *at = raw.ptr; at < end;) {
        if (*at != '\\') {
            out[n++] = *at++;
        } else if (at[1] != 'u') {
            out[n++] = plain_escape(at[1]);
            at += 2;
        } else {
            size_t used;
            const long c = read_unicode(at + 2, end, &used);
            n += wzp__utf8_encode((uint32_t)c, out + n);
            at += 2 + used;
        }
    }
    return (wzp_str){wzp__json_keep(j, n), n};
}

wzp_str wzp__json_text(wzp__json *j)
{
    wzp_str raw;
    bool has_escapes;
    if (!scan_string(j, &raw, &has_escapes)) {
        return WZP_STR_NONE;
    }
    return has_escapes ? unescape(j, raw) : raw;
}

wzp_str wzp__json_string(wzp__json *j)
{
    wzp_str raw;
    bool has_escapes;
    if (!scan_string(j, &raw, &has_escapes)) {
        return WZP_STR_NONE;
    }
    return unescape(j, raw);
}

/* --- numbers --- */

static size_t take_digits(wzp__json *j)
{
    const char *start = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') {
        j->at++;
    }
    return (size_t)(j->at - start);
}

static bool take_one_of(wzp__json *j, const char *set)
{
    if (j->at == j->end || *j->at == '\0' || strchr(set, *j->at) == NULL) {
        return false;
    }
    j->at++;
    return true;
}

/* A number taken apart, borrowed from the text. */
typedef struct number {
    bool is_negative;
    bool is_integer; /* neither fraction nor exponent */
    wzp_str whole;
    wzp_str fraction; /* digits after the point; len 0 when none */
    int exponent;     /* clamped to ± 100,000 */
} number;

static int take_exponent(wzp__json *j, bool *ok)
{
    const bool negative = j->at < j->end && *j->at == '-';
    take_one_of(j, "+-");
    const char *start = j->at;
    *ok = take_digits(j) != 0;
    int e = 0;
    for (const char *at = start; at < j->at && e < 100000; at++) {
        e = e * 10 + (*at - '0');
    }
    return negative ? -e : e;
}

static bool scan_number(wzp__json *j, number *out)
{
    if (!expect(j, WZP__JSON_NUMBER)) {
        return false;
    }
    *out = (number){.is_integer = true};
    out->is_negative = take_one_of(j, "-");
    const char *start = j->at;
    bool ok = take_digits(j) != 0;
    out->whole = (wzp_str){start, (size_t)(j->at - start)};
    ok = ok && (out->whole.len == 1 || *start != '0');
    if (ok && take_one_of(j, ".")) {
        out->is_integer = false;
        start = j->at;
        ok = take_digits(j) != 0;
        out->fraction = (wzp_str){start, (size_t)(j->at - start)};
    }
    if (ok && take_one_of(j, "eE")) {
        out->is_integer = false;
        out->exponent = take_exponent(j, &ok);
    }
    if (!ok) {
        wzp__json_fail(j, WZP_ERR_JSON);
    }
    return ok;
}

uint64_t wzp__json_uint(wzp__json *j, uint64_t max)
{
    number n;
    if (!scan_number(j, &n)) {
        return 0;
    }
    bool ok = n.is_integer && !n.is_negative;
    uint64_t v = 0;
    for (size_t i = 0; ok && i < n.whole.len; i++) {
        const unsigned digit = (unsigned)(n.whole.ptr[i] - '0');
        ok = v <= (UINT64_MAX - digit) / 10;
        v = v * 10 + digit;
    }
    if (!ok || v > max) {
        wzp__json_fail(j, WZP_ERR_FIELD);
        return 0;
    }
    return v;
}

float wzp__json_f32(wzp__json *j)
{
    enum { DIGITS = 40 }; /* more do not change a double that becomes a float */
    number n;
    if (!scan_number(j, &n)) {
        return 0;
    }
    /* All digits as one integer, then the exponent: strtod looks at the locale
     * only for a decimal point. */
    char text[DIGITS + 32];
    size_t len = 0;
    const size_t total = n.whole.len + n.fraction.len;
    size_t i = 0;
    for (; i < total && len < DIGITS; i++) {
        const char c = (i < n.whole.len) ? n.whole.ptr[i]
                                         : n.fraction.ptr[i - n.whole.len];
        if (c != '0' || len != 0) {
            text[len++] = c;
        }
    }
    const long exponent = n.exponent + (long)n.whole.len - (long)i;
    snprintf(text + len, sizeof text - len, "%se%ld", (len == 0) ? "0" : "",
             exponent);
    const float v = (float)strtod(text, NULL);
    if (!(v <= FLT_MAX)) {
        wzp__json_fail(j, WZP_ERR_FIELD);
        return 0;
    }
    return n.is_negative ? -v : v;
}

bool wzp__json_bool(wzp__json *j)
{
    if (!expect(j, WZP__JSON_BOOL)) {
        return false;
    }
    if (take_word(j, "true")) {
        return true;
    }
    if (!take_word(j, "false")) {
        wzp__json_fail(j, WZP_ERR_JSON);
    }
    return false;
}

/* --- skipping --- */

/* Containers open within the value that is skipped, one bit each: object or
 * array. */
typedef struct nesting {
    uint8_t is_object[WZP__JSON_SKIP_DEPTH / 8];
    unsigned depth;
} nesting;

static bool top_is_object(const nesting *n)
{
    const unsigned i = n->depth - 1;
    return (n->is_object[i / 8] >> (i % 8) & 1) != 0;
}

static void push(wzp__json *j, nesting *n, bool is_object)
{
    if (n->depth == WZP__JSON_SKIP_DEPTH) {
        wzp__json_fail(j, WZP_ERR_JSON);
        return;
    }
    const unsigned i = n->depth++;
    const uint8_t bit = (uint8_t)(1u << (i % 8));
    n->is_object[i / 8] =
        (uint8_t)((n->is_object[i / 8] & ~bit) | (is_object ? bit : 0));
    j->at++;
}

/* One value without what is inside a container. */
static void skip_one(wzp__json *j, nesting *n)
{
    wzp_str raw;
    bool has_escapes;
    number num;
    switch (wzp__json_peek(j)) {
    case WZP__JSON_OBJECT: push(j, n, true); break;
    case WZP__JSON_ARRAY: push(j, n, false); break;
    case WZP__JSON_STRING: scan_string(j, &raw, &has_escapes); break;
    case WZP__JSON_NUMBER: scan_number(j, &num); break;
    case WZP__JSON_BOOL: wzp__json_bool(j); break;
    case WZP__JSON_NULL: wzp__json_take_null(j); break;
    default: wzp__json_fail(j, WZP_ERR_JSON); break;
    }
}

/* A key and its colon, checked and dropped. */
static void skip_key(wzp__json *j)
{
    wzp_str raw;
    bool has_escapes;
    if (wzp__json_peek(j) != WZP__JSON_STRING) {
        wzp__json_fail(j, WZP_ERR_JSON);
    } else if (scan_string(j, &raw, &has_escapes) && !take(j, ':')) {
        wzp__json_fail(j, WZP_ERR_JSON);
    }
}

void wzp__json_skip(wzp__json *j)
{
    nesting n = {.depth = 0};
    skip_one(j, &n);
    while (n.depth > 0 && j->err == WZP_OK) {
        const bool object = top_is_object(&n);
        if (!next(j, object ? '{' : '[', object ? '}' : ']')) {
            n.depth--;
            continue;
        }
        if (object) {
            skip_key(j);
        }
        skip_one(j, &n);
    }
}

wzp_err wzp__json_end(wzp__json *j)
{
    skip_space(j);
    if (j->err == WZP_OK && j->at != j->end) {
        j->err = WZP_ERR_JSON;
    }
    return j->err;
}
