/* SPDX-License-Identifier: MIT */
/* The package that a member makes of itself, for a room session or a call. */
#ifndef WZP_CRYPTO_SRC_OWN_PACKAGE_H
#define WZP_CRYPTO_SRC_OWN_PACKAGE_H

#include <wzp/crypto/pair.h>

/* Suites of this machine, as in a package. */
uint8_t wzp__own_suites(void);

/* A fresh key pair, and the package around it.
 *
 * kp      in-out: tls, caps and ctx are set, the rest is filled in
 * secret  of the key pair
 *
 * WZP_ERR_CONFIG: caps that no package can carry. Errors of the identity. */
WZP_NODISCARD wzp_err wzp__own_package_make(const wzp_identity *id,
                                            const wzp_rng *rng,
                                            wzp_unix_s now_unix, wzp_kp *kp,
                                            wzp_kem_secret *secret,
                                            uint8_t out[WZP_KP_LEN]);

#endif
