/* SPDX-License-Identifier: MIT */
/* Table of connections, see peer.h. Linear probing with deletion by shifting
 * back: no tombstones, so a table that lives for months stays fast. The keys
 * are the endpoint's numbers; a peer cannot choose them.
 */
#include "peer.h"

#include <wzp/crypto/wipe.h>

#include <assert.h>
#include <string.h>

static size_t home(const wzp__peers *t, wzp_conn_id conn)
{
    return (size_t)((conn * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (t->cap - 1);
}

wzp_err wzp__peers_init(wzp__peers *t, const wzp_mem *mem, size_t max)
{
    size_t cap = 16;
    while (cap < 2 * max) {
        cap *= 2;
    }
    wzp__peer **slots = wzp_mem_array(mem, cap, sizeof *slots);
    if (slots == NULL) {
        return WZP_ERR_NOMEM;
    }
    *t = (wzp__peers){.mem = mem, .slots = slots, .cap = cap};
    return WZP_OK;
}

static void release(wzp__peers *t, wzp__peer *peer)
{
    wzp_wipe(peer->exporter, sizeof peer->exporter);
    wzp__auth_deinit(t->mem, &peer->auth);
    if (peer->desk != NULL) {
        wzp_mem_free(t->mem, peer->desk, sizeof *peer->desk);
    }
    wzp_mem_free(t->mem, peer, sizeof *peer);
}

void wzp__peers_deinit(wzp__peers *t)
{
    for (size_t i = 0; i < t->cap; i++) {
        if (t->slots[i] != NULL) {
            release(t, t->slots[i]);
        }
    }
    if (t->slots != NULL) {
        wzp_mem_free(t->mem, t->slots, t->cap * sizeof(wzp__peer *));
    }
    *t = (wzp__peers){0};
}

wzp__peer *wzp__peers_insert(wzp__peers *t, wzp_conn_id conn)
{
    if (t->n >= t->cap / 2) {
        return NULL;
    }
    wzp__peer *peer = wzp_mem_new(t->mem, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->conn = conn;
    peer->state = WZP__PEER_CLOSING;
    peer->deadline = WZP_NEVER;
    size_t i = home(t, conn);
    while (t->slots[i] != NULL) {
        assert(t->slots[i]->conn != conn);
        i = (i + 1) & (t->cap - 1);
    }
    t->slots[i] = peer;
    t->n++;
    return peer;
}

static size_t slot_of(const wzp__peers *t, wzp_conn_id conn)
{
    size_t i = home(t, conn);
    while (t->slots[i] != NULL && t->slots[i]->conn != conn) {
        i = (i + 1) & (t->cap - 1);
    }
    return i;
}

wzp__peer *wzp__peers_find(const wzp__peers *t, wzp_conn_id conn)
{
    return t->slots[slot_of(t, conn)];
}

/* Close the gap at `hole`: move up every later entry of the run whose home is
 * not between hole and itself. */
static void shift_back(wzp__peers *t, size_t hole)
{
    size_t mask = t->cap - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i] != NULL;
         i = (i + 1) & mask) {
        size_t from_home = (i - home(t, t->slots[i]->conn)) & mask;
        size_t from_hole = (i - hole) & mask;
        if (from_home >= from_hole) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = NULL;
}

static void unlink_peer(wzp__peers *t, wzp__peer *peer)
{
    if (peer->deadline == WZP_NEVER) {
        return;
    }
    wzp__peer_list *list = &t->waiting[peer->state];
    if (peer->prev != NULL) {
        peer->prev->next = peer->next;
    } else {
        list->first = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->prev = peer->prev;
    } else {
        list->last = peer->prev;
    }
    peer->prev = peer->next = NULL;
    peer->deadline = WZP_NEVER;
}

void wzp__peers_remove(wzp__peers *t, wzp__peer *peer)
{
    assert(peer->member == NULL && peer->auth.token.text == NULL);
    unlink_peer(t, peer);
    shift_back(t, slot_of(t, peer->conn));
    t->n--;
    release(t, peer);
}

void wzp__peer_enter(wzp__peers *t, wzp__peer *peer, wzp__peer_state state,
                     wzp_tstamp deadline)
{
    unlink_peer(t, peer);
    peer->state = state;
    if (deadline == WZP_NEVER) {
        return;
    }
    assert(state < WZP__PEER_MEMBER);
    wzp__peer_list *list = &t->waiting[state];
    assert(list->last == NULL || list->last->deadline <= deadline);
    peer->deadline = deadline;
    peer->prev = list->last;
    if (list->last != NULL) {
        list->last->next = peer;
    } else {
        list->first = peer;
    }
    list->last = peer;
}

wzp__peer *wzp__peers_overdue(const wzp__peers *t, wzp_tstamp now)
{
    for (size_t i = 0; i < WZP__PEER_MEMBER; i++) {
        wzp__peer *peer = t->waiting[i].first;
        if (peer != NULL && peer->deadline <= now) {
            return peer;
        }
    }
    return NULL;
}

wzp_tstamp wzp__peers_deadline(const wzp__peers *t)
{
    wzp_tstamp at = WZP_NEVER;
    for (size_t i = 0; i < WZP__PEER_MEMBER; i++) {
        const wzp__peer *peer = t->waiting[i].first;
        if (peer != NULL && peer->deadline < at) {
            at = peer->deadline;
        }
    }
    return at;
}
