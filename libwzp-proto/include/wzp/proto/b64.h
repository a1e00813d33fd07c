/* SPDX-License-Identifier: MIT */
/* base64url without padding, RFC 4648 section 5, strict: the form of every
 * new binary JSON value (design/secure-media.md, conventions). Not for
 * secrets: its time depends on the data.
 */
#ifndef WZP_PROTO_B64_H
#define WZP_PROTO_B64_H

#include <wzp/proto/err.h>

/* Characters for `len` bytes, without NUL. len < SIZE_MAX / 2. */
static inline size_t wzp_b64_encoded_len(size_t len)
{
    return len / 3 * 4 + (len % 3 * 8 + 5) / 6;
}

/* Most bytes that `len` characters give. */
static inline size_t wzp_b64_decoded_len(size_t len)
{
    return len / 4 * 3 + len % 4 * 6 / 8;
}

/* Writes wzp_b64_encoded_len(len) characters, no NUL, and returns their
 * number; `cap` below that is a BUG (asserted). */
size_t wzp_b64_encode(const uint8_t *data, size_t len, char *out, size_t cap);

/* WZP_ERR_B64: any character outside A–Z a–z 0–9 - _, padding, white space, a
 * length of 1 mod 4, unused bits that are not zero. WZP_ERR_LENGTH: more than
 * `cap` bytes. *out_len is set on WZP_OK only. `out` may be `text`. */
WZP_NODISCARD wzp_err wzp_b64_decode(const char *text, size_t len, uint8_t *out,
                                     size_t cap, size_t *out_len)
    WZP_NONNULL(5);

#endif
