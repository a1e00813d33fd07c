/* SPDX-License-Identifier: MIT */
/* A membership, see session.h for the states.
 *
 * Timers, one at a time by state:
 *   CONNECTING  the endpoint's handshake timeout; WZP__FIRST_TRY_NS in all for
 *               the first join
 *   JOINING     JOIN_MS for the CallAnswer
 *   RECONNECTING path/backoff.h before the next attempt
 *   JOINED      the group's own deadline
 */
#include "call/legacy_roster.h"
#include "call/session_parts.h"
#include "path/close_code.h"
#include "path/dial.h"

#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/room_name.h>

#include <stdio.h>
#include <string.h>

#define JOIN_MS 10000 /* the relay's own limit, relay.md 2.5 */

static wzp_unix_s unix_now(const wzp__session *s)
{
    return s->deps.unix_now(s->deps.unix_now_user);
}

/* --- events and states --- */

static wzp__session_event *push(wzp__session *s, wzp__session_event_kind kind)
{
    if (s->ev_count == WZP__SESSION_EVENTS) { /* not polled: keep the newest */
        s->ev_head = (s->ev_head + 1) % WZP__SESSION_EVENTS;
        s->ev_count--;
    }
    wzp__session_event *ev =
        &s->events[(s->ev_head + s->ev_count) % WZP__SESSION_EVENTS];
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
    if (state != WZP_CLIENT_JOINING) { /* the only one that needs it */
        wzp_wipe(s->handshake.exporter, sizeof s->handshake.exporter);
    }
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
    wzp__session_drop_group(s);
    wzp__access_clear(&s->access, &s->deps.mem);
    s->is_call = false;
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
    const wzp_dial to = {.local = s->join.local,
                         .remote = s->join.addrs[s->addr],
                         .sni = s->sni};
    const wzp_err e = wzp__dial(s->deps.ep, now, &s->trust, &to, &s->conn);
    if (e != WZP_OK) {
        retry_later(s, now, e);
        return;
    }
    enter(s, WZP_CLIENT_CONNECTING, s->give_up_at);
    push(s, WZP__SESSION_STATE);
}

static void retry_later(wzp__session *s, wzp_tstamp now, wzp_err why)
{
    if (!s->is_call) {
        wzp__session_drop_group(s);
    }
    if (now >= s->give_up_at) {
        end_with(s, now, WZP_CLOSE_NORMAL, why);
        return;
    }
    s->addr = (s->addr + 1) % s->join.n_addrs;
    const uint32_t wait = wzp__backoff_next(&s->backoff, &s->deps.rng);
    enter(s, WZP_CLIENT_RECONNECTING, now + wait * WZP_MS);
    wzp__session_event *ev = push(s, WZP__SESSION_STATE);
    ev->why = why;
    ev->retry_ms = wait;
}

static void start_over(wzp__session *s, wzp_tstamp now, wzp_err why)
{
    hang_up(s, now, WZP_CLOSE_NORMAL, wzp_strerror(why));
    retry_later(s, now, why);
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
    WZP_TRY(wzp__session_name_room(s, join));
    WZP_TRY(wzp__access_take(&s->access, &s->deps.mem, join));
    (void)snprintf(s->relay, sizeof s->relay, "%s", join->relay);
    s->join = *join;
    wzp_wipe(s->join.access, sizeof s->join.access);
    wzp_wipe(s->join.psk, sizeof s->join.psk);
    s->join.allowed = NULL;
    s->join.room = s->room;
    s->join.relay = s->relay;
    s->trust = (wzp__trust){.pins = s->deps.pins,
                            .relay = s->relay,
                            .fixed = join->has_pin ? s->join.pin : NULL};
    s->was_joined = false;
    s->is_leaving = false;
    s->backoff.step = 0;
    s->addr = 0;
    s->give_up_at = now + WZP__FIRST_TRY_NS;
    dial(s, now);
    return WZP_OK;
}

static void end_of_pin(wzp__session *s)
{
    char text[WZP_ENDED_TEXT_MAX];
    wzp__trust_text(&s->trust, text);
    end(s, WZP_ERR_PIN, text);
}

