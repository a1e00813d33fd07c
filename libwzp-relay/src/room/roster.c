/* SPDX-License-Identifier: MIT */
/* RoomUpdate and RoomDelta, see roster.h. Each is made once and its text is
 * queued for all who get it.
 */
#include "room/roster.h"

#include <string.h>

/* --- what changed --------------------------------------------------------- */

static void forget_left(wzp__roster *r, const uint8_t *mid)
{
    for (size_t i = 0; i < r->n_left; i++) {
        if (memcmp(r->left[i], mid, WZP_MID_LEN) == 0) {
            r->n_left--;
            memcpy(r->left[i], r->left[r->n_left], WZP_MID_LEN);
            return;
        }
    }
}

void wzp__roster_joined(wzp__room *room, wzp__member *member)
{
    wzp__roster *r = &room->roster;
    r->wants_first = true;
    r->wants_full = true;
    if (!member->is_capable) {
        r->wants_sealed_full = true;
        return;
    }
    /* Back with the same package before anybody heard that it had gone. */
    forget_left(r, member->mid);
    member->is_new = true;
    r->wants_delta = true;
}

static bool reserve_left(wzp__room *room)
{
    wzp__roster *r = &room->roster;
    if (r->n_left < r->cap_left) {
        return true;
    }
    size_t cap = r->cap_left == 0 ? 4 : 2 * r->cap_left;
    void *left =
        wzp_mem_resize(room->mem, r->left, r->cap_left * sizeof *r->left,
                       cap * sizeof *r->left);
    if (left == NULL) {
        return false;
    }
    r->left = left;
    r->cap_left = cap;
    return true;
}

void wzp__roster_left(wzp__room *room, const wzp__member *member)
{
    wzp__roster *r = &room->roster;
    r->wants_full = true;
    if (!member->is_capable) {
        r->wants_sealed_full = true;
        return;
    }
    if (!member->is_shown) {
        return;
    }
    if (!reserve_left(room)) {
        r->wants_sealed_full = true; /* the whole list says it too */
        return;
    }
    memcpy(r->left[r->n_left], member->mid, WZP_MID_LEN);
    r->n_left++;
    r->wants_delta = true;
}

/* --- messages ------------------------------------------------------------- */

static wzp_participant participant_of(const wzp__member *m, bool for_capable)
{
    wzp_participant p = {
        .fingerprint = {m->fingerprint, strlen(m->fingerprint)},
        .alias = WZP_STR_NONE,
        .relay_label = WZP_STR_NONE,
    };
    if (m->alias[0] != '\0') {
        p.alias = (wzp_str){m->alias, strlen(m->alias)};
    }
    if (for_capable && m->is_capable) {
        p.mid = (wzp_bytes){m->mid, sizeof m->mid};
        p.kph = (wzp_bytes){m->kph, sizeof m->kph};
        p.caps = m->caps;
    }
    return p;
}

/* Text in the egress arena. */
static bool encode_full(wzp__room *room, wzp__egress *eg, bool for_capable,
                        wzp_str *text)
{
    wzp__egress_begin(eg);
    wzp_participant *list = wzp_arena_alloc(eg->arena, room->n * sizeof *list);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < room->n; i++) {
        list[i] = participant_of(room->members[i], for_capable);
    }
    wzp_signal sig = {
        .kind = WZP_SIG_ROOM_UPDATE,
        .u.room_update = {.count = (uint32_t)room->n,
                          .participants = {list, room->n},
                          .rev = {.has = for_capable, .v = room->roster.rev}},
    };
    return wzp__egress_encode(eg, &sig, text);
}

static bool encode_delta(wzp__room *room, wzp__egress *eg, wzp_str *text)
{
    wzp__roster *r = &room->roster;
    wzp__egress_begin(eg);
    wzp_participant *joined =
        wzp_arena_alloc(eg->arena, room->n_capable * sizeof *joined);
    wzp_bytes *left = wzp_arena_alloc(eg->arena, r->n_left * sizeof *left);
    if (joined == NULL || left == NULL) {
        return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < room->n; i++) {
        if (room->members[i]->is_new) {
            joined[n] = participant_of(room->members[i], true);
            n++;
        }
    }
    for (size_t i = 0; i < r->n_left; i++) {
        left[i] = (wzp_bytes){r->left[i], WZP_MID_LEN};
    }
    wzp_signal sig = {
        .kind = WZP_SIG_ROOM_DELTA,
        .u.room_delta = {.rev = r->rev,
                         .joined = {joined, n},
                         .left = {left, r->n_left}},
    };
    return wzp__egress_encode(eg, &sig, text);
}

