/* SPDX-License-Identifier: MIT */
/* The table. Source: design/voice-facts.md 1 and 7. Rates and reach are those
 * of the first 30 s of recorded speech, ±5 % and less one chunk of 40 ms; the
 * grid there has 40 s with longer pauses, so its rates are 2 … 7 % lower.
 *
 * Traps it avoids: a hint between 1 and 9 (bits reserved, nothing in them),
 * LBRR together with DRED below 28k (LBRR starves DRED), DRED at 16k and below
 * (no reach), redundancy without the wideband cap at 40 ms and more (several
 * frames in a packet: reach swings, LBRR sounds worse than none). OPUS_24K has
 * that cap at 40 and 60 ms also without redundancy, so that its sound does not
 * change with every loss. At 20 ms it has it with DRED: an encoder that begins
 * with DRED takes wideband by itself, one that comes to it from plain frames
 * stays at full band, 25.3 and not 23.9 kbit/s on the same speech, for the same
 * reach and less STOI (0.977 and not 0.984 to what was said).
 *
 * Asked rates of two points, in steps of 100 around what is asked here, 58 s of
 * recorded speech. DRED pays for whole chunks of 40 ms, so reach goes in steps:
 *   OPUS_24K 20 DRED: reach p10 55 at 22000, 95 at 22400 … 23000, 135 at 23200
 * … 23850, 175 from 23900 on: bursts of 160 ms need that. A step is 0.8 kbit/s.
 * A hint of 22 … 24 costs a step of reach, 30 gains none. Constant bitrate
 * spares padding (63 bytes are 64) and has no reach: p10 15. OPUS_32K 40 BOTH:
 * 455 at 32000, 495 at 32200, 535 at 32400 and 32500, 575 at 32600 and 32800,
 * 615 at 33000. A step is 0.4 kbit/s. Hints of 25 and 40 do the same.
 */
#include "codec/opus_point.h"

#include <opus.h>

#define FULL OPUS_BANDWIDTH_FULLBAND
#define WIDE OPUS_BANDWIDTH_WIDEBAND

/* clang-format off */
static const wzp__opus_point points[] = {
    /*                  ms  redundancy             ask  hint dred  lbrr  cap   rate min    max  p10 ms */
    {WZP_CODEC_OPUS_24K, 10, WZP_REDUNDANCY_NONE, 24000,   0,   0, false,FULL,  21000,  23400,    0},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE, 24000,   0,   0, false,FULL,  21700,  24100,    0},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR, 24000,  10,   0, true, FULL,  21400,  23800,    0},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED, 24000,  25, 104, false,WIDE,  24100,  26700,  175},
    {WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_NONE, 24000,   0,   0, false,WIDE,  21100,  23500,    0},
    {WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_LBRR, 24000,  10,   0, true, WIDE,  22300,  24700,    0},
    {WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_DRED, 20000,  30, 104, false,WIDE,  19800,  22000,  535},
    {WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_NONE, 24000,   0,   0, false,WIDE,  20100,  22300,    0},
    {WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_DRED, 19000,  30, 104, false,WIDE,  17800,  19800,  695},
    {WZP_CODEC_OPUS_16K, 10, WZP_REDUNDANCY_NONE, 16000,   0,   0, false,FULL,  14100,  15700,    0},
    {WZP_CODEC_OPUS_16K, 20, WZP_REDUNDANCY_NONE, 16000,   0,   0, false,FULL,  14700,  16300,    0},
    {WZP_CODEC_OPUS_16K, 40, WZP_REDUNDANCY_NONE, 16000,   0,   0, false,FULL,  13700,  15300,    0},
    {WZP_CODEC_OPUS_16K, 60, WZP_REDUNDANCY_NONE, 16000,   0,   0, false,FULL,  13600,  15200,    0},
    {WZP_CODEC_OPUS_6K,  10, WZP_REDUNDANCY_NONE,  6000,   0,   0, false,FULL,   6500,   7300,    0},
    {WZP_CODEC_OPUS_6K,  20, WZP_REDUNDANCY_NONE,  6000,   0,   0, false,FULL,   5200,   5800,    0},
    {WZP_CODEC_OPUS_6K,  40, WZP_REDUNDANCY_NONE,  6000,   0,   0, false,FULL,   5000,   5600,    0},
    {WZP_CODEC_OPUS_6K,  60, WZP_REDUNDANCY_NONE,  6000,   0,   0, false,FULL,   4600,   5200,    0},
    {WZP_CODEC_OPUS_32K, 10, WZP_REDUNDANCY_NONE, 32000,   0,   0, false,FULL,  27700,  30700,    0},
    {WZP_CODEC_OPUS_32K, 20, WZP_REDUNDANCY_NONE, 32000,   0,   0, false,FULL,  29300,  32500,    0},
    {WZP_CODEC_OPUS_32K, 20, WZP_REDUNDANCY_DRED, 28000,  30, 104, false,WIDE,  28800,  32000,  415},
    {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_NONE, 32000,   0,   0, false,FULL,  27200,  30200,    0},
    {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_BOTH, 33000,  30, 104, true, WIDE,  32500,  36100,  575},
    {WZP_CODEC_OPUS_32K, 60, WZP_REDUNDANCY_NONE, 32000,   0,   0, false,FULL,  27400,  30400,    0},
    {WZP_CODEC_OPUS_48K, 10, WZP_REDUNDANCY_NONE, 48000,   0,   0, false,FULL,  43000,  47600,    0},
    {WZP_CODEC_OPUS_48K, 20, WZP_REDUNDANCY_NONE, 48000,   0,   0, false,FULL,  43900,  48700,    0},
    {WZP_CODEC_OPUS_48K, 20, WZP_REDUNDANCY_DRED, 48000,  30, 104, false,FULL,  47300,  52300,  495},
    {WZP_CODEC_OPUS_48K, 40, WZP_REDUNDANCY_NONE, 48000,   0,   0, false,FULL,  41100,  45500,    0},
    {WZP_CODEC_OPUS_48K, 60, WZP_REDUNDANCY_NONE, 48000,   0,   0, false,FULL,  41300,  45700,    0},
    {WZP_CODEC_OPUS_64K, 10, WZP_REDUNDANCY_NONE, 64000,   0,   0, false,FULL,  57200,  63400,    0},
    {WZP_CODEC_OPUS_64K, 20, WZP_REDUNDANCY_NONE, 64000,   0,   0, false,FULL,  58400,  64600,    0},
    {WZP_CODEC_OPUS_64K, 20, WZP_REDUNDANCY_DRED, 64000,  30, 104, false,FULL,  62300,  68900,  655},
    {WZP_CODEC_OPUS_64K, 40, WZP_REDUNDANCY_NONE, 64000,   0,   0, false,FULL,  54900,  60700,    0},
    {WZP_CODEC_OPUS_64K, 60, WZP_REDUNDANCY_NONE, 64000,   0,   0, false,FULL,  55000,  60800,    0},
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
            p->frame_ms == frame_ms) {
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
