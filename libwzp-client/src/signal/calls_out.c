/* SPDX-License-Identifier: MIT */
/* Direct calls: the signals and events that go; see calls.h.
 */
#include "path/handshake.h"
#include "signal/calls_parts.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>

#include <string.h>

/* --- signals --- */

static wzp__call_out *queue(wzp__calls *c, wzp__call_out_kind kind)
{
    if (c->out_count == WZP__CALLS_OUT) {
        c->out_head = (c->out_head + 1) % WZP__CALLS_OUT;
        c->out_count--;
        c->stats.call_signals_unsent++;
    }
    wzp__call_out *o = &c->out[(c->out_head + c->out_count) % WZP__CALLS_OUT];
    c->out_count++;
    *o = (wzp__call_out){.kind = kind, .number = c->call.number};
    memcpy(o->id, c->call.id, sizeof o->id);
    return o;
}

void wzp__calls_send(wzp__calls *c, wzp__call_out_kind kind)
{
    (void)queue(c, kind);
}

void wzp__calls_send_hangup(wzp__calls *c, const char *id,
                            wzp_hangup_reason reason)
{
    wzp__call_out *o = queue(c, WZP__OUT_HANGUP);
    o->reason = reason;
    memmove(o->id, id, strlen(id) + 1);
}

void wzp__calls_unsent(wzp__calls *c)
{
    c->stats.call_signals_unsent++;
}

static wzp_str fingerprint_text(wzp__calls *c, size_t i, const uint8_t *fp)
{
    wzp_fingerprint_encode(fp, c->text[i]);
    return (wzp_str){c->text[i], WZP_FP_TEXT_LEN};
}

/* No signature: spec/wire.md defines none for it, and what rings is proven by
 * the reveal. No addresses: relays only. */
static void offer(wzp__calls *c, wzp_signal *sig)
{
    static const uint8_t all_zero[WZP_KEY_LEN];
    uint8_t own[WZP_FP_LEN];
    wzp_sig_direct_call_offer *o = &sig->u.direct_call_offer;
    sig->kind = WZP_SIG_DIRECT_CALL_OFFER;
    wzp_identity_fingerprint(c->deps.identity.public_key, own);
    o->caller_fingerprint = fingerprint_text(c, 0, own);
    o->target_fingerprint = fingerprint_text(c, 1, c->call.fingerprint);
    o->caller_alias = (wzp_str){c->deps.alias, strlen(c->deps.alias)};
    o->call_id = (wzp_str){c->sent_id, strlen(c->sent_id)};
    memcpy(o->identity_pub, c->deps.identity.public_key, WZP_KEY_LEN);
    memcpy(o->ephemeral_pub, all_zero, WZP_KEY_LEN);
    o->signature = (wzp_bytes){all_zero, 0};
    o->supported_profiles = (wzp_profile_list){&c->profile, 1};
    o->caps = WZP__CLIENT_HOP_CAPS | wzp__client_package_caps();
    wzp_agree_commit(c->call.agree, c->commit);
    o->commit = (wzp_bytes){c->commit, sizeof c->commit};
}

static void answer(wzp__calls *c, wzp_signal *sig)
{
    wzp_sig_direct_call_answer *a = &sig->u.direct_call_answer;
    sig->kind = WZP_SIG_DIRECT_CALL_ANSWER;
    a->call_id = (wzp_str){c->sent_id, strlen(c->sent_id)};
    a->accept_mode = c->call.mode;
    a->identity_pub = (wzp_bytes){c->deps.identity.public_key, WZP_KEY_LEN};
    a->chosen_profile = (wzp_opt_profile){true, c->profile};
    a->caps = WZP__CLIENT_HOP_CAPS | wzp__client_package_caps();
    a->kp = wzp_agree_package(c->call.agree);
}

