/* SPDX-License-Identifier: MIT */
/* The JSON writer (json.h): compact text as serde_json writes it. */
#include "base/json.h"
#include "base/utf8.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wzp__json_put(wzp__json_out *o, const char *raw, size_t len)
{
    if (o->err != WZP_OK || len == 0) {
        return;
    }
    if (o->buf != NULL) {
        if (len > o->cap - o->len) {
            o->err = WZP_ERR_SPACE;
            return;
        }
        memcpy(o->buf + o->len, raw, len);
    }
    o->len += len;
}

void wzp__json_put_char(wzp__json_out *o, char c)
{
    wzp__json_put(o, &c, 1);
}

static void put_text(wzp__json_out *o, const char *text)
{
    wzp__json_put(o, text, strlen(text));
}

/* A character that does not stand for itself. */
static void put_escape(wzp__json_out *o, char c)
{
    static const char short_for[] = "\"\"\\\\\bb\tt\nn\ff\rr";
    const char *found = NULL;
    for (const char *p = short_for; *p != '\0' && found == NULL; p += 2) {
        found = (*p == c) ? p + 1 : NULL;
    }
    if (found != NULL) {
        wzp__json_put_char(o, '\\');
        wzp__json_put_char(o, *found);
        return;
    }
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", (unsigned)(unsigned char)c);
    put_text(o, text);
}

void wzp__json_put_string(wzp__json_out *o, wzp_str text)
{
    if (text.ptr == NULL) {
        text = WZP_STR("");
    }
    if (!wzp_utf8_is_valid(text.ptr, text.len)) {
        o->err = WZP_ERR_ARG;
        return;
    }
    wzp__json_put_char(o, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if ((unsigned char)c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        wzp__json_put(o, text.ptr + start, i - start);
        put_escape(o, c);
        start = i + 1;
    }
    wzp__json_put(o, text.ptr + start, text.len - start);
    wzp__json_put_char(o, '"');
}

void wzp__json_put_uint(wzp__json_out *o, uint64_t v)
{
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    wzp__json_put(o, text + at, sizeof text - at);
}

/* --- floats --- */

/* v = 0.d1 d2 … × 10^point */
typedef struct decimal {
    char digits[12];
    int n;
    int point;
} decimal;

static bool reads_back(const decimal *d, float v)
{
    char text[32]; /* an integer and an exponent: no decimal point, no locale */
    snprintf(text, sizeof text, "%.*se%d", d->n, d->digits, d->point - d->n);
    return strtof(text, NULL) == v;
}

/* The next decimal of the same length. */
static void step_up(decimal *d)
{
    int i = d->n - 1;
    while (i >= 0 && d->digits[i] == '9') {
        d->digits[i--] = '0';
    }
    if (i >= 0) {
        d->digits[i]++;
        return;
    }
    d->digits[0] = '1';
    d->point++;
}

/* The fewest digits that read back as v > 0, the nearest to v of those. Below
 * a power of two the floats are closer together than above, so that the
 * nearest decimal may fall short and the next one above still read back. */
static decimal shortest(float v)
{
    decimal d = {.n = 0};
    for (int n = 1; n <= FLT_DECIMAL_DIG; n++) {
        char text[32];
        snprintf(text, sizeof text, "%.*e", n - 1, (double)v);
        d.n = 0;
        const char *at = text;
        for (; *at != 'e' && *at != '\0'; at++) {
            if (*at >= '0' && *at <= '9') {
                d.digits[d.n++] = *at;
            }
        }
        d.point = (int)strtol(at + 1, NULL, 10) + 1;
        decimal up = d;
        step_up(&up);
        if (reads_back(&d, v)) {
            return d;
        }
        if (reads_back(&up, v)) {
            return up;
        }
    }
    return d;
}

static void put_zeros(wzp__json_out *o, int n)
{
    for (int i = 0; i < n; i++) {
        wzp__json_put_char(o, '0');
    }
}

/* The layout of Rust's ryu crate: plain for 1e-6 ≤ v < 1e13, else with an
 * exponent. */
static void put_decimal(wzp__json_out *o, const decimal *d)
{
    const size_t n = (size_t)d->n;
    if (d->point > 13 || d->point <= -6) {
        wzp__json_put(o, d->digits, 1);
        if (n > 1) {
            wzp__json_put_char(o, '.');
            wzp__json_put(o, d->digits + 1, n - 1);
        }
        char exponent[16];
        snprintf(exponent, sizeof exponent, "e%d", d->point - 1);
        put_text(o, exponent);
        return;
    }
    if (d->point <= 0) {
        put_text(o, "0.");
        put_zeros(o, -d->point);
        wzp__json_put(o, d->digits, n);
        return;
    }
    const size_t whole = (size_t)d->point;
    wzp__json_put(o, d->digits, (n < whole) ? n : whole);
    put_zeros(o, d->point - d->n);
    wzp__json_put_char(o, '.');
    if (n > whole) {
        wzp__json_put(o, d->digits + whole, n - whole);
    } else {
        wzp__json_put_char(o, '0');
    }
}

void wzp__json_put_f32(wzp__json_out *o, float v)
{
    if (!(v >= -FLT_MAX && v <= FLT_MAX)) {
        o->err = WZP_ERR_ARG;
        return;
    }
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (bits >> 31 != 0) {
        wzp__json_put_char(o, '-');
        v = -v;
    }
    if (v == 0.0f) {
        put_text(o, "0.0");
        return;
    }
    const decimal d = shortest(v);
    put_decimal(o, &d);
}
