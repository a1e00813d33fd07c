/* SPDX-License-Identifier: MIT */
/* Room names as hashes, contexts, room secret, check words: see room.h. The
 * two Argon2id calls are slow on purpose and have no state.
 */
#include "hkdf.h"
#include "sha256.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/env.h>

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

enum {
    ARGON_OPS = 3,                      /* secure-media.md 5 */
    ARGON_SECRET_BYTES = 256 * 1048576, /* room secret */
    ARGON_WORDS_BYTES = 64 * 1048576,   /* check words */
    BITS_PER_WORD = 11,
};

static const char WORDS_LABEL[] = "wzp-room-words-v1";

void wzp_room_hash(wzp_str name, char out[WZP_ROOM_HEX_LEN + 1])
{
    uint8_t h[WZP_HASH_LEN];
    wzp__sha256_parts(
        WZP__PARTS(WZP__LABEL("featherchat-group:"), {name.ptr, name.len}), h);
    sodium_bin2hex(out, WZP_ROOM_HEX_LEN + 1, h, WZP_ROOM_HEX_LEN / 2);
}

void wzp_room_federation_tag(wzp_str name, uint8_t out[8])
{
    uint8_t h[WZP_HASH_LEN];
    wzp__sha256_parts(WZP__PARTS({name.ptr, name.len}), h);
    memcpy(out, h, 8);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_hash(wzp_str name)
{
    if (name.len != WZP_ROOM_HEX_LEN) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        const char c = lower(name.ptr[i]);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

/* As wzp_room_hash, of the lower-cased name, whatever its length. */
static void lower_hash(wzp_str name, char out[WZP_ROOM_HEX_LEN + 1])
{
    static const char label[] = "featherchat-group:";
    crypto_hash_sha256_state st;
    uint8_t h[WZP_HASH_LEN];
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, (const uint8_t *)label, sizeof label - 1);
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t c = (uint8_t)lower(name.ptr[i]);
        crypto_hash_sha256_update(&st, &c, 1);
    }
    crypto_hash_sha256_final(&st, h);
    sodium_bin2hex(out, WZP_ROOM_HEX_LEN + 1, h, WZP_ROOM_HEX_LEN / 2);
}

void wzp_room_id(wzp_str name, uint8_t out[WZP_HASH_LEN])
{
    char hex[WZP_ROOM_HEX_LEN + 1];
    if (is_hash(name)) {
        for (size_t i = 0; i < WZP_ROOM_HEX_LEN; i++) {
            hex[i] = lower(name.ptr[i]);
        }
    } else {
        lower_hash(name, hex);
    }
    wzp__sha256_parts(
        WZP__PARTS(WZP__LABEL("wzp-room-id-v1"), {hex, WZP_ROOM_HEX_LEN}), out);
}

void wzp_room_ctx(const uint8_t room_id[WZP_HASH_LEN],
                  uint8_t out[WZP_HASH_LEN])
{
    wzp__sha256_parts(
        WZP__PARTS(WZP__LABEL("wzp-ctx-room-v1"), {room_id, WZP_HASH_LEN}),
        out);
}

void wzp_call_ctx(wzp_str call_id, uint8_t out[WZP_HASH_LEN])
{
    wzp__sha256_parts(
        WZP__PARTS(WZP__LABEL("wzp-ctx-call-v1"), {call_id.ptr, call_id.len}),
        out);
}

