/* SPDX-License-Identifier: MIT */
/* The table. Source: design/voice-facts.md 1 and 7. Traps it avoids: a hint
 * between 1 and 9 (bits reserved, nothing in them), LBRR together with DRED at
 * 24k (LBRR starves DRED), DRED at 16k and below (no reach).
 *
 * 40 and 60 ms points with a wideband cap and those with both redundancies
 * come with quality control.
 */
#include "codec/opus_point.h"

#include <opus.h>

#define FULL OPUS_BANDWIDTH_FULLBAND

/* clang-format off */
static const wzp__opus_point points[] = {
    /*                       ms  redundancy           ask   hint dred lbrr  cap    rate min    max  p10 ms */
    {WZP_CODEC_OPUS_24K,     20, WZP_REDUNDANCY_NONE, 24000,   0,   0, false, FULL,  21000,  25000,    0},
    {WZP_CODEC_OPUS_24K,     20, WZP_REDUNDANCY_LBRR, 24000,  10,   0, true,  FULL,  21000,  25000,    0},
    {WZP_CODEC_OPUS_24K,     20, WZP_REDUNDANCY_DRED, 24000,  25, 104, false, FULL,  23000,  26500,  135},
    {WZP_CODEC_OPUS_24K,      0, WZP_REDUNDANCY_NONE, 24000,   0,   0, false, FULL,  21000,  25000,    0},
    {WZP_CODEC_OPUS_16K,      0, WZP_REDUNDANCY_NONE, 16000,   0,   0, false, FULL,  14000,  17000,    0},
    {WZP_CODEC_OPUS_6K,       0, WZP_REDUNDANCY_NONE,  6000,   0,   0, false, FULL,   4500,   6500,    0},
    {WZP_CODEC_OPUS_32K,      0, WZP_REDUNDANCY_NONE, 32000,   0,   0, false, FULL,  28000,  33500,    0},
    {WZP_CODEC_OPUS_48K,      0, WZP_REDUNDANCY_NONE, 48000,   0,   0, false, FULL,  43000,  50000,    0},
    {WZP_CODEC_OPUS_64K,      0, WZP_REDUNDANCY_NONE, 64000,   0,   0, false, FULL,  57000,  66000,    0},
};
/* clang-format on */

#define POINT_COUNT (sizeof points / sizeof points[0])

const wzp__opus_point *wzp__opus_point_get(wzp_codec_id codec,
                                           unsigned frame_ms,
                                           wzp_redundancy redundancy)
{
    for (size_t i = 0; i < POINT_COUNT; i++) {
        const wzp__opus_point *p = &points[i];
        if (p->codec == codec && p->redundancy == redundancy &&
            (p->frame_ms == 0 || p->frame_ms == frame_ms)) {
            return p;
        }
    }
    return NULL;
}

const wzp__opus_point *wzp__opus_point_at(size_t row)
{
    return row < POINT_COUNT ? &points[row] : NULL;
}

uint8_t wzp__opus_point_hint(const wzp__opus_point *point, uint8_t loss_pct)
{
    if (point->hint_pct == 0) {
        return 0;
    }
    uint8_t wished = loss_pct > 100 ? 100 : loss_pct;
    return wished > point->hint_pct ? wished : point->hint_pct;
}
