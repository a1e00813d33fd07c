/* SPDX-License-Identifier: MIT */
/* Trying more, see probe.h. */
#include "media/probe.h"

#define CALM   (30 * WZP_S)
#define LENGTH (5 * WZP_S)
#define WAIT   (60 * WZP_S)
#define WAIT_BACK                                                              \
    (10 * WZP_S) /* chosen: dips are short, mostly; then longer                \
                  */
#define WAITS_BACK 3
#define REPORTS    3 /* that a verdict takes: one may be lost */
#define GOOD_LOW   5
#define GOOD_ELSE  10
#define HELD_AFTER (10 * WZP_S) /* chosen: a queue shows within two */

void wzp__probe_init(wzp__probe *p, wzp_tstamp now)
{
    *p = (wzp__probe){.calm_since = now};
}

void wzp__probe_disturb(wzp__probe *p, wzp_tstamp now)
{
    p->calm_since = now;
    p->good = 0;
    p->is_on = false;
}

void wzp__probe_begin(wzp__probe *p, wzp_tstamp now, unsigned from)
{
    wzp__probe_disturb(p, now);
    p->is_on = true;
    p->is_above = from >= p->held;
    p->from = from;
    p->until = now + LENGTH;
    p->heard = 0;
}

void wzp__probe_fail(wzp__probe *p, wzp_tstamp now)
{
    const unsigned tried = p->from + 1;
    p->failures = tried <= p->failed ? p->failures + 1 : 1;
    p->failed = tried;
    const unsigned times = p->failures < WAITS_BACK ? p->failures : WAITS_BACK;
    p->not_before = now + (p->is_above ? WAIT : times * WAIT_BACK);
    wzp__probe_disturb(p, now);
}

void wzp__probe_block(wzp__probe *p, wzp_tstamp now)
{
    const wzp_tstamp until = now + WAIT_BACK;
    p->not_before = until > p->not_before ? until : p->not_before;
}

static void pass(wzp__probe *p, unsigned rung)
{
    p->is_on = false;
    if (rung >= p->failed) {
        p->failed = 0;
        p->failures = 0;
    }
    p->held = rung > p->held ? rung : p->held;
}

bool wzp__probe_good(wzp__probe *p, wzp_tstamp now, unsigned rung, bool is_low)
{
    p->good++;
    if (p->is_on) {
        p->heard++;
        if (now < p->until || p->heard < REPORTS) {
            return false;
        }
        pass(p, rung);
    }
    if (now - p->calm_since >= HELD_AFTER && rung > p->held) {
        p->held = rung;
    }
    if (rung + 1 >= p->failed && now < p->not_before) {
        return false;
    }
    return rung < p->held ? p->good >= (is_low ? GOOD_LOW : GOOD_ELSE)
                          : now - p->calm_since >= CALM;
}
