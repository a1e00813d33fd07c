/* SPDX-License-Identifier: MIT */
/* Key packages: what a member shows of itself, signed, fresh for every call
 * and room session. Source: design/secure-media.md 4.
 */
#ifndef WZP_CRYPTO_PACKAGE_H
#define WZP_CRYPTO_PACKAGE_H

#include <wzp/crypto/kem.h>

#define WZP_KP_LEN 1388

#define WZP_SUITE_CHACHA 0xF001 /* bit 0 of `suites` */
#define WZP_SUITE_AES    0x0005 /* bit 1 of `suites` */

/* True when this machine can seal and open with the suite: WZP_SUITE_CHACHA
 * always, WZP_SUITE_AES with AES instructions. */
bool wzp_suite_is_available(uint16_t suite);

typedef struct wzp_kp {
    uint8_t id[WZP_KEY_LEN];     /* Ed25519 */
    uint8_t kem[WZP_KEM_PK_LEN]; /* X-Wing public key */
    uint8_t tls[WZP_HASH_LEN];
    wzp_unix_s exp;
    uint8_t suites;
    uint16_t caps;
    uint8_t ctx[WZP_HASH_LEN];
    /* derived */
    uint8_t kph[WZP_HASH_LEN]; /* hash of all 1388 bytes */
} wzp_kp;

/* Member id kph[0..16] and stream id mid[0..2]. */
void wzp_kp_mid(const uint8_t kph[WZP_HASH_LEN], uint8_t mid[WZP_MID_LEN]);
uint16_t wzp_mid_sid(const uint8_t mid[WZP_MID_LEN]);

/* Make and sign. `kp->id` and `kp->kph` are filled in. */
WZP_NODISCARD wzp_err wzp_kp_encode(const wzp_identity *id, wzp_kp *kp,
                                    uint8_t out[WZP_KP_LEN]);

/* Length, version, signature, expiry against `now`, context, fingerprint, a
 * common suite. Each has its own error: WZP_ERR_LENGTH, _KP_VERSION,
 * _SIGNATURE, _KP_EXPIRED, _KP_TOO_FAR, _KP_CONTEXT, _FINGERPRINT, _KP_SUITE.
 *
 * ctx          expected context, or NULL when the relay cannot know it
 * fingerprint  expected, or NULL
 * own_suites   0 when the relay asks: the suite is not checked then */
WZP_NODISCARD wzp_err wzp_kp_decode(const uint8_t *data, size_t len,
                                    wzp_unix_s now,
                                    const uint8_t ctx[WZP_HASH_LEN],
                                    const uint8_t fingerprint[WZP_FP_LEN],
                                    uint8_t own_suites, wzp_kp *out);

#endif
