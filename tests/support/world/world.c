/* SPDX-License-Identifier: MIT */
/* Virtual time and the nodes in it, see world.h. One loop: the earliest of all
 * deadlines and packets due decides what happens next.
 */
#include "world.h"

#include "flight.h"
#include "rng.h"

#include <wzp/client/client.h>
#include <wzp/transport/global.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX  1200
#define PORT       4433
#define UNIX_START UINT64_C(1800000000)
#define START      (1000 * WZP_S) /* so that "now − 10 s" never wraps */
#define KINDS      (WZP_EVENT_ENDED + 1)

typedef struct node {
    bool is_dead;
    wzp_addr addr;
    wzp_test_rng rng;
    wzp_seed_identity *identity;
    wzp_link up, down;
    wzp_uv_machine machine;
    /* relay */
    wzp_relay *relay;
    wzp_relay_config relay_cfg;
    /* client */
    wzp_engine *engine;
    wzp_store_memory *store;
    const int16_t *in;
    size_t in_len, in_at;
    bool keep_heard;
    int16_t *heard;
    size_t heard_len, heard_cap;
    uint64_t n_events[KINDS];
    wzp_client_event last[KINDS];
} node;

struct wzp_world {
    uint64_t seed;
    wzp_test_rng rng;
    wzp_test_rng tls_rng;
    wzp_tstamp now;
    wzp_flight flight;
    node *nodes[NODES_MAX];
    int n_nodes;
    uint64_t trace, packets;
};

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

static void must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "world: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

static wzp_unix_s unix_now(void *user)
{
    const wzp_world *w = user;
    return UNIX_START + w->now / WZP_S;
}

/* --- moving packets --- */

static int node_at(const wzp_world *w, const wzp_addr *addr)
{
    int i = addr->ip[2] * 256 + addr->ip[3];
    return i < w->n_nodes && wzp_addr_equal(addr, &w->nodes[i]->addr) ? i : -1;
}

static void mix(wzp_world *w, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) { /* FNV-1a */
        w->trace = (w->trace ^ p[i]) * UINT64_C(0x100000001B3);
    }
}

static void enter(wzp_world *w, wzp_link *link, wzp_flying *head,
                  const uint8_t *data, size_t len)
{
    uint64_t due[WZP_LINK_COPIES_MAX];
    int n = wzp_link_send(link, w->now, len, due);
    for (int i = 0; i < n; i++) {
        head->due_ns = due[i];
        wzp_flight_add(&w->flight, head, data, len);
    }
}

static void drain(wzp_world *w, int i)
{
    node *nd = w->nodes[i];
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    while (nd->machine.poll_send(nd->machine.machine, w->now, &local, &remote,
                                 &data, &len)) {
        wzp_flying head = {.from = i, .to = node_at(w, &remote)};
        if (head.to >= 0) {
            enter(w, &nd->up, &head, data, len);
        }
    }
    if (nd->engine == NULL) {
        return;
    }
    wzp_client_event ev;
    while (wzp_engine_next_event(nd->engine, &ev)) {
        nd->n_events[ev.kind]++;
        nd->last[ev.kind] = ev;
    }
}

static void arrive(wzp_world *w, wzp_flying *p)
{
    node *to = w->nodes[p->to];
    if (!p->is_last_leg) {
        wzp_flying head = *p;
        uint8_t data[sizeof p->data];
        memcpy(data, p->data, p->len);
        head.is_last_leg = true;
        enter(w, &to->down, &head, data, p->len);
        return;
    }
    if (to->is_dead) {
        return;
    }
    mix(w, &p->due_ns, sizeof p->due_ns);
    mix(w, &p->to, sizeof p->to);
    mix(w, p->data, p->len);
    w->packets++;
    to->machine.recv(to->machine.machine, w->now, &to->addr,
                     &w->nodes[p->from]->addr, p->data, p->len);
    drain(w, p->to);
}

/* --- time --- */

static wzp_tstamp next_deadline(wzp_world *w, int *who)
{
    wzp_tstamp at = WZP_NEVER;
    for (int i = 0; i < w->n_nodes; i++) {
        node *nd = w->nodes[i];
        if (nd->is_dead) {
            continue;
        }
        wzp_tstamp d = nd->machine.deadline(nd->machine.machine);
        if (d < at) {
            at = d;
            *who = i;
        }
    }
    return at;
}

