/* SPDX-License-Identifier: MIT */
/* The lying relay from inside, for its two files: liar.c, and ghost.c for the
 * members that it plays itself.
 */
#ifndef WZP_TEST_LIAR_STATE_H
#define WZP_TEST_LIAR_STATE_H

#include "later.h"
#include "liar.h"

#include <wzp/crypto/binding.h>
#include <wzp/transport/endpoint.h>

#define WZP_LIAR_CAPS (WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1)

typedef struct inside {
    wzp_liar_member pub;
    wzp_conn_id conn;
    uint8_t exporter[WZP_EXPORTER_LEN];
    char *offer;
    wzp_group *group; /* of a ghost */
    wzp_seed_identity *seed;
    uint64_t opened;
} inside;

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
    uint8_t room_id[WZP_HASH_LEN];
    inside *m[WZP_LIAR_MEMBERS];
    int n;
    uint32_t rev;
    wzp_later later;
};

/* --- liar.c --- */

/* Aborts, and says what failed. */
void wzp_liar_must(wzp_err e, const char *what);
wzp_unix_s wzp_liar_unix(const wzp_liar *l);
wzp_seed_identity *wzp_liar_identity(uint8_t byte);
/* A new member's number. */
int wzp_liar_add(wzp_liar *l);
/* All that follows from a key and a package; it is here and listed. */
void wzp_liar_set_names(wzp_liar_member *m, const uint8_t *key,
                        const uint8_t *kp);
/* What a member says, to whom it is for. */
void wzp_liar_serve(wzp_liar *l, int from, const wzp_signal *sig);
void wzp_liar_pass_dgram(wzp_liar *l, int from, const uint8_t *data,
                         size_t len);

/* --- ghost.c --- */

/* It hears that without a connection. */
void wzp_liar_tell_ghost(wzp_liar *l, int to, const wzp_signal *sig);
/* False when no ghost had anything to do. */
bool wzp_liar_ghosts_act(wzp_liar *l);

#endif
