/* SPDX-License-Identifier: MIT */
/* The engine among legacy parties: what the rules (clear.h) are asked about,
 * what the host is told, and the two ways of clear packets.
 */
#include "call/engine_parts.h"

#include <wzp/proto/media.h>

#include <string.h>

/* Numbers of voices that are no members of the key group. */
#define CLEAR_VOICE UINT32_C(0xFFFFFF00)

/* --- the rules --- */

typedef struct look {
    wzp__clear_view view;
    bool has_who;
    wzp_member_info who; /* a legacy member: one seen before, else any */
} look;

static void look_at(const wzp_engine *e, look *l, const wzp_member_info *m)
{
    if (m->state != WZP_MEMBER_LEGACY) {
        l->view.n_capable++;
        return;
    }
    static const uint8_t anonymous[WZP_FP_LEN];
    const bool is_seen = memcmp(m->fingerprint, anonymous, WZP_FP_LEN) != 0 &&
                         (wzp__seen_has(e->seen, m->fingerprint) ||
                          wzp__engine_contact_can_seal(e, m->fingerprint));
    if (!l->has_who || (is_seen && !l->view.has_seen)) {
        l->who = *m;
        l->has_who = true;
    }
    l->view.n_legacy++;
    l->view.has_seen |= is_seen;
}

static void look_around(const wzp_engine *e, look *l)
{
    const wzp_group *g = wzp__session_group(e->session);
    *l = (look){.view.is_relay_legacy = wzp__session_is_legacy(e->session)};
    size_t n = g == NULL ? 0 : wzp_group_member_count(g);
    for (size_t i = 0; i < n; i++) {
        wzp_member_info m;
        if (wzp_group_member_at(g, i, &m) == WZP_OK) {
            look_at(e, l, &m);
        }
    }
}

static void push_clear(wzp_engine *e, wzp_tstamp now, const look *l)
{
    wzp_client_event ev = {.kind = WZP_EVENT_CLEAR, .at = now};
    WZP_LOG(&e->cfg.log, WZP_LOG_WARN, "engine", "engine.clear",
            "state=%d why=%s", (int)e->clear.state, wzp_err_name(e->clear.why));
    ev.u.clear.state = e->clear.state;
    ev.u.clear.why = e->clear.why;
    ev.u.clear.is_relay = l->view.is_relay_legacy && !l->view.has_seen;
    const char *who = ev.u.clear.is_relay ? wzp__session_relay(e->session)
                      : l->has_who        ? l->who.alias
                                          : "";
    size_t len = strlen(who);
    memcpy(ev.u.clear.who, who,
           len < WZP_CLEAR_WHO_MAX ? len : WZP_CLEAR_WHO_MAX - 1);
    wzp__event_queue_push(&e->events, &ev);
}

/* What was spoken or came sealed does not go out or sound in clear, nor the
 * other way round. */
static void cut(wzp_engine *e)
{
    wzp__sender_reset(e->sender);
    for (uint32_t i = 0; i < WZP__CLEAR_STREAMS; i++) {
        wzp__voices_retire(&e->voices, CLEAR_VOICE + i);
    }
    e->streams = (wzp__clear_streams){0};
}

void wzp__engine_clear_review(wzp_engine *e, wzp_tstamp now)
{
    wzp_client_state state = wzp__session_state(e->session);
    if (state != WZP_CLIENT_JOINED && state != WZP_CLIENT_CLEAR_DECISION) {
        return; /* nothing new is known until the room is there again */
    }
    if (wzp__session_is_call(e->session)) {
        return; /* never clear: who else is listed there gets nothing */
    }
    look l;
    look_around(e, &l);
    const bool was_on = e->clear.state == WZP_CLEAR_ON;
    if (!wzp__clear_review(&e->clear, &l.view)) {
        return;
    }
    if (was_on || e->clear.state == WZP_CLEAR_ON) {
        cut(e);
    }
    wzp__engine_quality_apply(e, now);
    push_clear(e, now, &l);
}

void wzp__engine_clear_note(wzp_engine *e, const wzp_member_info *info)
{
    if (wzp__engine_is_proved(info)) {
        e->clear.was_sealed = true;
        wzp_ignore(wzp__seen_add(e->seen, info->fingerprint),
                   "a full table takes everybody for seen");
    }
}

wzp_err wzp_engine_accept_clear(wzp_engine *e, wzp_tstamp now)
{
    if (wzp__session_state(e->session) == WZP_CLIENT_IDLE ||
        wzp__session_is_call(e->session)) {
        return WZP_ERR_STATE;
    }
    WZP_TRY(wzp__clear_accept(&e->clear));
    wzp__session_clear_accepted(e->session, now);
    wzp__engine_clear_review(e, now);
    return WZP_OK;
}

/* --- receiving --- */

static void play(wzp_engine *e, const wzp_pkt *pkt, const wzp_media_view *view)
{
    bool is_new;
    int i = wzp__clear_streams_pick(&e->streams, pkt->at, view->hdr.seq,
                                    view->hdr.timestamp, &is_new);
    if (i < 0) {
        e->stats.clear_no_stream++;
        return;
    }
    if (view->hdr.has_quality) {
        wzp__engine_quality_legacy(e, &view->quality);
    }
    uint32_t voice = CLEAR_VOICE + (uint32_t)i;
    if (is_new) {
        wzp__voices_retire(&e->voices, voice);
    }
    e->stats.clear_received++;
    wzp__voices_insert(&e->voices, pkt->at, voice, &view->hdr, WZP_FORM_FRAME,
                       view->payload.ptr, view->payload.len);
}

bool wzp__engine_clear_recv(wzp_engine *e, wzp_tstamp now, const wzp_pkt *pkt)
{
    (void)now;
    wzp_media_view view;
    if (!wzp__engine_is_clear(e)) {
        return false; /* the key group counts it as not sealed */
    }
    if (wzp_media_view_decode(pkt->data, pkt->len, &view) != WZP_OK) {
        e->stats.clear_malformed++;
        return true;
    }
    if ((view.hdr.flags & WZP_MEDIA_SEALED) != 0) {
        return false;
    }
    if (view.hdr.is_repair) { /* spec/wire.md 4: nobody uses them */
        e->stats.clear_repair++;
        return true;
    }
    play(e, pkt, &view);
    return true;
}

/* --- sending --- */

bool wzp__engine_is_heard(const wzp_engine *e)
{
    if (wzp__session_state(e->session) != WZP_CLIENT_JOINED) {
        return false;
    }
    if (wzp__session_is_call(e->session)) {
        return !e->is_closed;
    }
    return wzp__engine_is_clear(e) ? e->clear.n_legacy > 0
                                   : !e->is_closed && e->clear.n_capable > 0;
}

static wzp_quality_report report(const wzp_engine *e)
{
    wzp_conn_stats c = {.size = sizeof c};
    if (wzp_endpoint_conn_stats(e->ep, wzp__session_conn(e->session), &c) !=
        WZP_OK) {
        c = (wzp_conn_stats){.size = sizeof c};
    }
    return wzp_quality_from_path((float)c.loss_permille / 10.0f,
                                 (uint32_t)(c.rtt_us / 1000), 0);
}

bool wzp__engine_clear_next(wzp_engine *e, wzp_tstamp now, wzp_pkt *pkt)
{
    const wzp_quality_report r = report(e);
    if (!wzp__sender_next_clear(e->sender, now, &r, pkt->data, &pkt->len)) {
        return false;
    }
    e->stats.clear_sent++;
    return true;
}
