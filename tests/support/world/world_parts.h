/* SPDX-License-Identifier: MIT */
/* What a world is made of, for its files:
 *
 *   world.c     time, packets on their way
 *   nodes.c     relays, clients, actors: their birth, death and machines
 *   device.c    the audio device of a client
 *   commands.c  what tests make clients do and wait for
 *   watch.c     the laws, applied
 */
#ifndef WZP_TEST_WORLD_PARTS_H
#define WZP_TEST_WORLD_PARTS_H

#include "flight.h"
#include "laws.h"
#include "nat.h"
#include "rng.h"
#include "timers.h"
#include "world.h"

#include <stdio.h>

#define WZP__NODES_MAX 1200
#define WZP__PORT      4433
#define WZP__KINDS     16 /* more than there are kinds of events */

/* Deadlines that are not in the future, one after the other. */
#define WZP__STUCK_MAX 16

typedef struct wzp__node {
    bool is_dead;
    bool is_dirty; /* the test may have changed its deadline */
    wzp_addr addr;
    wzp_test_rng rng;
    wzp_seed_identity *identity;
    wzp_link up, down;
    wzp_nat nat;
    wzp_uv_machine machine;
    bool is_actor;
    unsigned stuck;
    /* its clock: at world time skew_from it showed skew_base */
    int32_t skew_ppm;
    wzp_tstamp skew_from, skew_base;
    /* relay */
    wzp_relay *relay;
    wzp_relay_config relay_cfg;
    wzp_relay_stats relay_seen;
    /* client */
    wzp_engine *engine;
    wzp_engine_config engine_cfg;
    wzp_store_memory *store;
    const int16_t *in;
    size_t in_len, in_at;
    bool keep_heard;
    int16_t *heard;
    size_t heard_len, heard_cap;
    uint64_t n_events[WZP__KINDS];
    wzp_client_event last[WZP__KINDS];
    wzp_node joined; /* relay of the last join; −1: none, or left */
    char room[64];   /* of it */
    wzp_client_stats client_seen;
    uint32_t epoch_seen;
    wzp_tstamp no_keys_until;
    /* both */
    size_t pool_all; /* packets of its pool */
} wzp__node;

struct wzp_world {
    uint64_t seed;
    wzp_test_rng rng;
    wzp_test_rng tls_rng;
    wzp_tstamp now;
    wzp_flight flight;
    wzp_timers timers;
    wzp__node *nodes[WZP__NODES_MAX];
    int n_nodes;
    int dirty[WZP__NODES_MAX];
    int n_dirty;
    uint64_t trace, packets;
    /* laws */
    int acting; /* whose machine is running; −1: none */
    wzp_nonces nonces;
    wzp_tstamp watch_at;
    wzp_world_broken *caught; /* instead of aborting */
    wzp_world_opened_fn *on_opened;
    void *on_opened_user;
    double key_loss, key_dup;
    bool is_silent, has_no_encoder;
    wzp_test_rng key_rng;
};

void *wzp__world_need(void *p);
void wzp__world_must(wzp_err e, const char *what);

/* The clock of a node, and the world's time at which it shows `local`. */
wzp_tstamp wzp__node_now(const wzp_world *w, const wzp__node *nd);
wzp_tstamp wzp__node_world_time(const wzp__node *nd, wzp_tstamp local);

/* Send what a machine has to send, take its events, arm its timer. */
void wzp__world_drain(wzp_world *w, int i);
/* The deadline of a node may be another one now. */
void wzp__world_touch(wzp_world *w, int i);

wzp_audio_io wzp__device_table(wzp__node *nd);

void wzp__world_watch_begin(wzp_world *w);
void wzp__world_watch(wzp_world *w);
void wzp__world_watch_end(wzp_world *w);
void wzp__world_break(wzp_world *w, int node, const char *what);

#endif
