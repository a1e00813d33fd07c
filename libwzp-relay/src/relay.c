/* SPDX-License-Identifier: MIT */
/* The relay: owns the tables, takes what the endpoint says and hands it to the
 * part whose business it is. Decides nothing itself: what a name means is
 * classify.c, who may come in admit.c, what a connection goes through join.c,
 * who gets a packet room/forward.c, who gets a message signal/.
 */
#include "config.h"
#include "join.h"
#include "relay_state.h"
#include "room/forward.h"
#include "room/roster.h"
#include "signal/serve.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/sized.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/global.h>

#include <stdio.h>
#include <string.h>

#define ARENA_MAX (8 * (size_t)WZP_SIGNAL_MAX)

/* --- life ----------------------------------------------------------------- */

static wzp_err tls_seed_of(const wzp_identity *identity,
                           uint8_t out[WZP_KEY_LEN])
{
    return identity->derive(identity->user, "wzp-tls-ed25519", out);
}

/* What clients are told of the next key, signed with the present one. */
static wzp_err announce_next(wzp_relay *relay,
                             const uint8_t tls_seed[WZP_KEY_LEN])
{
    wzp_next_tls *next = &relay->rules.next_tls;
    uint8_t seed[WZP_KEY_LEN];
    if (relay->cfg.next_identity.derive == NULL) {
        return WZP_OK;
    }
    wzp_err e = tls_seed_of(&relay->cfg.next_identity, seed);
    if (e == WZP_OK) {
        e = wzp_endpoint_cert_hash_of(seed, next->sha256);
    }
    wzp_wipe(seed, sizeof seed);
    WZP_TRY(e);
    next->not_before = relay->cfg.next_not_before;
    wzp_next_tls_sign(tls_seed, next->sha256, next->not_before, next->sig);
    next->has = true;
    return WZP_OK;
}

static wzp_err make_endpoint(wzp_relay *relay, wzp_tstamp now)
{
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.mem = relay->cfg.mem;
    cfg.rng = relay->cfg.rng;
    cfg.log = relay->cfg.log;
    cfg.accepts = true;
    cfg.has_tls_seed = true;
    cfg.max_conns = relay->cfg.max_conns;
    /* For our own clients: nobody has shown that others take them well. */
    cfg.gives_tickets = !relay->cfg.allow_legacy;
    cfg.pool = relay->pool;
    /* Three quarters for others' messages, the rest for our own. */
    relay->egress.routed_max = cfg.signal_max_queue / 4 * 3;
    wzp_err e = tls_seed_of(&relay->cfg.identity, cfg.tls_seed);
    if (e == WZP_OK) {
        e = announce_next(relay, cfg.tls_seed);
    }
    if (e == WZP_OK) {
        e = wzp_endpoint_new(&relay->ep, &cfg, now);
    }
    wzp_wipe(cfg.tls_seed, sizeof cfg.tls_seed);
    return e;
}

static wzp_err make_parts(wzp_relay *relay, wzp_tstamp now)
{
    const wzp_mem *mem = &relay->cfg.mem;
    WZP_TRY(wzp__peers_init(&relay->peers, mem, relay->cfg.max_conns));
    wzp__room_table_init(&relay->rooms, mem, relay->cfg.max_rooms);
    WZP_TRY(wzp_arena_new(&relay->in_arena, mem, ARENA_MAX));
    WZP_TRY(wzp_arena_new(&relay->egress.arena, mem, ARENA_MAX));
    WZP_TRY(wzp_pkt_pool_new(&relay->pool, mem, relay->cfg.packets));
    WZP_TRY(make_endpoint(relay, now));
    relay->egress.ep = relay->ep;
    relay->egress.stats = &relay->stats;
    relay->egress.log = &relay->cfg.log;
    relay->roster_due = WZP_NEVER;
    relay->rules.identity = relay->cfg.identity;
    relay->rules.allow_legacy = relay->cfg.allow_legacy;
    relay->rules.is_closed = relay->cfg.is_closed;
    return wzp_endpoint_cert_hash(relay->ep, relay->rules.cert_hash);
}

static void deinit_globals(void)
{
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}

static wzp_err init_globals(void)
{
    WZP_TRY(wzp_crypto_global_init());
    wzp_err e = wzp_transport_global_init();
    if (e != WZP_OK) {
        wzp_crypto_global_deinit();
    }
    return e;
}

