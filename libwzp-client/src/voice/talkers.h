/* SPDX-License-Identifier: MIT */
/* Who is heard now, and how loud. A member becomes a talker when its level
 * rises above one height and stays one until it has fallen below a lower one;
 * the level rises quickly and falls slowly, so that pauses between words are
 * none. Told when the talkers change, or one of them becomes much louder or
 * quieter; at most five times a second.
 */
#ifndef WZP_CLIENT_TALKERS_H
#define WZP_CLIENT_TALKERS_H

#include <wzp/client/audio.h>
#include <wzp/client/event.h>

#define WZP__TALKERS_ROOM 64 /* as many as there are receivers at most */

typedef struct wzp__talker {
    bool is_used;
    bool is_on;    /* a talker */
    bool is_fresh; /* heard in this tick */
    uint32_t member;
    float power; /* of full scale, smoothed */
} wzp__talker;

typedef struct wzp__talkers {
    wzp__talker v[WZP__TALKERS_ROOM];
    size_t n_told;
    wzp_talker told[WZP_TALKERS_MAX];
    wzp_tstamp told_at; /* 0: never */
} wzp__talkers;

/* What is heard of this member in this tick. */
void wzp__talkers_note(wzp__talkers *t, uint32_t member,
                       const int16_t pcm[WZP_AUDIO_TICK_SAMPLES]);
/* The tick is over: nothing was heard of the others. */
void wzp__talkers_tick(wzp__talkers *t);
/* It has no receiver any more. */
void wzp__talkers_forget(wzp__talkers *t, uint32_t member);

/* True when there is something to tell: the talkers, loudest first, at most
 * WZP_TALKERS_MAX of them. */
bool wzp__talkers_poll(wzp__talkers *t, wzp_tstamp now,
                       wzp_talker out[WZP_TALKERS_MAX], size_t *n);

/* A talker now, or lately: hysteresis included. */
bool wzp__talkers_has(const wzp__talkers *t, uint32_t member);

#endif
