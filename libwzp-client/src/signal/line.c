/* SPDX-License-Identifier: MIT */
/* A registration, see line.h for the states.
 *
 * Timers, one at a time by state:
 *   CONNECTING   the endpoint's handshake timeout; WZP__FIRST_TRY_NS in all for
 *                the first registration
 *   REGISTERING  ACK_NS for the RegisterPresenceAck
 *   RECONNECTING path/backoff.h before the next attempt
 *   REGISTERED   none: the endpoint keeps the connection alive
 */
#include "signal/line.h"

#include "path/backoff.h"
#include "path/close_code.h"
#include "path/dial.h"
#include "path/handshake.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/arena.h>

#include <stdio.h>
#include <string.h>

#define ACK_NS      (10 * WZP_S) /* the relay's own limit, relay.md 4.1 */
#define ARENA_LIMIT (8u * WZP_SIGNAL_MAX)
#define EVENTS      8         /* a step makes three at most */
#define SNI         "_signal" /* a role, not a room: never hashed */
#define REFUSAL_MAX 200       /* chosen: of the relay's own words */

struct wzp__line {
    wzp__line_deps deps;
    wzp_arena *in, *out;
    wzp_line_state state;
    wzp_tstamp deadline;   /* of the present state */
    wzp_tstamp give_up_at; /* first registration only, else WZP_NEVER */
    bool was_registered;
    bool is_stopping;
    wzp__backoff backoff;
    wzp_tstamp registered_at;
    uint32_t caps; /* the relay's, of the present connection */

    char relay[WZP__PIN_NAME_MAX + 1];
    wzp_register reg;
    size_t addr; /* index into reg.addrs */

    wzp_conn_id conn;
    wzp__trust trust;  /* in the relay's certificate */
    wzp_signal signal; /* of the last SIGNAL event, in `in` */
    uint64_t signals_refused;

    wzp__line_event events[EVENTS];
    size_t ev_head, ev_count;
};

static wzp_unix_s unix_now(const wzp__line *l)
{
    return l->deps.unix_now(l->deps.unix_now_user);
}

/* --- events and states --- */

static wzp__line_event *push(wzp__line *l, wzp__line_event_kind kind)
{
    if (l->ev_count == EVENTS) { /* not polled: keep the newest */
        l->ev_head = (l->ev_head + 1) % EVENTS;
        l->ev_count--;
    }
    wzp__line_event *ev = &l->events[(l->ev_head + l->ev_count) % EVENTS];
    l->ev_count++;
    *ev = (wzp__line_event){.kind = kind, .state = l->state};
    return ev;
}

static void enter(wzp__line *l, wzp_line_state state, wzp_tstamp deadline)
{
    WZP_LOG(&l->deps.log, WZP_LOG_DEBUG, "line", "line.state", "from=%s to=%s",
            wzp_line_state_name(l->state), wzp_line_state_name(state));
    l->state = state;
    l->deadline = deadline;
}

static void hang_up(wzp__line *l, wzp_tstamp now, wzp_close_code code,
                    const char *reason)
{
    if (l->conn != 0) {
        wzp_ignore(wzp_endpoint_close(l->deps.ep, now, l->conn, code, reason),
                   "the connection may be gone already");
        l->conn = 0;
    }
}

static void end(wzp__line *l, wzp_err why, const char *text)
{
    enter(l, WZP_LINE_IDLE, WZP_NEVER);
    wzp__line_event *ev = push(l, WZP__LINE_ENDED);
    ev->why = why;
    (void)snprintf(ev->text, sizeof ev->text, "%s", text);
}

static void end_with(wzp__line *l, wzp_tstamp now, wzp_err why)
{
    hang_up(l, now, WZP_CLOSE_NORMAL, wzp_strerror(why));
    end(l, why, wzp_strerror(why));
}

/* --- connecting --- */

