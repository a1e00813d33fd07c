/* SPDX-License-Identifier: MIT */
/* A relay in the hands of an attacker, as a node of the world. It has a valid
 * identity of its own, and as long as nobody tells it otherwise it does what an
 * honest relay does: rooms, by name or hash, and direct calls (exchange.h). A
 * test sees everything that passes, per
 * receiver, and may change, drop, delay, repeat or invent it, and may put
 * members into the room that the relay plays itself (ghosts).
 */
#ifndef WZP_TEST_LIAR_H
#define WZP_TEST_LIAR_H

#include "support/world/world.h"

#include <wzp/crypto/group.h>
#include <wzp/proto/media.h>

typedef struct wzp_liar wzp_liar;

#define WZP_LIAR_MEMBERS 64   /* connections over its life; aborts beyond */
#define WZP_LIAR_RELAY   (-1) /* `from` of what the relay says itself */

/* Connections are numbered in the order they came, members of rooms and lines
 * alike; a number is not used again. */
typedef struct wzp_liar_member {
    bool is_here;   /* gets what its room gets */
    bool is_listed; /* named in rosters */
    bool is_ghost;
    bool is_line;       /* of the role `_signal`, in no room */
    bool is_registered; /* a line that can be called */
    bool is_verified;   /* and proved whose it is */
    uint8_t room_id[WZP_HASH_LEN];
    char fingerprint[WZP_FP_TEXT_LEN + 1];
    char alias[WZP_ALIAS_MAX];
    uint32_t caps;
    uint8_t identity[WZP_KEY_LEN];
    uint8_t kp[WZP_KP_LEN];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t mid[WZP_MID_LEN];
    wzp_str offer; /* its CallOffer as it came */
} wzp_liar_member;

/* Called for each receiver with a copy that may be changed in place (what a
 * message points to must live until the hook returns the next time). False:
 * this receiver does not get it. */
typedef struct wzp_liar_hooks {
    void *user;
    bool (*signal)(void *user, wzp_liar *liar, int from, int to,
                   wzp_signal *sig);
    /* data: WZP_PKT_CAP bytes of room */
    bool (*dgram)(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                  size_t *len);
} wzp_liar_hooks;

/* identity: seed byte repeated 32 times, as in world.h. Free it after the
 * world. */
wzp_liar *wzp_liar_new(wzp_world *w, uint8_t identity);
void wzp_liar_free(wzp_liar *liar);
/* Power off and on again, or on after wzp_world_kill: no good-bye, nobody is
 * here or registered any more. identity: another one means another certificate.
 */
void wzp_liar_restart(wzp_liar *liar, uint8_t identity);
wzp_node wzp_liar_node(const wzp_liar *liar);
void wzp_liar_hook(wzp_liar *liar, const wzp_liar_hooks *hooks);

/* Leaves are not told: who is gone stays on the roster. */
void wzp_liar_withhold_leaves(wzp_liar *liar, bool withhold);

/* --- members --- */

int wzp_liar_count(const wzp_liar *liar);
/* May be changed; wzp_liar_roster tells it. */
wzp_liar_member *wzp_liar_member_at(wzp_liar *liar, int i);
/* The newest one of this identity in a room, or −1. */
int wzp_liar_find(const wzp_liar *liar, uint8_t identity);

/* A member that the relay plays, with a valid package of its own, listed at
 * once. There must have been a member before: the newest one's room it enters.
 * It answers
 * key messages and keeps alive as any member does. */
int wzp_liar_ghost(wzp_liar *liar, uint8_t identity);
/* The same in the room of this call, as one side of it: `agreed` is done, of
 * this identity, and gives its keys away here. */
int wzp_liar_ghost_in_call(wzp_liar *liar, uint8_t identity, wzp_str call_id,
                           wzp_agree *agreed);
/* NULL for members with a connection. */
wzp_group *wzp_liar_group(wzp_liar *liar, int ghost);
/* Packets that a ghost could open so far. */
uint64_t wzp_liar_opened(const wzp_liar *liar, int ghost);

/* --- saying things, past the hooks --- */

/* Its connection ends, as with a relay that goes; it may come again. */
void wzp_liar_drop(wzp_liar *liar, int i);
/* Their rosters to everybody, under the next revision (by way of the hooks). */
void wzp_liar_roster(wzp_liar *liar);
void wzp_liar_say(wzp_liar *liar, int to, const wzp_signal *sig);
void wzp_liar_say_at(wzp_liar *liar, wzp_tstamp at, int to,
                     const wzp_signal *sig);
void wzp_liar_throw(wzp_liar *liar, int to, const uint8_t *data, size_t len);
void wzp_liar_throw_at(wzp_liar *liar, wzp_tstamp at, int to,
                       const uint8_t *data, size_t len);

#endif
