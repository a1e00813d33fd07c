/* SPDX-License-Identifier: MIT */
/* A listener's losses, see loss.h. */
#include "media/loss.h"

#define WINDOW    (5 * WZP_S)
#define MEMORY    (10 * WZP_S)
#define RUN_MIN   3 /* lost in one report: fewer are chance */
#define RUN_SIGMA 3

static uint32_t at_most(uint32_t v, uint32_t most)
{
    return v < most ? v : most;
}

/* A report may say anything: within these bounds no sum of them wraps. */
void wzp__loss_note(wzp__loss *l, wzp_tstamp now, const wzp_receiver_report *r)
{
    if (r->expected == 0) {
        return; /* nothing was sent: says nothing */
    }
    const size_t i = l->count++ % WZP__LOSS_REPORTS;
    l->of[i].at = now;
    l->of[i].expected = at_most(r->expected, UINT16_MAX);
    l->of[i].lost = at_most(r->lost, r->expected);
    l->of[i].after_permille = (uint16_t)at_most(r->loss_after_permille, 1000);
}

typedef struct sum {
    uint32_t expected, lost, after; /* of the window; after × expected */
    uint32_t reports, all, most;    /* of the memory */
} sum;

static sum add_up(const wzp__loss *l, wzp_tstamp now)
{
    sum s = {0};
    const uint64_t n =
        l->count < WZP__LOSS_REPORTS ? l->count : WZP__LOSS_REPORTS;
    for (uint64_t i = 0; i < n; i++) {
        if (now - l->of[i].at >= MEMORY) {
            continue;
        }
        const uint32_t lost = l->of[i].lost;
        s.reports++;
        s.all += lost;
        s.most = lost > s.most ? lost : s.most;
        if (now - l->of[i].at < WINDOW) {
            s.expected += l->of[i].expected;
            s.lost += lost;
            s.after += l->of[i].after_permille * l->of[i].expected;
        }
    }
    return s;
}

/* Losses by chance scatter by the root of their mean: squares compared. */
static bool is_cluster(const sum *s)
{
    if (s->most < RUN_MIN || s->reports < 2) {
        return false;
    }
    const uint64_t others = s->reports - 1;
    const uint64_t rest = s->all - s->most;
    if (s->most * others <= rest) {
        return false;
    }
    const uint64_t above = s->most * others - rest; /* × others */
    return above * above > RUN_SIGMA * RUN_SIGMA * others * (rest + others);
}

wzp__loss_view wzp__loss_get(const wzp__loss *l, wzp_tstamp now)
{
    const sum s = add_up(l, now);
    wzp__loss_view v = {0};
    if (s.expected > 0) {
        v.permille = (uint16_t)(s.lost * 1000 / s.expected);
        v.after_permille = (uint16_t)(s.after / s.expected);
    }
    if (l->count > 0) {
        const size_t i = (l->count - 1) % WZP__LOSS_REPORTS;
        if (now - l->of[i].at < WINDOW && l->of[i].lost >= 2) {
            v.newest_permille =
                (uint16_t)(l->of[i].lost * 1000 / l->of[i].expected);
        }
    }
    v.cluster = is_cluster(&s) ? s.most : 0;
    return v;
}
