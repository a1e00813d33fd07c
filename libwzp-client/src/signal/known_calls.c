/* SPDX-License-Identifier: MIT */
/* See known_calls.h. Flat arrays: looked through once per offer. */
#include "signal/known_calls.h"

#include "account/lines.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/hex.h>

#include <stdio.h>
#include <string.h>

#define HASH 16 /* of SHA-256: ids are told apart, not protected */
/* hash, space, up to 20 digits, line feed */
#define LINE_MAX_LEN (2 * HASH + 1 + 20 + 1)

typedef struct answered {
    uint8_t hash[HASH];
    wzp_unix_s at;
} answered;

struct wzp__known_calls {
    wzp_mem mem;
    wzp_store store;
    answered v[WZP__KNOWN_CALLS_ANSWERED]; /* in the order of answering */
    size_t n;
    uint8_t rang[WZP__KNOWN_CALLS_RANG][HASH];
    size_t rang_next, rang_n;
};

static void hash_of(wzp_str call_id, uint8_t out[HASH])
{
    uint8_t full[WZP_HASH_LEN];
    wzp_sha256(call_id.ptr, call_id.len, full);
    memcpy(out, full, HASH);
}

/* A clock that went back forgets nothing. */
static bool is_over(const answered *a, wzp_unix_s now)
{
    return now > a->at && now - a->at >= WZP__KNOWN_CALLS_S;
}

wzp_err wzp__known_calls_check(const wzp__known_calls *k, wzp_unix_s now,
                               wzp_str call_id)
{
    uint8_t hash[HASH];
    size_t n_over = 0;
    hash_of(call_id, hash);
    for (size_t i = 0; i < k->n; i++) {
        const bool over = is_over(&k->v[i], now);
        if (!over && memcmp(k->v[i].hash, hash, HASH) == 0) {
            return WZP_ERR_CALL_KNOWN;
        }
        n_over += over;
    }
    for (size_t i = 0; i < k->rang_n; i++) {
        if (memcmp(k->rang[i], hash, HASH) == 0) {
            return WZP_ERR_CALL_KNOWN;
        }
    }
    return k->n - n_over == WZP__KNOWN_CALLS_ANSWERED ? WZP_ERR_FULL : WZP_OK;
}

void wzp__known_calls_rang(wzp__known_calls *k, wzp_str call_id)
{
    hash_of(call_id, k->rang[k->rang_next]);
    k->rang_next = (k->rang_next + 1) % WZP__KNOWN_CALLS_RANG;
    k->rang_n += k->rang_n < WZP__KNOWN_CALLS_RANG;
}

/* --- store --- */

static void drop_over(wzp__known_calls *k, wzp_unix_s now)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->n; i++) {
        if (!is_over(&k->v[i], now)) {
            k->v[kept++] = k->v[i];
        }
    }
    k->n = kept;
}

static wzp_err save(wzp__known_calls *k)
{
    if (k->store.save == NULL) {
        return WZP_OK;
    }
    const size_t cap = k->n * LINE_MAX_LEN + 1;
    char *text = wzp_mem_new(&k->mem, cap);
    if (text == NULL) {
        return WZP_ERR_NOMEM;
    }
    size_t len = 0;
    for (size_t i = 0; i < k->n; i++) {
        wzp_hex_encode(k->v[i].hash, HASH, text + len);
        len += 2 * HASH;
        len += (size_t)snprintf(text + len, cap - len, " %llu\n",
                                (unsigned long long)k->v[i].at);
    }
    const wzp_err e =
        k->store.save(k->store.user, "calls", (const uint8_t *)text, len);
    wzp_mem_free(&k->mem, text, cap);
    return e;
}

wzp_err wzp__known_calls_answered(wzp__known_calls *k, wzp_unix_s now,
                                  wzp_str call_id)
{
    drop_over(k, now);
    if (k->n == WZP__KNOWN_CALLS_ANSWERED) {
        return WZP_ERR_FULL;
    }
    hash_of(call_id, k->v[k->n].hash);
    k->v[k->n++].at = now;
    return save(k);
}

/* "<32 hex> <digits>" */
static wzp_err parse_line(wzp__known_calls *k, wzp_str line)
{
    if (k->n == WZP__KNOWN_CALLS_ANSWERED) {
        return WZP_ERR_MALFORMED;
    }
    answered *one = &k->v[k->n];
    const wzp_str hash = wzp__lines_word(&line);
    if (wzp_hex_decode(hash.ptr, hash.len, one->hash, HASH) != WZP_OK ||
        !wzp__lines_number(line, &one->at)) {
        return WZP_ERR_MALFORMED;
    }
    k->n++;
    return WZP_OK;
}

static wzp_err load(wzp__known_calls *k)
{
    wzp__lines lines;
    wzp_str line;
    wzp_err e = WZP_OK;
    WZP_TRY(wzp__lines_open(&lines, &k->store, &k->mem, "calls"));
    while (e == WZP_OK && wzp__lines_next(&lines, &line)) {
        e = lines.is_cut ? WZP_ERR_MALFORMED : parse_line(k, line);
    }
    wzp__lines_close(&lines);
    return e;
}

/* --- life --- */

wzp_err wzp__known_calls_new(wzp__known_calls **out, const wzp_mem *mem,
                             const wzp_store *store)
{
    wzp__known_calls *k = wzp_mem_new(mem, sizeof *k);
    if (k == NULL) {
        return WZP_ERR_NOMEM;
    }
    k->mem = *mem;
    k->store = *store;
    const wzp_err e = load(k);
    if (e != WZP_OK) {
        wzp__known_calls_free(k);
        return e;
    }
    *out = k;
    return WZP_OK;
}

void wzp__known_calls_free(wzp__known_calls *k)
{
    if (k != NULL) {
        wzp_mem mem = k->mem;
        wzp_mem_free(&mem, k, sizeof *k);
    }
}
