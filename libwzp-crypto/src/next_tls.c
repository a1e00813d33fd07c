/* SPDX-License-Identifier: MIT */
/* Ed25519(current TLS key, "wzp-next-tls-v1" ‖ sha256 ‖ not_before), see
 * next_tls.h.
 */
#include "sha256.h"

#include <wzp/crypto/next_tls.h>

#include <sodium.h>

enum { TEXT_LEN = 15 + WZP_HASH_LEN + 8 };

static size_t signed_text(const uint8_t sha256[WZP_HASH_LEN],
                          wzp_unix_s not_before, uint8_t out[TEXT_LEN])
{
    uint8_t when[8];
    wzp__put_u64(when, not_before);
    return wzp__join(out, WZP__PARTS(WZP__LABEL("wzp-next-tls-v1"),
                                     {sha256, WZP_HASH_LEN}, {when, 8}));
}

void wzp_next_tls_sign(const uint8_t tls_seed[WZP_KEY_LEN],
                       const uint8_t sha256[WZP_HASH_LEN],
                       wzp_unix_s not_before, uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[TEXT_LEN];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    const size_t len = signed_text(sha256, not_before, text);
    crypto_sign_seed_keypair(public_key, secret_key, tls_seed);
    crypto_sign_detached(sig, NULL, text, len, secret_key);
    sodium_memzero(secret_key, sizeof secret_key);
}

wzp_err wzp_next_tls_verify(const uint8_t tls_public_key[WZP_KEY_LEN],
                            const uint8_t sha256[WZP_HASH_LEN],
                            wzp_unix_s not_before,
                            const uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[TEXT_LEN];
    const size_t len = signed_text(sha256, not_before, text);
    return wzp_identity_verify(tls_public_key, text, len, sig, WZP_SIG_LEN);
}

bool wzp_next_tls_is_due(wzp_unix_s not_before, wzp_unix_s now)
{
    return now >= not_before && now - not_before <= WZP_NEXT_TLS_SECONDS;
}
