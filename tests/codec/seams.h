/* SPDX-License-Identifier: MIT */
/* Where one piece of sound follows another: is there a click, is there a gap?
 * Asked of a steady vowel, in which nothing else happens.
 */
#ifndef WZP_TEST_SEAMS_H
#define WZP_TEST_SEAMS_H

#include "codec/speech.h"

enum {
    SEAM_PIECE = 120,  /* 2.5 ms */
    SEAM_PERIOD = 384, /* of the vowel: 125 Hz */
};

static inline void seam_vowel(int16_t *pcm, size_t samples)
{
    static const double formants[3] = {600, 1300, 2500};
    speech_tract tract = {0};
    for (size_t i = 0; i < samples; i++) {
        const double in = i % SEAM_PERIOD == 0 ? 1.0 : 0.0;
        pcm[i] = (int16_t)(500.0 * speech_formants(&tract, formants, in));
    }
}

/* Energy of the second difference: what jumps has much of it. */
static inline double seam_edge(const int16_t *pcm)
{
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < SEAM_PIECE; i++) {
        const double d = pcm[i + 1] - 2.0 * pcm[i] + pcm[i - 1];
        sum += d * d;
    }
    return sum;
}

static inline double seam_most(const int16_t *pcm, size_t pieces)
{
    double most = 0.0;
    for (size_t i = 0; i < pieces; i++) {
        const double e = seam_edge(pcm + i * SEAM_PIECE);
        most = e > most ? e : most;
    }
    return most;
}

/* The worst edge from 5 ms before the seam to 40 ms after it, against the worst
 * of 100 ms before and after those. */
static inline double seam_click(const int16_t *seam)
{
    const double at = seam_most(seam - 2 * SEAM_PIECE, 18);
    const double before = seam_most(seam - 42 * SEAM_PIECE, 40);
    const double after = seam_most(seam + 16 * SEAM_PIECE, 40);
    return at / ((before > after ? before : after) + 1.0);
}

/* Loudest or quietest period, in steps of 2.5 ms. */
static inline double seam_rms(const int16_t *pcm, size_t pieces, bool is_most)
{
    double found = speech_rms(pcm, SEAM_PERIOD);
    for (size_t i = 1; i < pieces; i++) {
        const double rms = speech_rms(pcm + i * SEAM_PIECE, SEAM_PERIOD);
        if (is_most ? rms > found : rms < found) {
            found = rms;
        }
    }
    return found;
}

#endif
