/* SPDX-License-Identifier: MIT */
/* Parity packets: r symbols over k frames, any e of which rebuild any e lost
 * frames. Cauchy matrix over GF(2^8), polynomial 0x11D, as ISA-L's
 * gf_gen_cauchy1_matrix: a(row, j) = 1 / (row XOR j), row = k + index.
 * Source: design/secure-media.md 7.
 *
 *   base u16 | k u8 | r u8 | index u8 | symbol
 *   symbol = length u16 | frame | zeros, all as long as the longest
 *
 * Small and plain: blocks are tens of frames of tens of bytes.
 */
#ifndef WZP_PROTO_PARITY_H
#define WZP_PROTO_PARITY_H

#include <wzp/proto/err.h>

#define WZP_PARITY_HDR_LEN   5
#define WZP_PARITY_TOTAL_MAX 64 /* k + r */

typedef struct wzp_parity {
    uint16_t base;    /* sequence number of the first frame covered */
    uint8_t k;        /* frames covered: base … base + k − 1 */
    uint8_t r;        /* parity packets of this block */
    uint8_t index;    /* 0 … r − 1 */
    wzp_bytes symbol; /* at least 2 bytes; borrowed */
} wzp_parity;

/* Matrix element of parity packet `index`, column j < k; k + index ≤ 255. */
uint8_t wzp_parity_coeff(unsigned k, unsigned index, unsigned j);

/* Write the plaintext of parity packet p->index over `frames` (p->k of them).
 * p->symbol is not read. Length: WZP_PARITY_HDR_LEN + 2 + longest frame.
 * WZP_ERR_ARG for k, r, index out of range or a frame above WZP_FRAME_MAX;
 * WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_parity_encode(const wzp_parity *p,
                                        const wzp_bytes *frames, uint8_t *out,
                                        size_t cap, size_t *out_len)
    WZP_NONNULL(1, 2, 5);

/* WZP_ERR_PARITY: under 7 bytes, k or r 0, k + r > 64, index ≥ r. */
WZP_NODISCARD wzp_err wzp_parity_decode(const uint8_t *data, size_t len,
                                        wzp_parity *out) WZP_NONNULL(3);

/* Rebuild the missing frames of one block.
 *
 * parity   n packets of this block; one index given twice counts once, more
 *          than needed are ignored
 * frames   in-out, k of them; ptr NULL is missing and is filled in (pointing
 *          into buf); a present empty frame has a non-NULL ptr
 * buf      room for missing × symbol length
 *
 * WZP_ERR_AGAIN   fewer packets than missing frames; nothing changed
 * WZP_ERR_PARITY  packets that disagree in base, k or symbol length; a frame
 *                 longer than the symbol; a rebuilt length above the symbol's
 *                 or above WZP_FRAME_MAX. frames unchanged
 * WZP_ERR_SPACE   buf too small
 */
WZP_NODISCARD wzp_err wzp_parity_recover(const wzp_parity *parity, size_t n,
                                         wzp_bytes *frames, uint8_t *buf,
                                         size_t cap) WZP_NONNULL(3);

#endif