/* True when the certificate is the expected one or there is none to expect. */
static bool check_pin(wzp__session *s, wzp_tstamp now, const wzp_ep_action *a)
{
    uint8_t pinned[WZP_HASH_LEN];
    wzp__trust_answer answer =
        wzp__trust_check(&s->trust, a, unix_now(s), pinned);
    if (answer == WZP__TRUST_KNOWN) {
        return true;
    }
    if (answer == WZP__TRUST_DIFFERS) {
        hang_up(s, now, WZP_CLOSE_KEY_MISMATCH, wzp_strerror(WZP_ERR_PIN));
        enter(s, WZP_CLIENT_PIN_DECISION, WZP_NEVER);
        push(s, WZP__SESSION_STATE)->why = WZP_ERR_PIN;
    }
    wzp__session_event *ev = push(s, WZP__SESSION_PIN);
    ev->is_first = answer == WZP__TRUST_FIRST;
    memcpy(ev->seen, s->trust.seen, WZP_HASH_LEN);
    if (ev->is_first) {
        return true;
    }
    memcpy(ev->pinned, pinned, WZP_HASH_LEN);
    if (s->join.has_pin) { /* the host has decided already */
        end_of_pin(s);
    }
    return false;
}

wzp_err wzp__session_pin_decide(wzp__session *s, wzp_tstamp now, bool accept)
{
    if (s->state != WZP_CLIENT_PIN_DECISION) {
        return WZP_ERR_STATE;
    }
    if (!accept) {
        end_of_pin(s);
        return WZP_OK;
    }
    wzp_err e = wzp__trust_accept(&s->trust, unix_now(s));
    s->give_up_at = s->was_joined ? WZP_NEVER : now + WZP__FIRST_TRY_NS;
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
    cfg.now_unix = unix_now(s);
    wzp__session_drop_group(s);
    wzp__access_tell(&s->access, &cfg);
    const wzp_err e = wzp_group_new(&s->group, &cfg);
    wzp_wipe(cfg.psk, sizeof cfg.psk);
    WZP_TRY(e);
    s->epoch++;
    return WZP_OK;
}

