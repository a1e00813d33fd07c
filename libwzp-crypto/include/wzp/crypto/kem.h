/* SPDX-License-Identifier: MIT */
/* X-Wing: X25519 and ML-KEM-768 in one key encapsulation. Source: design/
 * secure-media.md 4, draft-connolly-cfrg-xwing-kem.
 */
#ifndef WZP_CRYPTO_KEM_H
#define WZP_CRYPTO_KEM_H

#include <wzp/crypto/identity.h>

#define WZP_KEM_SEED_LEN         32 /* X-Wing's short form of a secret key */
#define WZP_KEM_PK_LEN           1216
#define WZP_KEM_CT_LEN           1120
#define WZP_KEM_MLKEM_SECRET_LEN 2400

/* A secret key, ready for many openings. Secret: wipe it; for longer than a
 * function it belongs in guarded memory. */
typedef struct wzp_kem_secret {
    uint8_t mlkem[WZP_KEM_MLKEM_SECRET_LEN];
    uint8_t x25519[WZP_KEY_LEN];
    uint8_t x25519_public[WZP_KEY_LEN];
} wzp_kem_secret;

/* A fresh key pair from WZP_KEM_SEED_LEN bytes of `rng`. */
void wzp_kem_keypair(const wzp_rng *rng, uint8_t public_key[WZP_KEM_PK_LEN],
                     wzp_kem_secret *secret);

/* WZP_ERR_WEAK_KEY: not a valid public key. Wipe `shared`. */
WZP_NODISCARD wzp_err wzp_kem_seal(const wzp_rng *rng,
                                   const uint8_t public_key[WZP_KEM_PK_LEN],
                                   uint8_t ct[WZP_KEM_CT_LEN],
                                   uint8_t shared[WZP_KEY_LEN]);

/* WZP_ERR_WEAK_KEY: the X25519 half of ct is of low order; `shared` is left
 * alone. Any other wrong ct gives another secret, not an error. Takes the same
 * time for all. */
WZP_NODISCARD wzp_err wzp_kem_open(const wzp_kem_secret *secret,
                                   const uint8_t ct[WZP_KEM_CT_LEN],
                                   uint8_t shared[WZP_KEY_LEN]);

#endif
