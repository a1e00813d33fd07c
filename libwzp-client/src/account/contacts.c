/* SPDX-License-Identifier: MIT */
/* See <wzp/client/contacts.h>. An array in the order of fingerprints: looked up
 * for every member that proves who it is, added to rarely. Keys and
 * fingerprints are public: comparisons need no constant time.
 */
#include "account/lines.h"

#include <wzp/client/contacts.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/sized.h>
#include <wzp/proto/utf8.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERIFIED     "verified"
#define NOTHING      "-" /* no key, not verified */
#define LINE_MAX_LEN (32 + 64 + 20 + 20 + sizeof VERIFIED + WZP_ALIAS_MAX + 8)
/* A later sight within this is no news. chosen: at most a write a minute, also
 * where a relay says the same again and again. */
#define SEEN_AGAIN_S 60

struct wzp_contacts {
    wzp_mem mem;
    wzp_store store;
    wzp_contact *v; /* fingerprints ascending */
    size_t n, cap;
    bool is_changed;
};

/* --- looking --- */

/* Where fp is, or belongs. */
static size_t place_of(const wzp_contacts *c, const uint8_t fp[WZP_FP_LEN])
{
    size_t from = 0;
    size_t to = c->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (memcmp(c->v[mid].fingerprint, fp, WZP_FP_LEN) < 0) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from;
}

static wzp_contact *find(const wzp_contacts *c, const uint8_t fp[WZP_FP_LEN])
{
    const size_t at = place_of(c, fp);
    return at < c->n && memcmp(c->v[at].fingerprint, fp, WZP_FP_LEN) == 0
               ? &c->v[at]
               : NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static wzp_contact *find_name(const wzp_contacts *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (is_same_name(c->v[i].name, name)) {
            return &c->v[i];
        }
    }
    return NULL;
}

static wzp_err give(const wzp_contact *one, wzp_contact *out, size_t size)
{
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    wzp_sized_give(out, size, one, sizeof *one);
    return WZP_OK;
}

size_t wzp_contacts_count(const wzp_contacts *c)
{
    return c->n;
}

wzp_err wzp_contacts_at_sized(const wzp_contacts *c, size_t i, wzp_contact *out,
                              size_t size)
{
    return give(i < c->n ? &c->v[i] : NULL, out, size);
}

wzp_err wzp_contacts_find_sized(const wzp_contacts *c,
                                const uint8_t fp[WZP_FP_LEN], wzp_contact *out,
                                size_t size)
{
    return give(find(c, fp), out, size);
}

wzp_err wzp_contacts_find_name_sized(const wzp_contacts *c, const char *name,
                                     wzp_contact *out, size_t size)
{
    return give(find_name(c, name), out, size);
}

/* --- adding --- */

static bool is_hex(wzp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (wzp_hex_digit(text.ptr[i]) < 0) {
            return false;
        }
    }
    return true;
}

static bool is_name(wzp_str name)
{
    if (name.len == 0 || name.len >= WZP_ALIAS_MAX || name.ptr[0] == ' ' ||
        name.ptr[name.len - 1] == ' ') {
        return false;
    }
    const bool is_fingerprint = name.len == 2 * WZP_FP_LEN && is_hex(name);
    return !is_fingerprint && memchr(name.ptr, ':', name.len) == NULL &&
           wzp_utf8_is_line(name.ptr, name.len);
}

