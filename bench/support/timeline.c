/* SPDX-License-Identifier: MIT */
/* See timeline.h. */
#include "bench/support/timeline.h"

#include <stdbool.h>
#include <string.h>

static bool is_speech(const wzp_piece *p, size_t n_heard)
{
    return p->n > 0 && p->at + p->n <= n_heard && p->to > p->from &&
           p->to - p->from <= (int64_t)p->n * WZP_PIECE_STRETCH_MAX;
}

static bool is_stretched(const wzp_piece *p)
{
    return p->to > p->from && p->to - p->from != (int64_t)p->n;
}

/* What was stretched at one spot and played in several pieces is one again.
 * How many pieces, from the first of these on, `whole` stands for. */
static size_t join(const wzp_piece *pieces, size_t n, wzp_piece *whole)
{
    size_t i = 1;
    *whole = pieces[0];
    while (i < n && is_stretched(whole) && is_stretched(&pieces[i]) &&
           pieces[i].at == whole->at + whole->n &&
           pieces[i].from == whole->to) {
        whole->n += pieces[i].n;
        whole->to = pieces[i++].to;
    }
    return i;
}

/* Sample i of what a piece says. Where it was stretched, a period was cut or
 * repeated: its beginning fits what was said before it, its end what was said
 * behind it, and in the middle they are a period apart. So no pitch changes. */
static int16_t sample_of(const wzp_piece *p, const int16_t *heard,
                         size_t n_heard, int64_t i)
{
    const int64_t said = p->to - p->from, n = (int64_t)p->n;
    const int64_t at = (int64_t)p->at + (i < said / 2 ? i : i + n - said);
    return at >= 0 && at < (int64_t)n_heard ? heard[at] : 0;
}

static void lay(const wzp_piece *p, const int16_t *heard, size_t n_heard,
                int64_t begin, int16_t *out, size_t n_out)
{
    for (int64_t i = 0; i < p->to - p->from; i++) {
        const int64_t to = p->from + i - begin;
        if (to >= 0 && to < (int64_t)n_out) {
            out[to] = sample_of(p, heard, n_heard, i);
        }
    }
}

void wzp_timeline_restore(const wzp_piece *pieces, size_t n_pieces,
                          const int16_t *heard, size_t n_heard, int64_t begin,
                          int16_t *out, size_t n_out)
{
    memset(out, 0, n_out * sizeof *out);
    wzp_piece whole;
    for (size_t i = 0; i < n_pieces;) {
        i += join(pieces + i, n_pieces - i, &whole);
        if (is_speech(&whole, n_heard)) {
            lay(&whole, heard, n_heard, begin, out, n_out);
        }
    }
}