static wzp_err make(wzp_relay **out, const wzp_relay_config *cfg,
                    wzp_tstamp now, char *why, size_t why_len)
{
    WZP_TRY(init_globals());
    wzp_relay *relay = wzp_mem_new(&cfg->mem, sizeof *relay);
    if (relay == NULL) {
        deinit_globals();
        return WZP_ERR_NOMEM;
    }
    relay->cfg = *cfg;
    (void)snprintf(relay->build, sizeof relay->build, "%s", cfg->build);
    relay->cfg.build = relay->build;
    wzp_err e = make_parts(relay, now);
    if (e == WZP_OK) {
        e = wzp_relay_rules_set(relay, cfg->room_rules, cfg->n_room_rules, why,
                                why_len);
    }
    relay->cfg.room_rules = NULL; /* copied */
    if (e != WZP_OK) {
        wzp_relay_free(relay);
        return e;
    }
    *out = relay;
    return WZP_OK;
}

wzp_err wzp_relay_new(wzp_relay **out, const wzp_relay_config *cfg,
                      wzp_tstamp now, char *why, size_t why_len)
{
    const wzp_relay_config all = wzp__config_complete(cfg);
    const char *wrong = wzp__config_wrong(&all);
    if (why != NULL && why_len > 0) {
        why[0] = '\0';
    }
    wzp_err e =
        wrong != NULL ? WZP_ERR_CONFIG : make(out, &all, now, why, why_len);
    if (e != WZP_OK && why != NULL && why_len > 0 && why[0] == '\0') {
        (void)snprintf(why, why_len, "%s",
                       wrong != NULL ? wrong : wzp_strerror(e));
    }
    return e;
}

wzp_err wzp_relay_rules_set(wzp_relay *relay, const wzp_room_rule *rules,
                            size_t n, char *why, size_t why_len)
{
    wzp__room_rules made;
    WZP_TRY(
        wzp__room_rules_make(&made, &relay->cfg.mem, rules, n, why, why_len));
    wzp__room_rules_deinit(&relay->rules.rooms, &relay->cfg.mem);
    relay->rules.rooms = made;
    return WZP_OK;
}

/* Members are freed with their rooms; peers must not look at them then. */
void wzp_relay_free(wzp_relay *relay)
{
    if (relay == NULL) {
        return;
    }
    const wzp_mem mem = relay->cfg.mem;
    wzp_endpoint_free(relay->ep);
    if (relay->peers.slots != NULL) {
        wzp__peers_deinit(&relay->peers);
    }
    if (relay->rooms.mem != NULL) {
        wzp__room_table_deinit(&relay->rooms);
    }
    wzp_arena_free(relay->in_arena);
    wzp_arena_free(relay->egress.arena);
    wzp_pkt_pool_free(relay->pool);
    wzp__room_rules_deinit(&relay->rules.rooms, &mem);
    wzp_mem_free(&mem, relay, sizeof *relay);
    deinit_globals();
}

/* --- what happened -------------------------------------------------------- */

static void on_signal(wzp_relay *relay, wzp_tstamp now,
                      const wzp_ep_action *action)
{
    wzp__peer *peer = wzp__peers_find(&relay->peers, action->conn);
    const wzp_str json = {action->u.signal.data, action->u.signal.len};
    if (peer == NULL) {
        return;
    }
    if (peer->state != WZP__PEER_MEMBER) {
        wzp__join_signal(relay, now, peer, json);
        return;
    }
    if (wzp__serve(peer->room, peer->member, &relay->egress, now,
                   relay->in_arena, json) == WZP__SERVE_LEAVE) {
        wzp__join_close(relay, now, peer, WZP_CLOSE_NORMAL, "hangup", WZP_OK);
    }
}

static void on_dgram(wzp_relay *relay, wzp_tstamp now,
                     const wzp_ep_action *action)
{
    const wzp__peer *peer = wzp__peers_find(&relay->peers, action->conn);
    if (peer == NULL || peer->state != WZP__PEER_MEMBER) {
        relay->stats.media_dropped_malformed++;
        return;
    }
    wzp_pkt *pkt = wzp_pkt_ref(action->u.dgram);
    wzp__forward(peer->room, peer->member, &relay->egress, now, pkt);
    wzp_pkt_unref(pkt);
}

static void on_closed(wzp_relay *relay, wzp_tstamp now,
                      const wzp_ep_action *action)
{
    wzp__peer *peer = wzp__peers_find(&relay->peers, action->conn);
    if (peer == NULL) {
        return;
    }
    wzp_err err = action->u.closed.err;
    if (err == WZP_ERR_PEER_CLOSED &&
        action->u.closed.code == WZP_CLOSE_NORMAL) {
        err = WZP_OK;
    }
    wzp__join_gone(relay, now, peer, err);
}

static void handle(wzp_relay *relay, wzp_tstamp now,
                   const wzp_ep_action *action)
{
    switch (action->kind) {
    case WZP_EP_ACCEPTED: wzp__join_accepted(relay, now, action); break;
    case WZP_EP_SIGNAL: on_signal(relay, now, action); break;
    case WZP_EP_DGRAM: on_dgram(relay, now, action); break;
    case WZP_EP_CLOSED: on_closed(relay, now, action); break;
    case WZP_EP_CONNECTED: /* a relay dials nobody yet */
    case WZP_EP_UNI:
    case WZP_EP_SEND: break;
    }
}