static void retry_later(wzp__line *l, wzp_tstamp now, wzp_err why)
{
    if (now >= l->give_up_at) {
        end_with(l, now, why);
        return;
    }
    l->addr = (l->addr + 1) % l->reg.n_addrs;
    const uint32_t wait = wzp__backoff_next(&l->backoff, &l->deps.rng);
    enter(l, WZP_LINE_RECONNECTING, now + wait * WZP_MS);
    wzp__line_event *ev = push(l, WZP__LINE_STATE);
    ev->why = why;
    ev->retry_ms = wait;
    (void)snprintf(ev->text, sizeof ev->text, "%s", wzp_strerror(why));
}

static void start_over(wzp__line *l, wzp_tstamp now, wzp_err why)
{
    hang_up(l, now, WZP_CLOSE_NORMAL, wzp_strerror(why));
    retry_later(l, now, why);
}

static void dial(wzp__line *l, wzp_tstamp now)
{
    const wzp_dial to = {
        .local = l->reg.local, .remote = l->reg.addrs[l->addr], .sni = SNI};
    const wzp_err e = wzp__dial(l->deps.ep, now, &l->trust, &to, &l->conn);
    if (e != WZP_OK) {
        retry_later(l, now, e);
        return;
    }
    enter(l, WZP_LINE_CONNECTING, l->give_up_at);
    push(l, WZP__LINE_STATE);
}

wzp_err wzp__line_start(wzp__line *l, wzp_tstamp now, const wzp_register *reg)
{
    if (l->state != WZP_LINE_IDLE) {
        return WZP_ERR_STATE;
    }
    if (reg->n_addrs == 0 || reg->n_addrs > WZP_RELAY_ADDRS_MAX ||
        strlen(reg->relay) > WZP__PIN_NAME_MAX) {
        return WZP_ERR_ARG;
    }
    (void)snprintf(l->relay, sizeof l->relay, "%s", reg->relay);
    l->reg = *reg;
    l->reg.relay = l->relay;
    l->trust = (wzp__trust){.pins = l->deps.pins,
                            .relay = l->relay,
                            .fixed = reg->has_pin ? l->reg.pin : NULL};
    l->was_registered = false;
    l->is_stopping = false;
    l->backoff.step = 0;
    l->addr = 0;
    l->give_up_at = now + WZP__FIRST_TRY_NS;
    dial(l, now);
    return WZP_OK;
}

/* --- the relay's certificate --- */

static void end_of_pin(wzp__line *l)
{
    char text[WZP_ENDED_TEXT_MAX];
    wzp__trust_text(&l->trust, text);
    end(l, WZP_ERR_PIN, text);
}

/* True when the certificate is the expected one or there is none to expect. */
static bool check_pin(wzp__line *l, wzp_tstamp now, const wzp_ep_action *a)
{
    uint8_t pinned[WZP_HASH_LEN];
    const wzp__trust_answer answer =
        wzp__trust_check(&l->trust, a, unix_now(l), pinned);
    if (answer == WZP__TRUST_KNOWN) {
        return true;
    }
    if (answer == WZP__TRUST_DIFFERS) {
        hang_up(l, now, WZP_CLOSE_KEY_MISMATCH, wzp_strerror(WZP_ERR_PIN));
        enter(l, WZP_LINE_PIN_DECISION, WZP_NEVER);
        wzp__line_event *state = push(l, WZP__LINE_STATE);
        state->why = WZP_ERR_PIN;
        wzp__trust_text(&l->trust, state->text);
    }
    wzp__line_event *ev = push(l, WZP__LINE_PIN);
    ev->is_first = answer == WZP__TRUST_FIRST;
    memcpy(ev->seen, l->trust.seen, WZP_HASH_LEN);
    if (ev->is_first) {
        return true;
    }
    memcpy(ev->pinned, pinned, WZP_HASH_LEN);
    if (l->reg.has_pin) { /* the host has decided already */
        end_of_pin(l);
    }
    return false;
}