/* One thing happens, at the latest at `until`. */
static void step(wzp_world *w, wzp_tstamp until)
{
    int who = -1;
    wzp_tstamp timer = next_deadline(w, &who);
    wzp_tstamp packet = wzp_flight_next(&w->flight);
    wzp_tstamp at = timer < packet ? timer : packet;
    if (at > until) {
        w->now = until;
        return;
    }
    w->now = at > w->now ? at : w->now;
    if (packet <= timer) {
        arrive(w, wzp_flight_take(&w->flight));
        return;
    }
    node *nd = w->nodes[who];
    nd->machine.expire(nd->machine.machine, w->now);
    drain(w, who);
    if (nd->machine.deadline(nd->machine.machine) <= timer &&
        wzp_flight_next(&w->flight) > w->now) {
        w->now++; /* a deadline that does not move must not stop time */
    }
}

void wzp_world_run(wzp_world *w, wzp_tstamp duration)
{
    wzp_tstamp until = w->now + duration;
    while (w->now < until) {
        step(w, until);
    }
}

bool wzp_world_run_until(wzp_world *w, wzp_tstamp limit,
                         bool (*done)(wzp_world *w, void *user), void *user)
{
    wzp_tstamp until = w->now + limit;
    while (!done(w, user)) {
        if (w->now >= until) {
            return false;
        }
        step(w, until);
    }
    return true;
}

/* --- machines of both kinds --- */

static void relay_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_relay_recv(m, now, local, remote, data, len);
}
static void relay_expire(void *m, wzp_tstamp now)
{
    wzp_relay_expire(m, now);
}
static wzp_tstamp relay_deadline(void *m)
{
    return wzp_relay_deadline(m);
}
static bool relay_poll(void *m, wzp_tstamp now, wzp_addr *local,
                       wzp_addr *remote, const uint8_t **data, size_t *len)
{
    return wzp_relay_poll_send(m, now, local, remote, data, len);
}

static void client_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                        const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_engine_recv(m, now, local, remote, data, len);
}
static void client_expire(void *m, wzp_tstamp now)
{
    wzp_engine_expire(m, now);
}
static wzp_tstamp client_deadline(void *m)
{
    return wzp_engine_deadline(m);
}
static bool client_poll(void *m, wzp_tstamp now, wzp_addr *local,
                        wzp_addr *remote, const uint8_t **data, size_t *len)
{
    return wzp_engine_poll_send(m, now, local, remote, data, len);
}

/* --- the device of a client --- */

static wzp_err device_start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static void device_stop(void *user)
{
    (void)user;
}

static void keep(node *nd, const int16_t *pcm, size_t n)
{
    if (nd->heard_len + n > nd->heard_cap) {
        nd->heard_cap = nd->heard_cap == 0 ? 48000 * 10 : nd->heard_cap * 2;
        nd->heard = need(realloc(nd->heard, nd->heard_cap * sizeof *nd->heard));
    }
    memcpy(nd->heard + nd->heard_len, pcm, n * sizeof *pcm);
    nd->heard_len += n;
}

static wzp_err device_tick(void *user, wzp_audio_port *port)
{
    node *nd = user;
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t n = wzp_audio_playout(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    if (nd->keep_heard) {
        keep(nd, pcm, WZP_AUDIO_TICK_SAMPLES);
    }
    if (nd->in == NULL) {
        return WZP_OK;
    }
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        pcm[i] = nd->in[nd->in_at];
        nd->in_at = (nd->in_at + 1) % nd->in_len;
    }
    n = wzp_audio_capture(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)n;
    return WZP_OK;
}

/* --- nodes --- */

static wzp_seed_identity *identity_of(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    must(wzp_seed_identity_new(&id, seed), "identity");
    return id;
}

static int add_node(wzp_world *w)
{
    if (w->n_nodes == NODES_MAX) {
        abort();
    }
    int i = w->n_nodes++;
    node *nd = need(calloc(1, sizeof *nd));
    w->nodes[i] = nd;
    nd->addr.family = WZP_FAMILY_V4;
    nd->addr.port = PORT;
    nd->addr.ip[0] = 10;
    nd->addr.ip[2] = (uint8_t)(i / 256);
    nd->addr.ip[3] = (uint8_t)(i % 256);
    nd->rng.state = wzp_test_rng_next(&w->rng);
    wzp_link_cfg perfect = {.seed = wzp_test_rng_next(&w->rng)};
    wzp_link_init(&nd->up, &perfect);
    perfect.seed = wzp_test_rng_next(&w->rng);
    wzp_link_init(&nd->down, &perfect);
    return i;
}

