/* SPDX-License-Identifier: MIT */
/* Sliding-window solver, see window.h: Gauss-Jordan elimination, one equation
 * at a time. Frames live in a ring by their number; an equation is kept at the
 * slot of its pivot, which is the oldest frame it speaks of. So the frame that
 * leaves the ring takes one equation with it at most, and no other knows it.
 */
#include "wire/gf256.h"

#include <wzp/proto/media.h>
#include <wzp/proto/window.h>

#include <string.h>

enum { SLOTS = WZP_WINDOW_FRAMES };

/* Σ coeff[slot] × frame of slot = value; coeff[pivot] is 1. */
typedef struct equation {
    uint8_t coeff[SLOTS];
    uint8_t value[WZP_BUNDLE2_LEN_MAX];
} equation;

struct wzp_window {
    wzp_mem mem;
    int64_t newest; /* extended; −1: none yet */
    uint8_t frame_len;
    bool is_known[SLOTS];
    bool is_solved[SLOTS]; /* known, and not given out yet */
    bool has_equation[SLOTS];
    uint8_t frame[SLOTS][WZP_BUNDLE2_LEN_MAX];
    equation eq[SLOTS];
};

wzp_err wzp_window_new(wzp_window **out, const wzp_mem *mem)
{
    wzp_window *w = wzp_mem_new(mem, sizeof *w);
    if (w == NULL) {
        return WZP_ERR_NOMEM;
    }
    w->mem = *mem;
    wzp_window_reset(w);
    *out = w;
    return WZP_OK;
}

void wzp_window_free(wzp_window *w)
{
    if (w != NULL) {
        wzp_mem mem = w->mem;
        wzp_mem_free(&mem, w, sizeof *w);
    }
}

void wzp_window_reset(wzp_window *w)
{
    w->newest = -1;
    memset(w->is_known, 0, sizeof w->is_known);
    memset(w->is_solved, 0, sizeof w->is_solved);
    memset(w->has_equation, 0, sizeof w->has_equation);
}

static size_t slot_of(int64_t seq)
{
    return (size_t)(seq % SLOTS);
}

/* --- the ring --- */

/* Make room for frames up to `seq`. */
static void advance(wzp_window *w, int64_t seq)
{
    if (w->newest < 0 || seq - w->newest >= SLOTS) {
        wzp_window_reset(w);
        w->newest = seq;
    }
    while (w->newest < seq) {
        const size_t s = slot_of(++w->newest);
        w->is_known[s] = false;
        w->is_solved[s] = false;
        w->has_equation[s] = false;
    }
}

/* Frames below SLOTS would have negative numbers before them. */
static int64_t extend(const wzp_window *w, uint16_t seq)
{
    return w->newest < 0 ? seq + INT64_C(0x10000)
                         : wzp_seq_extend(w->newest, seq);
}

static bool is_in_ring(const wzp_window *w, int64_t seq)
{
    return seq <= w->newest && seq > w->newest - SLOTS;
}

static void begin(wzp_window *w, size_t frame_len)
{
    if (w->frame_len != frame_len) {
        wzp_window_reset(w);
        w->frame_len = (uint8_t)frame_len;
    }
}

/* --- equations --- */

/* into −= c × from; minus is plus here */
static void subtract(equation *into, const equation *from, uint8_t c)
{
    wzp__gf256_add_scaled(into->coeff, from->coeff, SLOTS, c);
    wzp__gf256_add_scaled(into->value, from->value, sizeof into->value, c);
}

static void subtract_frame(equation *into, size_t slot, const uint8_t *frame,
                           size_t len)
{
    wzp__gf256_add_scaled(into->value, frame, len, into->coeff[slot]);
    into->coeff[slot] = 0;
}

/* Slot of the oldest frame in it; SLOTS: it says nothing. */
static size_t oldest_in(const wzp_window *w, const equation *q)
{
    for (int64_t seq = w->newest - SLOTS + 1; seq <= w->newest; seq++) {
        if (q->coeff[slot_of(seq)] != 0) {
            return slot_of(seq);
        }
    }
    return SLOTS;
}

