/* SPDX-License-Identifier: MIT */
/* The ladder of modes, see ladder.h. */
#include "media/ladder.h"

#include "media/redundancy.h"

enum rung {
    LOWEST,    /* Codec2 1200, bundles */
    LOW,       /* Opus 6k, bundles */
    NARROW_60, /* GOOD on a narrow path */
    NARROW_40,
    GOOD_20,
    STUDIO_32,
    STUDIO_48,
    STUDIO_64,
};

static const wzp_tier TIERS[WZP__LADDER_RUNGS] = {
    [LOWEST] = WZP_TIER_CATASTROPHIC,  [LOW] = WZP_TIER_DEGRADED,
    [NARROW_60] = WZP_TIER_GOOD,       [NARROW_40] = WZP_TIER_GOOD,
    [GOOD_20] = WZP_TIER_GOOD,         [STUDIO_32] = WZP_TIER_STUDIO_32K,
    [STUDIO_48] = WZP_TIER_STUDIO_48K, [STUDIO_64] = WZP_TIER_STUDIO_64K,
};

wzp_tier wzp__ladder_tier(unsigned rung)
{
    return TIERS[rung];
}

unsigned wzp__ladder_rung(wzp_tier tier)
{
    unsigned rung = WZP__LADDER_RUNGS - 1;
    while (rung > 0 && TIERS[rung] > tier) {
        rung--;
    }
    return rung;
}

/* --- what loss makes of each rung --- */

static const wzp_media_mode RESILIENT = {.codec = WZP_CODEC_OPUS_32K,
                                         .frame_ms = 40,
                                         .redundancy = WZP_REDUNDANCY_BOTH,
                                         .n_new = 1};

static wzp_media_mode plain(wzp_codec_id codec, uint8_t frame_ms,
                            wzp_redundancy redundancy)
{
    return (wzp_media_mode){.codec = codec,
                            .frame_ms = frame_ms,
                            .redundancy = redundancy,
                            .n_new = 1};
}

/* The rate of 4 new frames with 12 symbols over the 16 before them also pays
 * for 5 with the 18 before them as they are, as headers are fewer. At 50 % loss
 * 95.6 and not 93 % are there after 0.8 s. At less, windows have more to give:
 * after 0.5 s at 22 % 98.6, after 0.8 s 99.7 %, and repeats of 10 frames 98.9.
 */
static wzp_media_mode lowest(uint8_t step)
{
    wzp_media_mode m = plain(WZP_CODEC_CODEC2_1200, 40, WZP_REDUNDANCY_NONE);
    if (step >= WZP__REDUNDANCY_STEP_MOST) {
        m.n_new = 5;
        m.n_old = 18;
        return m;
    }
    m.n_new = 4;
    m.window_q = step;
    m.window = step > 0 ? 4 : 0;
    return m;
}

static wzp_media_mode low(uint8_t step)
{
    wzp_media_mode m = plain(WZP_CODEC_OPUS_6K, 60, WZP_REDUNDANCY_NONE);
    m.n_new = step > 0 ? 2 : 3;
    m.n_old = step > 0 ? 2 : 0;
    return m;
}

/* No loss: nothing is taken from the core. */
static wzp_media_mode narrow_40(wzp_redundancy level)
{
    return plain(WZP_CODEC_OPUS_24K, 40,
                 level == WZP_REDUNDANCY_BOTH ? WZP_REDUNDANCY_DRED : level);
}

static wzp_media_mode studio(wzp_codec_id codec, wzp_redundancy level)
{
    return level == WZP_REDUNDANCY_BOTH
               ? RESILIENT
               : plain(codec, 20,
                       level == WZP_REDUNDANCY_NONE ? WZP_REDUNDANCY_NONE
                                                    : WZP_REDUNDANCY_DRED);
}

static wzp_media_mode mode_of(unsigned rung, wzp_redundancy level, uint8_t step)
{
    switch ((enum rung)rung) {
    case LOWEST: return lowest(step);
    case LOW: return low(step);
    case NARROW_60: return plain(WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_DRED);
    case NARROW_40: return narrow_40(level);
    case STUDIO_32: return studio(WZP_CODEC_OPUS_32K, level);
    case STUDIO_48: return studio(WZP_CODEC_OPUS_48K, level);
    case STUDIO_64: return studio(WZP_CODEC_OPUS_64K, level);
    case GOOD_20: break;
    }
    return level == WZP_REDUNDANCY_BOTH ? RESILIENT
                                        : plain(WZP_CODEC_OPUS_24K, 20, level);
}

static wzp_media_mode fitted(unsigned rung, const wzp__ladder_need *need,
                             uint8_t step)
{
    wzp_media_mode m = mode_of(rung, need->level, step);
    wzp_media_mode_fit(&m, need->caps);
    return m;
}

/* The lowest rung, or the next one where that costs less: without bundles,
 * Codec2 with a frame in each packet is more than Opus with long ones. */
static wzp_media_mode cheapest(const wzp__ladder_need *need, uint8_t step)
{
    const wzp_media_mode a = fitted(LOWEST, need, step);
    const wzp_media_mode b = fitted(LOW, need, step);
    return wzp_media_mode_wire_bps(&a) <= wzp_media_mode_wire_bps(&b) ? a : b;
}

void wzp__ladder_mode(unsigned rung, const wzp__ladder_need *need,
                      wzp_media_mode *out)
{
    uint8_t step = need->step;
    do {
        *out = rung == LOWEST ? cheapest(need, step) : fitted(rung, need, step);
    } while (wzp_media_mode_wire_bps(out) > need->budget_bps && step-- > 0);
}

uint32_t wzp__ladder_bps(unsigned rung, const wzp__ladder_need *need)
{
    wzp_media_mode m;
    wzp__ladder_mode(rung, need, &m);
    return wzp_media_mode_wire_bps(&m);
}

unsigned wzp__ladder_highest(unsigned most, const wzp__ladder_need *need)
{
    while (most > 0 && wzp__ladder_bps(most, need) > need->budget_bps) {
        most--;
    }
    return most;
}
