/* SPDX-License-Identifier: MIT */
/* A membership, see session.h for the states.
 *
 * Timers, one at a time by state:
 *   CONNECTING  the endpoint's handshake timeout; FIRST_JOIN_MS in all for the
 *               first join, so that a wrong address is told to the user
 *   JOINING     JOIN_MS for the CallAnswer
 *   RECONNECTING back-off before the next attempt: 0.25, 1, 2, 4, 8, 15, 30 s,
 *               each ± 20 % so that a restarted relay is not stormed
 *   JOINED      the group's own deadline
 */
#include "call/session.h"

#include "call/handshake.h"

#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/room_name.h>

#include <stdio.h>
#include <string.h>

#define FIRST_JOIN_MS 15000        /* chosen: a person waits no longer */
#define STEADY_NS     (10 * WZP_S) /* chosen: a relay that lasted this long */
#define JOIN_MS       10000        /* the relay's own limit, relay.md 2.5 */
#define ARENA_LIMIT   (8u * WZP_SIGNAL_MAX)
#define EVENTS        8 /* a step makes three at most */

static const uint32_t backoff_ms[] = {250,  1000,  2000, 4000,
                                      8000, 15000, 30000};
#define BACKOFFS (sizeof backoff_ms / sizeof backoff_ms[0])

struct wzp__session {
    wzp__session_deps deps;
    wzp_arena *arena;
    wzp_client_state state;
    wzp_tstamp deadline;   /* of the present state */
    wzp_tstamp give_up_at; /* first join only, else WZP_NEVER */
    bool was_joined;
    bool is_leaving;
    size_t attempt; /* index into backoff_ms */
    wzp_tstamp joined_at;
    size_t addr; /* index into join.addrs */
    uint32_t epoch;
    uint32_t rev; /* of the roster we have */
    uint64_t bad_signals;

    char room[WZP_ROOM_NAME_MAX + 1];
    char sni[WZP_ROOM_HEX_LEN + 1];
    char relay[WZP__PIN_NAME_MAX + 1];
    uint8_t room_id[WZP_HASH_LEN];
    wzp_join join;

    wzp_conn_id conn;
    wzp_group *group;
    wzp_group_stats last_stats; /* of the group before, once it is gone */
    wzp__handshake handshake;

    wzp__session_event events[EVENTS];
    size_t ev_head, ev_count;
};

/* --- events and states --- */

static wzp__session_event *push(wzp__session *s, wzp__session_event_kind kind)
{
    if (s->ev_count == EVENTS) { /* the owner did not poll: keep the newest */
        s->ev_head = (s->ev_head + 1) % EVENTS;
        s->ev_count--;
    }
    wzp__session_event *ev = &s->events[(s->ev_head + s->ev_count) % EVENTS];
    s->ev_count++;
    *ev = (wzp__session_event){.kind = kind, .state = s->state};
    return ev;
}

static void enter(wzp__session *s, wzp_client_state state, wzp_tstamp deadline)
{
    WZP_LOG(&s->deps.log, WZP_LOG_DEBUG, "session", "session.state",
            "from=%s to=%s", wzp_client_state_name(s->state),
            wzp_client_state_name(state));
    s->state = state;
    s->deadline = deadline;
}

static void drop_group(wzp__session *s)
{
    if (s->group != NULL) {
        wzp_group_stats_get(s->group, &s->last_stats);
    }
    wzp_group_free(s->group);
    s->group = NULL;
}

static void hang_up(wzp__session *s, wzp_tstamp now, wzp_close_code code,
                    const char *reason)
{
    if (s->conn != 0) {
        wzp_ignore(wzp_endpoint_close(s->deps.ep, now, s->conn, code, reason),
                   "the connection may be gone already");
        s->conn = 0;
    }
}

static void end(wzp__session *s, wzp_err why, const char *text)
{
    drop_group(s);
    enter(s, WZP_CLIENT_IDLE, WZP_NEVER);
    push(s, WZP__SESSION_STATE);
    wzp__session_event *ev = push(s, WZP__SESSION_ENDED);
    ev->why = why;
    (void)snprintf(ev->text, sizeof ev->text, "%s", text);
}

static void end_with(wzp__session *s, wzp_tstamp now, wzp_close_code code,
                     wzp_err why)
{
    hang_up(s, now, code, wzp_strerror(why));
    end(s, why, wzp_strerror(why));
}

/* --- connecting --- */

static void retry_later(wzp__session *s, wzp_tstamp now, wzp_err why);