/* To every member of one kind that has a roster already. */
static void send_all(const wzp__room *room, wzp__egress *eg, wzp_tstamp now,
                     bool capable, wzp_str text)
{
    for (size_t i = 0; i < room->n; i++) {
        const wzp__member *m = room->members[i];
        if (m->has_roster && m->is_capable == capable) {
            wzp__egress_text(eg, now, m->conn, text);
        }
    }
}

/* Everybody in the room has now been named to somebody; with `is_told` to all
 * capable members. */
static void mark_shown(wzp__room *room, bool is_told)
{
    for (size_t i = 0; i < room->n; i++) {
        room->members[i]->is_shown = true;
        if (is_told) {
            room->members[i]->is_new = false;
        }
    }
    if (is_told) {
        room->roster.n_left = 0;
        room->roster.wants_delta = false;
    }
}

void wzp__roster_send(wzp__room *room, wzp__egress *eg, wzp_tstamp now,
                      wzp__member *member)
{
    wzp_str text;
    if (encode_full(room, eg, member->is_capable, &text)) {
        wzp__egress_text(eg, now, member->conn, text);
    } else {
        wzp__egress_drop(eg, now, member->conn);
    }
    member->has_roster = true;
    mark_shown(room, false);
}

/* --- when ----------------------------------------------------------------- */

static void flush_sealed_full(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    wzp_str text;
    if (room->n_capable > 0) {
        room->roster.rev++;
        if (!encode_full(room, eg, true, &text)) {
            room->roster.rev--;
            return; /* still wanted */
        }
        send_all(room, eg, now, true, text);
        mark_shown(room, true);
    }
    room->roster.wants_sealed_full = false;
}

static void flush_legacy_full(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    wzp_str text;
    if (room->n > room->n_capable) {
        if (!encode_full(room, eg, false, &text)) {
            return;
        }
        send_all(room, eg, now, false, text);
    }
    room->roster.wants_full = false;
}

static void flush_full(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    if (room->roster.wants_sealed_full) {
        flush_sealed_full(room, eg, now);
    }
    if (room->roster.wants_full) {
        flush_legacy_full(room, eg, now);
    }
    room->roster.full_at = now + WZP__ROSTER_FULL_GAP;
}

/* To all of one kind that have no roster yet, the same text. */
static void flush_first(wzp__room *room, wzp__egress *eg, wzp_tstamp now,
                        bool capable)
{
    wzp_str text = {NULL, 0};
    for (size_t i = 0; i < room->n; i++) {
        wzp__member *m = room->members[i];
        if (m->has_roster || m->is_capable != capable) {
            continue;
        }
        m->has_roster = true;
        if (text.ptr == NULL && !encode_full(room, eg, capable, &text)) {
            text.ptr = NULL;
            wzp__egress_drop(eg, now, m->conn);
            continue;
        }
        wzp__egress_text(eg, now, m->conn, text);
    }
}

static void flush_firsts(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    wzp__roster *r = &room->roster;
    r->delta_at = now + WZP__ROSTER_DELTA_GAP;
    r->wants_first = false;
    flush_first(room, eg, now, true);
    flush_first(room, eg, now, false);
    mark_shown(room, false);
}

/* Whoever came and went before anybody was told is none. */
static bool has_news(const wzp__room *room)
{
    bool has = room->roster.n_left > 0;
    for (size_t i = 0; i < room->n && !has; i++) {
        has = room->members[i]->is_new;
    }
    return has;
}

static void flush_delta(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    wzp__roster *r = &room->roster;
    wzp_str text;
    if (!has_news(room)) {
        r->wants_delta = false;
        return;
    }
    r->delta_at = now + WZP__ROSTER_DELTA_GAP;
    r->rev++;
    if (!encode_delta(room, eg, &text)) {
        r->rev--;
        return; /* still wanted */
    }
    send_all(room, eg, now, true, text);
    mark_shown(room, true);
}

void wzp__roster_flush(wzp__room *room, wzp__egress *eg, wzp_tstamp now)
{
    wzp__roster *r = &room->roster;
    const bool is_due = now >= r->delta_at;
    const bool is_full_due = now >= r->full_at;
    /* Nobody is named to the others before it is told of them. */
    const bool is_first_due = is_due || (is_full_due && r->wants_sealed_full);
    if (is_due && r->wants_delta) {
        flush_delta(room, eg, now);
    }
    if (is_full_due && (r->wants_full || r->wants_sealed_full)) {
        flush_full(room, eg, now);
    }
    if (is_first_due && r->wants_first) { /* last: with the newest rev */
        flush_firsts(room, eg, now);
    }
}

wzp_tstamp wzp__roster_deadline(const wzp__room *room)
{
    const wzp__roster *r = &room->roster;
    wzp_tstamp at = WZP_NEVER;
    if (r->wants_delta || r->wants_first) {
        at = r->delta_at;
    }
    if ((r->wants_full || r->wants_sealed_full) && r->full_at < at) {
        at = r->full_at;
    }
    return at;
}
