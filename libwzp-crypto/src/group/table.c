/* SPDX-License-Identifier: MIT */
/* Members by number, by position and by stream id: see state.h. Departed
 * members are kept with their pair and their keys, as long as there is room:
 * were the relay to list one again, a pair begun twice would leave the two
 * sides with different keys, and an old key message could be played again. Of
 * one that has to make room the id is kept, so that it does not come back.
 */
#include "state.h"

#include <sodium.h>

#include <string.h>

static wzp__member **bucket_of(wzp_group *g, const uint8_t *mid)
{
    return &g->buckets[mid[1]];
}

wzp_err wzp__table_init(wzp_group *g, size_t max_members)
{
    g->max_members = max_members;
    g->cap = 2 * max_members; /* as many departed ones as listed ones */
    g->list = wzp_mem_array(&g->mem, g->cap, sizeof *g->list);
    g->slots = wzp_mem_array(&g->mem, g->cap, sizeof *g->slots);
    return g->list != NULL && g->slots != NULL ? WZP_OK : WZP_ERR_NOMEM;
}

void wzp__table_deinit(wzp_group *g)
{
    while (g->n_members > 0) {
        wzp__member_remove(g, g->list[g->n_members - 1]);
    }
    wzp_mem_free(&g->mem, g->list, g->cap * sizeof *g->list);
    wzp_mem_free(&g->mem, g->slots, g->cap * sizeof *g->slots);
    wzp_mem_free(&g->mem, g->forgotten,
                 g->cap_forgotten * sizeof *g->forgotten);
}

wzp__member *wzp__member_find(const wzp_group *g,
                              const uint8_t mid[WZP_MID_LEN])
{
    wzp__member *m = g->buckets[mid[1]];
    while (m != NULL && memcmp(m->mid, mid, WZP_MID_LEN) != 0) {
        m = m->bucket;
    }
    return m;
}

wzp_err wzp__member_speaks(const wzp_group *g, const uint8_t from[WZP_MID_LEN],
                           const uint8_t to[WZP_MID_LEN], wzp__member **out)
{
    if (memcmp(to, g->mid, WZP_MID_LEN) != 0) {
        return WZP_ERR_PROTOCOL;
    }
    wzp__member *m = wzp__member_find(g, from);
    if (m == NULL || !m->is_listed) {
        return WZP_ERR_NOT_FOUND;
    }
    if (m->state == WZP_MEMBER_REFUSED) {
        return WZP_ERR_NOT_ALLOWED;
    }
    *out = m;
    return WZP_OK;
}

static void place(wzp_group *g, wzp__member *m, size_t pos)
{
    g->list[pos] = m;
    m->pos = pos;
}