static void simple(wzp__calls *c, const wzp__call_out *o, wzp_signal *sig)
{
    const wzp_str id = {c->sent_id, strlen(c->sent_id)};
    if (o->kind == WZP__OUT_REJECT) {
        sig->kind = WZP_SIG_DIRECT_CALL_ANSWER;
        sig->u.direct_call_answer.call_id = id;
        sig->u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
        sig->u.direct_call_answer.caps = WZP__CLIENT_HOP_CAPS;
    } else {
        sig->kind = WZP_SIG_HANGUP;
        sig->u.hangup = (wzp_sig_hangup){.reason = o->reason, .call_id = id};
    }
}

/* False: of a call that is over. */
static bool make(wzp__calls *c, wzp_tstamp now, const wzp__call_out *o,
                 wzp_signal *sig)
{
    const bool is_over = o->number != c->call.number;
    *sig = (wzp_signal){.kind = WZP_SIG_HANGUP};
    memcpy(c->sent_id, o->id, sizeof c->sent_id);
    switch (o->kind) {
    case WZP__OUT_REJECT:
    case WZP__OUT_HANGUP: simple(c, o, sig); return true;
    case WZP__OUT_OFFER:
        if (!is_over) {
            offer(c, sig);
        }
        return !is_over;
    case WZP__OUT_ANSWER:
        if (!is_over) {
            answer(c, sig);
            wzp__calls_sent_answer(c, now);
        }
        return !is_over;
    case WZP__OUT_REVEAL:
        sig->kind = WZP_SIG_DIRECT_CALL_REVEAL;
        sig->u.direct_call_reveal = c->call.reveal;
        return !is_over;
    }
    return false;
}

static bool poll_send(wzp__calls *c, wzp_tstamp now, wzp_signal *sig)
{
    while (c->is_line_up && c->out_count > 0) {
        const wzp__call_out o = c->out[c->out_head];
        c->out_head = (c->out_head + 1) % WZP__CALLS_OUT;
        c->out_count--;
        if (make(c, now, &o, sig)) {
            return true;
        }
    }
    return false;
}

/* --- events --- */

wzp_call_contact wzp__calls_contact(const wzp__calls *c, const wzp__call *call,
                                    wzp_contact *out)
{
    if (wzp_contacts_find(c->deps.contacts, call->fingerprint, out) != WZP_OK) {
        *out = (wzp_contact){.size = sizeof *out};
        return WZP_CALL_STRANGER;
    }
    if (!out->has_key || !call->has_key) {
        return WZP_CALL_KEY_NEW;
    }
    return memcmp(out->key, call->key, WZP_KEY_LEN) == 0 ? WZP_CALL_KEY_SAME
                                                         : WZP_CALL_KEY_CHANGED;
}

static wzp_client_event *push(wzp__calls *c, wzp_tstamp now,
                              wzp_client_event_kind kind)
{
    if (c->ev_count == WZP__CALLS_EVENTS) { /* not polled: keep the newest */
        c->ev_head = (c->ev_head + 1) % WZP__CALLS_EVENTS;
        c->ev_count--;
    }
    wzp_client_event *ev =
        &c->events[(c->ev_head + c->ev_count) % WZP__CALLS_EVENTS];
    c->ev_count++;
    *ev = (wzp_client_event){.kind = kind, .at = now};
    return ev;
}

void wzp__calls_tell(wzp__calls *c, wzp_tstamp now, const wzp__call *call,
                     wzp_call_state state, wzp_err why, bool by_peer)
{
    wzp_contact known;
    wzp_client_event *ev = push(c, now, WZP_EVENT_CALL);
    ev->u.call.state = state;
    ev->u.call.is_incoming = call->is_incoming;
    ev->u.call.is_ringing = call->is_ringing;
    memcpy(ev->u.call.call_id, call->id, sizeof call->id);
    memcpy(ev->u.call.fingerprint, call->fingerprint, WZP_FP_LEN);
    ev->u.call.has_key = call->has_key;
    memcpy(ev->u.call.key, call->key, WZP_KEY_LEN);
    memcpy(ev->u.call.alias, call->alias, sizeof call->alias);
    ev->u.call.contact = wzp__calls_contact(c, call, &known);
    memcpy(ev->u.call.name, known.name, sizeof known.name);
    ev->u.call.is_verified =
        known.is_verified && ev->u.call.contact == WZP_CALL_KEY_SAME;
    for (size_t i = 0; call->has_code && i < WZP_CALL_WORDS; i++) {
        ev->u.call.word[i] = wzp_word(call->code.words[i]);
    }
    memcpy(ev->u.call.digits, call->code.digits, sizeof call->code.digits);
    ev->u.call.why = why;
    ev->u.call.is_by_peer = by_peer;
    /* Once there is a room only the relay of that can say so. */
    ev->u.call.is_relay_legacy =
        why == WZP_ERR_LEGACY && (c->is_line_legacy || wzp__calls_has_room(c));
}