static void on_connected(wzp__session *s, wzp_tstamp now,
                         const wzp_ep_action *a)
{
    s->handshake.identity = s->deps.identity;
    s->handshake.alias = s->deps.alias;
    s->handshake.access =
        s->access.secret != NULL ? s->access.secret->access : NULL;
    memcpy(s->handshake.exporter, a->u.up.exporter, WZP_EXPORTER_LEN);
    memcpy(s->handshake.server_cert, a->u.up.cert_hash, WZP_HASH_LEN);
    if (!check_pin(s, now, a)) {
        return;
    }
    wzp_str json;
    wzp_arena_reset(s->arena);
    wzp_err e = s->is_call ? WZP_OK : make_group(s);
    s->rev = 0;
    if (e == WZP_OK) {
        e = wzp__handshake_offer(&s->handshake, s->group, &s->deps.rng,
                                 s->arena, &json);
    }
    if (e == WZP_OK) {
        e = wzp_endpoint_send_signal(s->deps.ep, now, s->conn, json.ptr,
                                     json.len);
    }
    if (e == WZP_OK) { /* media may overtake the answer */
        e = wzp_endpoint_typed(s->deps.ep, s->conn, WZP_TYPED_RECEIVE);
    }
    if (e == WZP_ERR_NOMEM) {
        start_over(s, now, e);
        return;
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

/* When it cannot be saved it is kept in memory: the call matters more. */
static void keep_pin(wzp__session *s, const wzp_next_tls *next)
{
    const wzp_err e = wzp__trust_proved(&s->trust, next, unix_now(s));
    if (e != WZP_OK) {
        WZP_LOG(&s->deps.log, WZP_LOG_WARN, "session", "pin.not_saved",
                "relay=%s err=%s", s->relay, wzp_err_name(e));
    }
}

static void joined(wzp__session *s, wzp_tstamp now,
                   const wzp_sig_call_answer *answer)
{
    wzp_ignore(wzp_endpoint_trust(s->deps.ep, s->conn),
               "gone already: WZP_EP_CLOSED is on its way");
    if ((answer->caps & WZP_CAP_DGRAM1) != 0) {
        wzp_ignore(wzp_endpoint_typed(s->deps.ep, s->conn, WZP_TYPED_SEND),
                   "bare datagrams do as well");
    }
    keep_pin(s, &answer->next_tls);
    s->was_joined = true;
    s->joined_at = now;
    s->give_up_at = WZP_NEVER;
    enter(s, WZP_CLIENT_JOINED, WZP_NEVER);
    push(s, WZP__SESSION_STATE);
}

/* Off this connection, with the only close code that legacy relays know
 * (spec/wire.md 5.3). */
static void drop_connection(wzp__session *s, wzp_tstamp now)
{
    hang_up(s, now, WZP_CLOSE_NORMAL, "normal close");
    wzp__session_drop_group(s);
}

static void refuse_legacy(wzp__session *s, wzp_tstamp now, wzp_err why)
{
    char text[sizeof s->events[0].text];
    (void)snprintf(text, sizeof text,
                   why == WZP_ERR_LEGACY
                       ? "%.60s is an old relay that carries no encrypted "
                         "media, and clear media is not allowed"
                       : "%.60s carries no encrypted media, and this room was "
                         "encrypted: clear media is refused",
                   s->relay);
    drop_connection(s, now);
    end(s, why, text);
}

/* Legacy clients give a room's name as it is, and legacy relays take its hash
 * for another room. */
static bool meets_legacy(const wzp__session *s)
{
    return s->sni == s->room ||
           !wzp_room_name_is_sni(s->room, strlen(s->room)) ||
           strcmp(s->room, s->hash) == 0;
}

/* Again, and only the very same relay is joined. The name is in the first
 * packet, as a server name, for all on the path to read. */
static void dial_for_legacy(wzp__session *s, wzp_tstamp now)
{
    static const wzp_next_tls none;
    keep_pin(s, &none);
    s->sni = meets_legacy(s) ? s->sni : s->room;
    dial(s, now);
}

/* The relay cannot carry key messages: clear media, by the rules of clear.h,
 * or none. */
static void on_legacy_relay(wzp__session *s, wzp_tstamp now,
                            const wzp_sig_call_answer *answer)
{
    const wzp__clear *clear = s->deps.clear;
    if (s->is_call) {
        refuse_legacy(s, now, WZP_ERR_LEGACY);
    } else if (!clear->is_allowed || clear->was_sealed) {
        refuse_legacy(s, now,
                      clear->is_allowed ? WZP_ERR_DOWNGRADE : WZP_ERR_LEGACY);
    } else if (!clear->is_accepted) {
        drop_connection(s, now);
        enter(s, WZP_CLIENT_CLEAR_DECISION, WZP_NEVER);
        push(s, WZP__SESSION_STATE);
    } else if (!meets_legacy(s)) {
        drop_connection(s, now);
        dial_for_legacy(s, now);
    } else {
        s->is_legacy = true;
        joined(s, now, answer);
    }
}

void wzp__session_clear_accepted(wzp__session *s, wzp_tstamp now)
{
    if (s->state == WZP_CLIENT_CLEAR_DECISION) {
        s->give_up_at = s->was_joined ? WZP_NEVER : now + WZP__FIRST_TRY_NS;
        dial_for_legacy(s, now);
    }
}

static void on_answer(wzp__session *s, wzp_tstamp now,
                      const wzp_sig_call_answer *answer)
{
    wzp_err e = wzp__handshake_check(&s->handshake, answer);
    s->is_legacy = false;
    if (e == WZP_OK) {
        s->sni = s->usual_sni; /* next time: this relay knows both */
        joined(s, now, answer);
    } else if (e == WZP_ERR_LEGACY) {
        on_legacy_relay(s, now, answer);
    } else {
        end_with(s, now, WZP_CLOSE_AUTH, e);
    }
}

static void on_directive(wzp__session *s, const wzp_sig_quality_directive *d)
{
    WZP_LOG(&s->deps.log, WZP_LOG_INFO, "session", "session.directive",
            "codec=%d", (int)d->recommended_profile.codec);
    push(s, WZP__SESSION_DIRECTIVE)->ceiling = d->recommended_profile.codec;
}

/* Nothing else means anything on a legacy connection, and nothing is sent
 * there: such a relay reads no signal any more (spec/wire.md 2.4). */
static wzp_err on_legacy_signal(wzp__session *s, wzp_tstamp now,
                                const wzp_signal *sig)
{
    wzp_participant_list list;
    if (sig->kind == WZP_SIG_QUALITY_DIRECTIVE) {
        on_directive(s, &sig->u.quality_directive);
    }
    if (sig->kind != WZP_SIG_ROOM_UPDATE) {
        return WZP_OK;
    }
    WZP_TRY(wzp__legacy_roster(s->arena, s->deps.identity.public_key,
                               sig->u.room_update.participants, &list));
    return wzp_group_roster(s->group, now, list);
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
    case WZP_SIG_QUALITY_DIRECTIVE:
        on_directive(s, &sig->u.quality_directive);
        return WZP_OK;
    case WZP_SIG_KEY_PACKAGES:
    case WZP_SIG_E2EE_PAIR:
    case WZP_SIG_E2EE_KEYS:
    case WZP_SIG_E2EE_KEY_REQUEST:
        return wzp_group_recv(s->group, now, unix_now(s), sig);
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
        e = s->is_legacy ? on_legacy_signal(s, now, &sig)
                         : on_room_signal(s, now, &sig);
    }
    if (e == WZP_ERR_NOMEM) { /* what it said will not be said again */
        start_over(s, now, e);
        return;
    }
    if (e != WZP_OK) { /* logged and skipped, never the end of a call */
        /* Keys are sent more than once on purpose: those are no news. */
        bool is_repeat = e == WZP_ERR_ROLLBACK || e == WZP_ERR_KEY_REPLAYED;
        s->signals_refused += !is_repeat;
        WZP_LOG(&s->deps.log, is_repeat ? WZP_LOG_DEBUG : WZP_LOG_INFO,
                "session", "session.signal.skipped", "err=%s len=%zu",
                wzp_err_name(e), a->u.signal.len);
    }
}

wzp_err wzp__session_send(wzp__session *s, wzp_tstamp now,
                          const wzp_signal *sig)
{
    if (s->state != WZP_CLIENT_JOINED || s->is_legacy) {
        return WZP_ERR_STATE;
    }
    wzp_str json;
    wzp_arena_reset(s->arena);
    WZP_TRY(wzp_signal_encode(s->arena, sig, &json));
    return wzp_endpoint_send_signal(s->deps.ep, now, s->conn, json.ptr,
                                    json.len);
}

/* --- the end of a connection --- */

static void on_closed(wzp__session *s, wzp_tstamp now, const wzp_ep_action *a)
{
    s->conn = 0;
    if (s->state == WZP_CLIENT_JOINED && now - s->joined_at >= WZP__STEADY_NS) {
        s->backoff.step = 0;
    }
    if (s->is_leaving) {
        end(s, WZP_OK, "left the room");
        return;
    }
    char text[WZP_ENDED_TEXT_MAX];
    const wzp_err why = wzp__close_code_why(a);
    if (wzp__close_code_is_final(a, s->was_joined, text, sizeof text)) {
        end(s, why, text);
        return;
    }
    retry_later(s, now, why);
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
    s->deadline = WZP_NEVER; /* nothing but CLOSED is waited for */
    wzp_ignore(wzp_endpoint_close(s->deps.ep, now, s->conn, WZP_CLOSE_NORMAL,
                                  "hangup"),
               "then CLOSED is on its way already");
}

void wzp__session_moved(wzp__session *s, wzp_tstamp now, const wzp_addr *local)
{
    s->join.local = *local;
    s->backoff.step = 0;
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
