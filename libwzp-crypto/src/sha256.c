/* SPDX-License-Identifier: MIT */
/* Hashes over lists of parts: see sha256.h. */
#include "sha256.h"

#include <wzp/crypto/room.h>

#include <sodium.h>

void wzp_sha256(const void *data, size_t len, uint8_t out[WZP_HASH_LEN])
{
    crypto_hash_sha256(out, data, len);
}

void wzp__sha256_parts(const wzp__part *parts, size_t n,
                       uint8_t out[WZP_HASH_LEN])
{
    crypto_hash_sha256_state st;
    crypto_hash_sha256_init(&st);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len > 0) {
            crypto_hash_sha256_update(&st, parts[i].ptr, parts[i].len);
        }
    }
    crypto_hash_sha256_final(&st, out);
    sodium_memzero(&st, sizeof st);
}

size_t wzp__join(uint8_t *out, const wzp__part *parts, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len > 0) {
            memcpy(out + at, parts[i].ptr, parts[i].len);
            at += parts[i].len;
        }
    }
    return at;
}
