/* SPDX-License-Identifier: MIT */
/* The line in an engine: its commands and events, and whose question about a
 * certificate an answer is for. What a registration is, is in line.c.
 */
#include "call/engine_parts.h"

#include <string.h>

static void push_line(wzp_engine *e, wzp_tstamp now, const wzp__line_event *l)
{
    wzp_client_event ev = {.kind = WZP_EVENT_LINE, .at = now};
    ev.u.line.state = l->state;
    ev.u.line.why = l->why;
    ev.u.line.retry_ms = l->retry_ms;
    memcpy(ev.u.line.text, l->text, sizeof ev.u.line.text);
    wzp__event_queue_push(&e->events, &ev);
}

static void push_pin(wzp_engine *e, wzp_tstamp now, const wzp__line_event *l)
{
    wzp_client_event ev = {.kind = WZP_EVENT_PIN, .at = now};
    const char *relay = wzp__line_relay(e->line);
    memcpy(ev.u.pin.relay, relay, strlen(relay) + 1);
    memcpy(ev.u.pin.pinned, l->pinned, WZP_HASH_LEN);
    memcpy(ev.u.pin.seen, l->seen, WZP_HASH_LEN);
    ev.u.pin.is_first = l->is_first;
    e->line_asked_first =
        wzp__session_state(e->session) != WZP_CLIENT_PIN_DECISION;
    wzp__event_queue_push(&e->events, &ev);
}

bool wzp__engine_line_drain(wzp_engine *e, wzp_tstamp now)
{
    wzp__line_event l;
    bool any = false;
    while (wzp__line_poll(e->line, &l)) {
        any = true;
        switch (l.kind) {
        case WZP__LINE_STATE:
        case WZP__LINE_ENDED:
            push_line(e, now, &l);
            wzp__engine_calls_line(e);
            break;
        case WZP__LINE_PIN: push_pin(e, now, &l); break;
        case WZP__LINE_SIGNAL: wzp__engine_calls_recv(e, now, l.signal); break;
        }
    }
    return any;
}

bool wzp__engine_line_asks(const wzp_engine *e)
{
    const bool line = wzp__line_state(e->line) == WZP_LINE_PIN_DECISION;
    const bool room = wzp__session_state(e->session) == WZP_CLIENT_PIN_DECISION;
    return line && (!room || e->line_asked_first);
}

wzp_err wzp_engine_register(wzp_engine *e, wzp_tstamp now,
                            const wzp_register *reg)
{
    WZP_TRY(wzp__line_start(e->line, now, reg));
    e->reg = *reg;
    e->reg.relay = NULL; /* the caller's; the line has a copy */
    wzp__engine_line_drain(e, now);
    return WZP_OK;
}

void wzp_engine_unregister(wzp_engine *e, wzp_tstamp now)
{
    wzp__line_stop(e->line, now);
    wzp__engine_line_drain(e, now);
}

wzp_line_state wzp_engine_line_state(const wzp_engine *e)
{
    return wzp__line_state(e->line);
}
