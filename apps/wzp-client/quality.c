/* SPDX-License-Identifier: MIT */
/* See quality.h. */
#include "quality.h"

#include <string.h>

#define QUALITY_WORDS                                                          \
    "auto, studio-64k, studio-48k, studio-32k, good, degraded, codec2-3200 "   \
    "or catastrophic"

static const struct {
    const char *name;
    wzp_tier tier;
} TIERS[] = {
    {"studio-64k", WZP_TIER_STUDIO_64K},
    {"studio-48k", WZP_TIER_STUDIO_48K},
    {"studio-32k", WZP_TIER_STUDIO_32K},
    {"good", WZP_TIER_GOOD},
    {"opus", WZP_TIER_GOOD}, /* as the earlier clients call them too */
    {"degraded", WZP_TIER_DEGRADED},
    {"opus6k", WZP_TIER_DEGRADED},
    {"catastrophic", WZP_TIER_CATASTROPHIC},
    {"codec2-1200", WZP_TIER_CATASTROPHIC},
};

/* Four frames of 20 ms in a packet: 11 to 12 kbit/s on the wire. */
static const wzp_media_mode CODEC2_3200 = {
    .codec = WZP_CODEC_CODEC2_3200, .frame_ms = 20, .n_new = 4};

static bool parse_quality(quality *q, const char *text)
{
    if (text == NULL || strcmp(text, "auto") == 0) {
        return true;
    }
    if (strcmp(text, "codec2-3200") == 0) {
        q->is_fixed = true;
        q->mode = CODEC2_3200;
        return true;
    }
    for (size_t i = 0; i < sizeof TIERS / sizeof *TIERS; i++) {
        if (strcmp(text, TIERS[i].name) == 0) {
            q->is_forced = true;
            q->tier = TIERS[i].tier;
            return true;
        }
    }
    return false;
}

bool quality_parse(quality *q, const char *text, const char *network,
                   const char **option, const char **words)
{
    *q = (quality){.network = WZP_NETWORK_UNKNOWN};
    *option = "--quality";
    *words = QUALITY_WORDS;
    if (!parse_quality(q, text)) {
        return false;
    }
    *option = "--network";
    *words = "wifi or cellular";
    if (network != NULL && strcmp(network, "cellular") == 0) {
        q->network = WZP_NETWORK_CELLULAR;
    } else if (network != NULL && strcmp(network, "wifi") == 0) {
        q->network = WZP_NETWORK_WIFI;
    } else {
        return network == NULL;
    }
    return true;
}

void quality_configure(const quality *q, wzp_engine_config *cfg)
{
    cfg->quality.network = q->network;
    cfg->has_fixed_mode = q->is_fixed;
    cfg->fixed_mode = q->mode;
}

void quality_apply(const quality *q, wzp_client *c)
{
    if (q->is_forced) {
        wzp_ignore(wzp_client_quality_force(c, q->tier),
                   "the first command finds room");
    }
}
