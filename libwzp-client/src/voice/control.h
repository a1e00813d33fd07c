/* SPDX-License-Identifier: MIT */
/* Mute, hold and push-to-talk of our own, and what members said of theirs
 * (design/secure-media.md 7, control items 3 and 4).
 *
 *   muted           nothing is sent; the members are told
 *   on hold         nothing is sent or played; the members are told
 *   push-to-talk    nothing is sent but while the key is down, and for TAIL_MS
 *                   after it: a last syllable outlives the finger. Not told: it
 *                   would flicker
 *
 * The members are told in every control frame; after a change in three, so that
 * one lost, or two, do not matter.
 *
 * Timers:
 *   tell    the next frame after a change
 *   news    the host is told of members at most every 200 ms, whatever they say
 */
#ifndef WZP_CLIENT_CONTROL_H
#define WZP_CLIENT_CONTROL_H

#include <wzp/proto/control.h>
#include <wzp/proto/env.h>

/* Numbers of members are below twice the most members a group has; what members
 * beyond say is not kept. */
#define WZP__CONTROL_PEERS 2048

#define WZP__CONTROL_STATE_ITEMS 2

typedef struct wzp__control {
    bool is_muted, is_held;
    bool has_key, is_down;            /* push-to-talk */
    wzp_tstamp open_until;            /* after the key went up */
    wzp_tstamp tell_at;               /* WZP_NEVER: all is told */
    unsigned tells;                   /* frames it is still to be told in */
    bool has_news;                    /* a member said something else */
    wzp_tstamp news_at;               /* not before */
    uint8_t peer[WZP__CONTROL_PEERS]; /* of is_muted and is_held, a bit each,
                                         and both as the host knows them */
} wzp__control;

typedef struct wzp__control_peer {
    bool is_muted, is_held;
} wzp__control_peer;

void wzp__control_init(wzp__control *c);
void wzp__control_mute(wzp__control *c, wzp_tstamp now, bool is_on);
void wzp__control_hold(wzp__control *c, wzp_tstamp now, bool is_on);
void wzp__control_key(wzp__control *c, wzp_tstamp now, bool is_on,
                      bool is_down);

/* What the microphone takes may go out. */
bool wzp__control_is_open(const wzp__control *c, wzp_tstamp now);

/* It is time to tell; told is what follows. */
bool wzp__control_is_due(const wzp__control *c, wzp_tstamp now);
void wzp__control_told(wzp__control *c, wzp_tstamp now);
/* What to tell, with every frame. Returns how many. */
size_t wzp__control_state(const wzp__control *c,
                          wzp_control_item out[WZP__CONTROL_STATE_ITEMS]);
wzp_tstamp wzp__control_deadline(const wzp__control *c);

/* A member said so. */
void wzp__control_heard(wzp__control *c, uint32_t member,
                        const wzp_control_item *item);
/* The next member whose state is another than the host knows, which knows it
 * from then on. False: none, or not yet. */
bool wzp__control_news(wzp__control *c, wzp_tstamp now, uint32_t *member,
                       wzp__control_peer *out);
/* It left; all are numbered anew. */
void wzp__control_forget(wzp__control *c, uint32_t member);
void wzp__control_forget_all(wzp__control *c);

#endif
