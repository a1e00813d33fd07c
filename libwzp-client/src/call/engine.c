/* SPDX-License-Identifier: MIT */
/* THE call engine, see engine.h. It routes: endpoint actions to the session or
 * the line (engine_line.c) and from there to the calls (engine_calls.c), opened
 * packets to the receiver of their sender or to engine_control.c. What each
 * does is decided there; sound is engine_audio.c.
 *
 * Timers:
 *   stats   every second while in a room: WZP_EVENT_STATS, idle voices
 *   and the deadlines of audio, endpoint, session, key group and line
 */
#include "call/engine_parts.h"

#include <wzp/proto/sized.h>

#include <string.h>

#define STATS_NS WZP_S

/* --- receiving --- */

static wzp_err open_packet(wzp_engine *e, wzp_tstamp now, const wzp_pkt *pkt)
{
    uint8_t plain[WZP_MEDIA_MAX];
    wzp_opened opened;
    WZP_TRY(wzp_group_open(wzp__session_group(e->session), now, pkt->data,
                           pkt->len, plain, sizeof plain, &opened));
    wzp__calls_heard(e->calls, now);
    if (opened.form == WZP_FORM_CONTROL) {
        wzp__engine_control_recv(e, now, opened.member, plain, opened.len);
    } else { /* When it came, not when its key did: waiting is no jitter. */
        wzp__voices_insert(&e->voices, pkt->at, opened.member, &opened.hdr,
                           opened.form, plain, opened.len);
    }
    return WZP_OK;
}

/* Every refusal but a missing key is final, and counted by the group. With the
 * connection the group goes, and the packets that waited for its keys. */
static bool is_done(void *user, wzp_tstamp now, const wzp_pkt *pkt)
{
    wzp_engine *e = user;
    return wzp__session_state(e->session) != WZP_CLIENT_JOINED ||
           open_packet(e, now, pkt) != WZP_ERR_KEY_UNKNOWN;
}

static void on_dgram(wzp_engine *e, wzp_tstamp now, wzp_pkt *pkt)
{
    if (wzp__session_state(e->session) == WZP_CLIENT_JOINED &&
        !wzp__engine_clear_recv(e, now, pkt) && !is_done(e, now, pkt)) {
        wzp__held_add(&e->held, now, pkt);
    }
}

/* --- sending --- */

void wzp__engine_send_packet(wzp_engine *e, wzp_tstamp now, wzp_pkt *pkt,
                             uint64_t *counter)
{
    wzp_err err =
        wzp_endpoint_send_dgram(e->ep, now, wzp__session_conn(e->session), pkt);
    if (err == WZP_OK) {
        (*counter)++;
    } else {
        e->stats.packets_unsent++;
    }
    wzp_pkt_unref(pkt);
}

void wzp__engine_send_media(wzp_engine *e, wzp_tstamp now)
{
    wzp_group *group = wzp__session_group(e->session);
    while (wzp__session_state(e->session) == WZP_CLIENT_JOINED) {
        wzp_pkt *pkt = wzp_pkt_get(e->pool);
        if (pkt == NULL) {
            return; /* frames wait in the sender, which is bounded */
        }
        bool any = wzp__engine_is_clear(e)
                       ? wzp__engine_clear_next(e, now, pkt)
                       : wzp__sender_next(e->sender, now, group, pkt->data,
                                          WZP_PKT_CAP, &pkt->len);
        if (!any) {
            wzp_pkt_unref(pkt);
            return;
        }
        wzp__engine_quality_sent(e, now, pkt);
        wzp__engine_send_packet(e, now, pkt, &e->stats.packets_sent);
    }
}

/* --- what happened below --- */

static void new_epoch(wzp_engine *e)
{
    uint32_t epoch = wzp__session_epoch(e->session);
    if (epoch != e->epoch) { /* members are numbered anew */
        e->epoch = epoch;
        wzp__voices_retire_all(&e->voices);
        wzp__control_forget_all(&e->control);
        wzp__held_clear(&e->held);
        wzp__sender_reset(e->sender);
    }
}

