/* SPDX-License-Identifier: MIT */
/* A relay of glass: the product's relay as it is, as a node of the world, and
 * everything it has in memory can be searched: packet buffers, queues, QUIC and
 * TLS state, all that it allocates through its memory table.
 */
#ifndef WZP_TEST_GLASS_H
#define WZP_TEST_GLASS_H

#include "support/world/world.h"

typedef struct wzp_glass wzp_glass;

/* identity: seed byte repeated 32 times. cfg may be NULL; mem, rng, identity,
 * unix_now are set here. Free it after the world. */
wzp_glass *wzp_glass_new(wzp_world *w, uint8_t identity,
                         const wzp_relay_config *cfg);
void wzp_glass_free(wzp_glass *glass);
wzp_node wzp_glass_node(const wzp_glass *glass);
wzp_relay *wzp_glass_relay(wzp_glass *glass);
wzp_relay_stats wzp_glass_stats(const wzp_glass *glass);

/* How often these bytes are in its memory now. */
size_t wzp_glass_find(const wzp_glass *glass, const void *what, size_t len);
/* Look for these bytes (borrowed) in the packet buffers after every media
 * packet that came, from now on. *seen: packets looked at; returned: how often
 * something was found. */
void wzp_glass_watch(wzp_glass *glass, const void *what, size_t len);
uint64_t wzp_glass_watched(const wzp_glass *glass, uint64_t *seen);

/* Bytes it has allocated now, and the most it ever had. */
size_t wzp_glass_held(const wzp_glass *glass, size_t *most);

#endif
