/* SPDX-License-Identifier: MIT */
/* UTF-8 (wzp/proto/utf8.h, utf8.h). */
#include "base/utf8.h"

/* What may follow a lead byte: how many, and the range of the first of them,
 * which is where overlong forms and surrogates show. 0 for a byte that leads
 * nothing. RFC 3629 section 4. */
static size_t follow(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xBF;
    switch (lead) {
    case 0xE0: *low = 0xA0; return 2;
    case 0xED: *high = 0x9F; return 2;
    case 0xF0: *low = 0x90; return 3;
    case 0xF4: *high = 0x8F; return 3;
    default: break;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 1;
    }
    if (lead >= 0xE1 && lead <= 0xEF) {
        return 2;
    }
    return (lead >= 0xF1 && lead <= 0xF3) ? 3 : 0;
}

bool wzp_utf8_is_valid(const char *text, size_t len)
{
    const uint8_t *b = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        if (b[i] < 0x80) {
            i++;
            continue;
        }
        uint8_t low;
        uint8_t high;
        const size_t more = follow(b[i], &low, &high);
        if (more == 0 || more > len - i - 1) {
            return false;
        }
        for (size_t k = 1; k <= more; k++) {
            if (b[i + k] < low || b[i + k] > high) {
                return false;
            }
            low = 0x80;
            high = 0xBF;
        }
        i += 1 + more;
    }
    return true;
}

bool wzp_utf8_is_line(const char *text, size_t len)
{
    const uint8_t *b = (const uint8_t *)text;
    for (size_t i = 0; i < len; i++) {
        /* U+80–9F are C2 80 … C2 9F. */
        const bool is_c1 = b[i] == 0xC2 && i + 1 < len && b[i + 1] < 0xA0;
        if (b[i] < 0x20 || b[i] == 0x7F || is_c1) {
            return false;
        }
    }
    return wzp_utf8_is_valid(text, len);
}

size_t wzp__utf8_encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t more = (c < 0x800) ? 1 : (c < 0x10000) ? 2 : 3;
    const uint32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(uint8_t)(marks[more] | c >> (6 * more));
    for (size_t k = 1; k <= more; k++) {
        out[k] = (char)(uint8_t)(0x80 | (c >> (6 * (more - k)) & 0x3F));
    }
    return 1 + more;
}
