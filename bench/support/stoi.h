/* SPDX-License-Identifier: MIT */
/* Short-time objective intelligibility (STOI) of degraded speech.
 *
 * One number per pair of recordings: 1 for untouched speech, about 0.4 for
 * noise alone. It follows C. H. Taal et al., "An Algorithm for Intelligibility
 * Prediction of Time-Frequency Weighted Noisy Speech", IEEE TASL 19 (7), 2011,
 * in the form `_about` of tests/vectors/stoi.json states, and reproduces the
 * 24 values there. The recordings must be aligned already: see align.h.
 * It has no opinion on timbre or bandwidth.
 */
#ifndef WZP_BENCH_STOI_H
#define WZP_BENCH_STOI_H

#include <stddef.h>
#include <stdint.h>

/* STOI of `degraded` against `clean`.
 *
 * clean, degraded  mono int16 at `rate`, n samples each, aligned; level does
 *                  not matter
 * rate             Hz; 8000, 16000 and 48000 are the tested ones, any rate from
 *                  8000 to 192000 is taken
 *
 * NAN when there is no result: a rate out of range, no memory, or fewer than 31
 * frames of speech (about 0.4 s) within 40 dB of the loudest one.
 */
double wzp_stoi(const int16_t *clean, const int16_t *degraded, size_t n,
                int rate);

/* Counts of the steps behind the last number, for tests and reports. */
typedef struct wzp_stoi_info {
    size_t samples_10k; /* after resampling */
    size_t frames;      /* 25.6 ms each, half overlapping */
    size_t frames_kept; /* those that are not silent */
    size_t segments;    /* of 384 ms, one per frame */
} wzp_stoi_info;

/* wzp_stoi, which also fills `info` (zeros for steps not reached). */
double wzp_stoi_info_get(const int16_t *clean, const int16_t *degraded,
                         size_t n, int rate, wzp_stoi_info *info);

#endif
