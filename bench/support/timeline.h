/* SPDX-License-Identifier: MIT */
/* What was heard, put back on the speaker's timeline.
 *
 * A receiver plays speech later, a little slower or faster, skips some of it
 * and puts sound of its own making in between. Whoever made it play knows which
 * samples are which: that is a list of pieces. With it the recording can be
 * laid sample by sample over what was said, and STOI then sees damage, not
 * delay. What the listener was made to wait is in the pieces, too.
 * All audio is mono int16 at one rate.
 */
#ifndef WZP_BENCH_TIMELINE_H
#define WZP_BENCH_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

/* heard[at .. at + n) is what was said in [from, to), in samples of what was
 * said; to ≤ from: nothing that was said (silence, or concealment put in). */
typedef struct wzp_piece {
    size_t at, n;
    int64_t from, to;
} wzp_piece;

/* A longer piece of speech than this times what was heard of it is a jump, not
 * a stretch; chosen: no stretcher does that. */
#define WZP_PIECE_STRETCH_MAX 4

/* Lays the pieces over out[0 .. n_out), which is what was said from `begin`
 * on; of two for one place the later counts. A stretched one is as long again
 * as it was said, by whole periods and at its pitch: it is taken for the spot
 * where the stretcher worked. Where nothing was heard it is 0. */
void wzp_timeline_restore(const wzp_piece *pieces, size_t n_pieces,
                          const int16_t *heard, size_t n_heard, int64_t begin,
                          int16_t *out, size_t n_out);

#endif
