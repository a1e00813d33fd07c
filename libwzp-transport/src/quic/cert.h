/* SPDX-License-Identifier: MIT */
/* The relay's certificate: made from the seed of its TLS key and nothing else,
 * so that it is the same bytes at every start and can be pinned. Field by
 * field in spec/wire.md 3.7; vectors.json `tls_cert`.
 */
#ifndef WZP_TRANSPORT_QUIC_CERT_H
#define WZP_TRANSPORT_QUIC_CERT_H

#include <wzp/proto/env.h>

#define WZP__CERT_MAX    320 /* 289 bytes, less with a short serial */
#define WZP__KEY_DER_MAX 96

typedef struct wzp__cert {
    uint8_t der[WZP__CERT_MAX];
    size_t len;
    uint8_t hash[WZP_HASH_LEN];    /* SHA-256 of der */
    uint8_t key[WZP__KEY_DER_MAX]; /* PKCS #8, secret */
    size_t key_len;
} wzp__cert;

/* seed  Ed25519 seed of the TLS key. WZP_ERR_TLS: wolfCrypt failed. */
WZP_NODISCARD wzp_err wzp__cert_init(wzp__cert *cert,
                                     const uint8_t seed[WZP_KEY_LEN]);
void wzp__cert_deinit(wzp__cert *cert); /* wipes */

/* Another secret from the same seed: HKDF-SHA-256 without salt, info = label.
 */
WZP_NODISCARD wzp_err wzp__cert_derive(const uint8_t seed[WZP_KEY_LEN],
                                       const char *label,
                                       uint8_t out[WZP_KEY_LEN]);

/* The Ed25519 key a certificate is about. WZP_ERR_CERT: it cannot be parsed, or
 * is about another kind of key. */
WZP_NODISCARD wzp_err wzp__cert_key(const uint8_t *der, size_t len,
                                    uint8_t out[WZP_KEY_LEN]);

/* SHA-256 by wolfCrypt. */
WZP_NODISCARD wzp_err wzp__cert_hash(const uint8_t *der, size_t len,
                                     uint8_t out[WZP_HASH_LEN]);

#endif