wzp_err wzp__line_pin_decide(wzp__line *l, wzp_tstamp now, bool accept)
{
    if (l->state != WZP_LINE_PIN_DECISION) {
        return WZP_ERR_STATE;
    }
    if (!accept) {
        end_of_pin(l);
        return WZP_OK;
    }
    const wzp_err e = wzp__trust_accept(&l->trust, unix_now(l));
    l->give_up_at = l->was_registered ? WZP_NEVER : now + WZP__FIRST_TRY_NS;
    dial(l, now);
    return e;
}

/* When it cannot be saved it is kept in memory: being reachable matters more.
 */
static void keep_pin(wzp__line *l, const wzp_next_tls *next)
{
    const wzp_err e = wzp__trust_proved(&l->trust, next, unix_now(l));
    if (e != WZP_OK) {
        WZP_LOG(&l->deps.log, WZP_LOG_WARN, "line", "pin.not_saved",
                "relay=%s err=%s", l->relay, wzp_err_name(e));
    }
}

/* --- registering --- */

static wzp_err send(wzp__line *l, wzp_tstamp now, const wzp_signal *sig)
{
    wzp_str json;
    wzp_arena_reset(l->out);
    WZP_TRY(wzp_signal_encode(l->out, sig, &json));
    return wzp_endpoint_send_signal(l->deps.ep, now, l->conn, json.ptr,
                                    json.len);
}

/* Signature and binding: by the first an older relay may know us, by the second
 * a relay of ours knows that it is us, now, on this connection. */
static wzp_err send_registration(wzp__line *l, wzp_tstamp now,
                                 const wzp_ep_action *up)
{
    const wzp_identity *id = &l->deps.identity;
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    uint8_t signature[WZP_SIG_LEN], bound[WZP_SIG_LEN];
    memcpy(in.exporter, up->u.up.exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, up->u.up.cert_hash, WZP_HASH_LEN);
    const wzp_err e = wzp_binding_sign(id, &in, bound);
    wzp_wipe(&in, sizeof in);
    WZP_TRY(e);
    WZP_TRY(wzp_register_sign(id, signature));
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE};
    wzp_sig_register_presence *r = &sig.u.register_presence;
    memcpy(r->identity_pub, id->public_key, WZP_KEY_LEN);
    r->signature = (wzp_bytes){signature, sizeof signature};
    r->binding = (wzp_bytes){bound, sizeof bound};
    r->alias = (wzp_str){l->deps.alias, strlen(l->deps.alias)};
    r->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    return send(l, now, &sig);
}

static void on_connected(wzp__line *l, wzp_tstamp now, const wzp_ep_action *a)
{
    if (!check_pin(l, now, a)) {
        return;
    }
    const wzp_err e = send_registration(l, now, a);
    if (e == WZP_ERR_NOMEM) {
        start_over(l, now, e);
        return;
    }
    if (e != WZP_OK) { /* no signature, no registration: trying is no help */
        end_with(l, now, e);
        return;
    }
    const wzp_tstamp until = now + ACK_NS;
    enter(l, WZP_LINE_REGISTERING,
          until < l->give_up_at ? until : l->give_up_at);
    push(l, WZP__LINE_STATE);
}

/* The relay's words, cut; what no terminal should get becomes '?'. */
static void copy_printable(wzp_str from, char *to, size_t cap)
{
    size_t n = 0;
    for (; n < from.len && n + 1 < cap; n++) {
        const char c = from.ptr[n];
        to[n] = c >= ' ' && c <= '~' ? c : '?';
    }
    to[n] = '\0';
}

static void on_refusal(wzp__line *l, wzp_tstamp now, wzp_str error)
{
    char words[REFUSAL_MAX + 1];
    char text[WZP_ENDED_TEXT_MAX];
    copy_printable(error, words, sizeof words);
    (void)snprintf(text, sizeof text, "%.100s refuses the registration: %s",
                   l->relay, words[0] != '\0' ? words : "it does not say why");
    hang_up(l, now, WZP_CLOSE_NORMAL, "refused");
    end(l, WZP_ERR_NOT_ALLOWED, text);
}

