/* SPDX-License-Identifier: MIT */
/* Keeps the sound going: opens what is wanted, notices what was lost, what
 * stands still and what has come back, and opens again. A machine of rounds: it
 * has no clock, whoever owns it calls wzp__keeper_round every WZP__ROUND_MS and
 * passes on what it says. What a stream plays and takes goes to `fn`.
 *
 * A device that was asked for and is not there is replaced by the default one
 * until it comes. An input without an output, or the other way about, is better
 * than neither; the other one is tried again every five seconds.
 * A sound system that had all that was asked for is waited for when it is gone,
 * before another one is taken: a server that is started again must not lose us
 * to what happens to be there in between.
 */
#ifndef WZP_CLIENT_AUDIO_KEEPER_H
#define WZP_CLIENT_AUDIO_KEEPER_H

#include "audio/sound.h"

#include <stdatomic.h>

#define WZP__ROUND_MS 250

/* One direction. */
typedef struct wzp__keeper_half {
    /* Set once by the owner. want: name or id, "" the default one. */
    bool is_wanted;
    char want[WZP_DEVICE_NAME_MAX];
    wzp__sound_fn *fn;
    void *user;
    _Atomic uint32_t calls; /* raised by whoever fn is, at every call */
    /* The keeper's. */
    bool is_open;
    char id[WZP_DEVICE_NAME_MAX]; /* of what is open */
    char name[WZP_DEVICE_NAME_MAX];
    uint32_t seen;    /* calls, a round ago */
    unsigned quiet;   /* rounds without a call */
    unsigned stopped; /* rounds since the system ended it */
} wzp__keeper_half;

typedef struct wzp__keeper {
    wzp__sound *sound;
    char backend[32];
    wzp__keeper_half halves[2]; /* output, input */
    void (*say)(void *user, const wzp_audio_note *note);
    void *say_user;
    /* The keeper's. */
    bool is_on;
    bool has_failed;  /* and said so */
    unsigned wait;    /* rounds until the next try */
    unsigned backoff; /* rounds, doubled by every failure */
    unsigned age;     /* rounds since it was opened */
    char had_all[32]; /* the sound system to wait for */
    unsigned loyal;   /* rounds more */
    wzp__sound_list list;
    wzp__sound_list now; /* what there is in this round */
} wzp__keeper;

/* is_wanted: there should be sound. */
void wzp__keeper_round(wzp__keeper *k, bool is_wanted);

#endif
