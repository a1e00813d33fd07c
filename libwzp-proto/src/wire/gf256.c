/* SPDX-License-Identifier: MIT */
/* GF(2^8), see gf256.h. */
#include "wire/gf256.h"

enum { FIELD_POLY = 0x1D /* x^8 + x^4 + x^3 + x^2 + 1, without x^8 */ };

uint8_t wzp__gf256_mul(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    unsigned shifted = a;
    for (; b != 0; b >>= 1) {
        if (b & 1) {
            product ^= shifted;
        }
        shifted = (shifted << 1) ^ ((shifted & 0x80) ? 0x100 | FIELD_POLY : 0);
    }
    return (uint8_t)product;
}

/* a^254 = 1/a */
uint8_t wzp__gf256_inv(uint8_t a)
{
    uint8_t power = a;
    uint8_t result = 1;
    for (int i = 0; i < 7; i++) {
        power = wzp__gf256_mul(power, power);
        result = wzp__gf256_mul(result, power);
    }
    return result;
}

/* c times each half of a byte: out[0] with 0 … 15, out[1] with 0, 16 … 240. */
static void multiples_of(uint8_t c, uint8_t out[2][16])
{
    uint8_t power = c; /* c × 2^i */
    out[0][0] = out[1][0] = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint8_t *half = out[i / 4];
        const unsigned bit = 1u << i % 4;
        for (unsigned below = 0; below < bit; below++) {
            half[bit + below] = half[below] ^ power;
        }
        power = (uint8_t)(power << 1 ^ (power & 0x80 ? FIELD_POLY : 0));
    }
}

void wzp__gf256_add_scaled(uint8_t *dst, const uint8_t *src, size_t len,
                           uint8_t c)
{
    uint8_t by[2][16];
    if (c == 0) {
        return;
    }
    multiples_of(c, by);
    for (size_t i = 0; i < len; i++) {
        dst[i] ^= by[0][src[i] & 15] ^ by[1][src[i] >> 4];
    }
}

void wzp__gf256_scale(uint8_t *dst, size_t len, uint8_t c)
{
    for (size_t i = 0; i < len; i++) {
        dst[i] = wzp__gf256_mul(dst[i], c);
    }
}
