/* SPDX-License-Identifier: MIT */
/* What a key group takes from a finished agreement, see wzp/crypto/agree.h. */
#ifndef WZP_CRYPTO_SRC_AGREE_H
#define WZP_CRYPTO_SRC_AGREE_H

#include <wzp/crypto/agree.h>

/* In guarded, locked memory; each is wiped as soon as it is of no more use. */
typedef struct wzp__agree_secrets {
    wzp_kem_secret kem;                /* the callee's, until the reveal */
    uint8_t nonce[WZP_CALL_NONCE_LEN]; /* the caller's, until the reveal */
    uint8_t shared[WZP_KEY_LEN];       /* within one call */
    wzp_call_keys keys;                /* until taken */
} wzp__agree_secrets;

typedef struct wzp__agreed {
    bool is_caller;
    uint16_t suite; /* of generation 0 */
    wzp_str call_id;
    uint8_t id[WZP_KEY_LEN]; /* own */
    const uint8_t *package;  /* own, WZP_KP_LEN bytes */
    const uint8_t *kph;      /* own, WZP_HASH_LEN bytes */
    const wzp_kp *peer;
    const wzp__agree_secrets *secret;
} wzp__agreed;

/* Pointers are into the agreement. WZP_ERR_STATE: not done, or its keys were
 * taken: two groups that count from 0 under one key would break it. */
WZP_NODISCARD wzp_err wzp__agreed_get(const wzp_agree *a, wzp__agreed *out);

/* The keys are somewhere else now: wiped here. */
void wzp__agreed_taken(wzp_agree *a);

#endif
