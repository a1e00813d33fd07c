/* SPDX-License-Identifier: MIT */
/* SHA-256 over a list of parts, as the protocol's hashes and signed texts are
 * written: "label" ‖ a ‖ b ‖ c.
 */
#ifndef WZP_CRYPTO_SRC_SHA256_H
#define WZP_CRYPTO_SRC_SHA256_H

#include <wzp/proto/base.h>

#include <string.h>

typedef struct wzp__part {
    const void *ptr;
    size_t len;
} wzp__part;

#define WZP__PARTS(...)                                                        \
    (const wzp__part[]){__VA_ARGS__},                                          \
        sizeof((const wzp__part[]){__VA_ARGS__}) / sizeof(wzp__part)
#define WZP__LABEL(literal)                                                    \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

void wzp__sha256_parts(const wzp__part *parts, size_t n,
                       uint8_t out[WZP_HASH_LEN]);

/* Puts the parts one after the other; the caller sized `out`. Returns the
 * length. */
size_t wzp__join(uint8_t *out, const wzp__part *parts, size_t n);

static inline void wzp__put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void wzp__put_u32(uint8_t *p, uint32_t v)
{
    wzp__put_u16(p, (uint16_t)(v >> 16));
    wzp__put_u16(p + 2, (uint16_t)v);
}

static inline void wzp__put_u64(uint8_t *p, uint64_t v)
{
    wzp__put_u32(p, (uint32_t)(v >> 32));
    wzp__put_u32(p + 4, (uint32_t)v);
}

static inline uint16_t wzp__get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint64_t wzp__get_u64(const uint8_t *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

#endif
