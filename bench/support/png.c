/* SPDX-License-Identifier: MIT */
/* See png.h. */
#include "bench/support/png.h"

#include <stdlib.h>
#include <string.h>

#define STORED_MAX 65535 /* bytes in a stored block */
#define ADLER_MOD  65521

typedef struct writer {
    uint8_t *at;
    const uint8_t *chunk; /* its type: the check covers all from there */
} writer;

static void put32(writer *w, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        *w->at++ = (uint8_t)(v >> shift);
    }
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

static uint32_t adler32_of(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + p[i]) % ADLER_MOD;
        b = (b + a) % ADLER_MOD;
    }
    return b << 16 | a;
}

static void begin(writer *w, const char *type, size_t len)
{
    put32(w, (uint32_t)len);
    w->chunk = w->at;
    memcpy(w->at, type, 4);
    w->at += 4;
}

static void end(writer *w)
{
    put32(w, crc32_of(w->chunk, (size_t)(w->at - w->chunk)));
}

static void put_header(writer *w, uint32_t width, uint32_t height)
{
    static const uint8_t SIGNATURE[] = {0x89, 'P',  'N',  'G',
                                        '\r', '\n', 0x1A, '\n'};
    static const uint8_t KIND[] = {8, 3, 0, 0, 0}; /* palette, 8 bit */
    memcpy(w->at, SIGNATURE, sizeof SIGNATURE);
    w->at += sizeof SIGNATURE;
    begin(w, "IHDR", 13);
    put32(w, width);
    put32(w, height);
    memcpy(w->at, KIND, sizeof KIND);
    w->at += sizeof KIND;
    end(w);
}

static void put_palette(writer *w, const wzp_png_color palette[256])
{
    begin(w, "PLTE", 768);
    for (int i = 0; i < 256; i++) {
        *w->at++ = palette[i].r;
        *w->at++ = palette[i].g;
        *w->at++ = palette[i].b;
    }
    end(w);
}

static size_t stored_len(size_t n)
{
    return 2 + n + 5 * ((n + STORED_MAX - 1) / STORED_MAX) + 4;
}

static void put_data(writer *w, const uint8_t *rows, size_t n)
{
    begin(w, "IDAT", stored_len(n));
    *w->at++ = 0x78;
    *w->at++ = 0x01;
    for (size_t at = 0; at < n; at += STORED_MAX) {
        const size_t len = n - at < STORED_MAX ? n - at : STORED_MAX;
        *w->at++ = at + len == n;
        *w->at++ = (uint8_t)len;
        *w->at++ = (uint8_t)(len >> 8);
        *w->at++ = (uint8_t)~len;
        *w->at++ = (uint8_t)(~len >> 8);
        memcpy(w->at, rows + at, len);
        w->at += len;
    }
    put32(w, adler32_of(rows, n));
    end(w);
}

size_t wzp_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height,
                      const wzp_png_color palette[256], uint8_t **out)
{
    const size_t n = (size_t)height * (width + 1);
    uint8_t *rows = width == 0 || height == 0 ? NULL : malloc(n);
    *out = rows == NULL ? NULL : malloc(stored_len(n) + 1024);
    if (*out == NULL) {
        free(rows);
        return 0;
    }
    for (uint32_t y = 0; y < height; y++) {
        rows[(size_t)y * (width + 1)] = 0; /* no filter */
        memcpy(rows + (size_t)y * (width + 1) + 1, pixels + (size_t)y * width,
               width);
    }
    writer w = {.at = *out};
    put_header(&w, width, height);
    put_palette(&w, palette);
    put_data(&w, rows, n);
    begin(&w, "IEND", 0);
    end(&w);
    free(rows);
    return (size_t)(w.at - *out);
}