static void start_relay(wzp_world *w, node *nd)
{
    char why[160] = "";
    wzp_err e =
        wzp_relay_new(&nd->relay, &nd->relay_cfg, w->now, why, sizeof why);
    must(e, why);
    nd->machine = (wzp_uv_machine){.recv = relay_recv,
                                   .expire = relay_expire,
                                   .deadline = relay_deadline,
                                   .poll_send = relay_poll,
                                   .machine = nd->relay};
}

wzp_node wzp_world_relay(wzp_world *w, uint8_t identity,
                         const wzp_relay_config *cfg)
{
    int i = add_node(w);
    node *nd = w->nodes[i];
    nd->identity = identity_of(identity);
    if (cfg != NULL) {
        nd->relay_cfg = *cfg;
    } else {
        wzp_relay_config_default(&nd->relay_cfg);
        nd->relay_cfg.packets = 4096;
    }
    nd->relay_cfg.mem = wzp_mem_default();
    nd->relay_cfg.rng = wzp_test_rng_table(&nd->rng);
    nd->relay_cfg.identity = wzp_seed_identity_table(nd->identity);
    nd->relay_cfg.unix_now = unix_now;
    nd->relay_cfg.unix_now_user = w;
    start_relay(w, nd);
    return i;
}

wzp_node wzp_world_client(wzp_world *w, const wzp_world_client_config *cfg)
{
    int i = add_node(w);
    node *nd = w->nodes[i];
    nd->identity = identity_of(cfg->identity);
    nd->in = cfg->in;
    nd->in_len = cfg->in_len;
    nd->keep_heard = cfg->keep_heard;
    wzp_engine_config ec;
    wzp_engine_config_default(&ec);
    if (cfg->has_engine) {
        ec = cfg->engine;
    }
    ec.mem = wzp_mem_default();
    ec.rng = wzp_test_rng_table(&nd->rng);
    ec.identity = wzp_seed_identity_table(nd->identity);
    ec.unix_now = unix_now;
    ec.unix_now_user = w;
    must(wzp_store_memory_new(&nd->store, &ec.mem), "store");
    ec.store = wzp_store_memory_table(nd->store);
    ec.audio = (wzp_audio_io){.size = sizeof ec.audio,
                              .start = device_start,
                              .stop = device_stop,
                              .tick = device_tick,
                              .user = nd};
    must(wzp_engine_new(&nd->engine, &ec, w->now), "engine");
    nd->machine = (wzp_uv_machine){.recv = client_recv,
                                   .expire = client_expire,
                                   .deadline = client_deadline,
                                   .poll_send = client_poll,
                                   .machine = nd->engine};
    return i;
}

wzp_node wzp_world_actor(wzp_world *w)
{
    int i = add_node(w);
    w->nodes[i]->is_dead = true; /* until it has a machine */
    return i;
}

void wzp_world_act(wzp_world *w, wzp_node actor, const wzp_uv_machine *machine)
{
    w->nodes[actor]->machine = *machine;
    w->nodes[actor]->is_dead = false;
}

wzp_addr wzp_world_addr(const wzp_world *w, wzp_node n)
{
    return w->nodes[n]->addr;
}

wzp_rng wzp_world_rng(wzp_world *w, wzp_node n)
{
    return wzp_test_rng_table(&w->nodes[n]->rng);
}

void wzp_world_link(wzp_world *w, wzp_node client, const wzp_link_cfg *up,
                    const wzp_link_cfg *down)
{
    wzp_link_set(&w->nodes[client]->up, up);
    wzp_link_set(&w->nodes[client]->down, down);
}

void wzp_world_move(wzp_world *w, wzp_node client)
{
    w->nodes[client]->addr.ip[1]++;
}

void wzp_world_kill(wzp_world *w, wzp_node n)
{
    w->nodes[n]->is_dead = true;
}

void wzp_world_restart_relay(wzp_world *w, wzp_node relay)
{
    node *nd = w->nodes[relay];
    wzp_relay_free(nd->relay);
    start_relay(w, nd);
    nd->is_dead = false;
}

void wzp_world_swap_identity(wzp_world *w, wzp_node relay, uint8_t identity)
{
    node *nd = w->nodes[relay];
    wzp_seed_identity_free(nd->identity);
    nd->identity = identity_of(identity);
    nd->relay_cfg.identity = wzp_seed_identity_table(nd->identity);
    wzp_world_restart_relay(w, relay);
}

