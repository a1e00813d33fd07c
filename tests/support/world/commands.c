/* SPDX-License-Identifier: MIT */
/* What tests make clients do, and wait for, and look at. */
#include "world_parts.h"

/* --- doing --- */

void wzp_world_kick(wzp_world *w, wzp_node n)
{
    wzp__world_drain(w, n);
}

void wzp_world_join(wzp_world *w, wzp_node client, const char *room,
                    wzp_node relay)
{
    const wzp_join open = {0};
    wzp_world_join_with(w, client, room, relay, &open);
}

void wzp_world_join_with(wzp_world *w, wzp_node client, const char *room,
                         wzp_node relay, const wzp_join *terms)
{
    wzp__world_must(wzp_world_try_join(w, client, room, relay, terms), "join");
}

wzp_err wzp_world_try_join(wzp_world *w, wzp_node client, const char *room,
                           wzp_node relay, const wzp_join *terms)
{
    char name[32];
    wzp_join join = *terms;
    snprintf(name, sizeof name, "relay%d:%d", relay, WZP__PORT);
    join.room = room;
    join.relay = name;
    join.n_addrs = 1;
    join.addrs[0] = w->nodes[relay]->addr;
    join.local = w->nodes[client]->addr;
    wzp__node *nd = w->nodes[client];
    WZP_TRY(wzp_engine_join(nd->engine, wzp_world_now_at(w, client), &join));
    nd->joined = relay;
    snprintf(nd->room, sizeof nd->room, "%s", room);
    wzp__world_drain(w, client);
    return WZP_OK;
}

void wzp_world_leave(wzp_world *w, wzp_node client)
{
    wzp_engine_leave(w->nodes[client]->engine, wzp_world_now_at(w, client));
    w->nodes[client]->joined = -1;
    wzp__world_drain(w, client);
}

void wzp_world_register(wzp_world *w, wzp_node client, wzp_node relay)
{
    char name[32];
    snprintf(name, sizeof name, "relay%d:%d", relay, WZP__PORT);
    const wzp_register reg = {.relay = name,
                              .n_addrs = 1,
                              .addrs[0] = w->nodes[relay]->addr,
                              .local = w->nodes[client]->addr};
    wzp__world_must(wzp_engine_register(w->nodes[client]->engine,
                                        wzp_world_now_at(w, client), &reg),
                    "register");
    wzp__world_drain(w, client);
}

void wzp_world_unregister(wzp_world *w, wzp_node client)
{
    wzp_engine_unregister(w->nodes[client]->engine,
                          wzp_world_now_at(w, client));
    wzp__world_drain(w, client);
}

typedef struct awaited {
    wzp_node client;
    wzp_client_state state;
    wzp_line_state line;
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

static bool is_on_line(wzp_world *w, void *user)
{
    const awaited *a = user;
    return wzp_engine_line_state(w->nodes[a->client]->engine) == a->line;
}

bool wzp_world_await_line(wzp_world *w, wzp_node client, wzp_line_state state,
                          wzp_tstamp limit)
{
    awaited a = {.client = client, .line = state};
    return wzp_world_run_until(w, limit, is_on_line, &a);
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
    wzp__world_touch(w, client);
    return w->nodes[client]->engine;
}

wzp_relay *wzp_world_relay_machine(wzp_world *w, wzp_node relay)
{
    wzp__world_touch(w, relay);
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
    const wzp__node *nd = w->nodes[client];
    if (last != NULL) {
        *last = nd->last[kind];
    }
    return nd->n_events[kind];
}

void wzp_world_link_stats(const wzp_world *w, wzp_node n, wzp_link_stats *up,
                          wzp_link_stats *down, uint64_t *refused)
{
    const wzp__node *nd = w->nodes[n];
    if (up != NULL) {
        *up = nd->up.stats;
    }
    if (down != NULL) {
        *down = nd->down.stats;
    }
    if (refused != NULL) {
        *refused = nd->nat.refused;
    }
}

wzp_tstamp wzp_world_now_at(const wzp_world *w, wzp_node n)
{
    return wzp__node_now(w, w->nodes[n]);
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
