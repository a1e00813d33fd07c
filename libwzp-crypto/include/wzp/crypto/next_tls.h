/* SPDX-License-Identifier: MIT */
/* A relay's TLS key names its successor, so that a change of key is not the
 * end of every client's pin.
 * Source: design/secure-media.md 3.
 */
#ifndef WZP_CRYPTO_NEXT_TLS_H
#define WZP_CRYPTO_NEXT_TLS_H

#include <wzp/crypto/identity.h>

#define WZP_NEXT_TLS_SECONDS                                                   \
    (90 * 86400) /* a successor is accepted so long                            \
                  */

/* tls_seed    secret, Ed25519 seed of the current TLS key
 * sha256      of the successor's certificate
 * not_before  unix seconds, first moment the successor may be shown */
void wzp_next_tls_sign(const uint8_t tls_seed[WZP_KEY_LEN],
                       const uint8_t sha256[WZP_HASH_LEN],
                       wzp_unix_s not_before, uint8_t sig[WZP_SIG_LEN]);

/* tls_public_key  of the certificate this connection showed.
 * WZP_ERR_SIGNATURE. */
WZP_NODISCARD wzp_err
wzp_next_tls_verify(const uint8_t tls_public_key[WZP_KEY_LEN],
                    const uint8_t sha256[WZP_HASH_LEN], wzp_unix_s not_before,
                    const uint8_t sig[WZP_SIG_LEN]);

/* May the successor be shown at `now`? Both ends of the 90 days count. */
bool wzp_next_tls_is_due(wzp_unix_s not_before, wzp_unix_s now);

#endif