void wzp__calls_tell_contact(wzp__calls *c, wzp_tstamp now,
                             const wzp_contact *known)
{
    wzp_client_event *ev = push(c, now, WZP_EVENT_CONTACT);
    ev->u.contact.why = WZP_ERR_CONTACT;
    ev->u.contact.is_verified = known->is_verified;
    memcpy(ev->u.contact.call_id, c->call.id, sizeof c->call.id);
    memcpy(ev->u.contact.fingerprint, c->call.fingerprint, WZP_FP_LEN);
    memcpy(ev->u.contact.name, known->name, sizeof known->name);
    memcpy(ev->u.contact.pinned, known->key, WZP_KEY_LEN);
    memcpy(ev->u.contact.seen, c->call.key, WZP_KEY_LEN);
}

static bool poll_event(wzp__calls *c, wzp_client_event *out)
{
    if (c->ev_count == 0) {
        return false;
    }
    *out = c->events[c->ev_head];
    c->ev_head = (c->ev_head + 1) % WZP__CALLS_EVENTS;
    c->ev_count--;
    return true;
}

/* --- both --- */

/* The room has its keys and the reveal is out: ours are not needed on. */
static void drop_agreement(wzp__calls *c)
{
    for (size_t i = 0; i < c->out_count; i++) {
        const wzp__call_out *o = &c->out[(c->out_head + i) % WZP__CALLS_OUT];
        if (o->kind == WZP__OUT_REVEAL && o->number == c->call.number) {
            return;
        }
    }
    wzp_agree_free(c->call.agree);
    c->call.agree = NULL;
}

bool wzp__calls_poll(wzp__calls *c, wzp_tstamp now, wzp__calls_action *out)
{
    if (c->call.agree != NULL && wzp__calls_has_room(c) && !c->must_join) {
        drop_agreement(c);
    }
    if (c->must_leave) {
        c->must_leave = false;
        out->kind = WZP__CALLS_LEAVE;
        return true;
    }
    out->kind = WZP__CALLS_SEND;
    if (poll_send(c, now, &out->u.signal)) {
        return true;
    }
    out->kind = WZP__CALLS_EVENT;
    if (poll_event(c, &out->u.event)) {
        return true;
    }
    if (!c->must_join) {
        return false;
    }
    c->must_join = false;
    out->kind = WZP__CALLS_JOIN;
    out->u.join.room = c->call.room;
    out->u.join.relay = c->call.relay;
    out->u.join.agree = c->call.agree;
    return true;
}

void wzp__calls_stats(const wzp__calls *c, wzp_client_stats *out)
{
    const wzp_client_stats *s = &c->stats;
    out->calls_made = s->calls_made;
    out->calls_rung = s->calls_rung;
    out->calls_agreed = s->calls_agreed;
    out->call_offers_refused = s->call_offers_refused;
    out->call_offers_known = s->call_offers_known;
    out->call_offers_legacy = s->call_offers_legacy;
    out->call_offers_busy = s->call_offers_busy;
    out->call_answers_refused = s->call_answers_refused;
    out->call_answers_late = s->call_answers_late;
    out->call_hangups_ignored = s->call_hangups_ignored;
    out->call_signals_refused = s->call_signals_refused;
    out->call_signals_unsent = s->call_signals_unsent;
}