static void registered(wzp__line *l, wzp_tstamp now)
{
    wzp_ignore(wzp_endpoint_trust(l->deps.ep, l->conn),
               "gone already: WZP_EP_CLOSED is on its way");
    l->was_registered = true;
    l->registered_at = now;
    l->give_up_at = WZP_NEVER;
    enter(l, WZP_LINE_REGISTERED, WZP_NEVER);
    wzp__line_event *ev = push(l, WZP__LINE_STATE);
    if (wzp__line_is_legacy(l)) {
        ev->why = WZP_ERR_LEGACY;
        (void)snprintf(ev->text, sizeof ev->text,
                       "%.100s is an old relay: no call through it can be "
                       "encrypted",
                       l->relay);
    }
}

static void on_ack(wzp__line *l, wzp_tstamp now,
                   const wzp_sig_register_presence_ack *ack)
{
    if (!ack->success) {
        on_refusal(l, now, ack->error);
        return;
    }
    l->caps = ack->caps;
    keep_pin(l, &ack->next_tls);
    registered(l, now);
}

/* --- signals --- */

static wzp_err take_signal(wzp__line *l, wzp_tstamp now, const wzp_ep_action *a)
{
    wzp_arena_reset(l->in);
    WZP_TRY(wzp_signal_decode(l->in, a->u.signal.data, a->u.signal.len,
                              WZP_SIGNAL_MAX, &l->signal));
    const bool is_ack = l->signal.kind == WZP_SIG_REGISTER_PRESENCE_ACK;
    if (l->state == WZP_LINE_REGISTERING && is_ack) {
        on_ack(l, now, &l->signal.u.register_presence_ack);
        return WZP_OK;
    }
    if (l->state != WZP_LINE_REGISTERED || is_ack) {
        return WZP_ERR_PROTOCOL;
    }
    push(l, WZP__LINE_SIGNAL)->signal = &l->signal;
    return WZP_OK;
}

static void on_signal(wzp__line *l, wzp_tstamp now, const wzp_ep_action *a)
{
    const wzp_err e = take_signal(l, now, a);
    if (e == WZP_ERR_NOMEM) { /* what it said will not be said again */
        start_over(l, now, e);
        return;
    }
    if (e != WZP_OK) { /* logged and skipped, never the end of a line */
        l->signals_refused++;
        WZP_LOG(&l->deps.log, WZP_LOG_INFO, "line", "line.signal.skipped",
                "err=%s len=%zu", wzp_err_name(e), a->u.signal.len);
    }
}

wzp_err wzp__line_send(wzp__line *l, wzp_tstamp now, const wzp_signal *sig)
{
    if (l->state != WZP_LINE_REGISTERED || l->is_stopping) {
        return WZP_ERR_STATE;
    }
    if (wzp_signal_needs_sig1(sig->kind) && (l->caps & WZP_CAP_SIG1) == 0) {
        WZP_LOG(&l->deps.log, WZP_LOG_WARN, "line", "line.signal.withheld",
                "name=%s", wzp_signal_name(sig->kind));
        return WZP_ERR_LEGACY;
    }
    return send(l, now, sig);
}

/* --- the end of a connection --- */

static void on_closed(wzp__line *l, wzp_tstamp now, const wzp_ep_action *a)
{
    l->conn = 0;
    if (l->state == WZP_LINE_REGISTERED &&
        now - l->registered_at >= WZP__STEADY_NS) {
        l->backoff.step = 0;
    }
    if (l->is_stopping) {
        end(l, WZP_OK, "registered no more");
        return;
    }
    char text[WZP_ENDED_TEXT_MAX];
    const wzp_err why = wzp__close_code_why(a);
    if (wzp__close_code_is_final(a, l->was_registered, text, sizeof text)) {
        end(l, why, text);
        return;
    }
    retry_later(l, now, why);
}

