/* SPDX-License-Identifier: MIT */
/* What a person sees of a call, on stderr: a line per event, and below them
 * one status line that is drawn over, if stderr is a terminal. Check words go
 * to stdout, so that a program can read them.
 */
#ifndef WZP_APP_CLIENT_VIEW_H
#define WZP_APP_CLIENT_VIEW_H

#include "people.h"

#include <wzp/client/event.h>

typedef struct view {
    const char *relay; /* as given on the command line */
    bool is_pin_given; /* with --pin, so it has not "changed" */
    bool is_terminal;
    bool is_asking; /* a question is on the screen: no status line */
    bool has_status;
    bool has_joined; /* once: what is lost then was there */
    people people;
    bool is_muted, is_held, is_silent; /* ourselves; silent: no key is down */
    bool is_recording;
    char talkers[160];   /* their names, or "" */
    const char *sending; /* how, as last said, and its tier */
    wzp_tier tier;
    unsigned plain_lines; /* status calls without a terminal */
    unsigned unanswered;  /* seconds in which nothing came */
    uint64_t rx, tx;      /* packets when something came last */
} view;

void view_init(view *v, const char *relay, bool is_pin_given);

/* A line of its own. */
void view_say(view *v, const char *fmt, ...) WZP_PRINTF(2, 3);

/* What an event means, in a line; nothing for statistics. */
void view_event(view *v, const wzp_client_event *ev);

/* Of these, what sound is about (view_sound.c). */
void view_sound_event(view *v, const wzp_client_event *ev);

/* A word or two for how is sent: static storage. */
const char *view_sending(wzp_tier tier, const wzp_media_mode *mode);

/* "Accept the new key? [y/N] " without a line end. */
void view_ask(view *v, const char *question);

/* Once a second; without a terminal every tenth is printed. */
void view_status(view *v, const wzp_client_stats *s);

/* Leave the cursor on a line of its own. */
void view_end(view *v);

#endif