static void dial(wzp__session *s, wzp_tstamp now)
{
    wzp_dial d = {.local = s->join.local,
                  .remote = s->join.addrs[s->addr],
                  .sni = s->sni};
    if (d.local.family != d.remote.family) { /* one socket for both families */
        d.local =
            (wzp_addr){.family = d.remote.family, .port = s->join.local.port};
    }
    wzp_err e = wzp_endpoint_dial(s->deps.ep, now, &d, &s->conn);
    if (e != WZP_OK) {
        s->conn = 0;
        retry_later(s, now, e);
        return;
    }
    enter(s, WZP_CLIENT_CONNECTING, s->give_up_at);
    push(s, WZP__SESSION_STATE);
}

static void retry_later(wzp__session *s, wzp_tstamp now, wzp_err why)
{
    drop_group(s);
    if (now >= s->give_up_at) {
        end_with(s, now, WZP_CLOSE_NORMAL, why);
        return;
    }
    uint32_t base = backoff_ms[s->attempt];
    s->attempt = s->attempt + 1 < BACKOFFS ? s->attempt + 1 : s->attempt;
    s->addr = (s->addr + 1) % s->join.n_addrs;
    uint32_t wait =
        base - base / 5 + wzp_rng_below(&s->deps.rng, base * 2 / 5 + 1);
    enter(s, WZP_CLIENT_RECONNECTING, now + wait * WZP_MS);
    wzp__session_event *ev = push(s, WZP__SESSION_STATE);
    ev->why = why;
    ev->retry_ms = wait;
}

/* The name goes out as its hash only: it may be private, and any text can be
 * hashed where only DNS-like names could travel (wire.md 3.8, 5.2). */
static wzp_err take_room(wzp__session *s, const char *room)
{
    size_t len = strlen(room);
    if (len == 0 || len > WZP_ROOM_NAME_MAX ||
        wzp_room_name_kind(room, len) == WZP_ROOM_RESERVED) {
        return WZP_ERR_NAME;
    }
    wzp_room_name_lower(room, len, s->room);
    s->room[len] = '\0';
    wzp_str name = {s->room, len};
    if (wzp_room_name_kind(s->room, len) == WZP_ROOM_HASHED) {
        memcpy(s->sni, s->room, len + 1);
    } else {
        wzp_room_hash(name, s->sni);
    }
    wzp_room_id(name, s->room_id);
    return WZP_OK;
}

wzp_err wzp__session_start(wzp__session *s, wzp_tstamp now,
                           const wzp_join *join)
{
    if (s->state != WZP_CLIENT_IDLE) {
        return WZP_ERR_STATE;
    }
    if (join->n_addrs == 0 || join->n_addrs > WZP_RELAY_ADDRS_MAX ||
        strlen(join->relay) > WZP__PIN_NAME_MAX) {
        return WZP_ERR_ARG;
    }
    WZP_TRY(take_room(s, join->room));
    (void)snprintf(s->relay, sizeof s->relay, "%s", join->relay);
    s->join = *join;
    s->join.room = s->room;
    s->join.relay = s->relay;
    s->was_joined = false;
    s->is_leaving = false;
    s->attempt = 0;
    s->addr = 0;
    s->give_up_at = now + FIRST_JOIN_MS * WZP_MS;
    dial(s, now);
    return WZP_OK;
}

/* True when the certificate is the expected one or there is none to expect. */
static bool check_pin(wzp__session *s, wzp_tstamp now, const uint8_t *seen)
{
    uint8_t pinned[WZP_HASH_LEN];
    if (s->join.has_pin) {
        memcpy(pinned, s->join.pin, sizeof pinned);
    } else if (wzp__pins_get(s->deps.pins, s->relay, pinned) != WZP_OK) {
        wzp__session_event *ev = push(s, WZP__SESSION_PIN);
        ev->is_first = true;
        memcpy(ev->seen, seen, WZP_HASH_LEN);
        return true;
    }
    if (memcmp(pinned, seen, sizeof pinned) == 0) { /* both are public */
        return true;
    }
    hang_up(s, now, WZP_CLOSE_KEY_MISMATCH, wzp_strerror(WZP_ERR_PIN));
    enter(s, WZP_CLIENT_PIN_DECISION, WZP_NEVER);
    push(s, WZP__SESSION_STATE)->why = WZP_ERR_PIN;
    wzp__session_event *ev = push(s, WZP__SESSION_PIN);
    memcpy(ev->pinned, pinned, WZP_HASH_LEN);
    memcpy(ev->seen, seen, WZP_HASH_LEN);
    if (s->join.has_pin) { /* the host has decided already */
        end(s, WZP_ERR_PIN, wzp_strerror(WZP_ERR_PIN));
    }
    return false;
}

