/* SPDX-License-Identifier: MIT */
/* The ladder of modes: order, budgets, and what loss makes of each rung. */
#include "media/ladder.h"

#include "support/harness.h"

#include <wzp/proto/signal.h>

#define ALL                                                                    \
    (WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2 | WZP_CAP_PARITY1 |    \
     WZP_CAP_DRED_10)

static wzp__ladder_need need(wzp_redundancy level, uint8_t step)
{
    return (wzp__ladder_need){
        .level = level, .step = step, .caps = ALL, .budget_bps = UINT32_MAX};
}

WZP_TEST(ladder_rungs_cost_more_the_higher_they_are)
{
    const wzp__ladder_need n = need(WZP_REDUNDANCY_NONE, 0);
    for (unsigned rung = 1; rung < WZP__LADDER_RUNGS; rung++) {
        assert_true(wzp__ladder_bps(rung, &n) > wzp__ladder_bps(rung - 1, &n));
        assert_true(wzp__ladder_tier(rung) >= wzp__ladder_tier(rung - 1));
    }
}

/* Else a full path would be answered with more. */
WZP_TEST(ladder_goes_down_for_listeners_of_any_abilities)
{
    static const uint32_t caps[] = {WZP_CAP_FRAMES, WZP_CAP_BUNDLE1,
                                    WZP_CAP_BUNDLE2, WZP_CAP_DRED_10};
    for (unsigned set = 0; set < 16 * 16; set++) {
        wzp__ladder_need need = {.level = (wzp_redundancy)(set / 16 % 4),
                                 .step = (uint8_t)(set / 64),
                                 .budget_bps = UINT32_MAX};
        for (unsigned i = 0; i < 4; i++) {
            need.caps |= (set >> i & 1) != 0 ? caps[i] : 0;
        }
        for (unsigned rung = 1; rung < WZP__LADDER_RUNGS; rung++) {
            assert_true(wzp__ladder_bps(rung - 1, &need) <=
                        wzp__ladder_bps(rung, &need));
        }
    }
}

WZP_TEST(ladder_has_a_highest_rung_for_every_tier)
{
    for (int t = 0; t < WZP_TIER_COUNT; t++) {
        const unsigned rung = wzp__ladder_rung((wzp_tier)t);
        assert_int_equal(wzp__ladder_tier(rung), t);
        assert_true(rung + 1 == WZP__LADDER_RUNGS ||
                    (int)wzp__ladder_tier(rung + 1) > t);
    }
}

/* voice-facts.md 7: what the whole ladder was chosen for. */
WZP_TEST(ladder_reaches_down_to_six_kilobits)
{
    wzp__ladder_need n = need(WZP_REDUNDANCY_NONE, 0);
    assert_true(wzp__ladder_bps(0, &n) <= 6000);
    assert_true(wzp__ladder_bps(wzp__ladder_rung(WZP_TIER_DEGRADED), &n) <=
                10000);
    n = need(WZP_REDUNDANCY_BOTH, 3);
    assert_true(wzp__ladder_bps(0, &n) <= 9200);
    assert_true(wzp__ladder_bps(wzp__ladder_rung(WZP_TIER_GOOD), &n) <= 51000);
}

WZP_TEST(ladder_gives_the_highest_rung_that_keeps_the_budget)
{
    wzp__ladder_need n = need(WZP_REDUNDANCY_NONE, 0);
    n.budget_bps = 16000;
    assert_int_equal(wzp__ladder_tier(wzp__ladder_highest(7, &n)),
                     WZP_TIER_DEGRADED);
    n.budget_bps = 32000;
    const unsigned narrow = wzp__ladder_highest(7, &n);
    assert_int_equal(wzp__ladder_tier(narrow), WZP_TIER_GOOD);
    assert_true(wzp__ladder_bps(narrow, &n) <= 32000);
    assert_int_equal(wzp__ladder_highest(1, &n), 1);
    n.budget_bps = 1;
    assert_int_equal(wzp__ladder_highest(7, &n), 0);
}

WZP_TEST(ladder_leaves_redundancy_out_where_the_budget_has_no_room)
{
    wzp_media_mode m;
    wzp__ladder_need n = need(WZP_REDUNDANCY_BOTH, 3);
    wzp__ladder_mode(0, &n, &m);
    assert_int_equal(m.n_new, 5);
    assert_int_equal(m.n_old, 18);
    n.budget_bps = 8000;
    wzp__ladder_mode(0, &n, &m);
    assert_in_range(m.window_q, 1, 2);
    assert_true(wzp_media_mode_wire_bps(&m) <= 8000);
    n.budget_bps = 1;
    wzp__ladder_mode(0, &n, &m);
    assert_int_equal(m.window_q, 0);
    assert_int_equal(m.n_old, 0);
}

typedef struct point {
    wzp_tier tier;
    wzp_redundancy level;
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
} point;

static const point POINTS[] = {
    {WZP_TIER_GOOD, WZP_REDUNDANCY_NONE, WZP_CODEC_OPUS_24K, 20,
     WZP_REDUNDANCY_NONE},
    {WZP_TIER_GOOD, WZP_REDUNDANCY_LBRR, WZP_CODEC_OPUS_24K, 20,
     WZP_REDUNDANCY_LBRR},
    {WZP_TIER_GOOD, WZP_REDUNDANCY_DRED, WZP_CODEC_OPUS_24K, 20,
     WZP_REDUNDANCY_DRED},
    {WZP_TIER_GOOD, WZP_REDUNDANCY_BOTH, WZP_CODEC_OPUS_32K, 40,
     WZP_REDUNDANCY_BOTH},
    {WZP_TIER_STUDIO_48K, WZP_REDUNDANCY_NONE, WZP_CODEC_OPUS_48K, 20,
     WZP_REDUNDANCY_NONE},
    {WZP_TIER_STUDIO_48K, WZP_REDUNDANCY_LBRR, WZP_CODEC_OPUS_48K, 20,
     WZP_REDUNDANCY_DRED},
    {WZP_TIER_STUDIO_64K, WZP_REDUNDANCY_BOTH, WZP_CODEC_OPUS_32K, 40,
     WZP_REDUNDANCY_BOTH},
};

static size_t count_points(void)
{
    return sizeof POINTS / sizeof *POINTS;
}

static void run_point(size_t row)
{
    const point *p = &POINTS[row];
    const wzp__ladder_need n = need(p->level, 0);
    wzp_media_mode m;
    wzp__ladder_mode(wzp__ladder_rung(p->tier), &n, &m);
    assert_int_equal(m.codec, p->codec);
    assert_int_equal(m.frame_ms, p->frame_ms);
    assert_int_equal(m.redundancy, p->redundancy);
}
WZP_ROWS(ladder_takes_the_operating_point_for_the_loss, count_points,
         run_point);
