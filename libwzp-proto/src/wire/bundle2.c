/* SPDX-License-Identifier: MIT */
/* Bundles of form 2 (bundle2.h): reading and writing. Who solves for the lost
 * frames: media/window.c.
 */
#include "wire/gf256.h"

#include <wzp/proto/bundle2.h>
#include <wzp/proto/bytes.h>

uint8_t wzp_bundle2_coeff(unsigned row, uint16_t f)
{
    const unsigned x = WZP_BUNDLE2_ROWS + row % WZP_BUNDLE2_ROWS;
    return wzp__gf256_inv((uint8_t)(x ^ f % WZP_BUNDLE2_ROWS));
}

static bool is_in_range(const wzp_bundle2 *b)
{
    return b->n_old >= 1 && b->n_old <= WZP_BUNDLE2_OLD_MAX &&
           b->n_new <= WZP_BUNDLE2_NEW_MAX && b->frame_len >= 1 &&
           b->frame_len <= WZP_BUNDLE2_LEN_MAX && b->row < WZP_BUNDLE2_ROWS &&
           b->n_parity >= 1 && b->n_parity <= b->n_old;
}

wzp_err wzp_bundle2_encode(const wzp_bundle2 *b, const uint8_t *const *frames,
                           uint8_t *out, size_t cap, size_t *out_len)
{
    if (!is_in_range(b)) {
        return WZP_ERR_ARG;
    }
    wzp_writer w = wzp_writer_init(out, cap);
    wzp_write_u8(&w, b->n_old);
    wzp_write_u8(&w, b->n_new);
    wzp_write_u8(&w, WZP_BUNDLE2_FORM);
    wzp_write_u8(&w, b->frame_len);
    wzp_write_u8(&w, b->row);
    for (size_t j = 0; j < b->n_new; j++) {
        wzp_write_bytes(&w, frames[b->n_old + j], b->frame_len);
    }
    for (unsigned i = 0; i < b->n_parity; i++) {
        uint8_t *symbol = wzp_write_view(&w, b->frame_len);
        if (symbol == NULL) {
            return WZP_ERR_SPACE;
        }
        memset(symbol, 0, b->frame_len);
        for (unsigned j = 0; j < b->n_old; j++) {
            const uint16_t f = (uint16_t)(b->seq - b->n_old + j);
            wzp__gf256_add_scaled(symbol, frames[j], b->frame_len,
                                  wzp_bundle2_coeff(b->row + i, f));
        }
    }
    return wzp_writer_end(&w, out_len);
}

wzp_err wzp_bundle2_decode(const uint8_t *data, size_t len, uint16_t seq,
                           wzp_bundle2 *out)
{
    wzp_reader r = wzp_reader_init(data, len);
    wzp_bundle2 b = {.seq = seq};
    b.n_old = wzp_read_u8(&r);
    b.n_new = wzp_read_u8(&r);
    const uint8_t form = wzp_read_u8(&r);
    b.frame_len = wzp_read_u8(&r);
    b.row = wzp_read_u8(&r);
    b.frames = wzp_read_view(&r, (size_t)b.n_new * b.frame_len);
    const wzp_bytes rest = wzp_read_rest(&r);
    if (r.err != WZP_OK || form != WZP_BUNDLE2_FORM || b.frame_len == 0 ||
        rest.len % b.frame_len != 0 || rest.len / b.frame_len > UINT8_MAX) {
        return WZP_ERR_BUNDLE;
    }
    b.parity = rest.ptr;
    b.n_parity = (uint8_t)(rest.len / b.frame_len);
    if (!is_in_range(&b)) {
        return WZP_ERR_BUNDLE;
    }
    *out = b;
    return WZP_OK;
}
