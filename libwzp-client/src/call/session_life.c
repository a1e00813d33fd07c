/* SPDX-License-Identifier: MIT */
/* Making and freeing a session, beginning one with keys, its events, the names
 * of its room and what can be asked of it; what it does is session.c.
 */
#include "call/session_parts.h"

#include <wzp/crypto/wipe.h>

#include <string.h>

#define ARENA_LIMIT (8u * WZP_SIGNAL_MAX)

void wzp__session_drop_group(wzp__session *s)
{
    if (s->group != NULL) {
        wzp_group_stats_get(s->group, &s->last_stats);
    }
    wzp_group_free(s->group);
    s->group = NULL;
}

bool wzp__session_poll(wzp__session *s, wzp__session_event *out)
{
    if (s->ev_count == 0) {
        return false;
    }
    *out = s->events[s->ev_head];
    s->ev_head = (s->ev_head + 1) % WZP__SESSION_EVENTS;
    s->ev_count--;
    return true;
}

/* The name goes out as its hash, if nobody wants it otherwise: it may be
 * private, and any text can be hashed where only DNS-like names could travel
 * (wire.md 3.8, 5.2). */
wzp_err wzp__session_name_room(wzp__session *s, const wzp_join *join)
{
    const char *room = join->room;
    size_t len = strlen(room);
    if (len == 0 || len > WZP_ROOM_NAME_MAX ||
        wzp_room_name_kind(room, len) == WZP_ROOM_RESERVED) {
        return WZP_ERR_NAME;
    }
    wzp_room_name_lower(room, len, s->room);
    s->room[len] = '\0';
    wzp_str name = {s->room, len};
    if (wzp_room_name_kind(s->room, len) == WZP_ROOM_HASHED) {
        memcpy(s->hash, s->room, len + 1);
    } else {
        wzp_room_hash(name, s->hash);
    }
    const bool is_raw = join->public_name && wzp_room_name_is_sni(s->room, len);
    s->sni = s->usual_sni = is_raw ? s->room : s->hash;
    wzp_room_id(name, s->room_id);
    return WZP_OK;
}

wzp_err wzp__session_allow(wzp__session *s, wzp_tstamp now,
                           const uint8_t fingerprint[WZP_FP_LEN])
{
    if (s->state == WZP_CLIENT_IDLE) {
        return WZP_ERR_STATE;
    }
    WZP_TRY(wzp__access_allow(&s->access, &s->deps.mem, fingerprint));
    return s->group == NULL ? WZP_OK
                            : wzp_group_allow(s->group, now, fingerprint);
}

void wzp__session_disallow(wzp__session *s, wzp_tstamp now,
                           const uint8_t fingerprint[WZP_FP_LEN])
{
    wzp__access_disallow(&s->access, fingerprint);
    if (s->group != NULL) {
        wzp_group_disallow(s->group, now, fingerprint);
    }
}

wzp_room_policy wzp__session_policy(const wzp__session *s)
{
    return s->access.policy;
}

bool wzp__session_is_open(const wzp__session *s)
{
    return wzp__access_is_open(&s->access);
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
    wzp__session_drop_group(s);
    wzp__access_clear(&s->access, &mem);
    wzp_arena_free(s->arena);
    wzp_wipe(&s->handshake, sizeof s->handshake);
    wzp_mem_free(&mem, s, sizeof *s);
}

wzp_err wzp__session_start_call(wzp__session *s, wzp_tstamp now,
                                const wzp_join *join, wzp_agree *agreed)
{
    wzp_group_config cfg;
    if (s->state != WZP_CLIENT_IDLE) {
        return WZP_ERR_STATE;
    }
    wzp_group_config_default(&cfg);
    cfg.mem = s->deps.mem;
    cfg.rng = s->deps.rng;
    cfg.log = s->deps.log;
    cfg.identity = s->deps.identity;
    cfg.now = now;
    cfg.agreed = agreed;
    WZP_TRY(wzp_group_new(&s->group, &cfg));
    s->epoch++;
    s->is_call = true;
    const wzp_err e = wzp__session_start(s, now, join);
    if (e != WZP_OK) {
        wzp__session_drop_group(s);
        s->is_call = false;
    }
    return e;
}

uint64_t wzp__session_signals_refused(const wzp__session *s)
{
    return s->signals_refused;
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

bool wzp__session_is_legacy(const wzp__session *s)
{
    return s->state == WZP_CLIENT_CLEAR_DECISION ||
           (s->state == WZP_CLIENT_JOINED && s->is_legacy);
}

bool wzp__session_is_call(const wzp__session *s)
{
    return s->is_call;
}

const char *wzp__session_relay(const wzp__session *s)
{
    return s->relay;
}
