/* SPDX-License-Identifier: MIT */
/* What happened and was not yet given to the owner. */
#include "quic/env.h"

enum {
    FIRST_CAP = 64,
};

static wzp_err grow(wzp__env *env)
{
    wzp__events *q = &env->events;
    const size_t cap = q->cap == 0 ? FIRST_CAP : q->cap * 2;
    wzp__event *ring = wzp_mem_array(&env->cfg.mem, cap, sizeof *ring);
    if (ring == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < q->count; i++) {
        ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
    }
    wzp_mem_free(&env->cfg.mem, q->ring, q->cap * sizeof *q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
    return WZP_OK;
}

wzp_err wzp__events_push(wzp__env *env, wzp__event ev)
{
    wzp__events *q = &env->events;
    if (q->count == q->cap) {
        WZP_TRY(grow(env));
    }
    q->ring[(q->head + q->count) & (q->cap - 1)] = ev;
    q->count++;
    return WZP_OK;
}

bool wzp__events_pop(wzp__env *env, wzp__event *out)
{
    wzp__events *q = &env->events;
    if (q->count == 0) {
        return false;
    }
    *out = q->ring[q->head];
    q->head = (q->head + 1) & (q->cap - 1);
    q->count--;
    return true;
}

void wzp__events_deinit(wzp__env *env)
{
    wzp__event ev;
    while (wzp__events_pop(env, &ev)) {
        wzp_pkt_unref(ev.pkt);
    }
    wzp_mem_free(&env->cfg.mem, env->events.ring,
                 env->events.cap * sizeof *env->events.ring);
    env->events = (wzp__events){0};
}
