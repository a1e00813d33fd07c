/* SPDX-License-Identifier: MIT */
/* The lying relay as a machine, its birth and its end, see liar.h; what it says
 * is in liar.c and exchange.c.
 */
#include "liar_state.h"

#include <wzp/client/client.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/pkt.h>

#include <stdlib.h>
#include <string.h>

#define PACKETS   4096
#define ARENA_MAX (8 * (size_t)WZP_SIGNAL_MAX)

wzp_seed_identity *wzp_liar_identity(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    wzp_liar_must(wzp_seed_identity_new(&id, seed), "identity");
    return id;
}

/* --- the machine --- */

static void liar_recv(void *machine, wzp_tstamp now, const wzp_addr *local,
                      const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_liar *l = machine;
    wzp_endpoint_recv(l->ep, now, local, remote, data, len);
}

static void liar_expire(void *machine, wzp_tstamp now)
{
    wzp_liar *l = machine;
    wzp_later_item *item;
    l->has_work = false;
    while ((item = wzp_later_take(&l->later, now)) != NULL) {
        if (item->is_dgram) {
            wzp_liar_throw(l, item->to, item->data, item->len);
        } else {
            wzp_liar_send_text(l, item->to, item->data, item->len);
        }
        free(item);
    }
    for (int i = 0; i < l->n; i++) {
        if (l->m[i]->group != NULL) {
            wzp_group_expire(l->m[i]->group, now);
        }
    }
    wzp_endpoint_expire(l->ep, now);
}

static wzp_tstamp liar_deadline(void *machine)
{
    const wzp_liar *l = machine;
    wzp_tstamp at = wzp_endpoint_deadline(l->ep);
    const wzp_tstamp later = wzp_later_next(&l->later);
    at = later < at ? later : at;
    for (int i = 0; i < l->n; i++) {
        const wzp_tstamp g = l->m[i]->group == NULL
                                 ? WZP_NEVER
                                 : wzp_group_deadline(l->m[i]->group);
        at = g < at ? g : at;
    }
    return l->has_work ? 0 : at;
}

static bool liar_poll(void *machine, wzp_tstamp now, wzp_addr *local,
                      wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_liar *l = machine;
    wzp_ep_action a;
    do {
        while (wzp_endpoint_poll(l->ep, now, &a)) {
            if (a.kind == WZP_EP_SEND) {
                *local = a.u.send.local;
                *remote = a.u.send.remote;
                *data = a.u.send.data;
                *len = a.u.send.len;
                return true;
            }
            wzp_liar_handle(l, &a);
        }
    } while (wzp_liar_ghosts_act(l));
    l->has_work = false;
    return false;
}

/* --- life --- */

static void start(wzp_liar *l, uint8_t identity)
{
    wzp_endpoint_config cfg;
    l->seed = wzp_liar_identity(identity);
    l->identity = wzp_seed_identity_table(l->seed);
    wzp_endpoint_config_default(&cfg);
    cfg.rng = l->rng;
    cfg.accepts = true;
    cfg.has_tls_seed = true;
    cfg.pool = l->pool;
    cfg.signal_max_queue = 64 * (size_t)WZP_SIGNAL_MAX; /* it may flood */
    wzp_liar_must(
        l->identity.derive(l->identity.user, "wzp-tls-ed25519", cfg.tls_seed),
        "derive");
    wzp_liar_must(wzp_endpoint_new(&l->ep, &cfg, wzp_world_now(l->w)),
                  "endpoint");
    wzp_liar_must(wzp_endpoint_cert_hash(l->ep, l->cert), "certificate");
    const wzp_uv_machine machine = {.recv = liar_recv,
                                    .expire = liar_expire,
                                    .deadline = liar_deadline,
                                    .poll_send = liar_poll,
                                    .machine = l};
    wzp_world_act(l->w, l->node, &machine);
}

wzp_liar *wzp_liar_new(wzp_world *w, uint8_t identity)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_liar *l = calloc(1, sizeof *l);
    if (l == NULL) {
        abort();
    }
    wzp_liar_must(wzp_global_init(), "global init");
    l->w = w;
    l->node = wzp_world_actor(w);
    l->rng = wzp_world_rng(w, l->node);
    wzp_liar_must(wzp_arena_new(&l->in, &mem, ARENA_MAX), "arena");
    wzp_liar_must(wzp_arena_new(&l->out, &mem, ARENA_MAX), "arena");
    wzp_liar_must(wzp_pkt_pool_new(&l->pool, &mem, PACKETS), "pool");
    start(l, identity);
    return l;
}

void wzp_liar_restart(wzp_liar *l, uint8_t identity)
{
    for (int i = 0; i < l->n; i++) {
        wzp_liar_member *m = &l->m[i]->pub;
        l->m[i]->conn = 0;
        m->is_here = m->is_listed = m->is_registered = false;
    }
    memset(l->x.calls, 0, sizeof l->x.calls);
    wzp_later_free(&l->later);
    wzp_endpoint_free(l->ep);
    wzp_seed_identity_free(l->seed);
    start(l, identity);
}

void wzp_liar_free(wzp_liar *l)
{
    if (l == NULL) {
        return;
    }
    wzp_endpoint_free(l->ep);
    wzp_pkt_pool_free(l->pool);
    wzp_arena_free(l->in);
    wzp_arena_free(l->out);
    wzp_later_free(&l->later);
    for (int i = 0; i < l->n; i++) {
        wzp_group_free(l->m[i]->group);
        wzp_seed_identity_free(l->m[i]->seed);
        free(l->m[i]->offer);
        wzp_wipe(l->m[i], sizeof *l->m[i]); /* tests search the memory */
        free(l->m[i]);
    }
    wzp_seed_identity_free(l->seed);
    free(l);
    wzp_global_deinit();
}

wzp_node wzp_liar_node(const wzp_liar *l)
{
    return l->node;
}
