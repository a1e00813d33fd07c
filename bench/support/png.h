/* SPDX-License-Identifier: MIT */
/* PNG images of up to 256 colours, as a data URI has them: small files are not
 * the aim, so nothing is compressed (ISO/IEC 15948; stored blocks of RFC 1951).
 */
#ifndef WZP_BENCH_PNG_H
#define WZP_BENCH_PNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct wzp_png_color {
    uint8_t r, g, b;
} wzp_png_color;

/* pixels: width × height indices into palette, rows from the top. *out is
 * malloced, the caller's to free. Its length, or 0: no memory, or no pixel. */
size_t wzp_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height,
                      const wzp_png_color palette[256], uint8_t **out);

#endif
