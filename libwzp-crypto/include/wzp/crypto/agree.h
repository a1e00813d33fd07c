/* SPDX-License-Identifier: MIT */
/* One side of one direct call's key agreement: commitment, package, reveal,
 * keys, check code. A machine without time and I/O; one object per call, for
 * one answer and one reveal. Who rings whom and how long anybody waits is not
 * here. Source: design/secure-media.md 4.
 *
 *   caller                                callee
 *   new_caller, commit ──── offer ──────▶ new_callee: its package is made now
 *   answered ◀───────────── answer ────── package
 *   reveal ──────────────── reveal ─────▶ revealed
 *
 * From then on both have the same keys, for wzp_group_config.agreed, and the
 * same check code. */
#ifndef WZP_CRYPTO_AGREE_H
#define WZP_CRYPTO_AGREE_H

#include <wzp/crypto/call.h>
#include <wzp/proto/signal.h>

#define WZP_CALL_ID_MAX 64 /* bytes, chosen: ours have 32 */

typedef struct wzp_agree wzp_agree;

typedef struct wzp_agree_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_identity identity;
    uint8_t tls_hash[WZP_HASH_LEN]; /* of the endpoint's own certificate */
    uint16_t caps;                  /* WZP_CAP_*, bits 0 … 5 */
    wzp_unix_s now_unix;            /* package expires 24 h after */
    wzp_str call_id;                /* copied; 1 … WZP_CALL_ID_MAX bytes */
} wzp_agree_config;

void wzp_agree_config_default_sized(wzp_agree_config *cfg, size_t size);
static inline void wzp_agree_config_default(wzp_agree_config *cfg)
{
    wzp_agree_config_default_sized(cfg, sizeof *cfg);
}

/* Makes package and nonce. WZP_ERR_NOMEM, WZP_ERR_CONFIG, errors of the
 * identity. */
WZP_NODISCARD wzp_err wzp_agree_new_caller(wzp_agree **out,
                                           const wzp_agree_config *cfg);

/* Makes the package: there is none before the commitment came (rule a).
 *
 * commit     of the offer
 * caller_id  identity_pub of the offer; who reveals must be this one
 *
 * Errors as above. */
WZP_NODISCARD wzp_err wzp_agree_new_callee(
    wzp_agree **out, const wzp_agree_config *cfg,
    const uint8_t commit[WZP_HASH_LEN], const uint8_t caller_id[WZP_KEY_LEN]);

/* Wipes everything. NULL is fine. */
void wzp_agree_free(wzp_agree *a);

/* Own or received commitment, for DirectCallOffer. */
void wzp_agree_commit(const wzp_agree *a, uint8_t out[WZP_HASH_LEN]);

/* Own package, 1388 bytes, valid as long as the agreement: for
 * DirectCallAnswer, and for CallOffer in the call's room. The caller shows it
 * to nobody before the reveal. */
wzp_bytes wzp_agree_package(const wzp_agree *a);

/* Caller: DirectCallAnswer.kp.
 *
 * fingerprint  whom the call is for
 *
 * WZP_ERR_ANSWERED: a second answer (rule b). WZP_ERR_PROTOCOL: not a caller,
 * or the agreement failed. Those of wzp_kp_decode: not a package for this call
 * of that identity; the agreement still waits for one. State is unchanged by
 * each of them. */
WZP_NODISCARD wzp_err wzp_agree_answered(wzp_agree *a, wzp_unix_s now_unix,
                                         wzp_bytes kp,
                                         const uint8_t fingerprint[WZP_FP_LEN]);

/* Caller, once, after the answer: encapsulates, signs, derives.
 *
 * out  to be sent; points into the agreement
 *
 * WZP_ERR_STATE: not answered, or revealed before; nothing changes.
 * WZP_ERR_WEAK_KEY (the callee's) and errors of the identity end the
 * agreement. */
WZP_NODISCARD wzp_err wzp_agree_reveal(wzp_agree *a,
                                       wzp_sig_direct_call_reveal *out);

/* Callee, once: the reveal. WZP_ERR_PROTOCOL: not a callee, or a second one;
 * nothing changes. Every other error ends the agreement: WZP_ERR_KP_CONTEXT
 * (of another call), those of wzp_call_reveal_verify, WZP_ERR_FINGERPRINT (not
 * the identity of the offer), WZP_ERR_WEAK_KEY. */
WZP_NODISCARD wzp_err
wzp_agree_revealed(wzp_agree *a, wzp_unix_s now_unix,
                   const wzp_sig_direct_call_reveal *reveal);

/* Both sides' keys are here. */
bool wzp_agree_is_done(const wzp_agree *a);

/* The other side's identity key, proven. Caller: from answered on, callee: from
 * revealed on. WZP_ERR_STATE before. */
WZP_NODISCARD wzp_err wzp_agree_peer(const wzp_agree *a,
                                     uint8_t id[WZP_KEY_LEN]);

/* Four words and six digits for both to compare. WZP_ERR_STATE before done. */
WZP_NODISCARD wzp_err wzp_agree_code(const wzp_agree *a, wzp_call_code *out);

#endif