void wzp__line_stop(wzp__line *l, wzp_tstamp now)
{
    if (l->state == WZP_LINE_IDLE || l->is_stopping) {
        return;
    }
    if (l->conn == 0) {
        end(l, WZP_OK, "registered no more");
        return;
    }
    l->is_stopping = true;
    l->deadline = WZP_NEVER; /* nothing but CLOSED is waited for */
    wzp_ignore(wzp_endpoint_close(l->deps.ep, now, l->conn, WZP_CLOSE_NORMAL,
                                  "unregister"),
               "then CLOSED is on its way already");
}

void wzp__line_moved(wzp__line *l, wzp_tstamp now, const wzp_addr *local)
{
    l->reg.local = *local;
    l->backoff.step = 0;
    if (l->state == WZP_LINE_RECONNECTING) {
        l->deadline = now; /* the network before may have been why */
    }
}

/* --- the machine's verbs --- */

void wzp__line_recv(wzp__line *l, wzp_tstamp now, const wzp_ep_action *action)
{
    if (l->conn == 0 || action->conn != l->conn) {
        return; /* of another, or of a connection given up before */
    }
    if (l->is_stopping && action->kind != WZP_EP_CLOSED) {
        return; /* nothing but the end is waited for */
    }
    switch (action->kind) {
    case WZP_EP_CONNECTED: on_connected(l, now, action); break;
    case WZP_EP_SIGNAL: on_signal(l, now, action); break;
    case WZP_EP_CLOSED: on_closed(l, now, action); break;
    default: break;
    }
}

void wzp__line_expire(wzp__line *l, wzp_tstamp now)
{
    if (now < l->deadline) {
        return;
    }
    switch (l->state) {
    case WZP_LINE_RECONNECTING: dial(l, now); break;
    case WZP_LINE_CONNECTING: end_with(l, now, WZP_ERR_TIMEOUT); break;
    case WZP_LINE_REGISTERING: start_over(l, now, WZP_ERR_TIMEOUT); break;
    default: break;
    }
}

wzp_tstamp wzp__line_deadline(const wzp__line *l)
{
    return l->deadline;
}

bool wzp__line_poll(wzp__line *l, wzp__line_event *out)
{
    if (l->ev_count == 0) {
        return false;
    }
    *out = l->events[l->ev_head];
    l->ev_head = (l->ev_head + 1) % EVENTS;
    l->ev_count--;
    return true;
}

/* --- life and queries --- */

wzp_err wzp__line_new(wzp__line **out, const wzp__line_deps *deps)
{
    wzp__line *l = wzp_mem_new(&deps->mem, sizeof *l);
    if (l == NULL) {
        return WZP_ERR_NOMEM;
    }
    l->deps = *deps;
    l->state = WZP_LINE_IDLE;
    l->deadline = WZP_NEVER;
    wzp_err e = wzp_arena_new(&l->in, &deps->mem, ARENA_LIMIT);
    if (e == WZP_OK) {
        e = wzp_arena_new(&l->out, &deps->mem, ARENA_LIMIT);
    }
    if (e != WZP_OK) {
        wzp__line_free(l);
        return e;
    }
    *out = l;
    return WZP_OK;
}

void wzp__line_free(wzp__line *l)
{
    if (l == NULL) {
        return;
    }
    wzp_mem mem = l->deps.mem;
    wzp_arena_free(l->in);
    wzp_arena_free(l->out);
    wzp_mem_free(&mem, l, sizeof *l);
}

wzp_line_state wzp__line_state(const wzp__line *l)
{
    return l->state;
}

wzp_conn_id wzp__line_conn(const wzp__line *l)
{
    return l->conn;
}

bool wzp__line_is_legacy(const wzp__line *l)
{
    return l->state == WZP_LINE_REGISTERED && (l->caps & WZP_CAP_E2E1) == 0;
}

const char *wzp__line_relay(const wzp__line *l)
{
    return l->relay;
}

uint64_t wzp__line_signals_refused(const wzp__line *l)
{
    return l->signals_refused;
}
