/* SPDX-License-Identifier: MIT */
/* The set of an attack test, see stage.h. */
#include "stage.h"

#include <stdlib.h>

void wzp_stage_open(wzp_stage *s, uint64_t seed, bool lies)
{
    *s = (wzp_stage){.w = wzp_world_new(seed)};
    if (lies) {
        s->liar = wzp_liar_new(s->w, 9);
        s->relay = wzp_liar_node(s->liar);
    } else {
        s->relay = wzp_world_relay(s->w, 9, NULL);
    }
}

void wzp_stage_close(wzp_stage *s)
{
    wzp_world_free(s->w);
    for (int i = 0; i < s->n; i++) {
        wzp_puppet_free(s->p[i]);
    }
    if (s->liar != NULL) {
        wzp_liar_free(s->liar);
    }
}

void wzp_stage_pair(wzp_stage *s, uint64_t seed, bool lies)
{
    wzp_stage_open(s, seed, lies);
    (void)wzp_stage_enter(s, NULL);
    (void)wzp_stage_enter(s, NULL);
}

wzp_puppet *wzp_stage_add(wzp_stage *s, const wzp_puppet_config *cfg)
{
    wzp_puppet_config c = {.speaks = true};
    if (s->n == WZP_STAGE_MAX) {
        abort();
    }
    if (cfg != NULL) {
        c = *cfg;
    }
    c.identity = (uint8_t)(WZP_STAGE_ID + s->n);
    s->p[s->n] = wzp_puppet_new(s->w, &c);
    return s->p[s->n++];
}

wzp_puppet *wzp_stage_enter(wzp_stage *s, const wzp_puppet_config *cfg)
{
    wzp_puppet *p = wzp_stage_add(s, cfg);
    wzp_puppet_join(p, WZP_STAGE_ROOM, s->relay);
    wzp_world_run(s->w, 2 * WZP_S);
    return p;
}

uint64_t wzp_stage_hears(wzp_stage *s, const wzp_puppet *p)
{
    const uint64_t before = wzp_puppet_opened(p);
    wzp_world_run(s->w, WZP_S);
    return wzp_puppet_opened(p) - before;
}

int wzp_stage_state(const wzp_puppet *p, int of)
{
    wzp_member_info info;
    if (!wzp_puppet_sees(p, (uint8_t)(WZP_STAGE_ID + of), &info)) {
        return -1;
    }
    return (int)info.state;
}
