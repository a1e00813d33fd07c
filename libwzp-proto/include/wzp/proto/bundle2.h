/* SPDX-License-Identifier: MIT */
/* Bundle of form 2: new frames of one fixed size, and parity over the frames
 * before them: a sliding window. Any p symbols that arrive rebuild nearly
 * always any p lost frames they cover. Only towards peers with `bundle2`.
 * Source: docs/wire.md; design/voice-facts.md 2, "Coded instead of repeated".
 *
 *   old u8 | new u8 | 2 | len u8 | row u8 | new frames | symbols
 *
 * All frames and symbols have `len` bytes; the length of the plaintext says how
 * many symbols there are. Symbol i = Σ a(row + i, f) × frame f over the frames
 * f = seq − old … seq − 1, in GF(2^8) modulo 0x11D, with
 * a(r, f) = 1 / ((128 + r mod 128) XOR (f mod 128)).
 */
#ifndef WZP_PROTO_BUNDLE2_H
#define WZP_PROTO_BUNDLE2_H

#include <wzp/proto/err.h>

#define WZP_BUNDLE2_FORM    2
#define WZP_BUNDLE2_HDR_LEN 5
#define WZP_BUNDLE2_LEN_MAX 16 /* bytes of a frame; Codec2 has 6 and 8 */
#define WZP_BUNDLE2_OLD_MAX 40 /* with `new`, as many as a bundle may have */
#define WZP_BUNDLE2_NEW_MAX 8
#define WZP_BUNDLE2_ROWS    128

typedef struct wzp_bundle2 {
    uint16_t seq;          /* MediaHeader's: the first new frame */
    uint8_t n_old;         /* frames covered, 1 … WZP_BUNDLE2_OLD_MAX */
    uint8_t n_new;         /* 0 … WZP_BUNDLE2_NEW_MAX */
    uint8_t frame_len;     /* 1 … WZP_BUNDLE2_LEN_MAX */
    uint8_t row;           /* of the first symbol, 0 … 127 */
    uint8_t n_parity;      /* symbols, 1 … n_old */
    const uint8_t *frames; /* n_new × frame_len; borrowed */
    const uint8_t *parity; /* n_parity × frame_len; borrowed */
} wzp_bundle2;

/* a(row, f); f: sequence number of a frame. */
uint8_t wzp_bundle2_coeff(unsigned row, uint16_t f);

/* b->seq, counts, frame_len and row are read; `frames` are the n_old covered
 * ones and then the n_new, in order, of frame_len bytes each. WZP_ERR_ARG for
 * values out of range, WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_bundle2_encode(const wzp_bundle2 *b,
                                         const uint8_t *const *frames,
                                         uint8_t *out, size_t cap,
                                         size_t *out_len) WZP_NONNULL(1, 2, 5);

/* `seq` is the MediaHeader's. WZP_ERR_BUNDLE for another form, values out of
 * range and anything that does not fill the plaintext exactly. */
WZP_NODISCARD wzp_err wzp_bundle2_decode(const uint8_t *data, size_t len,
                                         uint16_t seq, wzp_bundle2 *out)
    WZP_NONNULL(4);

#endif
