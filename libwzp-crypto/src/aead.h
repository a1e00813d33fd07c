/* SPDX-License-Identifier: MIT */
/* The two ciphers of the sealed packet, with the expanded key kept: AES-256-GCM
 * (AES instructions only) and ChaCha20-Poly1305 (IETF). 12-byte nonce, 16-byte
 * tag behind the ciphertext. Input and output may be the same buffer.
 */
#ifndef WZP_CRYPTO_SRC_AEAD_H
#define WZP_CRYPTO_SRC_AEAD_H

#include <wzp/crypto/package.h>

#include <sodium.h>

#define WZP__NONCE_LEN 12
#define WZP__TAG_LEN   16

typedef struct wzp__aead {
    union {
        crypto_aead_aes256gcm_state aes;
        uint8_t chacha[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
    } key;
    uint16_t suite;
} wzp__aead;

/* True when this processor can do 0x0005. */
bool wzp__aead_has_aes(void);

/* WZP_ERR_KP_SUITE: unknown suite, or AES on a processor without it. */
WZP_NODISCARD wzp_err wzp__aead_init(wzp__aead *a, uint16_t suite,
                                     const uint8_t key[WZP_KEY_LEN]);
void wzp__aead_deinit(wzp__aead *a);

/* out: len + 16 bytes. */
void wzp__aead_seal(const wzp__aead *a, const uint8_t nonce[WZP__NONCE_LEN],
                    wzp_bytes ad, const uint8_t *plain, size_t len,
                    uint8_t *out);

/* len includes the tag, at least 16; out: len − 16 bytes. WZP_ERR_TAG. */
WZP_NODISCARD wzp_err wzp__aead_open(const wzp__aead *a,
                                     const uint8_t nonce[WZP__NONCE_LEN],
                                     wzp_bytes ad, const uint8_t *sealed,
                                     size_t len, uint8_t *out);

#endif
