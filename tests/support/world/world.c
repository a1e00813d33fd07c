/* SPDX-License-Identifier: MIT */
/* Virtual time and packets on their way, see world.h. One loop: the earliest of
 * all deadlines and packets due decides what happens next.
 */
#include "world_parts.h"

#include <wzp/client/client.h>
#include <wzp/transport/global.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define START (1000 * WZP_S) /* so that "now − 10 s" never wraps */

void *wzp__world_need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

void wzp__world_must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "world: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

/* --- clocks --- */

static wzp_tstamp local_after(const wzp__node *nd, wzp_tstamp passed)
{
    const int64_t drift = (int64_t)passed / 1000000 * nd->skew_ppm +
                          (int64_t)passed % 1000000 * nd->skew_ppm / 1000000;
    return nd->skew_base + passed + (wzp_tstamp)drift;
}

wzp_tstamp wzp__node_now(const wzp_world *w, const wzp__node *nd)
{
    return nd->skew_ppm == 0 ? w->now : local_after(nd, w->now - nd->skew_from);
}

wzp_tstamp wzp__node_world_time(const wzp__node *nd, wzp_tstamp local)
{
    if (nd->skew_ppm == 0 || local == WZP_NEVER || local <= nd->skew_base) {
        return local;
    }
    const double share = 1e6 / (1e6 + nd->skew_ppm);
    wzp_tstamp passed = (wzp_tstamp)((double)(local - nd->skew_base) * share);
    while (local_after(nd, passed) < local) {
        passed++;
    }
    return nd->skew_from + passed;
}

/* --- deadlines --- */

void wzp__world_touch(wzp_world *w, int i)
{
    if (!w->nodes[i]->is_dirty) {
        w->nodes[i]->is_dirty = true;
        w->dirty[w->n_dirty++] = i;
    }
}

static wzp_tstamp deadline_of(const wzp__node *nd)
{
    if (nd->is_dead) {
        return WZP_NEVER;
    }
    return wzp__node_world_time(nd, nd->machine.deadline(nd->machine.machine));
}

/* Ask those again whose deadline may be another one; an actor's always may. */
static void ask_deadlines(wzp_world *w)
{
    int kept = 0;
    for (int k = 0; k < w->n_dirty; k++) {
        const int i = w->dirty[k];
        wzp__node *nd = w->nodes[i];
        wzp_timers_set(&w->timers, i, deadline_of(nd));
        nd->is_dirty = nd->is_actor;
        if (nd->is_dirty) {
            w->dirty[kept++] = i;
        }
    }
    w->n_dirty = kept;
}

/* --- moving packets --- */

/* Whose address it is, now or once. */
static int node_at(const wzp_world *w, const wzp_addr *addr)
{
    int i = addr->ip[2] * 256 + addr->ip[3];
    bool is_ours = addr->ip[0] == 10 || addr->ip[0] == 192;
    return is_ours && i < w->n_nodes ? i : -1;
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
    uint8_t spoiled[sizeof head->data];
    if (n > 0 && link->is_corrupt) {
        memcpy(spoiled, data, len);
        wzp_link_spoil(link, spoiled);
        data = spoiled;
    }
    for (int i = 0; i < n; i++) {
        head->due_ns = due[i];
        wzp_flight_add(&w->flight, head, data, len);
    }
}

static void leave_node(wzp_world *w, int i, const wzp_addr *remote,
                       const uint8_t *data, size_t len)
{
    wzp__node *nd = w->nodes[i];
    wzp_flying head = {
        .from = i, .to = node_at(w, remote), .src = nd->addr, .dst = *remote};
    if (nd->nat.cfg.kind != WZP_NAT_NONE) {
        head.src = wzp_nat_out(&nd->nat, w->now, remote);
    }
    if (head.to >= 0) {
        enter(w, &nd->up, &head, data, len);
    }
}

void wzp__world_drain(wzp_world *w, int i)
{
    wzp__node *nd = w->nodes[i];
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    w->acting = i;
    while (nd->machine.poll_send(nd->machine.machine, wzp__node_now(w, nd),
                                 &local, &remote, &data, &len)) {
        leave_node(w, i, &remote, data, len);
    }
    w->acting = -1;
    wzp__world_touch(w, i);
    wzp_client_event ev;
    while (nd->engine != NULL && wzp_engine_next_event(nd->engine, &ev)) {
        if ((unsigned)ev.kind >= WZP__KINDS) {
            abort();
        }
        nd->n_events[ev.kind]++;
        nd->last[ev.kind] = ev;
    }
}

