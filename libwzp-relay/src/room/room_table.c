/* SPDX-License-Identifier: MIT */
/* The table of rooms, see room_table.h.
 */
#include "room/room_table.h"

#include <assert.h>
#include <string.h>

void wzp__room_table_init(wzp__room_table *t, const wzp_mem *mem, size_t max)
{
    *t = (wzp__room_table){.mem = mem, .max = max};
}

void wzp__room_table_deinit(wzp__room_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        wzp__room_free(t->rooms[i]);
    }
    if (t->rooms != NULL) {
        wzp_mem_free(t->mem, t->rooms, t->cap * sizeof(wzp__room *));
    }
    *t = (wzp__room_table){0};
}

static size_t lower_bound(const wzp__room_table *t, const char *hash)
{
    size_t lo = 0;
    size_t hi = t->n;
    while (lo < hi) {
        size_t at = lo + (hi - lo) / 2;
        if (memcmp(t->rooms[at]->hash, hash, WZP_ROOM_HEX_LEN) < 0) {
            lo = at + 1;
        } else {
            hi = at;
        }
    }
    return lo;
}

wzp__room *wzp__room_table_find(const wzp__room_table *t, const char *hash)
{
    size_t at = lower_bound(t, hash);
    if (at == t->n || memcmp(t->rooms[at]->hash, hash, WZP_ROOM_HEX_LEN) != 0) {
        return NULL;
    }
    return t->rooms[at];
}

static bool is_same_site(const wzp_addr *a, const wzp_addr *b)
{
    const size_t len = a->family == WZP_FAMILY_V4 ? 4 : 6;
    return a->family == b->family && memcmp(a->ip, b->ip, len) == 0;
}

/* All are looked at: rooms are made far less often than packets come. */
size_t wzp__room_table_made(const wzp__room_table *t, const wzp_addr *from)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        n += is_same_site(&t->rooms[i]->maker, from);
    }
    return n;
}

static wzp_err reserve(wzp__room_table *t)
{
    if (t->n < t->cap) {
        return WZP_OK;
    }
    size_t cap = t->cap == 0 ? 16 : 2 * t->cap;
    wzp__room **rooms =
        wzp_mem_resize(t->mem, t->rooms, t->cap * sizeof(wzp__room *),
                       cap * sizeof(wzp__room *));
    if (rooms == NULL) {
        return WZP_ERR_NOMEM;
    }
    t->rooms = rooms;
    t->cap = cap;
    return WZP_OK;
}

wzp_err wzp__room_table_insert(wzp__room_table *t, const char *hash,
                               const char *name, wzp__room **out)
{
    if (t->n >= t->max) {
        return WZP_ERR_ROOM_FULL;
    }
    WZP_TRY(reserve(t));
    wzp__room *room = wzp__room_new(t->mem, hash, name);
    if (room == NULL) {
        return WZP_ERR_NOMEM;
    }
    size_t at = lower_bound(t, hash);
    memmove(&t->rooms[at + 1], &t->rooms[at],
            (t->n - at) * sizeof(wzp__room *));
    t->rooms[at] = room;
    t->n++;
    *out = room;
    return WZP_OK;
}

void wzp__room_table_remove(wzp__room_table *t, wzp__room *room)
{
    size_t at = lower_bound(t, room->hash);
    assert(at < t->n && t->rooms[at] == room);
    memmove(&t->rooms[at], &t->rooms[at + 1],
            (t->n - at - 1) * sizeof(wzp__room *));
    t->n--;
    wzp__room_free(room);
}
