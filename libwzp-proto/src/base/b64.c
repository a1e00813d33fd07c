/* SPDX-License-Identifier: MIT */
/* Strict base64url without padding (b64.h). */
#include <wzp/proto/b64.h>

#include <assert.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 1 … 64; 0: no digit. */
static const uint8_t DIGIT[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

/* `n` digits (2 … 4) at text give n − 1 bytes. False: one is none, or bits that
 * are left over are not zero. */
static inline bool read_group(const char *text, size_t n, uint8_t *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t d = DIGIT[(uint8_t)text[i]];
        if (d == 0) {
            return false;
        }
        bits |= (d - 1) << (18 - 6 * i);
    }
    for (size_t i = 0; i + 1 < n; i++) {
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    return (bits & (0xFFFFFF >> (8 * (n - 1)))) == 0;
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
    size_t at = 0;
    size_t i = 0;
    for (; i + 4 <= len; i += 4, at += 3) {
        if (!read_group(text + i, 4, out + at)) {
            return WZP_ERR_B64;
        }
    }
    if (i < len) {
        if (!read_group(text + i, len - i, out + at)) {
            return WZP_ERR_B64;
        }
        at += len - i - 1;
    }
    *out_len = at;
    return WZP_OK;
}
