/* SPDX-License-Identifier: MIT */
/* Images read back: chunks, checks, pixels. */
#include "bench/support/png.h"

#include "support/harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* Bit by bit from the definition, ISO 3309. */
static uint32_t crc_of(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < 8 * n; i++) {
        const uint32_t bit = (p[i / 8] >> i % 8 & 1) ^ (crc & 1);
        crc = crc >> 1 ^ (bit ? 0xEDB88320 : 0);
    }
    return crc ^ 0xFFFFFFFF;
}

/* The chunk at *at, whose check must hold; *at goes behind it. */
static const uint8_t *chunk(const uint8_t *png, size_t *at, const char *type,
                            size_t *len)
{
    const uint8_t *p = png + *at;
    *len = u32(p);
    assert_memory_equal(p + 4, type, 4);
    assert_int_equal(u32(p + 8 + *len), crc_of(p + 4, *len + 4));
    *at += *len + 12;
    return p + 8;
}

/* The stored blocks behind the two bytes of a zlib header. */
static size_t inflate_stored(const uint8_t *z, uint8_t *out)
{
    size_t n = 0;
    for (bool is_last = false; !is_last;) {
        const size_t len = (size_t)z[3] | (size_t)z[4] << 8;
        assert_int_equal(len ^ 0xFFFF, (size_t)z[5] | (size_t)z[6] << 8);
        is_last = z[2] & 1;
        memcpy(out + n, z + 7, len);
        n += len;
        z += 5 + len;
    }
    return n;
}

WZP_TEST(pixels_come_back_from_an_image_of_several_blocks)
{
    enum { W = 700, H = 150 };
    static uint8_t pixels[W * H], rows[(W + 1) * H];
    static const wzp_png_color PALETTE[256] = {[3] = {1, 2, 3}};
    uint8_t *png = NULL;
    size_t at = 8, len;
    for (size_t i = 0; i < W * H; i++) {
        pixels[i] = (uint8_t)(i * 7 % 251);
    }
    const size_t n = wzp_png_encode(pixels, W, H, PALETTE, &png);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    const uint8_t *head = chunk(png, &at, "IHDR", &len);
    assert_int_equal(u32(head), W);
    assert_int_equal(u32(head + 4), H);
    const uint8_t *palette = chunk(png, &at, "PLTE", &len);
    assert_memory_equal(palette + 9, "\x01\x02\x03", 3);
    const uint8_t *data = chunk(png, &at, "IDAT", &len);
    assert_int_equal((data[0] * 256 + data[1]) % 31, 0); /* RFC 1950 2.2 */
    assert_int_equal(inflate_stored(data, rows), sizeof rows);
    for (size_t y = 0; y < H; y++) {
        assert_int_equal(rows[y * (W + 1)], 0);
        assert_memory_equal(rows + y * (W + 1) + 1, pixels + y * W, W);
    }
    chunk(png, &at, "IEND", &len);
    assert_int_equal(at, n);
    free(png);
}

/* RFC 1950 9: the check of these bytes, by hand: rows 00 61, 00 62. */
WZP_TEST(the_check_of_the_data_is_adler_32)
{
    static const wzp_png_color PALETTE[256];
    uint8_t *png = NULL;
    size_t at = 8, len;
    assert_true(wzp_png_encode((const uint8_t *)"ab", 1, 2, PALETTE, &png) > 0);
    chunk(png, &at, "IHDR", &len);
    chunk(png, &at, "PLTE", &len);
    const uint8_t *data = chunk(png, &at, "IDAT", &len);
    /* a: 1, 1, 98, 98, 196; b: 0, 1, 99, 197, 393 */
    assert_int_equal(u32(data + len - 4), 393u << 16 | 196u);
    free(png);
}

WZP_TEST(an_image_without_pixels_is_none)
{
    static const wzp_png_color PALETTE[256];
    uint8_t *png = NULL;
    assert_int_equal(wzp_png_encode(NULL, 0, 5, PALETTE, &png), 0);
    assert_null(png);
}
