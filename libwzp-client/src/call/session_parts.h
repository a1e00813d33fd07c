/* SPDX-License-Identifier: MIT */
/* What a session is made of, for the two files that make it work: session.c
 * (states) and session_life.c (making, freeing, asking).
 */
#ifndef WZP_CLIENT_SESSION_PARTS_H
#define WZP_CLIENT_SESSION_PARTS_H

#include "account/trust.h"
#include "call/access.h"
#include "call/session.h"
#include "path/backoff.h"
#include "path/handshake.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/room_name.h>

#define WZP__SESSION_EVENTS 8 /* a step makes three at most */

struct wzp__session {
    wzp__session_deps deps;
    wzp_arena *arena;
    wzp_client_state state;
    wzp_tstamp deadline;   /* of the present state */
    wzp_tstamp give_up_at; /* first join only, else WZP_NEVER */
    bool was_joined;
    bool is_leaving;
    bool is_call;   /* started with an agreement; until ENDED */
    bool is_legacy; /* the relay, of the present connection */
    wzp__backoff backoff;
    wzp_tstamp joined_at;
    size_t addr; /* index into join.addrs */
    uint32_t epoch;
    uint32_t rev; /* of the roster we have */
    uint64_t signals_refused;

    char room[WZP_ROOM_NAME_MAX + 1];
    char hash[WZP_ROOM_HEX_LEN + 1];
    const char *usual_sni; /* hash; room where the join says so */
    const char *sni; /* usual; room towards a legacy relay, once accepted */
    char relay[WZP__PIN_NAME_MAX + 1];
    uint8_t room_id[WZP_HASH_LEN];
    wzp_join join; /* without what is in `access` */
    wzp__access access;

    wzp_conn_id conn;
    wzp__trust trust; /* in the relay's certificate */
    wzp_group *group;
    wzp_group_stats last_stats; /* of the group before, once it is gone */
    wzp__handshake handshake;

    wzp__session_event events[WZP__SESSION_EVENTS];
    size_t ev_head, ev_count;
};

/* What the room of this join is called: by people, on the way, in keys.
 * WZP_ERR_NAME. */
WZP_NODISCARD wzp_err wzp__session_name_room(wzp__session *s,
                                             const wzp_join *join);

/* The group goes, its statistics stay. */
void wzp__session_drop_group(wzp__session *s);

#endif
