/* SPDX-License-Identifier: MIT */
/* What fuzz targets share: the claim they make, and an input read piece by
 * piece. An input that ends early reads as zeros, so that every input means
 * something.
 */
#ifndef WZP_FUZZ_H
#define WZP_FUZZ_H

#include <wzp/proto/err.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool claim)
{
    if (!claim) {
        abort();
    }
}

typedef struct fuzz_in {
    const uint8_t *at;
    size_t left;
} fuzz_in;

static inline uint8_t fuzz_u8(fuzz_in *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static inline uint16_t fuzz_u16(fuzz_in *in)
{
    const uint8_t high = fuzz_u8(in);
    return (uint16_t)(high << 8 | fuzz_u8(in));
}

/* `len` bytes or as many as there are. */
static inline wzp_bytes fuzz_bytes(fuzz_in *in, size_t len)
{
    const wzp_bytes out = {in->at, len < in->left ? len : in->left};
    in->at += out.len;
    in->left -= out.len;
    return out;
}

/* Two bytes of length (big endian) and what they say. */
static inline wzp_bytes fuzz_blob(fuzz_in *in)
{
    const size_t len = fuzz_u16(in);
    return fuzz_bytes(in, len);
}

/* The error is one of these; the list ends with WZP_OK. */
#define REQUIRE_ONE_OF(e, ...)                                                 \
    do {                                                                       \
        static const wzp_err fuzz_set_[] = {__VA_ARGS__, WZP_OK};              \
        size_t fuzz_i_ = 0;                                                    \
        while (fuzz_set_[fuzz_i_] != WZP_OK && fuzz_set_[fuzz_i_] != (e)) {    \
            fuzz_i_++;                                                         \
        }                                                                      \
        require(fuzz_set_[fuzz_i_] == (e));                                    \
    } while (0)

#endif
