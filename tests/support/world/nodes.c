/* SPDX-License-Identifier: MIT */
/* Relays, clients and actors: birth, death, machines. */
#include "world_parts.h"

#include <wzp/client/client.h>
#include <wzp/transport/global.h>

#include <stdlib.h>
#include <string.h>

#define UNIX_START UINT64_C(1800000000)

static wzp_unix_s unix_now(void *user)
{
    const wzp_world *w = user;
    return UNIX_START + w->now / WZP_S;
}

/* --- machines --- */

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

static void probe_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_probe_recv(m, now, local, remote, data, len);
}
static void probe_expire(void *m, wzp_tstamp now)
{
    wzp_probe_expire(m, now);
}
static wzp_tstamp probe_deadline(void *m)
{
    return wzp_probe_deadline(m);
}
static bool probe_poll(void *m, wzp_tstamp now, wzp_addr *local,
                       wzp_addr *remote, const uint8_t **data, size_t *len)
{
    return wzp_probe_poll_send(m, now, local, remote, data, len);
}

/* --- nodes --- */

static wzp_seed_identity *identity_of(uint8_t byte, uint32_t person)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    for (unsigned i = 0; i < sizeof person; i++) {
        seed[i] ^= (uint8_t)(person >> 8 * i);
    }
    wzp__world_must(wzp_seed_identity_new(&id, seed), "identity");
    return id;
}

static int add_node(wzp_world *w)
{
    if (w->n_nodes == WZP__NODES_MAX) {
        abort();
    }
    int i = w->n_nodes++;
    wzp__node *nd = wzp__world_need(calloc(1, sizeof *nd));
    w->nodes[i] = nd;
    nd->addr.family = WZP_FAMILY_V4;
    nd->addr.port = WZP__PORT;
    nd->addr.ip[0] = 10;
    nd->addr.ip[2] = (uint8_t)(i / 256);
    nd->addr.ip[3] = (uint8_t)(i % 256);
    nd->rng.state = wzp_test_rng_next(&w->rng);
    wzp_link_cfg perfect = {.seed = wzp_test_rng_next(&w->rng)};
    wzp_link_init(&nd->up, &perfect);
    perfect.seed = wzp_test_rng_next(&w->rng);
    wzp_link_init(&nd->down, &perfect);
    nd->skew_from = nd->skew_base = w->now;
    nd->joined = -1;
    return i;
}

static void start_relay(wzp_world *w, wzp_node i)
{
    wzp__node *nd = w->nodes[i];
    char why[160] = "";
    wzp_err e =
        wzp_relay_new(&nd->relay, &nd->relay_cfg, w->now, why, sizeof why);
    wzp__world_must(e, why);
    nd->machine = (wzp_uv_machine){.recv = relay_recv,
                                   .expire = relay_expire,
                                   .deadline = relay_deadline,
                                   .poll_send = relay_poll,
                                   .machine = nd->relay};
    wzp_inside in;
    wzp_inside_relay(nd->relay, &in);
    nd->pool_all = in.pool_free;
    nd->relay_seen = (wzp_relay_stats){0};
    nd->is_dead = false;
    wzp__world_touch(w, i);
}

wzp_node wzp_world_relay(wzp_world *w, uint8_t identity,
                         const wzp_relay_config *cfg)
{
    int i = add_node(w);
    wzp__node *nd = w->nodes[i];
    nd->identity = identity_of(identity, 0);
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
    start_relay(w, i);
    return i;
}

static void start_client(wzp_world *w, wzp_node i)
{
    wzp__node *nd = w->nodes[i];
    wzp__world_must(
        wzp_engine_new(&nd->engine, &nd->engine_cfg, wzp_world_now_at(w, i)),
        "engine");
    nd->machine = (wzp_uv_machine){.recv = client_recv,
                                   .expire = client_expire,
                                   .deadline = client_deadline,
                                   .poll_send = client_poll,
                                   .machine = nd->engine};
    wzp_inside in;
    wzp_inside_client(nd->engine, &in);
    nd->pool_all = in.pool_free;
    nd->client_seen = (wzp_client_stats){.size = sizeof nd->client_seen};
    nd->epoch_seen = in.epoch;
    nd->joined = -1;
    nd->is_dead = false;
    wzp__world_touch(w, i);
}