static void push_member(wzp_engine *e, wzp_tstamp now, uint32_t member,
                        bool is_gone)
{
    wzp_client_event ev = {.kind = WZP_EVENT_MEMBER, .at = now};
    ev.u.member.is_gone = is_gone;
    if (wzp_group_member_get(wzp__session_group(e->session), member,
                             &ev.u.member.info) != WZP_OK) {
        return;
    }
    wzp__engine_clear_note(e, &ev.u.member.info);
    if (!is_gone) {
        wzp__engine_volume_meets(e, &ev.u.member.info);
    }
    if (wzp__engine_contact_meets(e, now, &ev.u.member.info)) {
        wzp__engine_contact_name(e, &ev);
        wzp__event_queue_push(&e->events, &ev);
    } /* else told again, as one that is refused */
}

static bool drain_group(wzp_engine *e, wzp_tstamp now)
{
    wzp_group_action a;
    bool any = false;
    bool is_roster_new = false;
    while (wzp__session_state(e->session) == WZP_CLIENT_JOINED &&
           wzp_group_poll(wzp__session_group(e->session), now, &a)) {
        any = true;
        switch (a.kind) {
        case WZP_GROUP_SEND:
            wzp_ignore(wzp__session_send(e->session, now, a.u.signal),
                       "a connection that takes no signals is closed below");
            break;
        case WZP_GROUP_KEYS_CHANGED:
            wzp__held_retry(&e->held, now, is_done, e);
            break;
        case WZP_GROUP_MEMBER:
            push_member(e, now, a.u.member, false);
            is_roster_new = true;
            break;
        case WZP_GROUP_MEMBER_GONE:
            is_roster_new = true;
            push_member(e, now, a.u.member, true);
            wzp__voices_retire(&e->voices, a.u.member);
            wzp__control_forget(&e->control, a.u.member);
            wzp__engine_quality_gone(e, a.u.member);
            break;
        case WZP_GROUP_CONTROL_DUE: wzp__engine_keep_alive(e, now); break;
        }
    }
    if (is_roster_new) {
        wzp__engine_quality_review(e, now);
        wzp__engine_clear_review(e, now);
    }
    return any;
}

static void push_state(wzp_engine *e, wzp_tstamp now,
                       const wzp__session_event *s)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATE, .at = now};
    ev.u.state.state = s->state;
    ev.u.state.why = s->why;
    ev.u.state.retry_ms = s->retry_ms;
    wzp__event_queue_push(&e->events, &ev);
    if (s->state == WZP_CLIENT_JOINED) {
        wzp__engine_audio_start(e, now);
        wzp__engine_quality_begin(e, now);
        e->stats_at = e->stats_at == WZP_NEVER ? now + STATS_NS : e->stats_at;
    }
    e->stats.reconnects += s->state == WZP_CLIENT_RECONNECTING;
}

static void push_pin(wzp_engine *e, wzp_tstamp now, const wzp__session_event *s)
{
    wzp_client_event ev = {.kind = WZP_EVENT_PIN, .at = now};
    const char *relay = wzp__session_relay(e->session);
    memcpy(ev.u.pin.relay, relay, strlen(relay) + 1);
    memcpy(ev.u.pin.pinned, s->pinned, WZP_HASH_LEN);
    memcpy(ev.u.pin.seen, s->seen, WZP_HASH_LEN);
    ev.u.pin.is_first = s->is_first;
    e->line_asked_first = wzp__line_state(e->line) == WZP_LINE_PIN_DECISION;
    wzp__event_queue_push(&e->events, &ev);
}

