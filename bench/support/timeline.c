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

/* Sample i of what a piece says, where the piece was played in n samples and
 * said in `said`. */
static int16_t sample_of(const int16_t *heard, size_t n, size_t said, size_t i)
{
    const size_t at = i * n / said, rest = i * n % said;
    const int32_t a = heard[at], b = heard[at + 1 < n ? at + 1 : at];
    return (int16_t)(a + (b - a) * (int32_t)rest / (int32_t)said);
}

static void lay(const wzp_piece *p, const int16_t *heard, int64_t begin,
                int16_t *out, size_t n_out)
{
    const size_t said = (size_t)(p->to - p->from);
    for (size_t i = 0; i < said; i++) {
        const int64_t to = p->from + (int64_t)i - begin;
        if (to >= 0 && to < (int64_t)n_out) {
            out[to] = sample_of(heard + p->at, p->n, said, i);
        }
    }
}

void wzp_timeline_restore(const wzp_piece *pieces, size_t n_pieces,
                          const int16_t *heard, size_t n_heard, int64_t begin,
                          int16_t *out, size_t n_out)
{
    memset(out, 0, n_out * sizeof *out);
    for (size_t i = 0; i < n_pieces; i++) {
        if (is_speech(&pieces[i], n_heard)) {
            lay(&pieces[i], heard, begin, out, n_out);
        }
    }
}
