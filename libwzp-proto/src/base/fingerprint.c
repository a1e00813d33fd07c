/* SPDX-License-Identifier: MIT */
/* Fingerprint texts (fingerprint.h). */
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>

#include <string.h>

/* Hex with ':' after every `group` bytes, and NUL. */
static void encode_groups(const uint8_t *data, size_t len, size_t group,
                          char *out)
{
    for (size_t i = 0; i < len; i += group) {
        if (i != 0) {
            *out++ = ':';
        }
        wzp_hex_encode(data + i, group, out);
        out += 2 * group;
    }
    *out = '\0';
}

void wzp_fingerprint_encode(const uint8_t fp[WZP_FP_LEN],
                            char out[WZP_FP_TEXT_LEN + 1])
{
    encode_groups(fp, WZP_FP_LEN, 2, out);
}

wzp_err wzp_fingerprint_decode(const char *text, size_t len,
                               uint8_t out[WZP_FP_LEN])
{
    char digits[2 * WZP_FP_LEN];
    size_t n = 0;
    for (size_t i = 0; i < len && n < sizeof digits; i++) {
        if (wzp_hex_digit(text[i]) >= 0) {
            digits[n++] = text[i];
        }
    }
    if (n < sizeof digits) {
        return WZP_ERR_MALFORMED;
    }
    return wzp_hex_decode(digits, n, out, WZP_FP_LEN);
}

void wzp_tls_fingerprint_encode(const uint8_t hash[WZP_HASH_LEN],
                                char out[WZP_TLS_FP_TEXT_LEN + 1])
{
    encode_groups(hash, WZP_HASH_LEN, 1, out);
}

void wzp_tls_fingerprint_encode_plain(const uint8_t hash[WZP_HASH_LEN],
                                      char out[WZP_TLS_FP_PLAIN_LEN + 1])
{
    wzp_hex_encode(hash, WZP_HASH_LEN, out);
    out[WZP_TLS_FP_PLAIN_LEN] = '\0';
}

wzp_err wzp_tls_fingerprint_decode(const char *text, size_t len,
                                   uint8_t out[WZP_HASH_LEN])
{
    char digits[WZP_TLS_FP_PLAIN_LEN];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ':') {
            continue;
        }
        if (wzp_hex_digit(text[i]) < 0 || n == sizeof digits) {
            return WZP_ERR_MALFORMED;
        }
        digits[n++] = text[i];
    }
    if (n < sizeof digits) {
        return WZP_ERR_MALFORMED;
    }
    return wzp_hex_decode(digits, n, out, WZP_HASH_LEN);
}
