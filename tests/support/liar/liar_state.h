/* SPDX-License-Identifier: MIT */
/* The lying relay from inside, for its files: liar.c, liar_life.c that runs it,
 * exchange.c for its role `_signal`, and ghost.c for the members that it plays
 * itself.
 */
#ifndef WZP_TEST_LIAR_STATE_H
#define WZP_TEST_LIAR_STATE_H

#include "later.h"
#include "liar.h"

#include <wzp/crypto/binding.h>
#include <wzp/transport/endpoint.h>

#define WZP_LIAR_CAPS (WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1)

#define WZP_LIAR_CALLS       16 /* at a time; aborts beyond */
#define WZP_LIAR_CALL_ID_MAX 64

typedef struct inside {
    wzp_liar_member pub;
    wzp_conn_id conn;
    bool names_call; /* asked for a room "call-…" by that name */
    uint8_t exporter[WZP_EXPORTER_LEN];
    char *offer;
    wzp_group *group; /* of a ghost */
    wzp_seed_identity *seed;
    uint64_t opened;
} inside;

typedef struct wzp_liar_call {
    bool is_live;
    char id[WZP_LIAR_CALL_ID_MAX + 1];
    char room[WZP_LIAR_CALL_ID_MAX + 6];
    uint8_t room_id[WZP_HASH_LEN];
    char callee_fp[WZP_FP_TEXT_LEN + 1];
    int caller; /* lines */
    int callee; /* that answered; −1: it rings at all of callee_fp */
} wzp_liar_call;

typedef struct wzp_liar_exchange_state {
    bool has_devices;
    bool has_open_rooms;
    bool is_lax;
    wzp_liar_call calls[WZP_LIAR_CALLS];
    uint64_t refused;
} wzp_liar_exchange_state;

struct wzp_liar {
    wzp_world *w;
    wzp_node node;
    wzp_rng rng;
    wzp_seed_identity *seed;
    wzp_identity identity;
    uint8_t cert[WZP_HASH_LEN];
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_arena *in, *out;
    wzp_liar_hooks hooks;
    bool withholds_leaves;
    bool has_work; /* something was queued from outside of the loop */
    uint8_t room_id[WZP_HASH_LEN]; /* that was entered last: of ghosts */
    wzp_liar_exchange_state x;
    inside *m[WZP_LIAR_MEMBERS];
    int n;
    uint32_t rev;
    wzp_later later;
};

/* --- liar.c --- */

/* Aborts, and says what failed. */
void wzp_liar_must(wzp_err e, const char *what);
wzp_unix_s wzp_liar_unix(const wzp_liar *l);
/* What its endpoint says; not SEND. */
void wzp_liar_handle(wzp_liar *l, const wzp_ep_action *a);
void wzp_liar_send_text(wzp_liar *l, int to, const void *text, size_t len);
/* A new member's number. */
int wzp_liar_add(wzp_liar *l);
/* The fingerprint of a key. */
void wzp_liar_name_of(const uint8_t key[WZP_KEY_LEN],
                      char out[WZP_FP_TEXT_LEN + 1]);
/* By way of the hook. */
void wzp_liar_pass(wzp_liar *l, int from, int to, const wzp_signal *sig);
/* All that follows from a key and a package; it is here and listed. */
void wzp_liar_set_names(wzp_liar_member *m, const uint8_t *key,
                        const uint8_t *kp);
/* What a member says, to whom it is for. */
void wzp_liar_serve(wzp_liar *l, int from, const wzp_signal *sig);
void wzp_liar_pass_dgram(wzp_liar *l, int from, const uint8_t *data,
                         size_t len);

/* --- liar_life.c --- */

wzp_seed_identity *wzp_liar_identity(uint8_t byte);

/* --- exchange.c --- */

/* What a line says. */
void wzp_liar_exchange(wzp_liar *l, int from, const wzp_signal *sig);
/* The key of a CallOffer: false when the room is of a call it has no part in.
 */
bool wzp_liar_may_enter(wzp_liar *l, int who, const uint8_t key[WZP_KEY_LEN]);
/* The connection of a line is gone. */
void wzp_liar_line_ended(wzp_liar *l, int i);

/* --- ghost.c --- */

/* It hears that without a connection. */
void wzp_liar_tell_ghost(wzp_liar *l, int to, const wzp_signal *sig);
/* False when no ghost had anything to do. */
bool wzp_liar_ghosts_act(wzp_liar *l);

#endif
