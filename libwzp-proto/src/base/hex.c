/* SPDX-License-Identifier: MIT */
/* Hexadecimal text (hex.h). */
#include <wzp/proto/hex.h>

#include <string.h>

void wzp_hex_encode(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
}

int wzp_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return (c >= 'A' && c <= 'F') ? c - 'A' + 10 : -1;
}

wzp_err wzp_hex_decode(const char *text, size_t len, uint8_t *out,
                       size_t out_len)
{
    if (out_len > SIZE_MAX / 2 || len != 2 * out_len) {
        memset(out, 0, out_len);
        return WZP_ERR_LENGTH;
    }
    for (size_t i = 0; i < out_len; i++) {
        const int hi = wzp_hex_digit(text[2 * i]);
        const int lo = wzp_hex_digit(text[2 * i + 1]);
        if (hi < 0 || lo < 0) {
            memset(out, 0, out_len);
            return WZP_ERR_MALFORMED;
        }
        out[i] = (uint8_t)((hi << 4) | lo);
    }
    return WZP_OK;
}