static void push_ended(wzp_engine *e, wzp_tstamp now,
                       const wzp__session_event *s)
{
    wzp__engine_audio_stop(e, now);
    wzp__voices_retire_all(&e->voices);
    wzp__engine_control_left(e, now);
    wzp__engine_quality_end(e);
    wzp__held_clear(&e->held);
    wzp__clear_begin(&e->clear);
    wzp__calls_left(e->calls, now, s->why);
    e->stats_at = WZP_NEVER;
    wzp_ignore(wzp__seen_save(e->seen), "tried again in the next room");
    wzp_ignore(wzp_contacts_save(e->contacts), "tried again in the next room");
    wzp_client_event ev = {.kind = WZP_EVENT_ENDED, .at = now};
    ev.u.ended.why = s->why;
    memcpy(ev.u.ended.text, s->text, sizeof ev.u.ended.text);
    wzp__event_queue_push(&e->events, &ev);
}

static bool drain_session(wzp_engine *e, wzp_tstamp now)
{
    wzp__session_event s;
    bool any = false;
    while (wzp__session_poll(e->session, &s)) {
        any = true;
        switch (s.kind) {
        case WZP__SESSION_STATE: push_state(e, now, &s); break;
        case WZP__SESSION_PIN: push_pin(e, now, &s); break;
        case WZP__SESSION_ENDED: push_ended(e, now, &s); break;
        case WZP__SESSION_DIRECTIVE:
            wzp__engine_quality_directive(e, now, s.ceiling);
            break;
        }
    }
    if (any) {
        wzp__engine_clear_review(e, now);
    }
    return any;
}

static void on_action(wzp_engine *e, wzp_tstamp now, const wzp_ep_action *a)
{
    if (a->kind == WZP_EP_DGRAM) {
        if (a->conn == wzp__session_conn(e->session)) {
            on_dgram(e, now, a->u.dgram);
        }
        return;
    }
    if (a->conn == wzp__line_conn(e->line)) {
        wzp__line_recv(e->line, now, a);
        return;
    }
    if (a->kind == WZP_EP_CLOSED) {
        wzp__engine_keep_path_stats(e, a->conn);
    }
    wzp__session_recv(e->session, now, a);
    new_epoch(e);
    if (e->clear.state == WZP_CLEAR_ON) { /* before the next packet goes out */
        wzp__engine_clear_review(e, now);
    }
}

/* --- the machine's verbs --- */

void wzp_engine_recv(wzp_engine *e, wzp_tstamp now, const wzp_addr *local,
                     const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_endpoint_recv(e->ep, now, local, remote, data, len);
}

static void push_stats(wzp_engine *e, wzp_tstamp now)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATS, .at = now};
    ev.u.stats.size = sizeof ev.u.stats;
    wzp_engine_stats_get(e, &ev.u.stats);
    ev.u.stats.now = now;
    wzp__event_queue_push(&e->events, &ev);
}

void wzp_engine_expire(wzp_engine *e, wzp_tstamp now)
{
    wzp_endpoint_expire(e->ep, now);
    wzp__session_expire(e->session, now);
    wzp__line_expire(e->line, now);
    wzp__calls_expire(e->calls, now);
    wzp__engine_control_expire(e, now);
    wzp__engine_quality_expire(e, now);
    wzp__engine_audio_run(e, now);
    if (now >= e->stats_at) {
        push_stats(e, now);
        wzp__voices_retire_idle(&e->voices, now);
        wzp__held_retry(&e->held, now, is_done, e); /* drops the old ones */
        wzp_ignore(wzp__seen_save(e->seen), "tried again in a second");
        wzp_ignore(wzp_contacts_save(e->contacts), "tried again in a second");
        e->stats_at = now + STATS_NS;
    }
}

wzp_tstamp wzp_engine_deadline(const wzp_engine *e)
{
    wzp_tstamp at = wzp_endpoint_deadline(e->ep);
    wzp_tstamp session = wzp__session_deadline(e->session);
    at = session < at ? session : at;
    wzp_tstamp line = wzp__line_deadline(e->line);
    at = line < at ? line : at;
    wzp_tstamp calls = wzp__calls_deadline(e->calls);
    at = calls < at ? calls : at;
    wzp_tstamp control = wzp__engine_control_deadline(e);
    at = control < at ? control : at;
    wzp_tstamp quality = wzp__engine_quality_deadline(e);
    at = quality < at ? quality : at;
    wzp_tstamp audio = wzp__engine_audio_deadline(e);
    at = audio < at ? audio : at;
    return e->stats_at < at ? e->stats_at : at;
}

