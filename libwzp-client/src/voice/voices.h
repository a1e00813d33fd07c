/* SPDX-License-Identifier: MIT */
/* The voices in a room: one receiver per member that speaks, made when it is
 * first heard and retired when it is silent while others speak, or left. Mixing
 * costs as much as there are voices, however many members there are.
 *
 * When more speak than there is room for, a newcomer gets the place of the one
 * that has been silent longest, once that one has been so for a moment.
 */
#ifndef WZP_CLIENT_VOICES_H
#define WZP_CLIENT_VOICES_H

#include "voice/mixer.h"
#include "voice/receiver.h"
#include "voice/talkers.h"

#define WZP__VOLUMES 64 /* members whose volume is not as it comes */

typedef struct wzp__voice {
    wzp__receiver *receiver; /* NULL: free */
    uint32_t member;
    uint16_t gain;      /* of the last sample played */
    wzp_tstamp loud_at; /* a talker then, or new */
    wzp_tstamp told_at; /* last report */
} wzp__voice;

typedef struct wzp__volume {
    uint32_t member;
    uint16_t gain;
} wzp__volume;

typedef struct wzp__voices {
    wzp__receiver_config cfg;
    wzp__voice *v;
    size_t max;
    wzp__mixer mixer;
    wzp__talkers talkers;
    wzp__volume volume[WZP__VOLUMES];
    size_t n_volumes;
    bool is_held;                /* nobody is heard */
    size_t next_report;          /* whose turn it is */
    wzp__receiver_stats retired; /* sums of receivers that are gone */
    uint64_t no_room;            /* packets of more voices than max */
} wzp__voices;

/* max ≥ 1. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__voices_init(wzp__voices *vs,
                                       const wzp__receiver_config *cfg,
                                       size_t max);
void wzp__voices_deinit(wzp__voices *vs);

/* One opened packet of this member, of any form but CONTROL; refusals are
 * counted. Comfort noise and parity alone make nobody a voice. */
void wzp__voices_insert(wzp__voices *vs, wzp_tstamp now, uint32_t member,
                        const wzp_media_hdr *hdr, wzp_plain_form form,
                        const uint8_t *plain, size_t len);

/* 10 ms of everybody. */
void wzp__voices_mix(wzp__voices *vs, wzp_tstamp now,
                     int16_t out[WZP_AUDIO_TICK_SAMPLES]);

/* How loud this member is played, of WZP__GAIN_ONE, at most WZP__GAIN_MAX;
 * also before it is heard. WZP_ERR_ARG; WZP_ERR_FULL: more than WZP__VOLUMES
 * members are not as they come. */
WZP_NODISCARD wzp_err wzp__voices_volume(wzp__voices *vs, uint32_t member,
                                         uint16_t gain);

/* Packets come over a cellular network, or no more. */
void wzp__voices_mobile(wzp__voices *vs, bool is_mobile);

/* Held: what is heard fades out within a tick, then nobody is, and what comes
 * is dropped. */
void wzp__voices_hold(wzp__voices *vs, bool is_held);

/* The next report that is due: of a voice of which something came since its
 * last one. False when there is none. `now` is the same for one round. */
bool wzp__voices_report(wzp__voices *vs, wzp_tstamp now, uint32_t *member,
                        wzp_receiver_report *out);
/* Something came since the last reports. */
bool wzp__voices_has_report(const wzp__voices *vs);

/* It left, or all are numbered anew: volumes are forgotten, too. */
void wzp__voices_retire(wzp__voices *vs, uint32_t member);
void wzp__voices_retire_all(wzp__voices *vs);
void wzp__voices_retire_idle(wzp__voices *vs, wzp_tstamp now);

/* Receivers there are. */
size_t wzp__voices_count(const wzp__voices *vs);
/* Sum over all voices, gone ones included. */
void wzp__voices_stats_get(const wzp__voices *vs, wzp__receiver_stats *out);

#endif