static wzp_err reserve(wzp_contacts *c)
{
    if (c->n == WZP_CONTACTS_MAX) {
        return WZP_ERR_FULL;
    }
    if (c->n < c->cap) {
        return WZP_OK;
    }
    size_t cap = c->cap == 0 ? 16 : c->cap * 2;
    wzp_contact *v =
        wzp_mem_resize(&c->mem, c->v, c->cap * sizeof *v, cap * sizeof *v);
    if (v == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->v = v;
    c->cap = cap;
    return WZP_OK;
}

static wzp_err insert(wzp_contacts *c, const wzp_contact *one)
{
    if (find(c, one->fingerprint) != NULL || find_name(c, one->name) != NULL) {
        return WZP_ERR_EXISTS;
    }
    WZP_TRY(reserve(c));
    const size_t at = place_of(c, one->fingerprint);
    memmove(&c->v[at + 1], &c->v[at], (c->n - at) * sizeof *c->v);
    c->v[at] = *one;
    c->n++;
    return WZP_OK;
}

/* --- the store --- */

static bool is_bytes(wzp_str hex, uint8_t *out, size_t len)
{
    return wzp_hex_decode(hex.ptr, hex.len, out, len) == WZP_OK;
}

static bool is_text(wzp_str word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

/* A key that does not hash to the fingerprint is taken as it stands: then
 * nothing that is seen will fit it, and the user is asked. */
static bool parse_key(wzp_contact *one, wzp_str word)
{
    one->has_key = !is_text(word, NOTHING);
    one->is_capable = one->has_key;
    return !one->has_key || is_bytes(word, one->key, WZP_KEY_LEN);
}

static bool parse_verified(wzp_contact *one, wzp_str word)
{
    one->is_verified = is_text(word, VERIFIED);
    return one->is_verified ? one->has_key : is_text(word, NOTHING);
}

/* As written by save, to the byte: what we do not understand we would lose. */
static wzp_err parse_line(wzp_contacts *c, wzp_str line)
{
    wzp_contact one = {.size = sizeof one};
    const wzp_str fp = wzp__lines_word(&line);
    const wzp_str key = wzp__lines_word(&line);
    const wzp_str first = wzp__lines_word(&line);
    const wzp_str last = wzp__lines_word(&line);
    const wzp_str verified = wzp__lines_word(&line);
    if (!is_bytes(fp, one.fingerprint, WZP_FP_LEN) || !parse_key(&one, key) ||
        !wzp__lines_number(first, &one.first_seen) ||
        !wzp__lines_number(last, &one.last_seen) ||
        !parse_verified(&one, verified) || !is_name(line)) {
        return WZP_ERR_MALFORMED;
    }
    memcpy(one.name, line.ptr, line.len);
    const wzp_err e = insert(c, &one);
    return e == WZP_ERR_NOMEM ? e : e == WZP_OK ? e : WZP_ERR_MALFORMED;
}

static wzp_err load(wzp_contacts *c)
{
    wzp__lines lines;
    wzp_str line;
    wzp_err e = WZP_OK;
    WZP_TRY(wzp__lines_open(&lines, &c->store, &c->mem, "contacts"));
    while (e == WZP_OK && wzp__lines_next(&lines, &line)) {
        /* A name does not tell where it ends. */
        e = lines.is_cut ? WZP_ERR_MALFORMED : parse_line(c, line);
    }
    wzp__lines_close(&lines);
    return e;
}

/* One line with its end; the length. */
static size_t print(const wzp_contact *one, char *out, size_t cap)
{
    char fp[2 * WZP_FP_LEN + 1] = "";
    char key[2 * WZP_KEY_LEN + 1] = NOTHING;
    wzp_hex_encode(one->fingerprint, WZP_FP_LEN, fp);
    if (one->has_key) {
        wzp_hex_encode(one->key, WZP_KEY_LEN, key);
        key[2 * WZP_KEY_LEN] = '\0';
    }
    return (size_t)snprintf(out, cap, "%s %s %" PRIu64 " %" PRIu64 " %s %s\n",
                            fp, key, one->first_seen, one->last_seen,
                            one->is_verified ? VERIFIED : NOTHING, one->name);
}

wzp_err wzp_contacts_save(wzp_contacts *c)
{
    if (!c->is_changed || c->store.save == NULL) {
        return WZP_OK;
    }
    const size_t cap = c->n * LINE_MAX_LEN + 1;
    char *text = wzp_mem_new(&c->mem, cap);
    if (text == NULL) {
        return WZP_ERR_NOMEM;
    }
    size_t len = 0;
    for (size_t i = 0; i < c->n; i++) {
        len += print(&c->v[i], text + len, cap - len);
    }
    wzp_err e =
        c->store.save(c->store.user, "contacts", (const uint8_t *)text, len);
    wzp_mem_free(&c->mem, text, cap);
    c->is_changed = e != WZP_OK;
    return e;
}

static wzp_err save_now(wzp_contacts *c)
{
    c->is_changed = true;
    return wzp_contacts_save(c);
}

/* --- what the user decides --- */

wzp_err wzp_contacts_add(wzp_contacts *c, const uint8_t fp[WZP_FP_LEN],
                         const char *name, wzp_unix_s now)
{
    const size_t len = strlen(name);
    wzp_contact one = {.size = sizeof one, .first_seen = now};
    if (!is_name((wzp_str){name, len})) {
        return WZP_ERR_NAME;
    }
    memcpy(one.name, name, len);
    memcpy(one.fingerprint, fp, WZP_FP_LEN);
    WZP_TRY(insert(c, &one));
    return save_now(c);
}

static void pin(wzp_contact *one, const uint8_t key[WZP_KEY_LEN],
                wzp_unix_s now)
{
    memcpy(one->key, key, WZP_KEY_LEN);
    one->has_key = true;
    one->is_capable = true;
    one->is_verified = false;
    one->first_seen = now;
    one->last_seen = now;
}

wzp_err wzp_contacts_replace_key(wzp_contacts *c, const uint8_t fp[WZP_FP_LEN],
                                 const uint8_t key[WZP_KEY_LEN], wzp_unix_s now)
{
    uint8_t own[WZP_FP_LEN];
    wzp_contact *one = find(c, fp);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    wzp_identity_fingerprint(key, own);
    if (memcmp(own, fp, WZP_FP_LEN) != 0) {
        return WZP_ERR_FINGERPRINT;
    }
    pin(one, key, now);
    return save_now(c);
}

wzp_err wzp_contacts_verify(wzp_contacts *c, const uint8_t fp[WZP_FP_LEN],
                            bool is_verified)
{
    wzp_contact *one = find(c, fp);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    if (is_verified && !one->has_key) {
        return WZP_ERR_STATE;
    }
    one->is_verified = is_verified;
    return save_now(c);
}

wzp_err wzp_contacts_forget(wzp_contacts *c, const uint8_t fp[WZP_FP_LEN])
{
    wzp_contact *one = find(c, fp);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    const size_t after = (size_t)(&c->v[c->n] - one) - 1;
    memmove(one, one + 1, after * sizeof *one);
    c->n--;
    return save_now(c);
}

/* --- what happens --- */

wzp_err wzp_contacts_see(wzp_contacts *c, const uint8_t key[WZP_KEY_LEN],
                         wzp_unix_s now)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(key, fp);
    wzp_contact *one = find(c, fp);
    if (one == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    if (!one->has_key) {
        pin(one, key, now);
        c->is_changed = true;
        return WZP_OK;
    }
    if (memcmp(one->key, key, WZP_KEY_LEN) != 0) {
        return WZP_ERR_CONTACT;
    }
    /* A clock that was ahead is put right. */
    if (now < one->last_seen || now - one->last_seen >= SEEN_AGAIN_S) {
        one->last_seen = now;
        c->is_changed = true;
    }
    return WZP_OK;
}

/* --- life --- */

wzp_err wzp_contacts_new(wzp_contacts **out, const wzp_mem *mem,
                         const wzp_store *store)
{
    wzp_contacts *c = wzp_mem_new(mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->mem = *mem;
    c->store = *store;
    wzp_err e = load(c);
    if (e != WZP_OK) {
        wzp_contacts_free(c);
        return e;
    }
    *out = c;
    return WZP_OK;
}

void wzp_contacts_free(wzp_contacts *c)
{
    if (c == NULL) {
        return;
    }
    wzp_mem mem = c->mem;
    wzp_mem_free(&mem, c->v, c->cap * sizeof *c->v);
    wzp_mem_free(&mem, c, sizeof *c);
}
