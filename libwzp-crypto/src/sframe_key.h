/* SPDX-License-Identifier: MIT */
/* Inside of wzp_sframe_key, for the group machine, which keeps them in its own
 * structs, and for vectors, which choose counters.
 */
#ifndef WZP_CRYPTO_SRC_SFRAME_KEY_H
#define WZP_CRYPTO_SRC_SFRAME_KEY_H

#include "aead.h"

#include <wzp/crypto/replay.h>
#include <wzp/crypto/sframe.h>

struct wzp_sframe_key {
    wzp__aead aead;
    uint8_t salt[WZP__NONCE_LEN];
    uint32_t kid;
    uint64_t ctr; /* of the next packet sealed */
    wzp_replay replay;
};

/* Key and salt of RFC 9605 section 4.4.2. kid and the length of the base key
 * are free here (RFC vectors use others). */
void wzp__sframe_schedule(uint16_t suite, const uint8_t *base_key, size_t len,
                          uint64_t kid, uint8_t key[WZP_KEY_LEN],
                          uint8_t salt[WZP__NONCE_LEN]);

/* salt XOR counter. */
void wzp__sframe_nonce(const uint8_t salt[WZP__NONCE_LEN], uint64_t ctr,
                       uint8_t out[WZP__NONCE_LEN]);

WZP_NODISCARD wzp_err wzp__sframe_key_init(wzp_sframe_key *key, uint16_t suite,
                                           const uint8_t base_key[WZP_KEY_LEN],
                                           uint32_t kid);
void wzp__sframe_key_deinit(wzp_sframe_key *key);

#endif
