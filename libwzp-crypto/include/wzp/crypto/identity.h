/* SPDX-License-Identifier: MIT */
/* Who somebody is: a 32-byte seed, the Ed25519 key derived from it, its
 * fingerprint, its 24 words, its alias. Identity is a table of functions, so
 * that a phone's key store can hold the key. Source: spec/wire.md 3.1, 3.2;
 * design/architecture.md 6.
 */
#ifndef WZP_CRYPTO_IDENTITY_H
#define WZP_CRYPTO_IDENTITY_H

#include <wzp/proto/env.h>

#define WZP_SEED_LEN       32
#define WZP_MNEMONIC_WORDS 24
#define WZP_MNEMONIC_MAX   256 /* bytes incl. NUL: 24 × 8 letters + 23 spaces */
#define WZP_ALIAS_MAX      64  /* bytes incl. NUL */

/* Operations with a private key that may live elsewhere. Copied by value;
 * `user` must outlive every copy. */
typedef struct wzp_identity {
    uint8_t public_key[WZP_KEY_LEN]; /* Ed25519 */
    /* Ed25519 over msg. WZP_ERR_IO when the key store refuses. */
    wzp_err (*sign)(void *user, const uint8_t *msg, size_t len,
                    uint8_t sig[WZP_SIG_LEN]);
    /* HKDF-SHA256(no salt, seed, label) → 32 secret bytes, e.g. label
     * "wzp-tls-ed25519" for the relay's TLS key. */
    wzp_err (*derive)(void *user, const char *label, uint8_t out[WZP_KEY_LEN]);
    void *user;
} wzp_identity;

/* An identity whose seed is in this process: guarded, locked memory. */
typedef struct wzp_seed_identity wzp_seed_identity;

/* seed  secret; the caller wipes its copy. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_seed_identity_new(wzp_seed_identity **out,
                                            const uint8_t seed[WZP_SEED_LEN]);
/* Wipes. NULL is fine. */
void wzp_seed_identity_free(wzp_seed_identity *id);

/* The table for it; valid until the free. */
wzp_identity wzp_seed_identity_table(const wzp_seed_identity *id);

/* SHA-256(public key)[0..16]. */
void wzp_identity_fingerprint(const uint8_t public_key[WZP_KEY_LEN],
                              uint8_t out[WZP_FP_LEN]);

/* 64 hex digits, surrounding white space allowed. WZP_ERR_SEED otherwise; out
 * is wiped then. */
WZP_NODISCARD wzp_err wzp_seed_from_hex(const char *text, size_t len,
                                        uint8_t out[WZP_SEED_LEN]);

/* BIP39 English, 24 words, entropy = the seed. out: words and single spaces,
 * NUL-terminated. Secret. */
void wzp_mnemonic_encode(const uint8_t seed[WZP_SEED_LEN],
                         char out[WZP_MNEMONIC_MAX]);

/* Any white space between words, any letter case. WZP_ERR_MNEMONIC: not 24
 * words, a word not in the list, or a wrong checksum. */
WZP_NODISCARD wzp_err wzp_mnemonic_decode(const char *text, size_t len,
                                          uint8_t out[WZP_SEED_LEN]);

/* "Swift Wolf": derived from the public key only (spec/client.md 7). */
void wzp_alias_from_key(const uint8_t public_key[WZP_KEY_LEN],
                        char out[WZP_ALIAS_MAX]);

/* Verify an Ed25519 signature; refuses low-order keys. WZP_ERR_SIGNATURE. */
WZP_NODISCARD wzp_err wzp_identity_verify(const uint8_t public_key[WZP_KEY_LEN],
                                          const uint8_t *msg, size_t len,
                                          const uint8_t *sig, size_t sig_len);

/* Random source of the process: libsodium's. */
wzp_rng wzp_rng_system(void);

/* Initialise what libsodium keeps per process; counted, thread-safe.
 * WZP_ERR_INTERNAL. Called by wzp_global_init of the libraries above. */
WZP_NODISCARD wzp_err wzp_crypto_global_init(void);
void wzp_crypto_global_deinit(void);

#endif
