/* SPDX-License-Identifier: MIT */
/* The two halves of a sealed seed, apart, so that tests and fuzzing take the
 * cheapest cost that the form has, and the text can be looked at without
 * paying any.
 */
#ifndef WZP_CRYPTO_SRC_SEALED_SEED_H
#define WZP_CRYPTO_SRC_SEALED_SEED_H

#include <wzp/crypto/sealed_seed.h>

enum {
    WZP__SEALED_SALT_LEN = 16,
    WZP__SEALED_NONCE_LEN = 24,
    WZP__SEALED_BOX_LEN = WZP_SEED_LEN + 16,
};

typedef struct wzp__sealed_seed {
    uint32_t passes, memory_kib;
    uint8_t salt[WZP__SEALED_SALT_LEN];
    uint8_t nonce[WZP__SEALED_NONCE_LEN];
    uint8_t box[WZP__SEALED_BOX_LEN];
} wzp__sealed_seed;

/* WZP_ERR_IDENTITY_FILE. */
WZP_NODISCARD wzp_err wzp__sealed_seed_decode(const char *text, size_t len,
                                              wzp__sealed_seed *out);
void wzp__sealed_seed_encode(const wzp__sealed_seed *s,
                             char out[WZP_SEALED_SEED_MAX]);

/* passes and memory_kib are the caller's; the rest is filled. */
WZP_NODISCARD wzp_err wzp__sealed_seed_fill(wzp__sealed_seed *s,
                                            const uint8_t seed[WZP_SEED_LEN],
                                            const char *pass, size_t pass_len,
                                            const wzp_rng *rng);

#endif
