/* SPDX-License-Identifier: MIT */
/* Relay certificates seen before, see <wzp/client/pins.h>. The table is
 * small and read once; a list in the order of last use is all it needs.
 */
#include "account/pins.h"

#include "account/lines.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/sized.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN (WZP__PIN_NAME_MAX + 2 * 64 + 3 * 20 + 8)

_Static_assert(sizeof(((wzp_pin *)NULL)->relay) == WZP__PIN_NAME_MAX + 1,
               "the longest name fits");

struct wzp_pins {
    wzp_mem mem;
    wzp_store store;
    wzp_pin *v;
    size_t n, cap;
};

static wzp_pin *find(const wzp_pins *p, const char *relay)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->v[i].relay, relay) == 0) {
            return &p->v[i];
        }
    }
    return NULL;
}

static wzp_err grow(wzp_pins *p)
{
    size_t cap = p->cap == 0 ? 16 : p->cap * 2;
    wzp_pin *v =
        wzp_mem_resize(&p->mem, p->v, p->cap * sizeof *v, cap * sizeof *v);
    if (v == NULL) {
        return WZP_ERR_NOMEM;
    }
    p->v = v;
    p->cap = cap;
    return WZP_OK;
}

/* A free place at the end; the longest unseen makes room when full. */
static wzp_err add(wzp_pins *p, wzp_pin **out)
{
    if (p->n == WZP__PINS_MAX) {
        size_t oldest = 0;
        for (size_t i = 1; i < p->n; i++) {
            oldest = p->v[i].last_seen < p->v[oldest].last_seen ? i : oldest;
        }
        p->v[oldest] = p->v[--p->n];
    }
    if (p->n == p->cap) {
        WZP_TRY(grow(p));
    }
    *out = &p->v[p->n++];
    return WZP_OK;
}

static bool is_name(wzp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= ' ' || c == 0x7f) {
            return false;
        }
    }
    return name.len > 0 && name.len <= WZP__PIN_NAME_MAX;
}

static bool is_hash(wzp_str hex, uint8_t out[WZP_HASH_LEN])
{
    return hex.len == 2 * WZP_HASH_LEN &&
           wzp_hex_decode(hex.ptr, hex.len, out, WZP_HASH_LEN) == WZP_OK;
}

/* "LAST_SEEN" or "LAST_SEEN SHA256HEX NOT_BEFORE". */
static bool parse_rest(wzp_pin *one, wzp_str line)
{
    wzp_str last = wzp__lines_word(&line);
    if (last.len == 0) {
        return wzp__lines_number(line, &one->last_seen);
    }
    wzp_str next = wzp__lines_word(&line);
    one->has_next = true;
    return wzp__lines_number(last, &one->last_seen) &&
           is_hash(next, one->next) &&
           wzp__lines_number(line, &one->next_not_before);
}

/* As written by save, to the byte: what we do not understand we would lose. */
static wzp_err parse_line(wzp_pins *p, wzp_str line)
{
    wzp_pin one = {.size = sizeof one};
    wzp_str relay = wzp__lines_word(&line);
    wzp_str hex = wzp__lines_word(&line);
    wzp_str first = wzp__lines_word(&line);
    if (!is_name(relay) || !wzp__lines_number(first, &one.first_seen) ||
        !is_hash(hex, one.hash) || !parse_rest(&one, line)) {
        return WZP_ERR_MALFORMED;
    }
    memcpy(one.relay, relay.ptr, relay.len);
    wzp_pin *slot;
    WZP_TRY(add(p, &slot));
    *slot = one;
    return WZP_OK;
}

static wzp_err load(wzp_pins *p)
{
    wzp__lines lines;
    wzp_str line;
    wzp_err e = WZP_OK;
    WZP_TRY(wzp__lines_open(&lines, &p->store, &p->mem, "pins"));
    while (e == WZP_OK && wzp__lines_next(&lines, &line)) {
        e = parse_line(p, line);
    }
    wzp__lines_close(&lines);
    return e;
}

wzp_err wzp_pins_new(wzp_pins **out, const wzp_mem *mem, const wzp_store *store)
{
    wzp_pins *p = wzp_mem_new(mem, sizeof *p);
    if (p == NULL) {
        return WZP_ERR_NOMEM;
    }
    p->mem = *mem;
    p->store = *store;
    wzp_err e = load(p);
    if (e != WZP_OK) {
        wzp_pins_free(p);
        return e;
    }
    *out = p;
    return WZP_OK;
}