bool wzp_engine_poll_send(wzp_engine *e, wzp_tstamp now, wzp_addr *local,
                          wzp_addr *remote, const uint8_t **data, size_t *len)
{
    for (;;) {
        wzp_ep_action a;
        drain_group(e, now);
        drain_session(e, now);
        wzp__engine_line_drain(e, now);
        wzp__engine_calls_drain(e, now);
        if (!wzp_endpoint_poll(e->ep, now, &a)) {
            if (drain_group(e, now) || drain_session(e, now) ||
                wzp__engine_line_drain(e, now) ||
                wzp__engine_calls_drain(e, now)) {
                continue;
            }
            return false;
        }
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        on_action(e, now, &a);
    }
}

bool wzp_engine_next_event_sized(wzp_engine *e, wzp_client_event *out,
                                 size_t size)
{
    wzp_client_event ev;
    bool any = wzp__event_queue_pop(&e->events, &ev);
    if (any) {
        wzp_sized_give(out, size, &ev, sizeof ev);
    }
    return any;
}

/* --- commands --- */

wzp_err wzp_engine_join(wzp_engine *e, wzp_tstamp now, const wzp_join *join)
{
    if (wzp__calls_is_busy(e->calls)) {
        return WZP_ERR_STATE;
    }
    if (join->policy == WZP_POLICY_CONTACTS) {
        WZP_TRY(wzp__engine_contacts_join(e, now, join));
    } else {
        WZP_TRY(wzp__session_start(e->session, now, join));
    }
    wzp__clear_begin(&e->clear);
    /* Who cannot seal cannot prove that it may be talked to. */
    e->clear.is_allowed =
        e->cfg.allow_legacy && wzp__session_is_open(e->session);
    e->audio.input_ended = false;
    drain_session(e, now);
    return WZP_OK;
}

void wzp_engine_leave(wzp_engine *e, wzp_tstamp now)
{
    if (wzp__calls_is_busy(e->calls)) {
        wzp_engine_hangup(e, now, WZP_HANGUP_NORMAL);
        return;
    }
    wzp__session_leave(e->session, now);
    drain_session(e, now);
}

wzp_err wzp_engine_pin_decide(wzp_engine *e, wzp_tstamp now, bool accept)
{
    const bool is_of_line = wzp__engine_line_asks(e);
    const wzp_err err = is_of_line
                            ? wzp__line_pin_decide(e->line, now, accept)
                            : wzp__session_pin_decide(e->session, now, accept);
    drain_session(e, now);
    wzp__engine_line_drain(e, now);
    return err;
}

void wzp_engine_moved(wzp_engine *e, wzp_tstamp now, const wzp_addr *local)
{
    wzp_endpoint_rebind(e->ep, now, local);
    wzp__session_moved(e->session, now, local);
    wzp__line_moved(e->line, now, local);
    wzp_engine_quality_network(e, now, e->cfg.quality.network);
    e->reg.local = *local;
}

size_t wzp_engine_words_input(const wzp_engine *e,
                              uint8_t room_id[WZP_HASH_LEN],
                              uint8_t (*keys)[WZP_KEY_LEN], size_t cap)
{
    if (wzp__session_state(e->session) != WZP_CLIENT_JOINED) {
        return 0;
    }
    wzp__session_room_id(e->session, room_id);
    return wzp_group_identities(wzp__session_group(e->session), keys, cap);
}

/* --- queries --- */

wzp_client_state wzp_engine_state(const wzp_engine *e)
{
    return wzp__session_state(e->session);
}
