/* SPDX-License-Identifier: MIT */
/* The voices in a room: one receiver per member that speaks, made when it is
 * first heard and retired when it has been silent for long or left. Mixing
 * costs as much as there are voices, however many members there are.
 */
#ifndef WZP_CLIENT_VOICES_H
#define WZP_CLIENT_VOICES_H

#include "call/mixer.h"
#include "call/receiver.h"

typedef struct wzp__voice {
    wzp__receiver *receiver; /* NULL: free */
    uint32_t member;
} wzp__voice;

typedef struct wzp__voices {
    wzp__receiver_config cfg;
    wzp__voice *v;
    size_t max;
    wzp__mixer mixer;
    wzp__receiver_stats retired; /* sums of receivers that are gone */
    uint64_t no_room;            /* packets of more voices than max */
} wzp__voices;

/* max ≥ 1. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__voices_init(wzp__voices *vs,
                                       const wzp__receiver_config *cfg,
                                       size_t max);
void wzp__voices_deinit(wzp__voices *vs);

/* One frame of this member; refusals are counted. */
void wzp__voices_insert(wzp__voices *vs, wzp_tstamp now, uint32_t member,
                        const wzp_media_hdr *hdr, const uint8_t *frame,
                        size_t len);

/* 10 ms of everybody. */
void wzp__voices_mix(wzp__voices *vs, wzp_tstamp now,
                     int16_t out[WZP_AUDIO_TICK_SAMPLES]);

void wzp__voices_retire(wzp__voices *vs, uint32_t member);
void wzp__voices_retire_all(wzp__voices *vs);
void wzp__voices_retire_idle(wzp__voices *vs, wzp_tstamp now);

/* Sum over all voices, gone ones included. */
void wzp__voices_stats_get(const wzp__voices *vs, wzp__receiver_stats *out);

#endif
