/* SPDX-License-Identifier: MIT */
/* See talk.h. A terminal tells no key's way up: a space begins to talk, the
 * next one ends it.
 */
#include "talk.h"

#define VOLUME_STEP 25 /* percent; chosen */
#define FULL        "the client takes no more commands: again, by hand"

static void tell_key(talk *t)
{
    wzp_ignore(wzp_client_push_to_talk(t->client, t->has_key, t->is_down),
               FULL);
    t->view->is_silent = t->has_key && !t->is_down;
}

void talk_begin(talk *t, wzp_client *client, view *v, bool push_to_talk)
{
    *t = (talk){
        .client = client, .view = v, .has_key = push_to_talk, .volume = 100};
    if (push_to_talk) {
        tell_key(t);
    }
}

static void tell_volume(const talk *t, uint32_t member)
{
    wzp_ignore(wzp_client_volume(t->client, member, t->volume),
               "who left meanwhile is not heard at all");
}

void talk_member(talk *t, const wzp_client_event *ev)
{
    if (!ev->u.member.is_gone && t->volume != 100) {
        tell_volume(t, ev->u.member.info.member);
    }
}

static void change_volume(talk *t, bool is_up)
{
    const people *p = &t->view->people;
    if (is_up ? t->volume + VOLUME_STEP > WZP_VOLUME_MAX : t->volume == 0) {
        return;
    }
    t->volume = is_up ? t->volume + VOLUME_STEP : t->volume - VOLUME_STEP;
    for (size_t i = 0; i < p->n; i++) {
        tell_volume(t, p->of[i].member);
    }
    view_say(t->view, "volume %u %%", t->volume);
}

void talk_key(talk *t, int key)
{
    view *v = t->view;
    switch (key) {
    case 'm':
        v->is_muted = !v->is_muted;
        wzp_ignore(wzp_client_mute(t->client, v->is_muted), FULL);
        view_say(v, v->is_muted ? "muted" : "no longer muted");
        break;
    case 'h':
        v->is_held = !v->is_held;
        wzp_ignore(wzp_client_hold(t->client, v->is_held), FULL);
        view_say(v, v->is_held ? "on hold" : "no longer on hold");
        break;
    case ' ':
        if (t->has_key) {
            t->is_down = !t->is_down;
            tell_key(t);
            view_say(v, t->is_down ? "talking" : "silent");
        }
        break;
    case '+': change_volume(t, true); break;
    case '-': change_volume(t, false); break;
    default: break;
    }
}