wzp_err wzp_room_secret_derive(const char *secret, size_t len,
                               const uint8_t room_id[WZP_HASH_LEN],
                               uint8_t access[WZP_KEY_LEN],
                               uint8_t psk[WZP_KEY_LEN])
{
    uint8_t salt[WZP_HASH_LEN];
    uint8_t r[WZP_KEY_LEN];
    wzp_err e = WZP_OK;
    wzp__sha256_parts(
        WZP__PARTS(WZP__LABEL("wzp-room-salt-v1"), {room_id, WZP_HASH_LEN}),
        salt);
    if (crypto_pwhash(r, sizeof r, secret, len, salt, ARGON_OPS,
                      ARGON_SECRET_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        e = WZP_ERR_NOMEM;
        sodium_memzero(access, WZP_KEY_LEN);
        sodium_memzero(psk, WZP_KEY_LEN);
        goto done;
    }
    wzp__hkdf(r, sizeof r, "wzp-room-access", access);
    wzp__hkdf(r, sizeof r, "wzp-room-psk", psk);
done:
    sodium_memzero(r, sizeof r);
    return e;
}

void wzp_room_proof(const uint8_t access[WZP_KEY_LEN],
                    const uint8_t exporter[32], const uint8_t kph[WZP_HASH_LEN],
                    uint8_t out[WZP_HASH_LEN])
{
    crypto_auth_hmacsha256_state st;
    crypto_auth_hmacsha256_init(&st, access, WZP_KEY_LEN);
    crypto_auth_hmacsha256_update(&st, exporter, 32);
    crypto_auth_hmacsha256_update(&st, kph, WZP_HASH_LEN);
    crypto_auth_hmacsha256_final(&st, out);
    sodium_memzero(&st, sizeof st);
}

wzp_err wzp_room_proof_check(const uint8_t access[WZP_KEY_LEN],
                             const uint8_t exporter[32],
                             const uint8_t kph[WZP_HASH_LEN],
                             const uint8_t *proof, size_t len)
{
    uint8_t want[WZP_HASH_LEN];
    wzp_room_proof(access, exporter, kph, want);
    const bool same =
        len == sizeof want && sodium_memcmp(want, proof, sizeof want) == 0;
    sodium_memzero(want, sizeof want);
    return same ? WZP_OK : WZP_ERR_ROOM_PROOF;
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, WZP_KEY_LEN);
}

/* Sorts n keys and closes the gaps of repeated ones (one identity may be there
 * with several devices). Returns how many are left. */
static size_t sort_distinct(uint8_t *keys, size_t n)
{
    if (n == 0) {
        return 0;
    }
    qsort(keys, n, WZP_KEY_LEN, compare_keys);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        const uint8_t *key = keys + i * WZP_KEY_LEN;
        if (memcmp(key, keys + (kept - 1) * WZP_KEY_LEN, WZP_KEY_LEN) != 0) {
            memmove(keys + kept++ * WZP_KEY_LEN, key, WZP_KEY_LEN);
        }
    }
    return kept;
}

/* Argon2id over the password; word indices from its first 88 bits. */
static wzp_err stretch(const uint8_t *password, size_t len,
                       uint16_t out[WZP_ROOM_WORDS])
{
    uint8_t salt[WZP_HASH_LEN];
    uint8_t h[WZP_HASH_LEN];
    crypto_hash_sha256(salt, (const uint8_t *)WORDS_LABEL,
                       sizeof WORDS_LABEL - 1);
    if (crypto_pwhash(h, sizeof h, (const char *)password, len, salt, ARGON_OPS,
                      ARGON_WORDS_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return WZP_ERR_NOMEM;
    }
    for (size_t w = 0; w < WZP_ROOM_WORDS; w++) {
        unsigned v = 0;
        for (size_t i = 0; i < BITS_PER_WORD; i++) {
            const size_t bit = w * BITS_PER_WORD + i;
            v = v << 1 | (((unsigned)h[bit / 8] >> (7 - bit % 8)) & 1u);
        }
        out[w] = (uint16_t)v;
    }
    return WZP_OK;
}

wzp_err wzp_room_words(const uint8_t room_id[WZP_HASH_LEN],
                       const uint8_t (*keys)[WZP_KEY_LEN], size_t n,
                       uint16_t out[WZP_ROOM_WORDS])
{
    const wzp_mem mem = wzp_mem_default();
    const size_t head = sizeof WORDS_LABEL - 1 + WZP_HASH_LEN;
    const size_t size = head + n * WZP_KEY_LEN;
    uint8_t *password = wzp_mem_new(&mem, size);
    if (password == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(password, WORDS_LABEL, sizeof WORDS_LABEL - 1);
    memcpy(password + sizeof WORDS_LABEL - 1, room_id, WZP_HASH_LEN);
    for (size_t i = 0; i < n; i++) {
        memcpy(password + head + i * WZP_KEY_LEN, keys[i], WZP_KEY_LEN);
    }
    const size_t distinct = sort_distinct(password + head, n);
    const wzp_err e = stretch(password, head + distinct * WZP_KEY_LEN, out);
    wzp_mem_free(&mem, password, size);
    return e;
}
