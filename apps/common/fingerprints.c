/* SPDX-License-Identifier: MIT */
/* See fingerprints.h. */
#include "fingerprints.h"

#include "text_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_LEN = 2 * WZP_FP_LEN };

static bool has_its_colons(const char *text)
{
    for (size_t i = 0; i < WZP_FP_TEXT_LEN; i++) {
        if ((text[i] == ':') != (i % 5 == 4)) {
            return false;
        }
    }
    return true;
}

/* The library's parser skips what is no digit; people are told. */
static bool parse_one(const char *text, size_t len, uint8_t out[WZP_FP_LEN])
{
    const bool is_form = (len == PLAIN_LEN && memchr(text, ':', len) == NULL) ||
                         (len == WZP_FP_TEXT_LEN && has_its_colons(text));
    return is_form && wzp_fingerprint_decode(text, len, out) == WZP_OK;
}

bool app_fingerprints_add(const char *text, size_t len,
                          uint8_t (*out)[WZP_FP_LEN], size_t cap, size_t *n)
{
    for (;;) {
        const char *comma = len == 0 ? NULL : memchr(text, ',', len);
        const size_t one = comma == NULL ? len : (size_t)(comma - text);
        if (*n == cap || !parse_one(text, one, out[*n])) {
            return false;
        }
        (*n)++;
        if (comma == NULL) {
            return true;
        }
        text += one + 1;
        len -= one + 1;
    }
}

size_t app_fingerprints_most(size_t len)
{
    return (len + 1) / (PLAIN_LEN + 1);
}

/* --- files ---------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without comment and white space around. */
static size_t trim(const char **text, size_t len)
{
    const char *comment = len == 0 ? NULL : memchr(*text, '#', len);
    len = comment == NULL ? len : (size_t)(comment - *text);
    while (len > 0 && is_blank((*text)[len - 1])) {
        len--;
    }
    while (len > 0 && is_blank((*text)[0])) {
        (*text)++;
        len--;
    }
    return len;
}

/* 0, or the number of the line that is wrong. */
static size_t read_lines(const char *text, size_t len,
                         uint8_t (*out)[WZP_FP_LEN], size_t cap, size_t *n)
{
    for (size_t line = 1; len > 0; line++) {
        const char *end = memchr(text, '\n', len);
        const size_t whole = end == NULL ? len : (size_t)(end - text);
        const char *words = text;
        const size_t used = trim(&words, whole);
        if (used > 0 && !app_fingerprints_add(words, used, out, cap, n)) {
            return line;
        }
        const size_t step = end == NULL ? whole : whole + 1;
        text += step;
        len -= step;
    }
    return 0;
}

bool app_fingerprints_load(const char *path, uint8_t (**out)[WZP_FP_LEN],
                           size_t *n, char *why, size_t why_len)
{
    app_text_file f;
    if (!app_text_file_read(&f, path, why, why_len)) {
        return false;
    }
    const size_t cap = app_fingerprints_most(f.len) + 1;
    uint8_t(*list)[WZP_FP_LEN] = calloc(cap, WZP_FP_LEN);
    size_t count = 0;
    const size_t wrong =
        list == NULL ? 0 : read_lines(f.text, f.len, list, cap, &count);
    app_text_file_free(&f);
    if (list == NULL) {
        (void)snprintf(why, why_len, "out of memory");
    } else if (wrong > 0) {
        (void)snprintf(why, why_len, "%s: line %zu is not a fingerprint", path,
                       wrong);
    } else if (count == 0) {
        (void)snprintf(why, why_len, "%s holds no fingerprint", path);
    } else {
        *out = list;
        *n = count;
        return true;
    }
    free(list);
    return false;
}