/* --- verbs ---------------------------------------------------------------- */

void wzp_relay_recv(wzp_relay *relay, wzp_tstamp now, const wzp_addr *local,
                    const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_endpoint_recv(relay->ep, now, local, remote, data, len);
}

static void flush_rosters(wzp_relay *relay, wzp_tstamp now)
{
    relay->roster_due = WZP_NEVER;
    for (size_t i = 0; i < relay->rooms.n; i++) {
        wzp__join_room_changed(relay, now, relay->rooms.rooms[i]);
    }
}

void wzp_relay_expire(wzp_relay *relay, wzp_tstamp now)
{
    wzp__peer *peer;
    while ((peer = wzp__peers_overdue(&relay->peers, now)) != NULL) {
        wzp__join_expire(relay, now, peer);
    }
    if (now >= relay->roster_due) {
        flush_rosters(relay, now);
    }
    if (now >= wzp_endpoint_deadline(relay->ep)) {
        wzp_endpoint_expire(relay->ep, now);
    }
}

static wzp_tstamp earlier(wzp_tstamp a, wzp_tstamp b)
{
    return a < b ? a : b;
}

wzp_tstamp wzp_relay_deadline(const wzp_relay *relay)
{
    wzp_tstamp at = wzp_endpoint_deadline(relay->ep);
    at = earlier(at, wzp__peers_deadline(&relay->peers));
    return earlier(at, relay->roster_due);
}

bool wzp_relay_poll_send(wzp_relay *relay, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_ep_action action;
    while (wzp_endpoint_poll(relay->ep, now, &action)) {
        if (action.kind == WZP_EP_SEND) {
            *local = action.u.send.local;
            *remote = action.u.send.remote;
            *data = action.u.send.data;
            *len = action.u.send.len;
            return true;
        }
        handle(relay, now, &action);
    }
    return false;
}

void wzp_relay_drain(wzp_relay *relay, wzp_tstamp now, const char *reason)
{
    if (relay->is_draining) {
        return;
    }
    relay->is_draining = true;
    relay->drain_end = now + relay->cfg.drain_timeout;
    relay->roster_due = WZP_NEVER;
    (void)snprintf(relay->drain_reason, sizeof relay->drain_reason, "%s",
                   reason);
    for (size_t i = 0; i < relay->peers.cap; i++) {
        wzp__peer *peer = relay->peers.slots[i];
        if (peer != NULL && peer->state != WZP__PEER_CLOSING) {
            wzp__join_close(relay, now, peer, WZP_CLOSE_SHUTDOWN,
                            relay->drain_reason, WZP_ERR_SHUTDOWN);
        }
    }
}

bool wzp_relay_is_drained(const wzp_relay *relay, wzp_tstamp now)
{
    return relay->is_draining &&
           (relay->peers.n == 0 || now >= relay->drain_end);
}

/* --- queries -------------------------------------------------------------- */

bool wzp_relay_next_event_sized(wzp_relay *relay, wzp_relay_event *out,
                                size_t size)
{
    wzp_relay_event ev;
    bool any = wzp__event_queue_take(&relay->events, &ev);
    if (any) {
        wzp_sized_give(out, size, &ev, sizeof ev);
    }
    return any;
}

void wzp_relay_stats_get(const wzp_relay *relay, wzp_relay_stats *out)
{
    wzp_relay_stats all = relay->stats;
    all.conns = relay->peers.n;
    all.rooms = relay->rooms.n;
    all.members = relay->members;
    wzp_endpoint_stats ep = {.size = sizeof ep};
    wzp_endpoint_stats_get(relay->ep, &ep);
    all.half_open = ep.half_open;
    all.handshakes_failed = ep.handshake_failed;
    all.handshakes_refused = ep.refused_full;
    all.retries_sent = ep.retries_sent;
    all.resets_sent = ep.resets_sent;
    all.path_changes = ep.path_changes;
    all.key_updates = ep.key_updates;
    all.media_no_buffer = ep.dgram_no_buffer;
    all.media_refused = ep.typed_refused;
    all.media_dropped_late = ep.dgram_dropped;
    wzp_sized_give(out, out->size, &all, sizeof all);
}

void wzp_relay_cert_hash(const wzp_relay *relay, uint8_t out[WZP_HASH_LEN])
{
    memcpy(out, relay->rules.cert_hash, WZP_HASH_LEN);
}

wzp_err wzp_relay_next_cert_hash(const wzp_relay *relay,
                                 uint8_t out[WZP_HASH_LEN])
{
    if (!relay->rules.next_tls.has) {
        return WZP_ERR_NOT_FOUND;
    }
    memcpy(out, relay->rules.next_tls.sha256, WZP_HASH_LEN);
    return WZP_OK;
}
