/* SPDX-License-Identifier: MIT */
/* What the keys do to the own voice and to what is heard: mute, hold, push to
 * talk, volume.
 */
#ifndef WZP_APP_CLIENT_TALK_H
#define WZP_APP_CLIENT_TALK_H

#include "view.h"

#include <wzp/client/client.h>

typedef struct talk {
    wzp_client *client;
    view *view;            /* shows what is on */
    bool has_key, is_down; /* push to talk */
    uint32_t volume;       /* percent, of everybody */
} talk;

void talk_begin(talk *t, wzp_client *client, view *v, bool push_to_talk);
/* Somebody came: at the volume that is set. */
void talk_member(talk *t, const wzp_client_event *ev);
/* m, h, space, + or -; others are nothing. */
void talk_key(talk *t, int key);

#endif
