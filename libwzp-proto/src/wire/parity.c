/* SPDX-License-Identifier: MIT */
/* Parity packets (parity.h): encoding is a sum of frames times coefficients;
 * recovery solves the square Cauchy system of the missing columns by
 * Gauss-Jordan elimination.
 */
#include "wire/gf256.h"

#include <wzp/proto/bytes.h>
#include <wzp/proto/parity.h>

enum {
    LEN_PREFIX = 2,
    SYMBOL_MAX = LEN_PREFIX + WZP_FRAME_MAX,
    MISSING_MAX = WZP_PARITY_TOTAL_MAX / 2, /* missing ≤ k and ≤ r */
};

uint8_t wzp_parity_coeff(unsigned k, unsigned index, unsigned j)
{
    return wzp__gf256_inv((uint8_t)((k + index) ^ j));
}

/* --- packets --- */

static bool is_in_range(const wzp_parity *p)
{
    return p->k != 0 && p->r != 0 && p->index < p->r &&
           (unsigned)p->k + p->r <= WZP_PARITY_TOTAL_MAX;
}

/* symbol ^= c × (length ‖ frame ‖ zeros) */
static void add_frame(uint8_t *symbol, wzp_bytes frame, uint8_t c)
{
    const uint8_t prefix[LEN_PREFIX] = {(uint8_t)(frame.len >> 8),
                                        (uint8_t)frame.len};
    wzp__gf256_add_scaled(symbol, prefix, LEN_PREFIX, c);
    wzp__gf256_add_scaled(symbol + LEN_PREFIX, frame.ptr, frame.len, c);
}

wzp_err wzp_parity_encode(const wzp_parity *p, const wzp_bytes *frames,
                          uint8_t *out, size_t cap, size_t *out_len)
{
    if (!is_in_range(p)) {
        return WZP_ERR_ARG;
    }
    size_t longest = 0;
    for (size_t j = 0; j < p->k; j++) {
        longest = (frames[j].len > longest) ? frames[j].len : longest;
    }
    if (longest > WZP_FRAME_MAX) {
        return WZP_ERR_ARG;
    }
    wzp_writer w = wzp_writer_init(out, cap);
    wzp_write_u16(&w, p->base);
    wzp_write_u8(&w, p->k);
    wzp_write_u8(&w, p->r);
    wzp_write_u8(&w, p->index);
    uint8_t *symbol = wzp_write_view(&w, LEN_PREFIX + longest);
    if (symbol == NULL) {
        return WZP_ERR_SPACE;
    }
    memset(symbol, 0, LEN_PREFIX + longest);
    for (unsigned j = 0; j < p->k; j++) {
        add_frame(symbol, frames[j], wzp_parity_coeff(p->k, p->index, j));
    }
    return wzp_writer_end(&w, out_len);
}

wzp_err wzp_parity_decode(const uint8_t *data, size_t len, wzp_parity *out)
{
    wzp_reader r = wzp_reader_init(data, len);
    const wzp_parity p = {
        .base = wzp_read_u16(&r),
        .k = wzp_read_u8(&r),
        .r = wzp_read_u8(&r),
        .index = wzp_read_u8(&r),
        .symbol = wzp_read_rest(&r),
    };
    if (r.err != WZP_OK || p.symbol.len < LEN_PREFIX || !is_in_range(&p)) {
        return WZP_ERR_PARITY;
    }
    *out = p;
    return WZP_OK;
}

/* --- recovery --- */

/* The equations: row i says Σ coeff[i][e] × missing[e] = symbol i. */
typedef struct system {
    size_t n;                    /* missing frames = rows */
    uint8_t column[MISSING_MAX]; /* which frame, 0 … k − 1 */
    uint8_t coeff[MISSING_MAX][MISSING_MAX];
    uint8_t *symbol[MISSING_MAX]; /* symbol_len bytes each, in buf */
    size_t symbol_len;
} system_t;

static void swap_rows(system_t *s, size_t a, size_t b)
{
    uint8_t row[MISSING_MAX];
    memcpy(row, s->coeff[a], sizeof row);
    memcpy(s->coeff[a], s->coeff[b], sizeof row);
    memcpy(s->coeff[b], row, sizeof row);
    uint8_t *symbol = s->symbol[a];
    s->symbol[a] = s->symbol[b];
    s->symbol[b] = symbol;
}

/* Gauss-Jordan: afterwards row e holds the symbol of missing frame e. A square
 * part of a Cauchy matrix is never singular, so there is always a pivot. */