/* The address it was sent to leads to this node still. */
static bool is_let_in(wzp_world *w, wzp__node *to, const wzp_flying *p)
{
    if (to->nat.cfg.kind == WZP_NAT_NONE) {
        return wzp_addr_equal(&p->dst, &to->addr);
    }
    return wzp_nat_in(&to->nat, w->now, &p->src, &p->dst);
}

static void arrive(wzp_world *w, wzp_flying *p)
{
    wzp__node *to = w->nodes[p->to];
    if (!p->is_last_leg) {
        if (is_let_in(w, to, p)) {
            wzp_flying head = *p;
            uint8_t data[sizeof p->data];
            memcpy(data, p->data, p->len);
            head.is_last_leg = true;
            enter(w, &to->down, &head, data, p->len);
        }
        return;
    }
    if (to->is_dead) {
        return;
    }
    mix(w, &p->due_ns, sizeof p->due_ns);
    mix(w, &p->to, sizeof p->to);
    mix(w, p->data, p->len);
    w->packets++;
    w->acting = p->to;
    to->machine.recv(to->machine.machine, wzp__node_now(w, to), &to->addr,
                     &p->src, p->data, p->len);
    wzp__world_drain(w, p->to);
}

/* --- time --- */

/* A machine that was given time must want it later than now. */
static void expire(wzp_world *w, int i)
{
    wzp__node *nd = w->nodes[i];
    w->acting = i;
    nd->machine.expire(nd->machine.machine, wzp__node_now(w, nd));
    wzp__world_drain(w, i);
    if (deadline_of(nd) > w->now) {
        nd->stuck = 0;
        return;
    }
    if (++nd->stuck > WZP__STUCK_MAX) {
        wzp__world_break(w, i, "a deadline stays in the past");
    }
    if (wzp_flight_next(&w->flight) > w->now) {
        w->now++; /* time goes on, for the machine to see that it does */
    }
}

/* One thing happens, at the latest at `until`. */
static void step(wzp_world *w, wzp_tstamp until)
{
    int who = -1;
    ask_deadlines(w);
    wzp_tstamp timer = wzp_timers_first(&w->timers, &who);
    wzp_tstamp packet = wzp_flight_next(&w->flight);
    wzp_tstamp at = timer < packet ? timer : packet;
    if (w->now >= w->watch_at) {
        wzp__world_watch(w);
    }
    if (at > until) {
        w->now = until;
        return;
    }
    if (packet < w->now) {
        wzp__world_break(w, -1, "time went back");
    }
    w->now = at > w->now ? at : w->now;
    if (packet <= timer) {
        arrive(w, wzp_flight_take(&w->flight));
    } else {
        expire(w, who);
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

/* --- life --- */

wzp_world *wzp_world_new(uint64_t seed)
{
    wzp__world_must(wzp_global_init(), "global init");
    wzp_world *w = wzp__world_need(calloc(1, sizeof *w));
    fprintf(stderr, "world seed %" PRIu64 "\n", seed);
    w->seed = seed;
    w->rng.state = seed;
    w->tls_rng.state = wzp_test_rng_next(&w->rng);
    wzp_rng tls = wzp_test_rng_table(&w->tls_rng);
    wzp_transport_set_test_rng(&tls);
    w->now = START;
    w->trace = UINT64_C(0xCBF29CE484222325);
    w->acting = -1;
    wzp_timers_init(&w->timers);
    wzp__world_watch_begin(w);
    return w;
}

static void free_node(wzp__node *nd)
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
    fprintf(stderr, "world lasted %" PRIu64 " s\n",
            (uint64_t)((w->now - START) / WZP_S));
    wzp__world_watch_end(w);
    for (int i = 0; i < w->n_nodes; i++) {
        free_node(w->nodes[i]);
    }
    wzp_flight_free(&w->flight);
    wzp_transport_set_test_rng(NULL);
    free(w);
    wzp_global_deinit();
}
