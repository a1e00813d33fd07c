/* SPDX-License-Identifier: MIT */
/* The gain moves in dB per block and is a straight line inside pieces of 1 ms.
 * Where a piece would pass the limit, the line comes down to it during the
 * piece before; only at the very start of a block there is none, and up to
 * 1 ms may clip.
 */
#include "dsp/gain.h"

#include "dsp/pcm.h"

#include <stdlib.h>

enum {
    PIECE = 48,
    PIECES = WZP_CAPTURE_BLOCK / PIECE,
    SETTLED = 50, /* chosen: blocks of speech that the mean reaches back */
};

static const float TARGET_DB = -20.0f; /* of speech: contract */
static const float MOST_DB = 24.0f;    /* contract */
static const float LEAST_DB = -12.0f;  /* chosen: a microphone set too high */
static const float UP_DB = 0.06f;      /* chosen: per block, 6 dB/s */
static const float DOWN_DB = 0.2f;     /* chosen: 20 dB/s */
static const float LIMIT = 29204.0f;   /* chosen: −1 dBFS */
static const float RELEASE = 1.01f;    /* chosen: per piece, 86 dB/s */

void wzp__gain_init(wzp__gain *g)
{
    *g = (wzp__gain){.edge = 1.0f};
}

static float at_most(float v, float most)
{
    return v < most ? v : most;
}

static void learn(wzp__gain *g, float power)
{
    if (g->blocks < SETTLED) {
        g->blocks++;
    }
    g->power += (power - g->power) / (float)g->blocks;
    float wanted = TARGET_DB - wzp__pcm_dbfs(g->power);
    wanted = wanted > MOST_DB ? MOST_DB : wanted < LEAST_DB ? LEAST_DB : wanted;
    const float step = wanted - g->db;
    g->db += step > UP_DB ? UP_DB : step < -DOWN_DB ? -DOWN_DB : step;
}

/* The factor that lets the piece pass as it is wanted, below the limit. */
static float factor_of(const int16_t *piece, float wanted)
{
    int peak = 1;
    for (size_t i = 0; i < PIECE; i++) {
        peak = abs(piece[i]) > peak ? abs(piece[i]) : peak;
    }
    return at_most(wanted, LIMIT / (float)peak);
}

void wzp__gain_process(wzp__gain *g, int16_t pcm[WZP_CAPTURE_BLOCK],
                       bool is_active)
{
    if (is_active) {
        learn(g, wzp__pcm_power(pcm, WZP_CAPTURE_BLOCK));
    }
    const float wanted = powf(10.0f, g->db / 20.0f);
    float factor = factor_of(pcm, wanted);
    for (size_t p = 0; p < PIECES; p++) {
        int16_t *piece = pcm + p * PIECE;
        const float next =
            p + 1 < PIECES ? factor_of(piece + PIECE, wanted) : factor;
        const float from = g->edge;
        const float to = at_most(at_most(factor, next), from * RELEASE);
        for (size_t i = 0; i < PIECE; i++) {
            const float f = from + (to - from) * (float)i / PIECE;
            piece[i] = wzp__pcm_of(f * piece[i]);
        }
        g->edge = to;
        factor = next;
    }
}