static wzp_err solve(system_t *s)
{
    for (size_t e = 0; e < s->n; e++) {
        size_t pivot = e;
        while (pivot < s->n && s->coeff[pivot][e] == 0) {
            pivot++;
        }
        if (pivot == s->n) {
            return WZP_ERR_PARITY;
        }
        swap_rows(s, e, pivot);
        const uint8_t inverse = wzp__gf256_inv(s->coeff[e][e]);
        wzp__gf256_scale(s->coeff[e], s->n, inverse);
        wzp__gf256_scale(s->symbol[e], s->symbol_len, inverse);
        for (size_t i = 0; i < s->n; i++) {
            const uint8_t c = s->coeff[i][e];
            if (i != e && c != 0) {
                wzp__gf256_add_scaled(s->coeff[i], s->coeff[e], s->n, c);
                wzp__gf256_add_scaled(s->symbol[i], s->symbol[e], s->symbol_len,
                                      c);
            }
        }
    }
    return WZP_OK;
}

/* All packets are of one block, and no frame at hand is too long for it. */
static bool agree(const wzp_parity *parity, size_t n, const wzp_bytes *frames)
{
    for (size_t i = 0; i < n; i++) {
        const wzp_parity *p = &parity[i];
        if (!is_in_range(p) || p->base != parity[0].base ||
            p->k != parity[0].k || p->symbol.len != parity[0].symbol.len) {
            return false;
        }
    }
    const size_t symbol_len = parity[0].symbol.len;
    if (symbol_len < LEN_PREFIX || symbol_len > SYMBOL_MAX) {
        return false;
    }
    for (size_t j = 0; j < parity[0].k; j++) {
        if (frames[j].ptr != NULL && frames[j].len > symbol_len - LEN_PREFIX) {
            return false;
        }
    }
    return true;
}

/* One row: the packet's symbol less the frames at hand. */
static void set_row(system_t *s, size_t row, const wzp_parity *p,
                    const wzp_bytes *frames)
{
    memcpy(s->symbol[row], p->symbol.ptr, s->symbol_len);
    for (unsigned j = 0; j < p->k; j++) {
        if (frames[j].ptr != NULL) {
            add_frame(s->symbol[row], frames[j],
                      wzp_parity_coeff(p->k, p->index, j));
        }
    }
    for (size_t e = 0; e < s->n; e++) {
        s->coeff[row][e] = wzp_parity_coeff(p->k, p->index, s->column[e]);
    }
}

/* As many rows as frames are missing, each of another index. */
static size_t set_rows(system_t *s, const wzp_parity *parity, size_t n,
                       const wzp_bytes *frames)
{
    bool used[WZP_PARITY_TOTAL_MAX] = {false};
    size_t rows = 0;
    for (size_t i = 0; i < n && rows < s->n; i++) {
        if (!used[parity[i].index]) {
            used[parity[i].index] = true;
            set_row(s, rows++, &parity[i], frames);
        }
    }
    return rows;
}

/* Distinct indices among the packets. */
static size_t count_distinct(const wzp_parity *parity, size_t n)
{
    bool used[WZP_PARITY_TOTAL_MAX] = {false};
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        distinct += !used[parity[i].index];
        used[parity[i].index] = true;
    }
    return distinct;
}

static size_t symbol_frame_len(const uint8_t *symbol)
{
    return (size_t)symbol[0] << 8 | symbol[1];
}

wzp_err wzp_parity_recover(const wzp_parity *parity, size_t n,
                           wzp_bytes *frames, uint8_t *buf, size_t cap)
{
    if (n == 0) {
        return WZP_ERR_AGAIN;
    }
    if (!agree(parity, n, frames)) {
        return WZP_ERR_PARITY;
    }
    system_t s = {.symbol_len = parity[0].symbol.len};
    const size_t distinct = count_distinct(parity, n);
    for (unsigned j = 0; j < parity[0].k; j++) {
        if (frames[j].ptr != NULL) {
            continue;
        }
        if (s.n == distinct || s.n == MISSING_MAX) {
            return WZP_ERR_AGAIN;
        }
        s.column[s.n++] = (uint8_t)j;
    }
    if (s.n * s.symbol_len > cap) {
        return WZP_ERR_SPACE;
    }
    for (size_t e = 0; e < s.n; e++) {
        s.symbol[e] = buf + e * s.symbol_len;
    }
    set_rows(&s, parity, n, frames);
    WZP_TRY(solve(&s));

    for (size_t e = 0; e < s.n; e++) {
        if (symbol_frame_len(s.symbol[e]) > s.symbol_len - LEN_PREFIX) {
            return WZP_ERR_PARITY;
        }
    }
    for (size_t e = 0; e < s.n; e++) {
        frames[s.column[e]] = (wzp_bytes){s.symbol[e] + LEN_PREFIX,
                                          symbol_frame_len(s.symbol[e])};
    }
    return WZP_OK;
}