wzp_err wzp__session_pin_decide(wzp__session *s, wzp_tstamp now, bool accept)
{
    if (s->state != WZP_CLIENT_PIN_DECISION) {
        return WZP_ERR_STATE;
    }
    if (!accept) {
        end(s, WZP_ERR_PIN, wzp_strerror(WZP_ERR_PIN));
        return WZP_OK;
    }
    wzp_err e = wzp__pins_set(s->deps.pins, s->relay, s->handshake.server_cert,
                              s->deps.unix_now(s->deps.unix_now_user));
    s->give_up_at = s->was_joined ? WZP_NEVER : now + FIRST_JOIN_MS * WZP_MS;
    dial(s, now);
    return e;
}

static wzp_err make_group(wzp__session *s)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.mem = s->deps.mem;
    cfg.rng = s->deps.rng;
    cfg.log = s->deps.log;
    cfg.identity = s->deps.identity;
    memcpy(cfg.room_id, s->room_id, sizeof cfg.room_id);
    WZP_TRY(wzp_endpoint_cert_hash(s->deps.ep, cfg.tls_hash));
    cfg.caps = wzp__client_package_caps();
    cfg.now_unix = s->deps.unix_now(s->deps.unix_now_user);
    drop_group(s);
    WZP_TRY(wzp_group_new(&s->group, &cfg));
    s->epoch++;
    s->rev = 0;
    return WZP_OK;
}

static void on_connected(wzp__session *s, wzp_tstamp now,
                         const wzp_ep_action *a)
{
    s->handshake.identity = s->deps.identity;
    s->handshake.alias = s->deps.alias;
    memcpy(s->handshake.exporter, a->u.up.exporter, WZP_EXPORTER_LEN);
    memcpy(s->handshake.server_cert, a->u.up.cert_hash, WZP_HASH_LEN);
    if (!check_pin(s, now, a->u.up.cert_hash)) {
        return;
    }
    wzp_str json;
    wzp_arena_reset(s->arena);
    wzp_err e = make_group(s);
    if (e == WZP_OK) {
        e = wzp__handshake_offer(&s->handshake, s->group, &s->deps.rng,
                                 s->arena, &json);
    }
    if (e == WZP_OK) {
        e = wzp_endpoint_send_signal(s->deps.ep, now, s->conn, json.ptr,
                                     json.len);
    }
    if (e != WZP_OK) {
        end_with(s, now, WZP_CLOSE_NORMAL, e);
        return;
    }
    wzp_tstamp until = now + JOIN_MS * WZP_MS;
    enter(s, WZP_CLIENT_JOINING, until < s->give_up_at ? until : s->give_up_at);
    push(s, WZP__SESSION_STATE);
}

/* --- signals --- */

static void on_answer(wzp__session *s, wzp_tstamp now,
                      const wzp_sig_call_answer *answer)
{
    wzp_err e = wzp__handshake_check(&s->handshake, answer);
    if (e != WZP_OK) {
        end_with(s, now,
                 e == WZP_ERR_LEGACY ? WZP_CLOSE_LEGACY : WZP_CLOSE_AUTH, e);
        return;
    }
    e = wzp_endpoint_trust(s->deps.ep, s->conn);
    if (e == WZP_OK && !s->join.has_pin) {
        wzp_ignore(wzp__pins_set(s->deps.pins, s->relay,
                                 s->handshake.server_cert,
                                 s->deps.unix_now(s->deps.unix_now_user)),
                   "kept in memory; the call matters more than the file");
    }
    wzp_wipe(s->handshake.exporter, sizeof s->handshake.exporter);
    s->was_joined = true;
    s->joined_at = now;
    s->give_up_at = WZP_NEVER;
    enter(s, WZP_CLIENT_JOINED, WZP_NEVER);
    push(s, WZP__SESSION_STATE);
}

/* A delta that does not follow the roster we have: ask for the whole. */
static wzp_err on_delta(wzp__session *s, wzp_tstamp now,
                        const wzp_sig_room_delta *delta)
{
    if (delta->rev != s->rev + 1) {
        wzp_signal sync = {.kind = WZP_SIG_ROOM_SYNC,
                           .u.room_sync = {.rev = s->rev}};
        return wzp__session_send(s, now, &sync);
    }
    s->rev = delta->rev;
    return wzp_group_delta(s->group, now, delta->joined, delta->left);
}

