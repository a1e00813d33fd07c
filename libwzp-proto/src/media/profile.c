/* SPDX-License-Identifier: MIT */
/* Codec ids and profiles (profile.h): the two tables everything else asks. */
#include <wzp/proto/profile.h>

#include <string.h>

/* clang-format off */
static const wzp_codec_info CODECS[WZP_CODEC_COUNT] = {
    /* id                       name            bps  ms   rate  opus */
    {WZP_CODEC_OPUS_24K,      "Opus24k",      24000, 20, 48000, true},
    {WZP_CODEC_OPUS_16K,      "Opus16k",      16000, 20, 48000, true},
    {WZP_CODEC_OPUS_6K,       "Opus6k",        6000, 40, 48000, true},
    {WZP_CODEC_CODEC2_3200,   "Codec2_3200",   3200, 20,  8000, false},
    {WZP_CODEC_CODEC2_1200,   "Codec2_1200",   1200, 40,  8000, false},
    {WZP_CODEC_COMFORT_NOISE, "ComfortNoise",     0, 20, 48000, false},
    {WZP_CODEC_OPUS_32K,      "Opus32k",      32000, 20, 48000, true},
    {WZP_CODEC_OPUS_48K,      "Opus48k",      48000, 20, 48000, true},
    {WZP_CODEC_OPUS_64K,      "Opus64k",      64000, 20, 48000, true},
};

enum { NO_TIER = -1, PROFILE_COUNT = 8 };

static const struct {
    int tier; /* wzp_tier or NO_TIER */
    const char *name;
    wzp_profile profile; /* codec, FEC ratio, frame ms, frames per block */
} PROFILES[PROFILE_COUNT] = {
    {WZP_TIER_CATASTROPHIC, "Catastrophic", {WZP_CODEC_CODEC2_1200, 1.0f, 40,  8}},
    {WZP_TIER_DEGRADED,     "Degraded",     {WZP_CODEC_OPUS_6K,     0.5f, 40, 10}},
    {WZP_TIER_GOOD,         "Good",         {WZP_CODEC_OPUS_24K,    0.2f, 20,  5}},
    {WZP_TIER_STUDIO_32K,   "Studio32k",    {WZP_CODEC_OPUS_32K,    0.1f, 20,  5}},
    {WZP_TIER_STUDIO_48K,   "Studio48k",    {WZP_CODEC_OPUS_48K,    0.1f, 20,  5}},
    {WZP_TIER_STUDIO_64K,   "Studio64k",    {WZP_CODEC_OPUS_64K,    0.1f, 20,  5}},
    {NO_TIER,               NULL,           {WZP_CODEC_OPUS_16K,    0.3f, 20,  5}},
    {NO_TIER,               NULL,           {WZP_CODEC_CODEC2_3200, 0.5f, 20,  5}},
};
/* clang-format on */

const wzp_codec_info *wzp_codec_info_get(unsigned id)
{
    return (id < WZP_CODEC_COUNT) ? &CODECS[id] : NULL;
}

wzp_err wzp_codec_by_name(wzp_str name, wzp_codec_id *out)
{
    for (size_t i = 0; i < WZP_CODEC_COUNT; i++) {
        if (strlen(CODECS[i].name) == name.len &&
            memcmp(CODECS[i].name, name.ptr, name.len) == 0) {
            *out = CODECS[i].id;
            return WZP_OK;
        }
    }
    return WZP_ERR_CODEC;
}

const char *wzp_tier_name(wzp_tier tier)
{
    const size_t i = (size_t)tier;
    return (i < WZP_TIER_COUNT) ? PROFILES[i].name : NULL;
}

wzp_profile wzp_tier_profile(wzp_tier tier)
{
    const size_t i = (size_t)tier;
    return PROFILES[(i < WZP_TIER_COUNT) ? i : WZP_TIER_GOOD].profile;
}

wzp_profile wzp_codec_profile(wzp_codec_id id)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (PROFILES[i].profile.codec == id) {
            return PROFILES[i].profile;
        }
    }
    return PROFILES[WZP_TIER_GOOD].profile; /* comfort noise */
}

wzp_err wzp_codec_tier(wzp_codec_id id, wzp_tier *out)
{
    for (size_t i = 0; i < WZP_TIER_COUNT; i++) {
        if (PROFILES[i].profile.codec == id) {
            *out = (wzp_tier)PROFILES[i].tier;
            return WZP_OK;
        }
    }
    return WZP_ERR_NOT_FOUND;
}
