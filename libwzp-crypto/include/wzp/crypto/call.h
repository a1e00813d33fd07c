/* SPDX-License-Identifier: MIT */
/* What a direct call computes: commitment, transcript, reveal, keys, check
 * code. Its state machine is not here. Source: design/secure-media.md 4.
 */
#ifndef WZP_CRYPTO_CALL_H
#define WZP_CRYPTO_CALL_H

#include <wzp/crypto/pair.h>

#define WZP_CALL_NONCE_LEN 32
#define WZP_CALL_WORDS     4
#define WZP_CALL_DIGITS    6

/* H("wzp-commit-v1" ‖ caller's kp ‖ nonce). */
void wzp_call_commit(const uint8_t kp_caller[WZP_KP_LEN],
                     const uint8_t nonce[WZP_CALL_NONCE_LEN],
                     uint8_t out[WZP_HASH_LEN]);

/* All of one call that both sides know after the reveal. */
typedef struct wzp_call_facts {
    uint8_t commit[WZP_HASH_LEN];
    const uint8_t *kp_caller; /* WZP_KP_LEN bytes */
    const uint8_t *kp_callee; /* WZP_KP_LEN bytes */
    uint8_t nonce[WZP_CALL_NONCE_LEN];
    wzp_bytes ct;
    wzp_str call_id;
} wzp_call_facts;

void wzp_call_transcript(const wzp_call_facts *facts,
                         uint8_t out[WZP_HASH_LEN]);

/* Caller: Ed25519("wzp-reveal-v1" ‖ transcript). */
WZP_NODISCARD wzp_err wzp_call_reveal_sign(
    const wzp_identity *id, const uint8_t transcript[WZP_HASH_LEN],
    uint8_t sig[WZP_SIG_LEN]);

/* What the callee holds before the reveal, and what the reveal brings. */
typedef struct wzp_call_reveal {
    uint8_t commit[WZP_HASH_LEN];
    const uint8_t *kp_callee;        /* own, WZP_KP_LEN bytes */
    uint8_t fingerprint[WZP_FP_LEN]; /* that rang */
    wzp_str call_id;
    uint8_t own_suites;
    wzp_bytes kp; /* from here: as received */
    wzp_bytes nonce;
    wzp_bytes ct;
    wzp_bytes sig;
} wzp_call_reveal;

/* Callee: lengths, commitment, package, fingerprint, signature, in this order.
 * WZP_ERR_LENGTH, WZP_ERR_COMMIT, those of wzp_kp_decode, WZP_ERR_SIGNATURE. */
WZP_NODISCARD wzp_err wzp_call_reveal_verify(const wzp_call_reveal *in,
                                             wzp_unix_s now, wzp_kp *kp_caller,
                                             uint8_t transcript[WZP_HASH_LEN]);

/* Secret. Base keys are of generation 0; pair: i is the caller. */
typedef struct wzp_call_keys {
    uint8_t base_caller[WZP_KEY_LEN];
    uint8_t base_callee[WZP_KEY_LEN];
    wzp_pair_keys pair;
} wzp_call_keys;

/* shared: of X-Wing. */
void wzp_call_keys_derive(const uint8_t transcript[WZP_HASH_LEN],
                          const uint8_t shared[WZP_KEY_LEN],
                          wzp_call_keys *out);

/* Suite of generation 0: 0x0005 if both packages list it, else 0xF001. */
uint16_t wzp_call_suite(uint8_t suites_caller, uint8_t suites_callee);

/* Check code: word indices (wzp_word) and six digits, NUL-terminated. */
typedef struct wzp_call_code {
    uint16_t words[WZP_CALL_WORDS];
    char digits[WZP_CALL_DIGITS + 1];
} wzp_call_code;

void wzp_call_code_derive(const wzp_call_facts *facts, wzp_call_code *out);

#endif
