/* SPDX-License-Identifier: MIT */
/* Connections as the relay sees them, found by connection number, and the ones
 * that must get somewhere before a deadline.
 *
 * States of a connection at the relay:
 *
 *            ACCEPTED, by role
 *    room ──► WAIT_OFFER ──CallOffer──► MEMBER ────────────────┐
 *    _signal ► WAIT_REGISTER ─┬RegisterPresence─► REGISTERED ──┤
 *                 │           └─of nobody──► PROBE ──10 s──────┤
 *              refused ──► REFUSED ──250 ms────────────────────┤
 *    version ► VERSION ──100 ms────────────────────────────────┤
 *    ping, refused ────────────────────────────────────────────┴─► CLOSING
 *                                                    CLOSING ──CLOSED──► gone
 * -- end of states
 *
 * Timers: WAIT_OFFER and WAIT_REGISTER join_timeout (config); VERSION 100 ms
 * (spec/wire.md 5.2); REFUSED 250 ms, chosen: what a close would overtake must
 * get out first; PROBE 10 s, chosen: an address probe is over in 1.5 s
 * (spec/client.md 4.4). A token (auth.h) is waited for in the WAIT states.
 */
#ifndef WZP_RELAY_PEER_H
#define WZP_RELAY_PEER_H

#include "auth.h"
#include "room/room.h"
#include "signal/desk.h"

#include <wzp/transport/endpoint.h>

typedef enum wzp__peer_state {
    WZP__PEER_WAIT_OFFER,
    WZP__PEER_WAIT_REGISTER,
    WZP__PEER_PROBE,
    WZP__PEER_VERSION,
    WZP__PEER_REFUSED,
    WZP__PEER_MEMBER, /* this one and those below have no deadline */
    WZP__PEER_REGISTERED,
    WZP__PEER_CLOSING,
} wzp__peer_state;

typedef struct wzp__peer {
    wzp_conn_id conn;
    wzp_addr remote;
    wzp__peer_state state;
    /* while waiting */
    wzp_tstamp deadline; /* WZP_NEVER: in no list */
    struct wzp__peer *prev, *next;
    uint8_t messages;                 /* read before joining */
    uint8_t exporter[32];             /* secret; wiped at the join */
    char name[WZP_ROOM_NAME_MAX + 1]; /* of the room asked for, lower case */
    wzp__auth auth;
    /* REFUSED: how it will be closed */
    uint64_t code;
    const char *reason; /* static text */
    wzp_err err;
    /* as a member */
    wzp__room *room;     /* borrowed from the room table */
    wzp__member *member; /* borrowed from the room */
    /* when REGISTERED or a PROBE */
    wzp__desk *desk; /* owned */
} wzp__peer;

/* Peers of one state have the same time to live, so each list is in order of
 * deadlines by itself. */
typedef struct wzp__peer_list {
    wzp__peer *first, *last;
} wzp__peer_list;

typedef struct wzp__peers {
    const wzp_mem *mem;                       /* borrowed */
    wzp__peer **slots;                        /* open addressing */
    size_t cap, n;                            /* cap is a power of two */
    wzp__peer_list waiting[WZP__PEER_MEMBER]; /* by state */
} wzp__peers;

/* max  peers at once. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__peers_init(wzp__peers *t, const wzp_mem *mem,
                                      size_t max);
/* Frees the peers too; they must have left their rooms. */
void wzp__peers_deinit(wzp__peers *t);

/* A new peer in state CLOSING (see wzp__peer_enter); NULL when out of memory
 * or full. */
wzp__peer *wzp__peers_insert(wzp__peers *t, wzp_conn_id conn);
wzp__peer *wzp__peers_find(const wzp__peers *t, wzp_conn_id conn);
void wzp__peers_remove(wzp__peers *t, wzp__peer *peer);

/* Change state; deadline is WZP_NEVER for the states without one. */
void wzp__peer_enter(wzp__peers *t, wzp__peer *peer, wzp__peer_state state,
                     wzp_tstamp deadline);

/* The first one whose deadline has come, or NULL; and the next deadline. */
wzp__peer *wzp__peers_overdue(const wzp__peers *t, wzp_tstamp now);
wzp_tstamp wzp__peers_deadline(const wzp__peers *t);

#endif
