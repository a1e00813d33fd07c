/* SPDX-License-Identifier: MIT */
/* What one run of the sweep was and what came of it: plain numbers, so that a
 * process can leave them in shared memory for another.
 */
#ifndef WZP_VOICE_RUN_H
#define WZP_VOICE_RUN_H

#include "bench/voice/take.h"
#include "bench/voice/who.h"

enum {
    VOICE_CLIP_RATE = 16000,
    VOICE_CLIP_LEN = 6 * VOICE_CLIP_RATE,
    VOICE_CLIP_AT = 20 * VOICE_RATE, /* of the material */
};

typedef struct voice_run {
    size_t condition;
    unsigned who; /* voice_who */
    uint64_t seed;
    bool wants_clip; /* of what was heard, restored to the speaker's time */
    /* what came of it */
    bool is_done;
    char broken[96]; /* why it is not to be trusted; "": it is */
    voice_score score;
    voice_fates fates;
    double wire_kbps;  /* IPv4 and UDP included, all that the talker sends */
    double media_kbps; /* its media packets alone */
    double late;       /* packets */
    double playout_ms, playout_p95_ms, wait_ms;
    double longer_ms, shorter_ms;
    double rebuilt_parity;
    double mode_changes;
    char mode[48];  /* in which it ended */
    uint64_t trace; /* hash over all packets: the same seed, the same */
    int16_t clip[VOICE_CLIP_LEN];
} voice_run;

/* Our own call, in the world; fills what came of it. */
void voice_call_run(voice_run *run, const voice_material *m);
/* The baselines, over the same link. */
void voice_fixed_run(voice_run *run, const voice_material *m);
void voice_speex_run(voice_run *run, const voice_material *m);

/* score, fates and clip from a take. */
void voice_run_score(voice_run *run, const voice_take *take,
                     const voice_material *m);

/* The clip, from these samples on. */
void voice_run_clip(voice_run *run, const int16_t *pcm);

#endif