static wzp_err on_room_signal(wzp__session *s, wzp_tstamp now,
                              const wzp_signal *sig)
{
    switch (sig->kind) {
    case WZP_SIG_ROOM_UPDATE:
        s->rev = sig->u.room_update.rev.v;
        return wzp_group_roster(s->group, now, sig->u.room_update.participants);
    case WZP_SIG_ROOM_DELTA: return on_delta(s, now, &sig->u.room_delta);
    case WZP_SIG_KEY_PACKAGES:
    case WZP_SIG_E2EE_PAIR:
    case WZP_SIG_E2EE_KEYS:
    case WZP_SIG_E2EE_KEY_REQUEST:
        return wzp_group_recv(s->group, now,
                              s->deps.unix_now(s->deps.unix_now_user), sig);
    default: return WZP_OK; /* nothing of the others concerns a room yet */
    }
}

static void on_signal(wzp__session *s, wzp_tstamp now, const wzp_ep_action *a)
{
    wzp_signal sig;
    wzp_arena_reset(s->arena);
    wzp_err e = wzp_signal_decode(s->arena, a->u.signal.data, a->u.signal.len,
                                  WZP_SIGNAL_MAX, &sig);
    if (e == WZP_OK && s->state == WZP_CLIENT_JOINING &&
        sig.kind == WZP_SIG_CALL_ANSWER) {
        on_answer(s, now, &sig.u.call_answer);
        return;
    }
    if (e == WZP_OK && s->state == WZP_CLIENT_JOINED) {
        e = on_room_signal(s, now, &sig);
    }
    if (e != WZP_OK) { /* logged and skipped, never the end of a call */
        /* Keys are sent more than once on purpose: those are no news. */
        bool is_repeat = e == WZP_ERR_ROLLBACK || e == WZP_ERR_KEY_REPLAYED;
        s->bad_signals += !is_repeat;
        WZP_LOG(&s->deps.log, is_repeat ? WZP_LOG_DEBUG : WZP_LOG_INFO,
                "session", "session.signal.skipped", "err=%s len=%zu",
                wzp_err_name(e), a->u.signal.len);
    }
}

wzp_err wzp__session_send(wzp__session *s, wzp_tstamp now,
                          const wzp_signal *sig)
{
    if (s->state != WZP_CLIENT_JOINED) {
        return WZP_ERR_STATE;
    }
    wzp_str json;
    wzp_arena_reset(s->arena);
    WZP_TRY(wzp_signal_encode(s->arena, sig, &json));
    return wzp_endpoint_send_signal(s->deps.ep, now, s->conn, json.ptr,
                                    json.len);
}

/* --- the end of a connection --- */

/* Close codes after which trying again would only be refused again. */
static wzp_err refused_for_good(uint64_t code)
{
    switch (code) {
    case WZP_CLOSE_AUTH: return WZP_ERR_AUTH;
    case WZP_CLOSE_NOT_ALLOWED: return WZP_ERR_NOT_ALLOWED;
    case WZP_CLOSE_PROTOCOL: return WZP_ERR_PROTOCOL;
    case WZP_CLOSE_REPLACED: return WZP_ERR_REPLACED;
    case WZP_CLOSE_LEGACY: return WZP_ERR_LEGACY;
    case WZP_CLOSE_KEY_MISMATCH: return WZP_ERR_PIN;
    default: return WZP_OK;
    }
}

static wzp_err temporary(const wzp_ep_action *a)
{
    if (a->u.closed.err != WZP_ERR_PEER_CLOSED) {
        return a->u.closed.err;
    }
    switch (a->u.closed.code) {
    case WZP_CLOSE_SHUTDOWN: return WZP_ERR_SHUTDOWN;
    case WZP_CLOSE_FULL: return WZP_ERR_ROOM_FULL;
    case WZP_CLOSE_SLOW: return WZP_ERR_SLOW;
    default: return WZP_ERR_PEER_CLOSED;
    }
}

static void on_closed(wzp__session *s, wzp_tstamp now, const wzp_ep_action *a)
{
    s->conn = 0;
    if (s->state == WZP_CLIENT_JOINED && now - s->joined_at >= STEADY_NS) {
        s->attempt = 0;
    }
    if (s->is_leaving) {
        end(s, WZP_OK, "left the room");
        return;
    }
    if (a->u.closed.err == WZP_ERR_PEER_CLOSED) {
        wzp_err why = refused_for_good(a->u.closed.code);
        if (why != WZP_OK) {
            char text[sizeof s->events[0].text];
            (void)snprintf(text, sizeof text, "the relay says: %s",
                           a->u.closed.reason[0] != '\0' ? a->u.closed.reason
                                                         : wzp_strerror(why));
            end(s, why, text);
            return;
        }
    }
    if (a->u.closed.err == WZP_ERR_ALPN) {
        end(s, WZP_ERR_ALPN, "this is not a WZP relay");
        return;
    }
    retry_later(s, now, temporary(a));
}

