/* SPDX-License-Identifier: MIT */
/* See who.h. */
#include "bench/voice/who.h"

#include <stddef.h>

typedef struct row {
    const char *name;
    bool has_mode;
    wzp_media_mode mode;
} row;

#define OPUS(id, ms, how)                                                      \
    true,                                                                      \
    {                                                                          \
        .codec = WZP_CODEC_##id, .frame_ms = (ms), .redundancy = (how),        \
        .n_new = 1                                                             \
    }

static const row rows[VOICE_TIER] = {
    [VOICE_AUTO] = {.name = "auto"},
    [VOICE_FIXED] = {.name = "Opus, 60 ms buffer"},
    [VOICE_SPEEX] = {.name = "Opus LBRR, speexdsp buffer"},
    [VOICE_GOOD_DRED] = {"24k/20 DRED",
                         OPUS(OPUS_24K, 20, WZP_REDUNDANCY_DRED)},
    [VOICE_RESILIENT] = {"33k/40 LBRR+DRED",
                         OPUS(OPUS_32K, 40, WZP_REDUNDANCY_BOTH)},
    [VOICE_PLAIN_20] = {"24k/20", OPUS(OPUS_24K, 20, WZP_REDUNDANCY_NONE)},
    [VOICE_PLAIN_10] = {"24k/10", OPUS(OPUS_24K, 10, WZP_REDUNDANCY_NONE)},
    [VOICE_DENOISED] = {"24k/20 denoised",
                        OPUS(OPUS_24K, 20, WZP_REDUNDANCY_NONE)},
};

const char *voice_who_name(unsigned who)
{
    return who < VOICE_TIER ? rows[who].name
                            : wzp_tier_name((wzp_tier)(who - VOICE_TIER));
}

const wzp_media_mode *voice_who_mode(unsigned who)
{
    return who < VOICE_TIER && rows[who].has_mode ? &rows[who].mode : NULL;
}
