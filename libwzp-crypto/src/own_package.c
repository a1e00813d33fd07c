/* SPDX-License-Identifier: MIT */
/* The own package: see own_package.h. */
#include "own_package.h"

enum {
    LIFE_S = 86400, /* secure-media.md 4: at most 24 h */
    SUITE_CHACHA_BIT = 1,
    SUITE_AES_BIT = 2,
    CAPS_SIGNED = 0x3F, /* bits 0 … 5 */
};

uint8_t wzp__own_suites(void)
{
    return (
        uint8_t)(SUITE_CHACHA_BIT |
                 (wzp_suite_is_available(WZP_SUITE_AES) ? SUITE_AES_BIT : 0));
}

wzp_err wzp__own_package_make(const wzp_identity *id, const wzp_rng *rng,
                              wzp_unix_s now_unix, wzp_kp *kp,
                              wzp_kem_secret *secret, uint8_t out[WZP_KP_LEN])
{
    if ((kp->caps & ~CAPS_SIGNED) != 0) {
        return WZP_ERR_CONFIG;
    }
    kp->exp = now_unix + LIFE_S;
    kp->suites = wzp__own_suites();
    wzp_kem_keypair(rng, kp->kem, secret);
    return wzp_kp_encode(id, kp, out);
}