wzp_node wzp_world_client(wzp_world *w, const wzp_world_client_config *cfg)
{
    int i = add_node(w);
    wzp__node *nd = w->nodes[i];
    nd->identity = identity_of(cfg->identity, cfg->person);
    nd->in = cfg->in;
    nd->in_len = cfg->in_len;
    nd->keep_heard = cfg->keep_heard;
    wzp_engine_config *ec = &nd->engine_cfg;
    wzp_engine_config_default(ec);
    if (cfg->has_engine) {
        *ec = cfg->engine;
    }
    if (cfg->is_steady) {
        ec->has_fixed_mode = true;
        ec->fixed_mode = (wzp_media_mode){.codec = WZP_CODEC_OPUS_24K,
                                          .frame_ms = 20,
                                          .redundancy = WZP_REDUNDANCY_LBRR,
                                          .n_new = 1};
    }
    ec->mem = wzp_mem_default();
    ec->rng = wzp_test_rng_table(&nd->rng);
    ec->identity = wzp_seed_identity_table(nd->identity);
    ec->unix_now = unix_now;
    ec->unix_now_user = w;
    wzp__world_must(wzp_store_memory_new(&nd->store, &ec->mem), "store");
    ec->store = wzp_store_memory_table(nd->store);
    ec->audio = wzp__device_table(nd);
    start_client(w, i);
    return i;
}

wzp_store wzp_world_store(wzp_world *w, wzp_node client)
{
    return w->nodes[client]->engine_cfg.store;
}

void wzp_world_restart_client(wzp_world *w, wzp_node client)
{
    wzp_engine_free(w->nodes[client]->engine);
    start_client(w, client);
}

wzp_node wzp_world_actor(wzp_world *w)
{
    int i = add_node(w);
    w->nodes[i]->is_dead = true; /* until it has a machine */
    w->nodes[i]->is_actor = true;
    return i;
}

void wzp_world_act(wzp_world *w, wzp_node actor, const wzp_uv_machine *machine)
{
    w->nodes[actor]->machine = *machine;
    w->nodes[actor]->is_dead = false;
    wzp__world_touch(w, actor);
}

wzp_err wzp_world_probe(wzp_world *w, wzp_node actor, wzp_node relay,
                        wzp_probe_kind kind, wzp_probe **out)
{
    wzp_probe_config cfg;
    wzp_probe_config_default(&cfg);
    cfg.rng = wzp_world_rng(w, actor);
    cfg.kind = kind;
    cfg.local = wzp_world_addr(w, actor);
    cfg.addrs[0] = wzp_world_addr(w, relay);
    cfg.n_addrs = 1;
    WZP_TRY(wzp_probe_new(out, &cfg, wzp_world_now(w)));
    const wzp_uv_machine m = {.recv = probe_recv,
                              .expire = probe_expire,
                              .deadline = probe_deadline,
                              .poll_send = probe_poll,
                              .machine = *out};
    wzp_world_act(w, actor, &m);
    wzp_world_kick(w, actor);
    return WZP_OK;
}

wzp_addr wzp_world_addr(const wzp_world *w, wzp_node n)
{
    return w->nodes[n]->addr;
}

void wzp_world_fingerprint(const wzp_world *w, wzp_node n,
                           uint8_t fingerprint[WZP_FP_LEN])
{
    const wzp_identity id = wzp_seed_identity_table(w->nodes[n]->identity);
    wzp_identity_fingerprint(id.public_key, fingerprint);
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

void wzp_world_nat(wzp_world *w, wzp_node client, const wzp_nat_cfg *cfg)
{
    wzp__node *nd = w->nodes[client];
    wzp_addr outer = nd->addr;
    outer.ip[0] = 192;
    outer.ip[1] = 0;
    outer.port = 20000;
    wzp_nat_init(&nd->nat, cfg, &outer);
}

void wzp_world_rebind(wzp_world *w, wzp_node client)
{
    wzp_nat_forget(&w->nodes[client]->nat);
}

void wzp_world_readdress(wzp_world *w, wzp_node client)
{
    wzp_world_rebind(w, client);
    w->nodes[client]->nat.outer.ip[1]++;
}

void wzp_world_move(wzp_world *w, wzp_node client)
{
    w->nodes[client]->addr.ip[1]++;
}

void wzp_world_skew(wzp_world *w, wzp_node client, int32_t ppm)
{
    wzp__node *nd = w->nodes[client];
    nd->skew_base = wzp__node_now(w, nd);
    nd->skew_from = w->now;
    nd->skew_ppm = ppm;
    wzp__world_touch(w, client);
}

void wzp_world_kill(wzp_world *w, wzp_node n)
{
    w->nodes[n]->is_dead = true;
    wzp__world_touch(w, n);
}

bool wzp_world_is_alive(const wzp_world *w, wzp_node n)
{
    return !w->nodes[n]->is_dead;
}

void wzp_world_restart_relay(wzp_world *w, wzp_node relay)
{
    wzp_relay_free(w->nodes[relay]->relay);
    start_relay(w, relay);
}

void wzp_world_swap_identity(wzp_world *w, wzp_node relay, uint8_t identity)
{
    wzp__node *nd = w->nodes[relay];
    wzp_seed_identity_free(nd->identity);
    nd->identity = identity_of(identity, 0);
    nd->relay_cfg.identity = wzp_seed_identity_table(nd->identity);
    nd->relay_cfg.next_identity = (wzp_identity){0}; /* it may be this one */
    wzp_world_restart_relay(w, relay);
}
