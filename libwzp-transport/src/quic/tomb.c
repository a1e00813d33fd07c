/* SPDX-License-Identifier: MIT */
/* A ring in order of time: all live equally long. */
#include "quic/tomb.h"

#include <string.h>

static uint32_t value_of(size_t place)
{
    return WZP__TOMB_BASE + (uint32_t)place;
}

static void remove_first(wzp__tombs *t, wzp__env *env)
{
    const size_t place = t->head;
    wzp__tomb *tomb = t->ring[place];
    for (size_t i = 0; i < tomb->cid_count; i++) {
        wzp__cidmap_remove(&env->cids, &tomb->cids[i], value_of(place));
    }
    wzp_mem_free(&env->cfg.mem, tomb, sizeof *tomb);
    t->ring[place] = NULL;
    t->head = (t->head + 1) % WZP__TOMBS_MAX;
    t->count--;
}

static void add_cid(wzp__tomb *tomb, const wzp__cid *cid)
{
    if (tomb->cid_count < WZP__TOMB_CIDS && cid->len > 0) {
        tomb->cids[tomb->cid_count++] = *cid;
    }
}

static void collect_cids(wzp__tomb *tomb, const wzp__conn *c)
{
    add_cid(tomb, &c->first_dcid);
    ngtcp2_cid own[16];
    const size_t n = ngtcp2_conn_get_scid(c->quic, NULL);
    if (n == 0 || n > sizeof own / sizeof *own) {
        return;
    }
    (void)ngtcp2_conn_get_scid(c->quic, own);
    for (size_t i = 0; i < n; i++) {
        const wzp__cid cid = wzp__cid_of(own[i].data, own[i].datalen);
        add_cid(tomb, &cid);
    }
}

void wzp__tomb_add(wzp__tombs *t, wzp__conn *c, wzp_tstamp now,
                   const uint8_t *data, size_t len)
{
    wzp__env *env = c->env;
    if (t->count == WZP__TOMBS_MAX) {
        remove_first(t, env);
    }
    wzp__tomb *tomb = wzp_mem_new(&env->cfg.mem, sizeof *tomb);
    if (tomb == NULL) {
        env->stats.no_memory++;
        return;
    }
    tomb->until = now + WZP__TOMB_LIFE;
    tomb->local = c->local;
    tomb->remote = c->remote;
    if (data != NULL && len <= sizeof tomb->packet) {
        memcpy(tomb->packet, data, len);
        tomb->len = (uint16_t)len;
    }
    collect_cids(tomb, c);
    const size_t place = (t->head + t->count) % WZP__TOMBS_MAX;
    for (size_t i = 0; i < tomb->cid_count; i++) {
        wzp_ignore(wzp__cidmap_set(&env->cids, &tomb->cids[i], value_of(place)),
                   "late packets then find nothing, which is harmless");
    }
    t->ring[place] = tomb;
    t->count++;
}

void wzp__tombs_deinit(wzp__tombs *t, wzp__env *env)
{
    while (t->count > 0) {
        remove_first(t, env);
    }
}

const wzp__tomb *wzp__tomb_recv(wzp__tombs *t, uint32_t value)
{
    wzp__tomb *tomb = t->ring[value - WZP__TOMB_BASE];
    if (tomb == NULL || tomb->len == 0) {
        return NULL;
    }
    tomb->heard++;
    return (tomb->heard & (tomb->heard - 1)) == 0 ? tomb : NULL;
}

void wzp__tombs_expire(wzp__tombs *t, wzp__env *env, wzp_tstamp now)
{
    while (t->count > 0 && t->ring[t->head]->until <= now) {
        remove_first(t, env);
    }
}

wzp_tstamp wzp__tombs_deadline(const wzp__tombs *t)
{
    return t->count == 0 ? WZP_NEVER : t->ring[t->head]->until;
}