void wzp__session_leave(wzp__session *s, wzp_tstamp now)
{
    if (s->state == WZP_CLIENT_IDLE || s->is_leaving) {
        return;
    }
    if (s->conn == 0) {
        end(s, WZP_OK, "left the room");
        return;
    }
    s->is_leaving = true;
    wzp_ignore(wzp_endpoint_close(s->deps.ep, now, s->conn, WZP_CLOSE_NORMAL,
                                  "hangup"),
               "then CLOSED is on its way already");
}

void wzp__session_moved(wzp__session *s, wzp_tstamp now, const wzp_addr *local)
{
    s->join.local = *local;
    s->attempt = 0;
    if (s->state == WZP_CLIENT_RECONNECTING) {
        s->deadline = now; /* the network before may have been why */
    }
}

/* --- the machine's verbs --- */

void wzp__session_recv(wzp__session *s, wzp_tstamp now,
                       const wzp_ep_action *action)
{
    if (s->conn == 0 || action->conn != s->conn) {
        return; /* a connection given up before */
    }
    switch (action->kind) {
    case WZP_EP_CONNECTED:
        if (s->state == WZP_CLIENT_CONNECTING && !s->is_leaving) {
            on_connected(s, now, action);
        }
        break;
    case WZP_EP_SIGNAL: on_signal(s, now, action); break;
    case WZP_EP_CLOSED: on_closed(s, now, action); break;
    default: break;
    }
}

void wzp__session_expire(wzp__session *s, wzp_tstamp now)
{
    if (s->state == WZP_CLIENT_JOINED) {
        wzp_group_expire(s->group, now);
        return;
    }
    if (now < s->deadline) {
        return;
    }
    switch (s->state) {
    case WZP_CLIENT_RECONNECTING: dial(s, now); break;
    case WZP_CLIENT_CONNECTING:
        end_with(s, now, WZP_CLOSE_NORMAL, WZP_ERR_TIMEOUT);
        break;
    case WZP_CLIENT_JOINING:
        hang_up(s, now, WZP_CLOSE_NORMAL, "no answer");
        retry_later(s, now, WZP_ERR_TIMEOUT);
        break;
    default: break;
    }
}

wzp_tstamp wzp__session_deadline(const wzp__session *s)
{
    return s->state == WZP_CLIENT_JOINED ? wzp_group_deadline(s->group)
                                         : s->deadline;
}

bool wzp__session_poll(wzp__session *s, wzp__session_event *out)
{
    if (s->ev_count == 0) {
        return false;
    }
    *out = s->events[s->ev_head];
    s->ev_head = (s->ev_head + 1) % EVENTS;
    s->ev_count--;
    return true;
}

/* --- life and queries --- */

wzp_err wzp__session_new(wzp__session **out, const wzp__session_deps *deps)
{
    wzp__session *s = wzp_mem_new(&deps->mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->deps = *deps;
    s->state = WZP_CLIENT_IDLE;
    s->deadline = WZP_NEVER;
    s->last_stats.size = sizeof s->last_stats;
    wzp_err e = wzp_arena_new(&s->arena, &deps->mem, ARENA_LIMIT);
    if (e != WZP_OK) {
        wzp_mem_free(&deps->mem, s, sizeof *s);
        return e;
    }
    *out = s;
    return WZP_OK;
}

void wzp__session_free(wzp__session *s)
{
    if (s == NULL) {
        return;
    }
    wzp_mem mem = s->deps.mem;
    drop_group(s);
    wzp_arena_free(s->arena);
    wzp_wipe(&s->handshake, sizeof s->handshake);
    wzp_mem_free(&mem, s, sizeof *s);
}

wzp_client_state wzp__session_state(const wzp__session *s)
{
    return s->state;
}

wzp_conn_id wzp__session_conn(const wzp__session *s)
{
    return s->conn;
}

wzp_group *wzp__session_group(const wzp__session *s)
{
    return s->group;
}

uint32_t wzp__session_epoch(const wzp__session *s)
{
    return s->epoch;
}

void wzp__session_group_stats(const wzp__session *s, wzp_group_stats *out)
{
    out->size = sizeof *out;
    if (s->group != NULL) {
        wzp_group_stats_get(s->group, out);
    } else {
        *out = s->last_stats;
    }
}

void wzp__session_room_id(const wzp__session *s, uint8_t out[WZP_HASH_LEN])
{
    memcpy(out, s->room_id, WZP_HASH_LEN);
}

const char *wzp__session_relay(const wzp__session *s)
{
    return s->relay;
}
