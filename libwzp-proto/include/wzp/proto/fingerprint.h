/* SPDX-License-Identifier: MIT */
/* Text of identity fingerprints (16 bytes, "xxxx:xxxx:…", 39 characters) and
 * of TLS certificate fingerprints (32 bytes, "xx:xx:…", 95 characters). The
 * hashes themselves are made in libwzp-crypto. Source: spec/wire.md 3.2, 3.7.
 */
#ifndef WZP_PROTO_FINGERPRINT_H
#define WZP_PROTO_FINGERPRINT_H

#include <wzp/proto/err.h>

#define WZP_TLS_FP_TEXT_LEN  95 /* 32 pairs joined by ':', no NUL */
#define WZP_TLS_FP_PLAIN_LEN 64 /* normalised: no colons, no NUL */

/* Lower case, colons, NUL. */
void wzp_fingerprint_encode(const uint8_t fp[WZP_FP_LEN],
                            char out[WZP_FP_TEXT_LEN + 1]) WZP_NONNULL(1, 2);

/* Takes the first 32 hex digits of either case and skips everything else in
 * between and after: people type these. WZP_ERR_MALFORMED under 32 digits. */
WZP_NODISCARD wzp_err wzp_fingerprint_decode(const char *text, size_t len,
                                             uint8_t out[WZP_FP_LEN])
    WZP_NONNULL(3);

/* Lower case, colons, NUL; and the normalised form, no colons, NUL. */
void wzp_tls_fingerprint_encode(const uint8_t hash[WZP_HASH_LEN],
                                char out[WZP_TLS_FP_TEXT_LEN + 1])
    WZP_NONNULL(1, 2);
void wzp_tls_fingerprint_encode_plain(const uint8_t hash[WZP_HASH_LEN],
                                      char out[WZP_TLS_FP_PLAIN_LEN + 1])
    WZP_NONNULL(1, 2);

/* Exactly 64 hex digits of either case, colons anywhere between them, nothing
 * else. WZP_ERR_MALFORMED. Compare the bytes, not the texts. */
WZP_NODISCARD wzp_err wzp_tls_fingerprint_decode(const char *text, size_t len,
                                                 uint8_t out[WZP_HASH_LEN])
    WZP_NONNULL(3);

#endif
