/* SPDX-License-Identifier: MIT */
/* HKDF and X25519: see hkdf.h. Thin: the loops are libsodium's. */
#include "hkdf.h"

#include <sodium.h>

#include <string.h>

void wzp__hkdf_extract(const uint8_t *salt, size_t salt_len, const uint8_t *ikm,
                       size_t ikm_len, uint8_t prk[WZP_KEY_LEN])
{
    crypto_kdf_hkdf_sha256_extract(prk, salt, salt_len, ikm, ikm_len);
}

wzp_err wzp__hkdf_expand(const uint8_t prk[WZP_KEY_LEN], const void *info,
                         size_t info_len, uint8_t *out, size_t out_len)
{
    if (crypto_kdf_hkdf_sha256_expand(out, out_len, info, info_len, prk) != 0) {
        return WZP_ERR_LENGTH;
    }
    return WZP_OK;
}

void wzp__hkdf_label(const uint8_t prk[WZP_KEY_LEN], const char *label,
                     uint8_t out[WZP_KEY_LEN])
{
    uint8_t okm[WZP_KEY_LEN];
    crypto_kdf_hkdf_sha256_expand(okm, sizeof okm, label, strlen(label), prk);
    memcpy(out, okm, sizeof okm);
    sodium_memzero(okm, sizeof okm);
}

void wzp__hkdf(const uint8_t *key, size_t len, const char *label,
               uint8_t out[WZP_KEY_LEN])
{
    uint8_t prk[WZP_KEY_LEN];
    wzp__hkdf_extract(NULL, 0, key, len, prk);
    wzp__hkdf_label(prk, label, out);
    sodium_memzero(prk, sizeof prk);
}

void wzp__hkdf512_extract(const uint8_t *salt, size_t salt_len,
                          const uint8_t *ikm, size_t ikm_len,
                          uint8_t prk[WZP__HKDF512_PRK_LEN])
{
    crypto_kdf_hkdf_sha512_extract(prk, salt, salt_len, ikm, ikm_len);
}

wzp_err wzp__hkdf512_expand(const uint8_t prk[WZP__HKDF512_PRK_LEN],
                            const void *info, size_t info_len, uint8_t *out,
                            size_t out_len)
{
    if (crypto_kdf_hkdf_sha512_expand(out, out_len, info, info_len, prk) != 0) {
        return WZP_ERR_LENGTH;
    }
    return WZP_OK;
}

wzp_err wzp__x25519(const uint8_t secret[WZP_KEY_LEN],
                    const uint8_t peer[WZP_KEY_LEN], uint8_t out[WZP_KEY_LEN])
{
    if (crypto_scalarmult_curve25519(out, secret, peer) != 0 ||
        sodium_is_zero(out, WZP_KEY_LEN)) {
        sodium_memzero(out, WZP_KEY_LEN);
        return WZP_ERR_WEAK_KEY;
    }
    return WZP_OK;
}