/* Equations that speak of one frame only are that frame. */
static void harvest(wzp_window *w)
{
    for (size_t p = 0; p < SLOTS; p++) {
        if (!w->has_equation[p]) {
            continue;
        }
        size_t others = 0;
        for (size_t s = 0; s < SLOTS; s++) {
            others += s != p && w->eq[p].coeff[s] != 0;
        }
        if (others == 0) {
            memcpy(w->frame[p], w->eq[p].value, w->frame_len);
            w->has_equation[p] = false;
            w->is_known[p] = true;
            w->is_solved[p] = true;
        }
    }
}

/* Takes q to pieces. Known frames are not in it any more. */
static void add_equation(wzp_window *w, equation *q)
{
    for (size_t p = 0; p < SLOTS; p++) {
        if (w->has_equation[p] && q->coeff[p] != 0) {
            subtract(q, &w->eq[p], q->coeff[p]);
        }
    }
    const size_t pivot = oldest_in(w, q);
    if (pivot == SLOTS) {
        return; /* nothing new */
    }
    const uint8_t inverse = wzp__gf256_inv(q->coeff[pivot]);
    wzp__gf256_scale(q->coeff, SLOTS, inverse);
    wzp__gf256_scale(q->value, sizeof q->value, inverse);
    for (size_t p = 0; p < SLOTS; p++) {
        if (w->has_equation[p] && w->eq[p].coeff[pivot] != 0) {
            subtract(&w->eq[p], q, w->eq[p].coeff[pivot]);
        }
    }
    w->eq[pivot] = *q;
    w->has_equation[pivot] = true;
}

/* --- in --- */

void wzp_window_frame(wzp_window *w, uint16_t seq16, const uint8_t *frame,
                      size_t len)
{
    if (len == 0 || len > WZP_BUNDLE2_LEN_MAX) {
        return;
    }
    begin(w, len);
    const int64_t seq = extend(w, seq16);
    if (seq > w->newest) {
        advance(w, seq);
    }
    const size_t s = slot_of(seq);
    if (!is_in_ring(w, seq)) {
        return;
    }
    w->is_solved[s] = false; /* it came, no need to give it out */
    if (w->is_known[s]) {
        return;
    }
    memcpy(w->frame[s], frame, len);
    w->is_known[s] = true;
    for (size_t p = 0; p < SLOTS; p++) {
        if (w->has_equation[p] && p != s) {
            subtract_frame(&w->eq[p], s, frame, len);
        }
    }
    if (w->has_equation[s]) { /* it lost its pivot */
        equation q = w->eq[s];
        w->has_equation[s] = false;
        subtract_frame(&q, s, frame, len);
        add_equation(w, &q);
    }
    harvest(w);
}

static void add_symbol(wzp_window *w, const wzp_bundle2 *b, int64_t seq,
                       unsigned i)
{
    equation q = {{0}, {0}};
    memcpy(q.value, b->parity + (size_t)i * b->frame_len, b->frame_len);
    for (int64_t f = seq - b->n_old; f < seq; f++) {
        const size_t s = slot_of(f);
        q.coeff[s] = wzp_bundle2_coeff(b->row + i, (uint16_t)f);
        if (w->is_known[s]) {
            subtract_frame(&q, s, w->frame[s], b->frame_len);
        }
    }
    add_equation(w, &q);
}

void wzp_window_parity(wzp_window *w, const wzp_bundle2 *b)
{
    begin(w, b->frame_len);
    const int64_t seq = extend(w, b->seq);
    if (seq - 1 > w->newest) {
        advance(w, seq - 1);
    }
    if (!is_in_ring(w, seq - b->n_old) || !is_in_ring(w, seq - 1)) {
        return;
    }
    for (unsigned i = 0; i < b->n_parity; i++) {
        add_symbol(w, b, seq, i);
    }
    harvest(w);
}

/* --- out --- */

bool wzp_window_next(wzp_window *w, uint16_t *seq, wzp_bytes *frame)
{
    for (int64_t f = w->newest - SLOTS + 1; f <= w->newest; f++) {
        const size_t s = slot_of(f);
        if (w->newest >= 0 && w->is_solved[s]) {
            w->is_solved[s] = false;
            *seq = (uint16_t)f;
            *frame = (wzp_bytes){w->frame[s], w->frame_len};
            return true;
        }
    }
    return false;
}
