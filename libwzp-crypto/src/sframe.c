/* SPDX-License-Identifier: MIT */
/* SFrame header and padding: see sframe.h. The config byte, RFC 9605 section
 * 4.3:
 *
 *   bit 7 X · 6..4 K · 3 Y · 2..0 C
 *   X = 0: K is the KID (0 … 7);  X = 1: KID has K + 1 bytes, which follow
 *   Y = 0: C is the CTR (0 … 7);  Y = 1: CTR has C + 1 bytes, which follow
 */
#include <wzp/crypto/sframe.h>

#include <sodium.h>

#include <string.h>

enum {
    SHORT_MAX = 7, /* fits the config byte */
    PAD_MULTIPLE = 8,
};

uint32_t wzp_sframe_kid(uint16_t sid, uint32_t generation, uint8_t step)
{
    return (uint32_t)sid << 16 | (generation & 0xFF) << 8 | step;
}

/* Bytes of v in shortest form, at least one. */
static size_t byte_len(uint64_t v)
{
    size_t n = 1;
    while (n < 8 && v >> (8 * n) != 0) {
        n++;
    }
    return n;
}

/* Writes one number of the header; returns its four bits of the config byte. */
static uint8_t put_number(uint64_t v, uint8_t *out, size_t *at)
{
    if (v <= SHORT_MAX) {
        return (uint8_t)v;
    }
    const size_t n = byte_len(v);
    for (size_t i = 0; i < n; i++) {
        out[(*at)++] = (uint8_t)(v >> (8 * (n - 1 - i)));
    }
    return (uint8_t)(8 | (n - 1));
}

size_t wzp_sframe_hdr_encode(uint64_t kid, uint64_t ctr,
                             uint8_t out[WZP_SFRAME_HDR_MAX])
{
    size_t at = 1;
    const unsigned k = put_number(kid, out, &at);
    const unsigned c = put_number(ctr, out, &at);
    out[0] = (uint8_t)(k << 4 | c);
    return at;
}

static wzp_err get_number(unsigned bits, const uint8_t *data, size_t len,
                          size_t *at, uint64_t *v)
{
    if ((bits & 8) == 0) {
        *v = bits;
        return WZP_OK;
    }
    const size_t n = (bits & 7) + 1;
    if (len - *at < n) {
        return WZP_ERR_HEADER;
    }
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) {
        x = x << 8 | data[(*at)++];
    }
    if (x <= SHORT_MAX || byte_len(x) != n) {
        return WZP_ERR_HEADER;
    }
    *v = x;
    return WZP_OK;
}

wzp_err wzp_sframe_hdr_decode(const uint8_t *data, size_t len, uint64_t *kid,
                              uint64_t *ctr, size_t *used)
{
    if (len == 0) {
        return WZP_ERR_HEADER;
    }
    size_t at = 1;
    WZP_TRY(get_number(data[0] >> 4, data, len, &at, kid));
    WZP_TRY(get_number(data[0] & 15u, data, len, &at, ctr));
    *used = at;
    return WZP_OK;
}

size_t wzp_sframe_padded_len(size_t len, size_t pad_to)
{
    if (pad_to > len && pad_to - len <= WZP_SFRAME_PAD_MAX) {
        return pad_to;
    }
    return (len / PAD_MULTIPLE + 1) * PAD_MULTIPLE;
}

void wzp_sframe_pad(uint8_t *plain, size_t len, size_t padded)
{
    memset(plain + len, 0, padded - len);
    plain[padded - 1] = (uint8_t)(padded - len);
}

wzp_err wzp_sframe_unpad(const uint8_t *plain, size_t *len)
{
    if (*len == 0) {
        return WZP_ERR_PADDING;
    }
    const size_t pad = plain[*len - 1];
    if (pad == 0 || pad > *len ||
        !sodium_is_zero(plain + *len - pad, pad - 1)) {
        return WZP_ERR_PADDING;
    }
    *len -= pad;
    return WZP_OK;
}
