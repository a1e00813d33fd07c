/* SPDX-License-Identifier: MIT */
/* Where in a recording is the speech that went in?
 *
 * STOI compares sample by sample, so a recording has to be moved over its
 * reference first: 5 ms of misalignment alone cost 0.06. A jitter buffer
 * changes its delay during the call, so the delay is found per segment, around
 * one global delay. This forgives a delay that moves (nobody hears 20 ms
 * between words) but no sound that is missing or damaged; how far the delay
 * moved is in the result for whoever wants to judge it.
 */
#ifndef WZP_BENCH_ALIGN_H
#define WZP_BENCH_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is compared. All audio is mono int16 at `rate` Hz. A delay d says that
 * rec[t + d] is ref[t]; it is negative where the recorder started later. */
typedef struct wzp_align_in {
    const int16_t *ref; /* as it was spoken: a looped file unrolled */
    size_t n_ref;
    const int16_t *rec; /* as it was heard */
    size_t n_rec;
    int rate;
    /* Search range in samples. With a looped reference it must be narrower
     * than the loop: one loop later sounds the same. */
    ptrdiff_t min_delay, max_delay;
} wzp_align_in;

typedef struct wzp_align_segment {
    size_t start, end; /* of ref, in samples, end excluded */
    ptrdiff_t delay;   /* samples */
    double score;      /* correlation of the envelopes, up to 1 */
    bool is_inherited; /* silent or unrecognisable: the neighbour's delay */
    bool is_exact;     /* the waveforms matched: exact to a sample */
} wzp_align_segment;

typedef struct wzp_align {
    ptrdiff_t delay; /* global, samples */
    double score;    /* of the global delay: below 0.3 there is no likeness */
    /* The part of ref that was recorded: from the first sound of the recording
     * (it begins silent, before the peer is heard) to its end. */
    size_t start, end;
    wzp_align_segment *segments; /* back to back from start to end */
    size_t n_segments;
} wzp_align;

/* Repeats one[0..n_one) until out[0..n_out) is full, as a looping player
 * does. n_one must not be 0. */
void wzp_align_unroll(const int16_t *one, size_t n_one, int16_t *out,
                      size_t n_out);

/* The global delay, to about 1 ms, and its score. False: nothing to compare
 * (no samples, silence, an empty range) or no memory. */
bool wzp_align_find(const wzp_align_in *in, ptrdiff_t *delay, double *score);

/* The global delay and that of each segment: exact to a sample where the
 * waveform survived (Opus), to about 5 ms where only the envelope did (Codec2
 * 3200: costs 0.01 of STOI against the best single delay).
 *
 * segment_ms  length of a segment, 2000 is usual; the last is up to twice that
 * spread_ms   how far a segment may lie from the global delay, 250 is usual
 *
 * False as above; `out` is then empty. Otherwise wzp_align_deinit it. */
bool wzp_align_track(const wzp_align_in *in, int segment_ms, int spread_ms,
                     wzp_align *out);
void wzp_align_deinit(wzp_align *a);

/* The recording moved over ref[a->start .. a->end): writes end - start
 * samples, 0 where nothing was recorded. */
void wzp_align_apply(const wzp_align_in *in, const wzp_align *a, int16_t *out);

/* STOI of the whole recorded part, every segment at its own delay. NAN where
 * wzp_stoi has no result, or no memory. */
double wzp_align_stoi(const wzp_align_in *in, const wzp_align *a);

/* Mouth-to-ear delay in ms: the median over the segments (weighted by their
 * length), and the least and greatest if not NULL.
 *
 * ref_start_ns, rec_start_ns  when ref[0] was spoken and rec[0] was heard, on
 *                             one clock */
double wzp_align_delay_ms(const wzp_align *a, int rate, int64_t ref_start_ns,
                          int64_t rec_start_ns, double *least,
                          double *greatest);

#endif
