/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "voice/control.h"

#include <string.h>

#define TAIL_NS (200 * WZP_MS)
/* chosen: three frames survive any loss a call does, soon enough to be seen as
 * one change. */
#define TELLS    3
#define AGAIN_NS (300 * WZP_MS)

#define NEWS_NS (200 * WZP_MS) /* chosen: as talkers */

enum { MUTED = 1, HELD = 2, BOTH = 3, TOLD_SHIFT = 2 };

void wzp__control_init(wzp__control *c)
{
    *c = (wzp__control){.tell_at = WZP_NEVER};
}

static void change(wzp__control *c, wzp_tstamp now, bool *state, bool is_on)
{
    if (*state != is_on) {
        *state = is_on;
        c->tells = TELLS;
        c->tell_at = now;
    }
}

void wzp__control_mute(wzp__control *c, wzp_tstamp now, bool is_on)
{
    change(c, now, &c->is_muted, is_on);
}

void wzp__control_hold(wzp__control *c, wzp_tstamp now, bool is_on)
{
    change(c, now, &c->is_held, is_on);
}

void wzp__control_key(wzp__control *c, wzp_tstamp now, bool is_on, bool is_down)
{
    if (c->has_key && c->is_down && !is_down) {
        c->open_until = now + TAIL_NS;
    }
    c->has_key = is_on;
    c->is_down = is_on && is_down;
}

bool wzp__control_is_open(const wzp__control *c, wzp_tstamp now)
{
    return !c->is_muted && !c->is_held &&
           (!c->has_key || c->is_down || now < c->open_until);
}

bool wzp__control_is_due(const wzp__control *c, wzp_tstamp now)
{
    return now >= c->tell_at;
}

void wzp__control_told(wzp__control *c, wzp_tstamp now)
{
    c->tells -= c->tells > 0;
    c->tell_at = c->tells > 0 ? now + AGAIN_NS : WZP_NEVER;
}

size_t wzp__control_state(const wzp__control *c,
                          wzp_control_item out[WZP__CONTROL_STATE_ITEMS])
{
    out[0] =
        (wzp_control_item){.type = WZP_CONTROL_MUTE, .u.is_on = c->is_muted};
    out[1] =
        (wzp_control_item){.type = WZP_CONTROL_HOLD, .u.is_on = c->is_held};
    return WZP__CONTROL_STATE_ITEMS;
}

wzp_tstamp wzp__control_deadline(const wzp__control *c)
{
    return c->has_news && c->news_at < c->tell_at ? c->news_at : c->tell_at;
}

void wzp__control_heard(wzp__control *c, uint32_t member,
                        const wzp_control_item *item)
{
    if (member >= WZP__CONTROL_PEERS) {
        return;
    }
    const uint8_t bit = item->type == WZP_CONTROL_MUTE ? MUTED : HELD;
    const uint8_t was = c->peer[member];
    const uint8_t is = (uint8_t)(item->u.is_on ? was | bit : was & ~bit);
    c->peer[member] = is;
    c->has_news |= is != was;
}

bool wzp__control_news(wzp__control *c, wzp_tstamp now, uint32_t *member,
                       wzp__control_peer *out)
{
    if (!c->has_news || now < c->news_at) {
        return false;
    }
    for (uint32_t m = 0; m < WZP__CONTROL_PEERS; m++) {
        const uint8_t is = c->peer[m] & BOTH;
        if (is != c->peer[m] >> TOLD_SHIFT) {
            c->peer[m] = (uint8_t)(is | is << TOLD_SHIFT);
            *member = m;
            *out = (wzp__control_peer){.is_muted = (is & MUTED) != 0,
                                       .is_held = (is & HELD) != 0};
            return true;
        }
    }
    c->has_news = false;
    c->news_at = now + NEWS_NS;
    return false;
}

void wzp__control_forget(wzp__control *c, uint32_t member)
{
    if (member < WZP__CONTROL_PEERS) {
        c->peer[member] = 0;
    }
}

void wzp__control_forget_all(wzp__control *c)
{
    memset(c->peer, 0, sizeof c->peer);
}
