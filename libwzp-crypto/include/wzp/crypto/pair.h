/* SPDX-License-Identifier: MIT */
/* The secret between two members: X-Wing from one to the other, signed, and a
 * key per direction out of it. Source: design/secure-media.md 5.
 */
#ifndef WZP_CRYPTO_PAIR_H
#define WZP_CRYPTO_PAIR_H

#include <wzp/crypto/package.h>

/* Between whom: what a pair signature and a key box are bound to. `from` is
 * always the sender of the message. */
typedef struct wzp_pair_names {
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t kph_from[WZP_HASH_LEN];
    uint8_t kph_to[WZP_HASH_LEN];
} wzp_pair_names;

/* Secret. i is who encapsulated. */
typedef struct wzp_pair_keys {
    uint8_t i2r[WZP_KEY_LEN];
    uint8_t r2i[WZP_KEY_LEN];
} wzp_pair_keys;

/* What is signed; it also salts the keys. Public. */
typedef struct wzp_pair_text {
    uint8_t p[11 + 4 * WZP_HASH_LEN];
} wzp_pair_text;

/* Encapsulate to kem_to, sign, derive.
 *
 * psk  32 bytes, or NULL in a room without a secret
 *
 * WZP_ERR_WEAK_KEY, errors of the identity. */
WZP_NODISCARD wzp_err wzp_pair_seal(
    const wzp_identity *id, const wzp_rng *rng, const wzp_pair_names *names,
    const uint8_t kem_to[WZP_KEM_PK_LEN], const uint8_t *psk,
    uint8_t ct[WZP_KEM_CT_LEN], uint8_t sig[WZP_SIG_LEN], wzp_pair_keys *out);

/* Length and signature of a received one. WZP_ERR_LENGTH, WZP_ERR_SIGNATURE. */
WZP_NODISCARD wzp_err wzp_pair_verify(const uint8_t id_from[WZP_KEY_LEN],
                                      const wzp_pair_names *names, wzp_bytes ct,
                                      wzp_bytes sig, wzp_pair_text *out);

/* Decapsulate the one that `text` was verified with. WZP_ERR_WEAK_KEY. */
WZP_NODISCARD wzp_err wzp_pair_open(const wzp_pair_text *text,
                                    const uint8_t ct[WZP_KEM_CT_LEN],
                                    const wzp_kem_secret *secret,
                                    const uint8_t *psk, wzp_pair_keys *out);

/* When both encapsulated: true when the one of `a` stands, not that of `b`. */
bool wzp_pair_stands(const uint8_t kph_a[WZP_HASH_LEN],
                     const uint8_t kph_b[WZP_HASH_LEN]);

#endif
