/* SPDX-License-Identifier: MIT */
/* See seen.h. A sorted array: looked up for every legacy member, added to
 * rarely.
 */
#include "account/seen.h"

#include "account/lines.h"

#include <wzp/proto/hex.h>

#include <string.h>

#define LINE (2 * WZP_FP_LEN + 1)

struct wzp__seen {
    wzp_mem mem;
    wzp_store store;
    uint8_t (*v)[WZP_FP_LEN]; /* ascending */
    size_t n, cap;
    bool is_changed;
    bool is_full; /* somebody could not be remembered */
};

/* Where fp is, or belongs. */
static size_t place_of(const wzp__seen *s, const uint8_t fp[WZP_FP_LEN])
{
    size_t from = 0;
    size_t to = s->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (memcmp(s->v[mid], fp, WZP_FP_LEN) < 0) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from;
}

static bool is_at(const wzp__seen *s, size_t i, const uint8_t fp[WZP_FP_LEN])
{
    return i < s->n && memcmp(s->v[i], fp, WZP_FP_LEN) == 0;
}

static wzp_err reserve(wzp__seen *s)
{
    if (s->n == WZP__SEEN_MAX) {
        return WZP_ERR_FULL;
    }
    if (s->n < s->cap) {
        return WZP_OK;
    }
    size_t cap = s->cap == 0 ? 16 : s->cap * 2;
    void *v = wzp_mem_resize(&s->mem, s->v, s->cap * sizeof *s->v,
                             cap * sizeof *s->v);
    if (v == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->v = v;
    s->cap = cap;
    return WZP_OK;
}

wzp_err wzp__seen_add(wzp__seen *s, const uint8_t fp[WZP_FP_LEN])
{
    size_t at = place_of(s, fp);
    if (is_at(s, at, fp)) {
        return WZP_OK;
    }
    wzp_err e = reserve(s);
    if (e != WZP_OK) {
        s->is_full = true;
        return e;
    }
    memmove(&s->v[at + 1], &s->v[at], (s->n - at) * sizeof *s->v);
    memcpy(s->v[at], fp, WZP_FP_LEN);
    s->n++;
    s->is_changed = true;
    return WZP_OK;
}

bool wzp__seen_has(const wzp__seen *s, const uint8_t fp[WZP_FP_LEN])
{
    return s->is_full || s->n == WZP__SEEN_MAX || is_at(s, place_of(s, fp), fp);
}

/* --- store --- */

static wzp_err parse_line(wzp__seen *s, wzp_str line)
{
    uint8_t fp[WZP_FP_LEN];
    if (wzp_hex_decode(line.ptr, line.len, fp, sizeof fp) != WZP_OK) {
        return WZP_ERR_MALFORMED;
    }
    return wzp__seen_add(s, fp);
}

static wzp_err load(wzp__seen *s)
{
    wzp__lines lines;
    wzp_str line;
    wzp_err e = WZP_OK;
    WZP_TRY(wzp__lines_open(&lines, &s->store, &s->mem, "capable"));
    while (e == WZP_OK && wzp__lines_next(&lines, &line)) {
        e = lines.is_cut ? WZP_ERR_MALFORMED : parse_line(s, line);
    }
    wzp__lines_close(&lines);
    s->is_changed = false;
    return e;
}

wzp_err wzp__seen_save(wzp__seen *s)
{
    if (!s->is_changed || s->store.save == NULL) {
        return WZP_OK;
    }
    char *text = wzp_mem_new(&s->mem, s->n * LINE + 1);
    if (text == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < s->n; i++) {
        wzp_hex_encode(s->v[i], WZP_FP_LEN, text + i * LINE);
        text[(i + 1) * LINE - 1] = '\n';
    }
    wzp_err e = s->store.save(s->store.user, "capable", (const uint8_t *)text,
                              s->n * LINE);
    wzp_mem_free(&s->mem, text, s->n * LINE + 1);
    s->is_changed = e != WZP_OK;
    return e;
}

/* --- life --- */

wzp_err wzp__seen_new(wzp__seen **out, const wzp_mem *mem,
                      const wzp_store *store)
{
    wzp__seen *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    s->store = *store;
    wzp_err e = load(s);
    if (e != WZP_OK) {
        wzp__seen_free(s);
        return e;
    }
    *out = s;
    return WZP_OK;
}

void wzp__seen_free(wzp__seen *s)
{
    if (s == NULL) {
        return;
    }
    wzp_mem mem = s->mem;
    wzp_mem_free(&mem, s->v, s->cap * sizeof *s->v);
    wzp_mem_free(&mem, s, sizeof *s);
}
