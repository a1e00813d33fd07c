/* SPDX-License-Identifier: MIT */
/* Members of a room, see room.h. Both arrays are kept in order by moving
 * pointers: joins are rare, and lookups by member id and the count of one
 * stream id are then binary searches.
 */
#include "room/room.h"

#include <assert.h>
#include <string.h>

enum { FIRST_CAP = 4 };

static bool is_hash(const char *name)
{
    return wzp_room_name_kind(name, strlen(name)) == WZP_ROOM_HASHED;
}

void wzp__room_key(const char *name, char out[WZP_ROOM_HEX_LEN + 1])
{
    if (is_hash(name)) {
        memcpy(out, name, WZP_ROOM_HEX_LEN);
        out[WZP_ROOM_HEX_LEN] = '\0';
        return;
    }
    wzp_room_hash((wzp_str){name, strlen(name)}, out);
}

wzp__room *wzp__room_new(const wzp_mem *mem, const char *hash, const char *name)
{
    assert(strlen(hash) == WZP_ROOM_HEX_LEN);
    assert(strlen(name) <= WZP_ROOM_NAME_MAX);
    wzp__room *room = wzp_mem_new(mem, sizeof *room);
    if (room == NULL) {
        return NULL;
    }
    room->mem = mem;
    memcpy(room->hash, hash, WZP_ROOM_HEX_LEN + 1);
    memcpy(room->name, name, strlen(name) + 1);
    return room;
}

void wzp__room_free(wzp__room *room)
{
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < room->n; i++) {
        wzp__member_free(room->mem, room->members[i]);
    }
    size_t bytes = room->cap * sizeof *room->members;
    wzp_mem_free(room->mem, room->members, bytes);
    wzp_mem_free(room->mem, room->by_mid, bytes);
    wzp_mem_free(room->mem, room->roster.left,
                 room->roster.cap_left * sizeof *room->roster.left);
    wzp_mem_free(room->mem, room, sizeof *room);
}

wzp__member *wzp__member_new(const wzp_mem *mem)
{
    return wzp_mem_new(mem, sizeof(wzp__member));
}

void wzp__member_free(const wzp_mem *mem, wzp__member *member)
{
    wzp_mem_free(mem, member, sizeof *member);
}

/* Both arrays grow together, or neither. */
static wzp_err reserve(wzp__room *room)
{
    if (room->n < room->cap) {
        return WZP_OK;
    }
    size_t cap = room->cap == 0 ? FIRST_CAP : 2 * room->cap;
    size_t old = room->cap * sizeof *room->members;
    wzp__member **members = wzp_mem_array(room->mem, cap, sizeof *members);
    wzp__member **by_mid = wzp_mem_array(room->mem, cap, sizeof *by_mid);
    if (members == NULL || by_mid == NULL) {
        wzp_mem_free(room->mem, members, cap * sizeof *members);
        wzp_mem_free(room->mem, by_mid, cap * sizeof *by_mid);
        return WZP_ERR_NOMEM;
    }
    if (old != 0) {
        memcpy(members, room->members, old);
        memcpy(by_mid, room->by_mid, old);
    }
    wzp_mem_free(room->mem, room->members, old);
    wzp_mem_free(room->mem, room->by_mid, old);
    room->members = members;
    room->by_mid = by_mid;
    room->cap = cap;
    return WZP_OK;
}

/* First index whose mid is not below the `len` bytes given. */
static size_t lower_bound(const wzp__room *room, const uint8_t *mid, size_t len)
{
    size_t lo = 0;
    size_t hi = room->n_capable;
    while (lo < hi) {
        size_t at = lo + (hi - lo) / 2;
        if (memcmp(room->by_mid[at]->mid, mid, len) < 0) {
            lo = at + 1;
        } else {
            hi = at;
        }
    }
    return lo;
}

/* The stream id is the first two bytes of the member id: its sharers stand
 * side by side. */
static size_t sid_sharers(const wzp__room *room, const uint8_t *mid)
{
    size_t n = 0;
    for (size_t i = lower_bound(room, mid, 2);
         i < room->n_capable && memcmp(room->by_mid[i]->mid, mid, 2) == 0;
         i++) {
        n++;
    }
    return n;
}

wzp_err wzp__room_insert(wzp__room *room, size_t max_members,
                         wzp__member *member)
{
    if (room->n >= max_members) {
        return WZP_ERR_ROOM_FULL;
    }
    if (member->is_capable) {
        if (wzp__room_find(room, member->mid) != NULL) {
            return WZP_ERR_EXISTS;
        }
        if (sid_sharers(room, member->mid) >= WZP__SID_SHARERS_MAX) {
            return WZP_ERR_SID;
        }
    }
    WZP_TRY(reserve(room));
    room->members[room->n] = member;
    room->n++;
    if (member->is_capable) {
        size_t at = lower_bound(room, member->mid, WZP_MID_LEN);
        memmove(&room->by_mid[at + 1], &room->by_mid[at],
                (room->n_capable - at) * sizeof *room->by_mid);
        room->by_mid[at] = member;
        room->n_capable++;
    }
    return WZP_OK;
}

static void take_out(wzp__member **list, size_t n, const wzp__member *member)
{
    size_t at = 0;
    while (at < n && list[at] != member) {
        at++;
    }
    assert(at < n);
    memmove(&list[at], &list[at + 1], (n - at - 1) * sizeof *list);
}

void wzp__room_remove(wzp__room *room, wzp__member *member)
{
    take_out(room->members, room->n, member);
    room->n--;
    if (member->is_capable) {
        take_out(room->by_mid, room->n_capable, member);
        room->n_capable--;
    }
    wzp__member_free(room->mem, member);
}

wzp__member *wzp__room_find(const wzp__room *room, const uint8_t *mid)
{
    size_t at = lower_bound(room, mid, WZP_MID_LEN);
    if (at == room->n_capable ||
        memcmp(room->by_mid[at]->mid, mid, WZP_MID_LEN) != 0) {
        return NULL;
    }
    return room->by_mid[at];
}
