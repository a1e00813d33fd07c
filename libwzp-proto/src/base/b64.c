/* SPDX-License-Identifier: MIT */
/* Strict base64url without padding (b64.h). */
#include <wzp/proto/b64.h>

#include <assert.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0 … 63, or −1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '-') {
        return 62;
    }
    return (c == '_') ? 63 : -1;
}

size_t wzp_b64_encode(const uint8_t *data, size_t len, char *out, size_t cap)
{
    const size_t out_len = wzp_b64_encoded_len(len);
    assert(cap >= out_len);
    (void)cap;
    (void)out_len;

    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        bits = ((bits << 8) | data[i]) & 0xFFFF;
        n_bits += 8;
        while (n_bits >= 6) {
            n_bits -= 6;
            out[at++] = ALPHABET[(bits >> n_bits) & 63];
        }
    }
    if (n_bits > 0) {
        out[at++] = ALPHABET[(bits << (6 - n_bits)) & 63];
    }
    assert(at == out_len);
    return at;
}

wzp_err wzp_b64_decode(const char *text, size_t len, uint8_t *out, size_t cap,
                       size_t *out_len)
{
    if (len % 4 == 1) {
        return WZP_ERR_B64;
    }
    if (wzp_b64_decoded_len(len) > cap) {
        return WZP_ERR_LENGTH;
    }
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        const int d = digit(text[i]);
        if (d < 0) {
            return WZP_ERR_B64;
        }
        bits = ((bits << 6) | (uint32_t)d) & 0xFFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[at++] = (uint8_t)(bits >> n_bits);
        }
    }
    if ((bits & ((1u << n_bits) - 1)) != 0) {
        return WZP_ERR_B64;
    }
    *out_len = at;
    return WZP_OK;
}
