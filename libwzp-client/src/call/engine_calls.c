/* SPDX-License-Identifier: MIT */
/* Direct calls in an engine: the commands, and the way of the machine's actions
 * to the line, the host and the room. What a call is, is in calls.c.
 */
#include "call/engine_parts.h"

#include <string.h>

/* --- the room of a call --- */

/* The relay names where the other side is to be met. What is no relay's
 * address, or our own machine's, is not dialled for it. IPv4 is named as IPv4:
 * in its IPv6 forms (::ffff:127.0.0.1) it would get past this. */
static bool may_dial(const wzp_addr *a)
{
    static const uint8_t zero[10];
    const bool is_one =
        a->family == WZP_FAMILY_V4
            ? a->ip[0] != 0 && a->ip[0] < 224
            : a->ip[0] != 0xFF && memcmp(a->ip, zero, sizeof zero) != 0;
    return a->port != 0 && is_one && !wzp_addr_is_loopback(a);
}

static bool is_line(const wzp_engine *e, const wzp_addr *relay)
{
    for (size_t i = 0; i < e->reg.n_addrs; i++) {
        if (wzp_addr_equal(&e->reg.addrs[i], relay)) {
            return true;
        }
    }
    return false;
}

/* The line's own relay is known by its name and pin; any other by its
 * address. */
static wzp_err enter_room(wzp_engine *e, wzp_tstamp now,
                          const wzp__calls_action *a)
{
    const wzp_addr *relay = &a->u.join.relay;
    char text[WZP_ADDR_TEXT_MAX];
    wzp_join join = {.room = a->u.join.room,
                     .relay = text,
                     .addrs = {*relay},
                     .n_addrs = 1,
                     .local = e->reg.local};
    wzp_addr_encode(relay, text);
    if (is_line(e, relay)) {
        join.relay = wzp__line_relay(e->line);
        join.has_pin = e->reg.has_pin;
        memcpy(join.pin, e->reg.pin, sizeof join.pin);
    } else if (!may_dial(relay)) {
        return WZP_ERR_ADDRESS;
    }
    WZP_TRY(wzp__session_start_call(e->session, now, &join, a->u.join.agree));
    wzp__clear_begin(&e->clear);
    e->audio.input_ended = false;
    return WZP_OK;
}

/* --- actions --- */

static void send(wzp_engine *e, wzp_tstamp now, const wzp_signal *sig)
{
    const wzp_err err = wzp__line_send(e->line, now, sig);
    if (err !=
        WZP_OK) { /* then the line is lost, or a timer of the call ends */
        wzp__calls_unsent(e->calls);
        WZP_LOG(&e->cfg.log, WZP_LOG_INFO, "engine", "call.signal.unsent",
                "name=%s err=%s", wzp_signal_name(sig->kind),
                wzp_err_name(err));
    }
}

static void act(wzp_engine *e, wzp_tstamp now, const wzp__calls_action *a)
{
    wzp_err err;
    switch (a->kind) {
    case WZP__CALLS_SEND: send(e, now, &a->u.signal); break;
    case WZP__CALLS_EVENT:
        wzp__event_queue_push(&e->events, &a->u.event);
        if (a->u.event.kind == WZP_EVENT_CALL &&
            a->u.event.u.call.state == WZP_CALL_ACTIVE) {
            wzp__engine_upgrade_tell(e, now);
        }
        break;
    case WZP__CALLS_JOIN:
        err = enter_room(e, now, a);
        if (err != WZP_OK) {
            wzp__calls_left(e->calls, now, err);
        }
        break;
    case WZP__CALLS_LEAVE: wzp__session_leave(e->session, now); break;
    }
}

bool wzp__engine_calls_drain(wzp_engine *e, wzp_tstamp now)
{
    wzp__calls_action a;
    bool any = false;
    while (wzp__calls_poll(e->calls, now, &a)) {
        any = true;
        act(e, now, &a);
    }
    return any;
}

void wzp__engine_calls_recv(wzp_engine *e, wzp_tstamp now,
                            const wzp_signal *sig)
{
    if (wzp__engine_upgrade_recv(e, now, sig)) {
        wzp__engine_quality_apply(e, now);
        return;
    }
    const wzp_err err = wzp__calls_recv(e->calls, now, sig);
    if (err != WZP_OK) { /* counted there; PROTOCOL: none of its business */
        WZP_LOG(&e->cfg.log,
                err == WZP_ERR_PROTOCOL ? WZP_LOG_DEBUG : WZP_LOG_INFO,
                "engine", "call.signal.refused", "name=%s err=%s",
                wzp_signal_name(sig->kind), wzp_err_name(err));
    }
    wzp__engine_calls_drain(e, now);
}

void wzp__engine_calls_line(wzp_engine *e)
{
    wzp__calls_line(e->calls, wzp__line_state(e->line) == WZP_LINE_REGISTERED,
                    wzp__line_is_legacy(e->line));
}

/* --- commands --- */

static bool has_room(const wzp_engine *e)
{
    return wzp__session_state(e->session) != WZP_CLIENT_IDLE;
}

wzp_err wzp_engine_call(wzp_engine *e, wzp_tstamp now, const wzp_call_to *to)
{
    if (has_room(e) || wzp__line_state(e->line) == WZP_LINE_IDLE) {
        return WZP_ERR_STATE;
    }
    const wzp_err err = wzp__calls_call(e->calls, now, to->fingerprint);
    wzp__engine_calls_drain(e, now);
    return err;
}

wzp_err wzp_engine_answer(wzp_engine *e, wzp_tstamp now, const char *call_id,
                          wzp_accept_mode mode)
{
    if (has_room(e) && mode != WZP_ACCEPT_REJECT) {
        return WZP_ERR_STATE;
    }
    const wzp_err err = wzp__calls_answer(e->calls, now, call_id, mode);
    wzp__engine_calls_drain(e, now);
    return err;
}

void wzp_engine_hangup(wzp_engine *e, wzp_tstamp now, wzp_hangup_reason reason)
{
    wzp__calls_hangup(e->calls, now, reason);
    wzp__engine_calls_drain(e, now);
}

wzp_err wzp_engine_contact_decide(wzp_engine *e, wzp_tstamp now, bool accept)
{
    const wzp_err err = wzp__calls_contact_decide(e->calls, now, accept);
    wzp__engine_calls_drain(e, now);
    return err;
}
