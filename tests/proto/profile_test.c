/* SPDX-License-Identifier: MIT */
/* The two tables: every mapping over all rows. spec/wire.md 1.2, 1.3. */
#include "support/harness.h"

#include <wzp/proto/profile.h>

#include <string.h>

WZP_TEST(codec_ids_and_names_are_a_bijection)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        const wzp_codec_info *info = wzp_codec_info_get(i);
        assert_int_equal(info->id, i);
        wzp_codec_id back;
        assert_int_equal(
            wzp_codec_by_name((wzp_str){info->name, strlen(info->name)}, &back),
            WZP_OK);
        assert_int_equal(back, i);
    }
    assert_null(wzp_codec_info_get(WZP_CODEC_COUNT));
    wzp_codec_id id;
    assert_int_equal(wzp_codec_by_name(WZP_STR("Opus"), &id), WZP_ERR_CODEC);
    assert_int_equal(wzp_codec_by_name(WZP_STR("opus24k"), &id), WZP_ERR_CODEC);
}

WZP_TEST(codec_columns_are_those_of_the_table)
{
    static const struct {
        unsigned id;
        uint32_t bps;
        uint8_t ms;
        uint32_t hz;
        bool opus;
    } rows[] = {
        {0, 24000, 20, 48000, true}, {1, 16000, 20, 48000, true},
        {2, 6000, 40, 48000, true},  {3, 3200, 20, 8000, false},
        {4, 1200, 40, 8000, false},  {5, 0, 20, 48000, false},
        {6, 32000, 20, 48000, true}, {7, 48000, 20, 48000, true},
        {8, 64000, 20, 48000, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const wzp_codec_info *info = wzp_codec_info_get(rows[i].id);
        assert_int_equal(info->bitrate_bps, rows[i].bps);
        assert_int_equal(info->frame_ms, rows[i].ms);
        assert_int_equal(info->rate_hz, rows[i].hz);
        assert_int_equal(info->is_opus, rows[i].opus);
    }
}

WZP_TEST(tiers_and_their_codecs_are_a_bijection)
{
    for (unsigned i = 0; i < WZP_TIER_COUNT; i++) {
        const wzp_profile p = wzp_tier_profile((wzp_tier)i);
        wzp_tier back;
        assert_int_equal(wzp_codec_tier(p.codec, &back), WZP_OK);
        assert_int_equal(back, i);
        assert_int_equal(p.frame_ms, wzp_codec_info_get(p.codec)->frame_ms);
        assert_non_null(wzp_tier_name((wzp_tier)i));
    }
    assert_null(wzp_tier_name((wzp_tier)WZP_TIER_COUNT));
    assert_string_equal(wzp_tier_name(WZP_TIER_GOOD), "Good");
}

WZP_TEST(every_codec_has_a_profile_with_itself)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        const wzp_profile p = wzp_codec_profile((wzp_codec_id)i);
        assert_int_equal(p.codec, (i == WZP_CODEC_COMFORT_NOISE)
                                      ? (unsigned)WZP_CODEC_OPUS_24K
                                      : i);
    }
    /* antipatterns.md 4: the reference disagrees with itself here. */
    assert_true(wzp_codec_profile(WZP_CODEC_OPUS_16K).fec_ratio == 0.3f);
    assert_true(wzp_codec_profile(WZP_CODEC_CODEC2_3200).fec_ratio == 0.5f);
    wzp_tier tier;
    assert_int_equal(wzp_codec_tier(WZP_CODEC_OPUS_16K, &tier),
                     WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_codec_tier(WZP_CODEC_CODEC2_3200, &tier),
                     WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_codec_tier(WZP_CODEC_COMFORT_NOISE, &tier),
                     WZP_ERR_NOT_FOUND);
}
