/* SPDX-License-Identifier: MIT */
/* Codec ids and quality profiles: one table each, every column once.
 * Source: spec/wire.md 1.2, 1.3.
 */
#ifndef WZP_PROTO_PROFILE_H
#define WZP_PROTO_PROFILE_H

#include <wzp/proto/err.h>

typedef enum wzp_codec_id {
    WZP_CODEC_OPUS_24K = 0,
    WZP_CODEC_OPUS_16K = 1,
    WZP_CODEC_OPUS_6K = 2,
    WZP_CODEC_CODEC2_3200 = 3,
    WZP_CODEC_CODEC2_1200 = 4,
    WZP_CODEC_COMFORT_NOISE = 5,
    WZP_CODEC_OPUS_32K = 6,
    WZP_CODEC_OPUS_48K = 7,
    WZP_CODEC_OPUS_64K = 8,
} wzp_codec_id;

#define WZP_CODEC_COUNT 9

typedef struct wzp_codec_info {
    wzp_codec_id id;
    const char *name;     /* JSON name, e.g. "Opus24k" */
    uint32_t bitrate_bps; /* nominal */
    uint8_t frame_ms;
    uint32_t rate_hz; /* the codec's own rate */
    bool is_opus;
} wzp_codec_info;

/* NULL for ids outside 0 … 8. */
const wzp_codec_info *wzp_codec_info_get(unsigned id);

/* WZP_ERR_CODEC when the name is not one of the nine. */
WZP_NODISCARD wzp_err wzp_codec_by_name(wzp_str name, wzp_codec_id *out);

/* What travels in signals. Shape as in JSON. */
typedef struct wzp_profile {
    wzp_codec_id codec;
    float fec_ratio; /* 0 … 2 */
    uint8_t frame_ms;
    uint8_t frames_per_block;
} wzp_profile;

/* The six tiers, worst to best, then two profiles no tier selects. */
typedef enum wzp_tier {
    WZP_TIER_CATASTROPHIC = 0,
    WZP_TIER_DEGRADED = 1,
    WZP_TIER_GOOD = 2,
    WZP_TIER_STUDIO_32K = 3,
    WZP_TIER_STUDIO_48K = 4,
    WZP_TIER_STUDIO_64K = 5,
} wzp_tier;

#define WZP_TIER_COUNT 6

const char *wzp_tier_name(wzp_tier tier); /* "Good"; NULL when out of range */
wzp_profile wzp_tier_profile(wzp_tier tier);

/* The profile a received codec id maps to; comfort noise maps to GOOD. */
wzp_profile wzp_codec_profile(wzp_codec_id id);

/* The tier with exactly this codec; WZP_ERR_NOT_FOUND for the two codecs that
 * are no tier and for comfort noise. */
WZP_NODISCARD wzp_err wzp_codec_tier(wzp_codec_id id, wzp_tier *out);

#endif
