/* SPDX-License-Identifier: MIT */
/* See rekey.h. */
#include "support/ears/rekey.h"

#include <string.h>

typedef struct scene {
    wzp_world *w;
    wzp_node node[WZP_REKEY_MEMBERS_MAX];
    int index[WZP_REKEY_MEMBERS_MAX + 1]; /* by node */
    wzp_tstamp left_at;                   /* WZP_NEVER: not yet */
    bool is_watched;
    uint8_t generation[WZP_REKEY_MEMBERS_MAX]; /* before the leave */
    wzp_tstamp heard[WZP_REKEY_MEMBERS_MAX][WZP_REKEY_MEMBERS_MAX];
    wzp_rekey_seen seen;
} scene;

enum { GONE = 0 }; /* who leaves */

static void watch_key(scene *s, wzp_tstamp now, int from, uint8_t generation)
{
    if (s->left_at == WZP_NEVER) {
        s->generation[from] = generation;
    } else if (s->generation[from] == generation) {
        s->seen.old++;
        s->seen.old_until = now - s->left_at;
    } else {
        s->seen.fresh++;
    }
}

static void watch_gap(scene *s, wzp_tstamp now, int by, int from)
{
    wzp_tstamp *last = &s->heard[by][from];
    if (s->is_watched && *last != 0 && now - *last > s->seen.longest) {
        s->seen.longest = now - *last;
    }
    *last = now;
}

static void on_opened(void *user, wzp_tstamp now, const wzp_world_opened *o)
{
    scene *s = user;
    if (o->from < 0) {
        return;
    }
    const int from = s->index[o->from], by = s->index[o->by];
    if (from == GONE || by == GONE) {
        return;
    }
    watch_key(s, now, from, o->generation);
    if (o->is_media) {
        watch_gap(s, now, by, from);
    }
}

static void fill(scene *s, const wzp_rekey *cfg)
{
    static const int16_t hum[480] = {1000, -1000, 2000, -2000};
    const wzp_node relay = wzp_world_relay(s->w, 9, NULL);
    const wzp_link_cfg link = {.delay_ns = cfg->rtt / 2, .loss = cfg->loss};
    wzp_world_silence(s->w, true);
    wzp_world_on_opened(s->w, on_opened, s);
    for (int i = 0; i < cfg->members; i++) {
        const wzp_world_client_config client = {
            .identity = 20,
            .person = (uint32_t)i + 1,
            .in = i < cfg->speakers ? hum : NULL,
            .in_len = sizeof hum / sizeof *hum,
        };
        s->node[i] = wzp_world_client(s->w, &client);
        s->index[s->node[i]] = i;
        wzp_world_link(s->w, s->node[i], &link, &link);
        wzp_world_join(s->w, s->node[i], "rekey", relay);
    }
}

wzp_rekey_seen wzp_rekey_measure(const wzp_rekey *cfg, uint64_t seed)
{
    scene s = {.w = wzp_world_new(seed), .left_at = WZP_NEVER};
    fill(&s, cfg);
    wzp_world_run(s.w, 10 * WZP_S); /* everybody has everybody's key */
    s.is_watched = true;
    wzp_world_run(s.w, 1 * WZP_S);
    s.left_at = wzp_world_now(s.w);
    wzp_world_leave(s.w, s.node[GONE]);
    wzp_world_run(s.w, 3 * WZP_S);
    wzp_world_free(s.w);
    return s.seen;
}
