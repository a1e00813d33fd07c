/* SPDX-License-Identifier: MIT */
/* A room: its members in join order and, of the capable ones, by member id.
 * Who is told about changes is roster.h; who gets media is forward.h.
 * Source: spec/relay.md 3.2; design/secure-media.md 4 (member and stream ids).
 */
#ifndef WZP_RELAY_ROOM_H
#define WZP_RELAY_ROOM_H

#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/room_name.h>
#include <wzp/transport/endpoint.h>

#define WZP__SID_SHARERS_MAX 4 /* secure-media.md 4: a fifth is refused */

/* How much work of a kind a member may still cause, see signal/budget.h. */
typedef struct wzp__budget {
    uint64_t tokens;
    wzp_tstamp at;
} wzp__budget;

typedef struct wzp__member {
    wzp_conn_id conn;
    bool is_capable; /* announced e2e1 and proved it; the rest of this block
                      * is set only then */
    uint16_t sid;
    uint8_t mid[WZP_MID_LEN];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t kp[WZP_KP_LEN];
    uint32_t caps; /* as announced on the hop */
    char fingerprint[WZP_FP_TEXT_LEN + 1];
    char alias[64]; /* "" when none: cut, valid UTF-8 */
    wzp__budget budget;
    uint32_t stamp; /* last message that named this member, see key_route.c */
    /* roster.h */
    bool has_roster; /* was sent one */
    bool is_new;     /* belongs into the next delta */
    bool is_shown;   /* somebody was told of it */
} wzp__member;

/* What members still have to be told, see roster.h. */
typedef struct wzp__roster {
    uint32_t rev;
    bool wants_first;       /* to members that have none */
    bool wants_delta;       /* to capable members */
    bool wants_full;        /* to legacy members */
    bool wants_sealed_full; /* to capable ones, when a legacy one changed */
    wzp_tstamp delta_at, full_at; /* not before */
    uint8_t (*left)[WZP_MID_LEN];
    size_t n_left, cap_left;
} wzp__roster;

typedef struct wzp__room {
    const wzp_mem *mem;               /* borrowed */
    char hash[WZP_ROOM_HEX_LEN + 1];  /* spec/wire.md 3.8, the key */
    char name[WZP_ROOM_NAME_MAX + 1]; /* as first joined */
    wzp_addr maker;                   /* who joined first */
    wzp__member **members;            /* join order; owned */
    size_t n, cap;
    wzp__member **by_mid; /* capable members, ascending */
    size_t n_capable;
    uint32_t stamp;
    wzp__roster roster;
} wzp__room;

/* The hash that raw and hashed joiners of one room share; name in lower
 * case. */
void wzp__room_key(const char *name, char out[WZP_ROOM_HEX_LEN + 1]);

/* NULL when out of memory. */
wzp__room *wzp__room_new(const wzp_mem *mem, const char *hash,
                         const char *name);
/* Frees members that are still in. NULL is fine. */
void wzp__room_free(wzp__room *room);

/* A member for this room, not in it yet; NULL when out of memory. */
wzp__member *wzp__member_new(const wzp_mem *mem);
void wzp__member_free(const wzp_mem *mem, wzp__member *member);

/* member  taken on WZP_OK
 *
 * WZP_ERR_ROOM_FULL, WZP_ERR_SID (four members share this stream id),
 * WZP_ERR_EXISTS (this very package is in the room), WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__room_insert(wzp__room *room, size_t max_members,
                                       wzp__member *member);
/* Takes out and frees. */
void wzp__room_remove(wzp__room *room, wzp__member *member);

/* A capable member, or NULL; mid has WZP_MID_LEN bytes. */
wzp__member *wzp__room_find(const wzp__room *room, const uint8_t *mid);

#endif
