/* SPDX-License-Identifier: MIT */
/* Slots grow by doubling and are used again; the serial number in a connection
 * id is not.
 */
#include "quic/table.h"

enum {
    FIRST_SLOTS = 8,
};
/* chosen: what the timers of common loops can do; keeps a connection that is
 * blocked with an expiry in the past from spinning */
#define TIMER_STEP WZP_MS

static wzp_err grow(wzp_endpoint *ep)
{
    const wzp_mem *mem = &ep->env.cfg.mem;
    const size_t old = ep->slot_count;
    size_t n = old == 0 ? FIRST_SLOTS : old * 2;
    if (n > ep->env.cfg.max_conns) {
        n = ep->env.cfg.max_conns;
    }
    if (n <= old) {
        return WZP_ERR_FULL;
    }
    WZP_TRY(wzp__heap_reserve(&ep->deadlines, n));
    wzp__conn **slots = wzp_mem_array(mem, n, sizeof *slots);
    uint32_t *unused = wzp_mem_array(mem, n, sizeof *unused);
    if (slots == NULL || unused == NULL) {
        wzp_mem_free(mem, slots, n * sizeof *slots);
        wzp_mem_free(mem, unused, n * sizeof *unused);
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < old; i++) {
        slots[i] = ep->slots[i];
    }
    size_t free_count = 0;
    for (size_t i = n; i > old; i--) { /* lowest on top */
        unused[free_count++] = (uint32_t)(i - 1);
    }
    wzp_mem_free(mem, ep->slots, old * sizeof *ep->slots);
    wzp_mem_free(mem, ep->free_slots, old * sizeof *ep->free_slots);
    ep->slots = slots;
    ep->free_slots = unused;
    ep->free_count = free_count;
    ep->slot_count = n;
    return WZP_OK;
}

wzp_err wzp__table_reserve(wzp_endpoint *ep, wzp__conn_new *out)
{
    if (ep->free_count == 0) {
        WZP_TRY(grow(ep));
    }
    const uint32_t slot = ep->free_slots[ep->free_count - 1];
    ep->serial++;
    *out = (wzp__conn_new){.env = &ep->env,
                           .id = ep->serial << WZP__SLOT_BITS | slot,
                           .slot = slot,
                           .now = ep->now};
    return WZP_OK;
}

void wzp__table_insert(wzp_endpoint *ep, wzp__conn *c)
{
    ep->free_count--;
    ep->slots[c->slot] = c;
    ep->env.stats.conns++;
}

static void unlink_dirty(wzp_endpoint *ep, wzp__conn *c)
{
    wzp__conn *before = NULL;
    wzp__conn *at = ep->dirty_first;
    while (at != c) {
        before = at;
        at = at->next_dirty;
    }
    if (before != NULL) {
        before->next_dirty = c->next_dirty;
    } else {
        ep->dirty_first = c->next_dirty;
    }
    if (ep->dirty_last == c) {
        ep->dirty_last = before;
    }
}

void wzp__table_remove(wzp_endpoint *ep, wzp__conn *c)
{
    if (c->in_dirty) {
        unlink_dirty(ep, c);
    }
    if (ep->signals == c) {
        ep->signals = NULL;
    }
    wzp__heap_set(&ep->deadlines, c->slot, WZP_NEVER);
    ep->slots[c->slot] = NULL;
    ep->free_slots[ep->free_count++] = c->slot;
    ep->env.stats.conns--;
    wzp__conn_free(c);
}

wzp__conn *wzp__table_find(const wzp_endpoint *ep, wzp_conn_id id)
{
    const size_t slot = (size_t)(id & (WZP__SLOTS_MAX - 1));
    wzp__conn *c = slot < ep->slot_count ? ep->slots[slot] : NULL;
    if (c == NULL || c->id != id || c->state >= WZP__CONN_CLOSING) {
        return NULL;
    }
    return c;
}

void wzp__table_mark(wzp_endpoint *ep, wzp__conn *c)
{
    if (c->in_dirty) {
        return;
    }
    c->in_dirty = true;
    c->next_dirty = NULL;
    if (ep->dirty_last != NULL) {
        ep->dirty_last->next_dirty = c;
    } else {
        ep->dirty_first = c;
    }
    ep->dirty_last = c;
}

void wzp__table_unmark(wzp_endpoint *ep)
{
    wzp__conn *c = ep->dirty_first;
    ep->dirty_first = c->next_dirty;
    if (ep->dirty_first == NULL) {
        ep->dirty_last = NULL;
    }
    c->in_dirty = false;
}

void wzp__table_arm(wzp_endpoint *ep, wzp__conn *c, wzp_tstamp now)
{
    wzp_tstamp at = wzp__conn_deadline(c);
    if (at < now + TIMER_STEP) {
        at = now + TIMER_STEP;
    }
    if (at < wzp__heap_get(&ep->deadlines, c->slot)) {
        wzp__heap_set(&ep->deadlines, c->slot, at);
    }
}
