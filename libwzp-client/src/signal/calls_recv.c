/* SPDX-License-Identifier: MIT */
/* Direct calls: the signals that come; see calls.h. All of them are the
 * relay's, which is trusted for none of what they say.
 */
#include "signal/calls_parts.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/utf8.h>

#include <string.h>

/* 1 … 64 printable characters; ours are 32 hex digits. */
static bool is_call_id(wzp_str id)
{
    if (id.ptr == NULL || id.len == 0 || id.len > WZP_CALL_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        if (id.ptr[i] <= ' ' || id.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool is_ours(const wzp__calls *c, wzp_str id)
{
    return c->call.state != WZP__CALL_IDLE && id.ptr != NULL &&
           id.len == strlen(c->call.id) &&
           memcmp(id.ptr, c->call.id, id.len) == 0;
}

static wzp_err refuse(uint64_t *counter, wzp_err e)
{
    (*counter)++;
    return e;
}

/* --- DirectCallOffer --- */

/* What people are shown: cut at 63 bytes between characters; what does
 * something to a line or a terminal is a question mark. */
static void copy_alias(wzp_str from, char out[WZP_ALIAS_MAX])
{
    size_t n = 0;
    for (size_t at = 0, len; at < from.len; at += len) {
        len = 1; /* of a character */
        while (at + len < from.len &&
               ((uint8_t)from.ptr[at + len] & 0xC0) == 0x80) {
            len++;
        }
        if (n + len >= WZP_ALIAS_MAX) {
            break;
        }
        if (wzp_utf8_is_line(from.ptr + at, len)) {
            memcpy(out + n, from.ptr + at, len);
            n += len;
        } else {
            out[n++] = '?';
        }
    }
    out[n] = '\0';
}

/* For us, of whom it says it is: the caller may still be lying, until the
 * reveal, but not about whose key it must show then. */
static wzp_err read_offer(const wzp__calls *c,
                          const wzp_sig_direct_call_offer *o, wzp__call *out)
{
    uint8_t own[WZP_FP_LEN], target[WZP_FP_LEN], claimed[WZP_FP_LEN];
    *out = (wzp__call){.is_incoming = true, .has_key = true};
    wzp_identity_fingerprint(c->deps.identity.public_key, own);
    wzp_identity_fingerprint(o->identity_pub, out->fingerprint);
    if (!is_call_id(o->call_id)) {
        return WZP_ERR_FIELD;
    }
    WZP_TRY(wzp_fingerprint_decode(o->target_fingerprint.ptr,
                                   o->target_fingerprint.len, target));
    WZP_TRY(wzp_fingerprint_decode(o->caller_fingerprint.ptr,
                                   o->caller_fingerprint.len, claimed));
    memcpy(out->id, o->call_id.ptr, o->call_id.len);
    if (memcmp(own, target, WZP_FP_LEN) != 0 ||
        memcmp(own, claimed, WZP_FP_LEN) == 0) {
        return WZP_ERR_NOT_ALLOWED;
    }
    const bool has_keys =
        o->commit.len == WZP_HASH_LEN && (o->caps & WZP_CAP_E2E1) != 0;
    if (!has_keys) { /* such callers give no key of theirs either */
        memcpy(out->fingerprint, claimed, WZP_FP_LEN);
        out->has_key = false;
        copy_alias(o->caller_alias, out->alias);
        return WZP_ERR_LEGACY;
    }
    if (memcmp(out->fingerprint, claimed, WZP_FP_LEN) != 0) {
        return WZP_ERR_FINGERPRINT;
    }
    memcpy(out->key, o->identity_pub, WZP_KEY_LEN);
    memcpy(out->commit, o->commit.ptr, WZP_HASH_LEN);
    copy_alias(o->caller_alias, out->alias);
    return WZP_OK;
}

/* The host is told who could not be understood; nothing rings. */
static void on_legacy_offer(wzp__calls *c, wzp_tstamp now,
                            const wzp__call *call)
{
    c->stats.call_offers_legacy++;
    wzp__known_calls_rang(c->known, (wzp_str){call->id, strlen(call->id)});
    if (c->call.state != WZP__CALL_IDLE || !wzp__calls_may_ring(c, now)) {
        return;
    }
    wzp__calls_send_hangup(c, call->id, WZP_HANGUP_ERROR);
    wzp__calls_tell(c, now, call, WZP_CALL_ENDED, WZP_ERR_LEGACY, true);
}

static wzp_err turn_away(wzp__calls *c, const wzp__call *call, wzp_err e)
{
    c->stats.call_offers_busy++;
    wzp__known_calls_rang(c->known, (wzp_str){call->id, strlen(call->id)});
    wzp__calls_send_hangup(c, call->id, WZP_HANGUP_BUSY);
    return e;
}

/* Two offers crossing: the one of the smaller fingerprint stands. */
static wzp_err on_crossing(wzp__calls *c, wzp_tstamp now, const wzp__call *call)
{
    uint8_t own[WZP_FP_LEN];
    wzp_identity_fingerprint(c->deps.identity.public_key, own);
    if (memcmp(call->fingerprint, own, WZP_FP_LEN) > 0) {
        wzp__known_calls_rang(c->known, (wzp_str){call->id, strlen(call->id)});
        return refuse(&c->stats.call_offers_busy, WZP_ERR_BUSY);
    }
    wzp__calls_give_way(c, now, call);
    return WZP_OK;
}

static wzp_err on_offer(wzp__calls *c, wzp_tstamp now,
                        const wzp_sig_direct_call_offer *offer)
{
    wzp__call call;
    wzp_err e = read_offer(c, offer, &call);
    if (e != WZP_OK && e != WZP_ERR_LEGACY) {
        return refuse(&c->stats.call_offers_refused, e);
    }
    const wzp_err known =
        wzp__known_calls_check(c->known, wzp__calls_unix(c), offer->call_id);
    if (known == WZP_ERR_CALL_KNOWN) {
        return refuse(&c->stats.call_offers_known, known);
    }
    if (e == WZP_ERR_LEGACY) {
        on_legacy_offer(c, now, &call);
        return e;
    }
    if (known != WZP_OK) {
        return turn_away(c, &call, known);
    }
    if (c->call.state == WZP__CALL_CALLING &&
        memcmp(c->call.fingerprint, call.fingerprint, WZP_FP_LEN) == 0) {
        return on_crossing(c, now, &call);
    }
    if (c->call.state != WZP__CALL_IDLE) {
        return turn_away(c, &call, WZP_ERR_BUSY);
    }
    if (!wzp__calls_may_ring(c, now)) {
        return turn_away(c, &call, WZP_ERR_RATE);
    }
    wzp__calls_ring(c, now, &call);
    return WZP_OK;
}

/* --- DirectCallAnswer --- */

/* Another device of theirs, or the same answer again. */
static wzp_err on_late_answer(wzp__calls *c,
                              const wzp_sig_direct_call_answer *a)
{
    uint8_t ctx[WZP_HASH_LEN];
    wzp_kp kp;
    if (a->accept_mode == WZP_ACCEPT_REJECT) {
        return refuse(&c->stats.call_answers_late, WZP_ERR_ANSWERED);
    }
    wzp_call_ctx(a->call_id, ctx);
    const wzp_err e = wzp_kp_decode(a->kp.ptr, a->kp.len, wzp__calls_unix(c),
                                    ctx, c->call.fingerprint, 0, &kp);
    if (e != WZP_OK) {
        return refuse(&c->stats.call_answers_refused, e);
    }
    if (memcmp(kp.kph, c->call.answer_kph, WZP_HASH_LEN) != 0) {
        if (c->call.state == WZP__CALL_ASKING) {
            c->call.was_late = true;
        } else {
            wzp__calls_send_hangup(c, c->call.id, WZP_HANGUP_BUSY);
        }
    }
    return refuse(&c->stats.call_answers_late, WZP_ERR_ANSWERED);
}

static wzp_err on_answer(wzp__calls *c, wzp_tstamp now,
                         const wzp_sig_direct_call_answer *a)
{
    if (!is_ours(c, a->call_id) || !c->call.is_caller) {
        return refuse(&c->stats.call_signals_refused, WZP_ERR_NOT_FOUND);
    }
    if (c->call.state != WZP__CALL_CALLING) {
        return on_late_answer(c, a);
    }
    if (a->accept_mode == WZP_ACCEPT_REJECT) {
        wzp__calls_end(c, now, WZP_ERR_DECLINED, true);
        return WZP_OK;
    }
    if (a->kp.ptr == NULL || (a->caps & WZP_CAP_E2E1) == 0) {
        wzp__calls_send_hangup(c, c->call.id, WZP_HANGUP_ERROR);
        wzp__calls_end(c, now, WZP_ERR_LEGACY, true);
        return WZP_ERR_LEGACY;
    }
    const wzp_err e = wzp_agree_answered(c->call.agree, wzp__calls_unix(c),
                                         a->kp, c->call.fingerprint);
    if (e != WZP_OK) { /* somebody else's: the one called may still answer */
        c->call.refusal = e;
        return refuse(&c->stats.call_answers_refused, e);
    }
    wzp_sha256(a->kp.ptr, a->kp.len, c->call.answer_kph);
    wzp__calls_answered(c, now);
    return WZP_OK;
}

/* --- DirectCallReveal, CallSetup, CallRinging --- */

static wzp_err on_reveal(wzp__calls *c, wzp_tstamp now,
                         const wzp_sig_direct_call_reveal *r)
{
    if (!is_ours(c, r->call_id) || c->call.state != WZP__CALL_ANSWERED) {
        return refuse(&c->stats.call_signals_refused, WZP_ERR_NOT_FOUND);
    }
    const wzp_err e = wzp_agree_revealed(c->call.agree, wzp__calls_unix(c), r);
    if (e == WZP_OK) {
        wzp__calls_agreed(c, now);
        return WZP_OK;
    }
    if (e != WZP_ERR_SIGNATURE) { /* that one may be for another device */
        wzp__calls_send_hangup(c, c->call.id, WZP_HANGUP_ERROR);
    }
    wzp__calls_end(c, now, e, true);
    return refuse(&c->stats.call_signals_refused, e);
}

static wzp_err on_setup(wzp__calls *c, const wzp_sig_call_setup *s)
{
    const wzp__call *call = &c->call;
    wzp_addr relay;
    const bool is_time = call->state == WZP__CALL_ASKING ||
                         call->state == WZP__CALL_ANSWERED ||
                         call->state == WZP__CALL_AGREED;
    if (!is_ours(c, s->call_id) || !is_time || call->has_setup) {
        return refuse(&c->stats.call_signals_refused, WZP_ERR_NOT_FOUND);
    }
    /* The room follows from the call: no other can be named. */
    if (s->room.len != strlen(call->room) ||
        memcmp(s->room.ptr, call->room, s->room.len) != 0) {
        return refuse(&c->stats.call_signals_refused, WZP_ERR_FIELD);
    }
    const wzp_err e =
        wzp_addr_decode(s->relay_addr.ptr, s->relay_addr.len, &relay);
    if (e != WZP_OK) {
        return refuse(&c->stats.call_signals_refused, e);
    }
    wzp__calls_set_up(c, &relay);
    return WZP_OK;
}

static wzp_err on_ringing(wzp__calls *c, wzp_tstamp now,
                          const wzp_sig_call_ringing *r)
{
    if (!is_ours(c, r->call_id) || c->call.state != WZP__CALL_CALLING ||
        c->call.is_ringing) {
        return refuse(&c->stats.call_signals_refused, WZP_ERR_NOT_FOUND);
    }
    c->call.is_ringing = true;
    wzp__calls_tell(c, now, &c->call, WZP_CALL_RINGING_OUT, WZP_OK, false);
    return WZP_OK;
}

/* --- Hangup --- */

/* While we call: a relay of the earlier kind says Normal for "rejected" and for
 * "not there" (spec/relay.md 4.3, 4.4), and only in the first case it has said
 * that it rings. */
static wzp_err why_calling(const wzp__call *call, wzp_hangup_reason reason)
{
    switch (reason) {
    case WZP_HANGUP_BUSY: return WZP_ERR_BUSY;
    case WZP_HANGUP_DECLINED: return WZP_ERR_DECLINED;
    case WZP_HANGUP_TIMEOUT: return WZP_ERR_NO_ANSWER;
    case WZP_HANGUP_ERROR: return WZP_ERR_PEER_CLOSED;
    case WZP_HANGUP_NORMAL: break;
    }
    return call->is_ringing ? WZP_ERR_DECLINED : WZP_ERR_OFFLINE;
}

/* While it rings here, or the keys are not agreed. */
static wzp_err why_waiting(const wzp__call *call, wzp_hangup_reason reason)
{
    switch (reason) {
    case WZP_HANGUP_BUSY: return WZP_ERR_ANSWERED;
    case WZP_HANGUP_DECLINED: return WZP_ERR_DECLINED;
    case WZP_HANGUP_TIMEOUT: return WZP_ERR_NO_ANSWER;
    case WZP_HANGUP_ERROR: return WZP_ERR_PEER_CLOSED;
    case WZP_HANGUP_NORMAL: break;
    }
    return call->state == WZP__CALL_RINGING ? WZP_ERR_NO_ANSWER
                                            : WZP_ERR_PEER_CLOSED;
}

/* Once both have the keys. */
static wzp_err why_agreed(wzp_hangup_reason reason)
{
    switch (reason) {
    case WZP_HANGUP_TIMEOUT: return WZP_ERR_TIMEOUT;
    case WZP_HANGUP_ERROR: return WZP_ERR_PEER_CLOSED;
    default: return WZP_OK;
    }
}

static wzp_err on_hangup(wzp__calls *c, wzp_tstamp now, const wzp_sig_hangup *h)
{
    const wzp__call *call = &c->call;
    const bool is_unnamed = h->call_id.ptr == NULL &&
                            call->state == WZP__CALL_CALLING &&
                            !call->is_ringing;
    const bool is_agreed = call->state == WZP__CALL_AGREED ||
                           call->state == WZP__CALL_JOINING ||
                           call->state == WZP__CALL_ACTIVE;
    if ((!is_unnamed && !is_ours(c, h->call_id)) ||
        (is_agreed && h->reason == WZP_HANGUP_BUSY)) {
        return refuse(&c->stats.call_hangups_ignored, WZP_ERR_NOT_FOUND);
    }
    if (call->state == WZP__CALL_CALLING) {
        wzp__calls_end(c, now, why_calling(call, h->reason), true);
    } else if (is_agreed) {
        wzp__calls_end(c, now, why_agreed(h->reason), true);
    } else {
        wzp__calls_end(c, now, why_waiting(call, h->reason), true);
    }
    return WZP_OK;
}

wzp_err wzp__calls_recv(wzp__calls *c, wzp_tstamp now, const wzp_signal *sig)
{
    switch (sig->kind) {
    case WZP_SIG_DIRECT_CALL_OFFER:
        return on_offer(c, now, &sig->u.direct_call_offer);
    case WZP_SIG_DIRECT_CALL_ANSWER:
        return on_answer(c, now, &sig->u.direct_call_answer);
    case WZP_SIG_DIRECT_CALL_REVEAL:
        return on_reveal(c, now, &sig->u.direct_call_reveal);
    case WZP_SIG_CALL_SETUP: return on_setup(c, &sig->u.call_setup);
    case WZP_SIG_CALL_RINGING: return on_ringing(c, now, &sig->u.call_ringing);
    case WZP_SIG_HANGUP: return on_hangup(c, now, &sig->u.hangup);
    default: return WZP_ERR_PROTOCOL;
    }
}