/* --- doing --- */

void wzp_world_kick(wzp_world *w, wzp_node n)
{
    drain(w, n);
}

void wzp_world_join(wzp_world *w, wzp_node client, const char *room,
                    wzp_node relay)
{
    char name[32];
    snprintf(name, sizeof name, "relay%d:%d", relay, PORT);
    wzp_join join = {.room = room,
                     .relay = name,
                     .n_addrs = 1,
                     .addrs[0] = w->nodes[relay]->addr,
                     .local = w->nodes[client]->addr};
    must(wzp_engine_join(w->nodes[client]->engine, w->now, &join), "join");
    drain(w, client);
}

void wzp_world_leave(wzp_world *w, wzp_node client)
{
    wzp_engine_leave(w->nodes[client]->engine, w->now);
    drain(w, client);
}

typedef struct awaited {
    wzp_node client;
    wzp_client_state state;
    uint32_t keyed;
} awaited;

static bool is_in_state(wzp_world *w, void *user)
{
    const awaited *a = user;
    return wzp_engine_state(w->nodes[a->client]->engine) == a->state;
}

bool wzp_world_await(wzp_world *w, wzp_node client, wzp_client_state state,
                     wzp_tstamp limit)
{
    awaited a = {.client = client, .state = state};
    return wzp_world_run_until(w, limit, is_in_state, &a);
}

static bool is_keyed(wzp_world *w, void *user)
{
    const awaited *a = user;
    return wzp_world_stats(w, a->client).members_keyed >= a->keyed;
}

bool wzp_world_await_keyed(wzp_world *w, wzp_node client, uint32_t n,
                           wzp_tstamp limit)
{
    awaited a = {.client = client, .keyed = n};
    return wzp_world_run_until(w, limit, is_keyed, &a);
}

/* --- looking --- */

wzp_engine *wzp_world_engine(wzp_world *w, wzp_node client)
{
    return w->nodes[client]->engine;
}

wzp_relay *wzp_world_relay_machine(wzp_world *w, wzp_node relay)
{
    return w->nodes[relay]->relay;
}

wzp_client_stats wzp_world_stats(wzp_world *w, wzp_node client)
{
    wzp_client_stats stats = {.size = sizeof stats};
    wzp_engine_stats_get(w->nodes[client]->engine, &stats);
    return stats;
}

const int16_t *wzp_world_heard(const wzp_world *w, wzp_node client, size_t *len)
{
    *len = w->nodes[client]->heard_len;
    return w->nodes[client]->heard;
}

uint64_t wzp_world_events(const wzp_world *w, wzp_node client,
                          wzp_client_event_kind kind, wzp_client_event *last)
{
    const node *nd = w->nodes[client];
    if (last != NULL) {
        *last = nd->last[kind];
    }
    return nd->n_events[kind];
}

wzp_tstamp wzp_world_now(const wzp_world *w)
{
    return w->now;
}

uint64_t wzp_world_trace(const wzp_world *w)
{
    return w->trace;
}

uint64_t wzp_world_packets(const wzp_world *w)
{
    return w->packets;
}

/* --- life --- */

wzp_world *wzp_world_new(uint64_t seed)
{
    must(wzp_global_init(), "global init");
    wzp_world *w = need(calloc(1, sizeof *w));
    fprintf(stderr, "world seed %" PRIu64 "\n", seed);
    w->seed = seed;
    w->rng.state = seed;
    w->tls_rng.state = wzp_test_rng_next(&w->rng);
    wzp_rng tls = wzp_test_rng_table(&w->tls_rng);
    wzp_transport_set_test_rng(&tls);
    w->now = START;
    w->trace = UINT64_C(0xCBF29CE484222325);
    return w;
}

static void free_node(node *nd)
{
    wzp_relay_free(nd->relay);
    wzp_engine_free(nd->engine);
    wzp_store_memory_free(nd->store);
    wzp_seed_identity_free(nd->identity);
    free(nd->heard);
    free(nd);
}

void wzp_world_free(wzp_world *w)
{
    for (int i = 0; i < w->n_nodes; i++) {
        free_node(w->nodes[i]);
    }
    wzp_flight_free(&w->flight);
    wzp_transport_set_test_rng(NULL);
    free(w);
    wzp_global_deinit();
}