static bool is_forgotten(const wzp_group *g, const uint8_t *mid)
{
    for (size_t i = 0; i < g->n_forgotten; i++) {
        if (memcmp(g->forgotten[i], mid, WZP_MID_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static wzp_err note_forgotten(wzp_group *g, const wzp__member *m)
{
    if (g->n_forgotten == g->cap_forgotten) {
        const size_t was = g->cap_forgotten;
        const size_t cap = was == 0 ? 64 : 2 * was;
        if (cap > WZP__FORGOTTEN_MAX) {
            return WZP_ERR_FULL;
        }
        void *more =
            wzp_mem_resize(&g->mem, g->forgotten, was * sizeof *g->forgotten,
                           cap * sizeof *g->forgotten);
        if (more == NULL) {
            return WZP_ERR_NOMEM;
        }
        g->forgotten = more;
        g->cap_forgotten = cap;
    }
    memcpy(g->forgotten[g->n_forgotten++], m->mid, WZP_MID_LEN);
    return WZP_OK;
}

/* Has what must not begin anew. */
static bool had_keys(const wzp__member *m)
{
    return m->pair != WZP__PAIR_NONE || m->has_high;
}

/* Room for one more: the departed one that left first goes for good, those
 * without keys before all others. */
static wzp_err make_room(wzp_group *g)
{
    wzp__member *oldest = NULL;
    for (size_t i = g->n_listed; i < g->n_members; i++) {
        wzp__member *m = g->list[i];
        if (oldest == NULL || had_keys(m) < had_keys(oldest) ||
            (had_keys(m) == had_keys(oldest) && m->left_at < oldest->left_at)) {
            oldest = m;
        }
    }
    if (oldest == NULL) {
        return WZP_ERR_FULL;
    }
    if (had_keys(oldest)) {
        WZP_TRY(note_forgotten(g, oldest));
    }
    wzp__member_remove(g, oldest);
    return WZP_OK;
}

static wzp_err reserve(wzp_group *g, const uint8_t *mid)
{
    if (g->n_listed >= g->max_members) {
        return WZP_ERR_FULL;
    }
    if (mid != NULL && is_forgotten(g, mid)) {
        return WZP_ERR_KEY_REPLAYED;
    }
    return g->n_members < g->cap ? WZP_OK : make_room(g);
}

/* Numbers go round, so that one is not used again soon. */
static uint32_t free_number(wzp_group *g)
{
    while (g->slots[g->next_number % g->cap] != NULL) {
        g->next_number++;
    }
    return (uint32_t)(g->next_number++ % g->cap);
}

wzp_err wzp__member_insert(wzp_group *g, const uint8_t *mid, wzp__member **out)
{
    const wzp_err e = reserve(g, mid);
    if (e != WZP_OK) {
        g->stats.members_ignored++;
        return e;
    }
    wzp__member *m = wzp_mem_new(&g->mem, sizeof *m);
    if (m == NULL) {
        return WZP_ERR_NOMEM;
    }
    m->number = free_number(g);
    g->slots[m->number] = m;
    m->is_legacy = mid == NULL;
    m->state = m->is_legacy ? WZP_MEMBER_LEGACY : WZP_MEMBER_UNKNOWN;
    m->package_at = WZP_NEVER;
    m->copy_at = WZP_NEVER;
    m->missed_at = WZP_NEVER;
    if (mid != NULL) {
        memcpy(m->mid, mid, WZP_MID_LEN);
        m->bucket = *bucket_of(g, mid);
        *bucket_of(g, mid) = m;
    }
    place(g, m, g->n_members++);
    wzp__member_list(g, m, true);
    *out = m;
    return WZP_OK;
}

void wzp__member_list(wzp_group *g, wzp__member *m, bool is_listed)
{
    if (m->is_listed == is_listed) {
        return;
    }
    m->is_listed = is_listed;
    if (is_listed) {
        g->n_listed++;
        g->n_capable += !m->is_legacy;
    }
    const size_t border = g->n_listed - 1;
    const size_t from = m->pos;
    place(g, g->list[border], from);
    place(g, m, border);
    if (!is_listed) {
        g->n_listed--;
        g->n_capable -= !m->is_legacy;
    }
}

void wzp__member_remove(wzp_group *g, wzp__member *m)
{
    wzp__member_list(g, m, false);
    for (unsigned t = 0; t < WZP__TODOS; t++) {
        wzp__todo_clear(g, m, (wzp__todo)t);
    }
    wzp__keys_drop(g, m);
    if (!m->is_legacy) {
        wzp__member **at = bucket_of(g, m->mid);
        while (*at != m) {
            at = &(*at)->bucket;
        }
        *at = m->bucket;
    }
    g->slots[m->number] = NULL;
    place(g, g->list[--g->n_members], m->pos);
    sodium_memzero(m, sizeof *m);
    wzp_mem_free(&g->mem, m, sizeof *m);
}

void wzp__todo_set(wzp_group *g, wzp__member *m, wzp__todo what)
{
    if (!wzp__todo_has(m, what)) {
        m->todo |= 1u << what;
        g->todo_count[what]++;
    }
}

void wzp__todo_clear(wzp_group *g, wzp__member *m, wzp__todo what)
{
    if (wzp__todo_has(m, what)) {
        m->todo &= ~(1u << what);
        g->todo_count[what]--;
    }
}

wzp__member *wzp__todo_next(wzp_group *g, wzp__todo what)
{
    if (g->todo_count[what] == 0) {
        return NULL;
    }
    for (;;) { /* the count says that there is one */
        if (g->todo_from[what] >= g->n_members) {
            g->todo_from[what] = 0;
        }
        wzp__member *m = g->list[g->todo_from[what]++];
        if (wzp__todo_has(m, what)) {
            return m;
        }
    }
}
