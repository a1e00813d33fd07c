/* SPDX-License-Identifier: MIT */
/* AES-256-GCM and ChaCha20-Poly1305 behind one face: see aead.h. */
#include "aead.h"

#include <string.h>

bool wzp__aead_has_aes(void)
{
    return crypto_aead_aes256gcm_is_available() != 0;
}

wzp_err wzp__aead_init(wzp__aead *a, uint16_t suite,
                       const uint8_t key[WZP_KEY_LEN])
{
    switch (suite) {
    case WZP_SUITE_AES:
        if (!wzp__aead_has_aes()) {
            return WZP_ERR_KP_SUITE;
        }
        crypto_aead_aes256gcm_beforenm(&a->key.aes, key);
        break;
    case WZP_SUITE_CHACHA: memcpy(a->key.chacha, key, WZP_KEY_LEN); break;
    default: return WZP_ERR_KP_SUITE;
    }
    a->suite = suite;
    return WZP_OK;
}

void wzp__aead_deinit(wzp__aead *a)
{
    sodium_memzero(a, sizeof *a);
}

void wzp__aead_seal(const wzp__aead *a, const uint8_t nonce[WZP__NONCE_LEN],
                    wzp_bytes ad, const uint8_t *plain, size_t len,
                    uint8_t *out)
{
    if (a->suite == WZP_SUITE_AES) {
        crypto_aead_aes256gcm_encrypt_afternm(out, NULL, plain, len, ad.ptr,
                                              ad.len, NULL, nonce, &a->key.aes);
        return;
    }
    crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, plain, len, ad.ptr, ad.len, NULL, nonce, a->key.chacha);
}

wzp_err wzp__aead_open(const wzp__aead *a, const uint8_t nonce[WZP__NONCE_LEN],
                       wzp_bytes ad, const uint8_t *sealed, size_t len,
                       uint8_t *out)
{
    int bad;
    if (a->suite == WZP_SUITE_AES) {
        bad = crypto_aead_aes256gcm_decrypt_afternm(
            out, NULL, NULL, sealed, len, ad.ptr, ad.len, nonce, &a->key.aes);
    } else {
        bad = crypto_aead_chacha20poly1305_ietf_decrypt(
            out, NULL, NULL, sealed, len, ad.ptr, ad.len, nonce, a->key.chacha);
    }
    return bad == 0 ? WZP_OK : WZP_ERR_TAG;
}
