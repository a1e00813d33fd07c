/* SPDX-License-Identifier: MIT */
/* Who carries the voice in a run: our controller, a mode of ours that stays as
 * it is, a tier of ours that is forced, or a baseline.
 */
#ifndef WZP_VOICE_WHO_H
#define WZP_VOICE_WHO_H

#include <wzp/proto/mode.h>

typedef enum voice_who {
    VOICE_AUTO,      /* the controller, GOOD at most */
    VOICE_FIXED,     /* Opus 24k / 20 ms, a buffer of 60 ms */
    VOICE_SPEEX,     /* the same with LBRR, behind speexdsp's buffer */
    VOICE_GOOD_DRED, /* 24k / 20 ms, DRED, whatever happens */
    VOICE_RESILIENT, /* 33k / 40 ms, LBRR and DRED */
    VOICE_PLAIN_20,  /* 24k / 20 ms without redundancy */
    VOICE_PLAIN_10,
    VOICE_DENOISED, /* PLAIN_20 with noise suppression */
    VOICE_TIER,     /* + wzp_tier: forced */
} voice_who;

#define VOICE_WHO_COUNT (VOICE_TIER + WZP_TIER_COUNT)

/* "auto", "Opus, 60 ms buffer", "Good" … */
const char *voice_who_name(unsigned who);
/* NULL: it has no mode that stays. */
const wzp_media_mode *voice_who_mode(unsigned who);

#endif