void wzp_pins_free(wzp_pins *p)
{
    if (p == NULL) {
        return;
    }
    wzp_mem mem = p->mem;
    wzp_mem_free(&mem, p->v, p->cap * sizeof *p->v);
    wzp_mem_free(&mem, p, sizeof *p);
}

size_t wzp_pins_count(const wzp_pins *p)
{
    return p->n;
}

wzp_err wzp_pins_at_sized(const wzp_pins *p, size_t i, wzp_pin *out,
                          size_t size)
{
    if (i >= p->n) {
        return WZP_ERR_NOT_FOUND;
    }
    wzp_sized_give(out, size, &p->v[i], sizeof p->v[i]);
    return WZP_OK;
}

wzp_err wzp__pins_get(const wzp_pins *p, const char *relay,
                      uint8_t out[WZP_HASH_LEN])
{
    const wzp_pin *one = find(p, relay);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    memcpy(out, one->hash, WZP_HASH_LEN);
    return WZP_OK;
}

/* One line without its end; the length. */
static size_t print_pin(const wzp_pin *one, char *out, size_t cap)
{
    char hex[2 * WZP_HASH_LEN + 1] = "";
    wzp_hex_encode(one->hash, WZP_HASH_LEN, hex);
    int n = snprintf(out, cap, "%s %s %" PRIu64 " %" PRIu64, one->relay, hex,
                     one->first_seen, one->last_seen);
    if (one->has_next) {
        wzp_hex_encode(one->next, WZP_HASH_LEN, hex);
        n += snprintf(out + n, cap - (size_t)n, " %s %" PRIu64, hex,
                      one->next_not_before);
    }
    return (size_t)n;
}

static wzp_err save(const wzp_pins *p)
{
    if (p->store.save == NULL) {
        return WZP_OK;
    }
    size_t cap = p->n * (LINE_MAX_LEN + 1) + 1;
    char *text = wzp_mem_new(&p->mem, cap);
    if (text == NULL) {
        return WZP_ERR_NOMEM;
    }
    size_t len = 0;
    for (size_t i = 0; i < p->n; i++) {
        len += print_pin(&p->v[i], text + len, cap - len);
        text[len++] = '\n';
    }
    wzp_err e =
        p->store.save(p->store.user, "pins", (const uint8_t *)text, len);
    wzp_mem_free(&p->mem, text, cap);
    return e;
}

wzp_err wzp__pins_set(wzp_pins *p, const char *relay,
                      const uint8_t hash[WZP_HASH_LEN], wzp_unix_s now)
{
    size_t len = strlen(relay);
    if (!is_name((wzp_str){relay, len})) {
        return WZP_ERR_ARG;
    }
    wzp_pin *one = find(p, relay);
    if (one == NULL) {
        WZP_TRY(add(p, &one));
        *one = (wzp_pin){.size = sizeof *one};
        memcpy(one->relay, relay, len + 1);
        one->first_seen = now;
    } else if (memcmp(one->hash, hash, WZP_HASH_LEN) != 0) {
        one->first_seen = now;
        one->has_next = false; /* announced under the old key */
    }
    memcpy(one->hash, hash, WZP_HASH_LEN);
    one->last_seen = now;
    return save(p);
}

wzp_err wzp_pins_forget(wzp_pins *p, const char *relay)
{
    wzp_pin *one = find(p, relay);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    *one = p->v[--p->n];
    return save(p);
}

wzp_err wzp__pins_set_next(wzp_pins *p, const char *relay,
                           const uint8_t *sha256, wzp_unix_s not_before)
{
    wzp_pin *one = find(p, relay);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    const bool is_known =
        sha256 == NULL ? !one->has_next
                       : one->has_next && one->next_not_before == not_before &&
                             memcmp(one->next, sha256, WZP_HASH_LEN) == 0;
    if (is_known) {
        return WZP_OK;
    }
    one->has_next = sha256 != NULL;
    if (sha256 != NULL) {
        memcpy(one->next, sha256, WZP_HASH_LEN);
        one->next_not_before = not_before;
    }
    return save(p);
}

bool wzp__pins_is_next(const wzp_pins *p, const char *relay,
                       const uint8_t seen[WZP_HASH_LEN], wzp_unix_s now)
{
    const wzp_pin *one = find(p, relay);
    return one != NULL && one->has_next &&
           memcmp(one->next, seen, WZP_HASH_LEN) == 0 &&
           wzp_next_tls_is_due(one->next_not_before, now);
}
