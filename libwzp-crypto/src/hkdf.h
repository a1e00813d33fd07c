/* SPDX-License-Identifier: MIT */
/* HKDF (RFC 5869) over SHA-256 and SHA-512, with lengths as arguments:
 * libsodium's own functions take the label as a text. Also X25519 with the
 * check that RFC 7748 section 6.1 leaves to the caller.
 */
#ifndef WZP_CRYPTO_SRC_HKDF_H
#define WZP_CRYPTO_SRC_HKDF_H

#include <wzp/proto/err.h>

#define WZP__HKDF512_PRK_LEN 64

/* PRK = Extract(salt, ikm). salt may be NULL with length 0. */
void wzp__hkdf_extract(const uint8_t *salt, size_t salt_len, const uint8_t *ikm,
                       size_t ikm_len, uint8_t prk[WZP_KEY_LEN]);

/* Expand; WZP_ERR_LENGTH above 255 × 32 bytes. */
WZP_NODISCARD wzp_err wzp__hkdf_expand(const uint8_t prk[WZP_KEY_LEN],
                                       const void *info, size_t info_len,
                                       uint8_t *out, size_t out_len);

/* Expand 32 bytes under a text label. In-place (out == prk) is fine. */
void wzp__hkdf_label(const uint8_t prk[WZP_KEY_LEN], const char *label,
                     uint8_t out[WZP_KEY_LEN]);

/* HKDF(k, label) of secure-media.md: Extract without salt, then Expand. */
void wzp__hkdf(const uint8_t *key, size_t len, const char *label,
               uint8_t out[WZP_KEY_LEN]);

void wzp__hkdf512_extract(const uint8_t *salt, size_t salt_len,
                          const uint8_t *ikm, size_t ikm_len,
                          uint8_t prk[WZP__HKDF512_PRK_LEN]);

/* WZP_ERR_LENGTH above 255 × 64 bytes. */
WZP_NODISCARD wzp_err
wzp__hkdf512_expand(const uint8_t prk[WZP__HKDF512_PRK_LEN], const void *info,
                    size_t info_len, uint8_t *out, size_t out_len);

/* WZP_ERR_WEAK_KEY when the result is all zeros; out is wiped then. */
WZP_NODISCARD wzp_err wzp__x25519(const uint8_t secret[WZP_KEY_LEN],
                                  const uint8_t peer[WZP_KEY_LEN],
                                  uint8_t out[WZP_KEY_LEN]);

#endif
