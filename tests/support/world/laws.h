/* SPDX-License-Identifier: MIT */
/* What must hold in every world, whatever happens in it. Each law is a function
 * of what was seen; it returns NULL, or a sentence that says what was broken.
 * The world looks and aborts; tests/support_tests/world_laws_test.c breaks each
 * law on purpose.
 */
#ifndef WZP_TEST_LAWS_H
#define WZP_TEST_LAWS_H

#include "inside.h"

/* --- counters never go back --- */

/* While the machine lives; those of a key group while that lives. */
const char *wzp_law_client_counters(const wzp_client_stats *before,
                                    const wzp_client_stats *now,
                                    bool is_same_group);
const char *wzp_law_relay_counters(const wzp_relay_stats *before,
                                   const wzp_relay_stats *now);

/* The own generation and step never go back within a group. */
const char *wzp_law_generation(const wzp_group_stats *before,
                               const wzp_group_stats *now);

/* --- queues are bounded --- */

/* pool_all: free packets of the pool when it was new. */
const char *wzp_law_bounds(const wzp_inside *in, size_t pool_all);
/* Nobody is there any more, and time-outs have passed. */
const char *wzp_law_empty(const wzp_inside *in, size_t pool_all);

/* --- no (key, counter) twice: secure-media.md 10.6 --- */

/* One sealed packet. The member id is of one key group, hence of one package
 * and of one chain of keys; a restart and a reconnect have another. Keys are
 * left for good, so (generation, step, counter) grows with every packet: that
 * is more than "never twice", and needs no memory of all packets. */
typedef struct wzp_sealed_seen {
    int node; /* who sealed */
    uint8_t mid[WZP_MID_LEN];
    uint32_t generation;
    uint8_t step;
    uint32_t kid;
    uint64_t ctr;
} wzp_sealed_seen;

typedef struct wzp_nonces {
    wzp_sealed_seen *last; /* of each member id, by the hash that it is */
    size_t n, cap;
} wzp_nonces;

const char *wzp_law_nonce(wzp_nonces *seen, const wzp_sealed_seen *packet);
/* Who seals as this member; −1: nobody has yet. */
int wzp_nonces_node(const wzp_nonces *seen, const uint8_t mid[WZP_MID_LEN]);
void wzp_nonces_free(wzp_nonces *seen);

#endif
