/* SPDX-License-Identifier: MIT */
/* See guarded.h: libsodium's guarded heap. */
#include <wzp/crypto/guarded.h>

#include <sodium.h>

void *wzp_guarded_new(size_t len)
{
    void *secret = sodium_malloc(len);
    if (secret != NULL) {
        sodium_memzero(secret, len);
    }
    return secret;
}

void wzp_guarded_free(void *secret)
{
    sodium_free(secret);
}
