/* SPDX-License-Identifier: MIT */
/* Registrations and calls, see exchange.h.
 *
 * A call's way through here:
 *   offer    → entry, offer to the callee's lines, CallRinging to the caller
 *   answer   → accepted: answer, CallSetup to the caller, CallSetup to the
 *              callee; rejected: Hangup to the caller, entry gone
 *   reveal   → to the callee's line that answered
 *   hangup   → to the other party, entry gone
 *   a line ends → Hangup to the other party, entry gone
 */
#include "exchange.h"

#include "liar_state.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- small things --- */

static wzp_str str_of(const char *text)
{
    return (wzp_str){text, strlen(text)};
}

static bool is_text(wzp_str a, const char *b)
{
    return a.len == strlen(b) && memcmp(a.ptr, b, a.len) == 0;
}

static void refuse(wzp_liar *l)
{
    l->x.refused++;
}

static void hang_up(wzp_liar *l, int from, int to, wzp_hangup_reason reason,
                    const char *call_id)
{
    const wzp_signal sig = {.kind = WZP_SIG_HANGUP,
                            .u.hangup = {.reason = reason,
                                         .call_id = call_id == NULL
                                                        ? WZP_STR_NONE
                                                        : str_of(call_id)}};
    wzp_liar_pass(l, from, to, &sig);
}

/* --- lines --- */

static bool is_line_of(const wzp_liar *l, int i, const char *fingerprint)
{
    const wzp_liar_member *m = &l->m[i]->pub;
    return m->is_registered && l->m[i]->conn != 0 &&
           strcmp(m->fingerprint, fingerprint) == 0;
}

/* The newest line of a fingerprint, or −1. */
static int line_of(const wzp_liar *l, const char *fingerprint)
{
    int i = l->n - 1;
    while (i >= 0 && !is_line_of(l, i, fingerprint)) {
        i--;
    }
    return i;
}

static void say_ack(wzp_liar *l, int to, const char *error)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_REGISTER_PRESENCE_ACK,
        .u.register_presence_ack = {
            .success = error == NULL,
            .error = error == NULL ? WZP_STR_NONE : str_of(error),
            .relay_build = WZP_STR_NONE,
            .relay_region = WZP_STR_NONE,
            .caps = WZP_LIAR_CAPS,
        }};
    wzp_liar_pass(l, WZP_LIAR_RELAY, to, &sig);
}

/* WZP_OK and verified, or nothing to verify and not. */
static wzp_err check_proof(const wzp_liar *l, const inside *m,
                           const wzp_sig_register_presence *r, bool *verified)
{
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    *verified = false;
    if (r->signature.len == 0 && r->binding.len == 0) {
        return WZP_OK;
    }
    memcpy(in.exporter, m->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, l->cert, sizeof in.server_cert_hash);
    WZP_TRY(wzp_register_verify(r->identity_pub, r->signature.ptr,
                                r->signature.len));
    WZP_TRY(wzp_binding_verify(r->identity_pub, &in, r->binding.ptr,
                               r->binding.len));
    *verified = true;
    return WZP_OK;
}

static void close_replaced(wzp_liar *l, int old)
{
    wzp_ignore(wzp_endpoint_close(l->ep, wzp_world_now(l->w), l->m[old]->conn,
                                  WZP_CLOSE_REPLACED, "replaced"),
               "gone already");
}

static void register_line(wzp_liar *l, int from,
                          const wzp_sig_register_presence *r)
{
    inside *m = l->m[from];
    bool is_verified;
    char fingerprint[WZP_FP_TEXT_LEN + 1];
    if (check_proof(l, m, r, &is_verified) != WZP_OK) {
        refuse(l);
        say_ack(l, from, "this registration proves nothing");
        return;
    }
    wzp_liar_name_of(r->identity_pub, fingerprint);
    const int old = line_of(l, fingerprint);
    if (old >= 0 && l->m[old]->pub.is_verified && !is_verified) {
        refuse(l);
        say_ack(l, from, "somebody who proved it is registered");
        return;
    }
    if (old >= 0 && old != from && !l->x.has_devices) {
        l->m[old]->pub.is_registered = false;
        close_replaced(l, old);
    }
    memcpy(m->pub.identity, r->identity_pub, WZP_KEY_LEN);
    memcpy(m->pub.fingerprint, fingerprint, sizeof fingerprint);
    (void)snprintf(m->pub.alias, sizeof m->pub.alias, "%.*s", (int)r->alias.len,
                   r->alias.ptr);
    m->pub.caps = r->caps;
    m->pub.is_verified = is_verified;
    m->pub.is_registered = true;
    wzp_ignore(wzp_endpoint_trust(l->ep, m->conn), "gone already");
    say_ack(l, from, NULL);
}

/* --- calls --- */

static wzp_liar_call *find_call(wzp_liar *l, wzp_str id)
{
    for (int i = 0; i < WZP_LIAR_CALLS; i++) {
        if (l->x.calls[i].is_live && is_text(id, l->x.calls[i].id)) {
            return &l->x.calls[i];
        }
    }
    return NULL;
}

static wzp_liar_call *new_call(wzp_liar *l)
{
    for (int i = 0; i < WZP_LIAR_CALLS; i++) {
        if (!l->x.calls[i].is_live) {
            l->x.calls[i] = (wzp_liar_call){.is_live = true, .callee = -1};
            return &l->x.calls[i];
        }
    }
    abort();
}

/* It rings at this line, or is held there. */
static bool is_callee(const wzp_liar *l, const wzp_liar_call *c, int i)
{
    return c->callee >= 0 ? c->callee == i : is_line_of(l, i, c->callee_fp);
}

static bool is_party(const wzp_liar *l, const wzp_liar_call *c, int i)
{
    return c->caller == i || is_callee(l, c, i);
}

/* To everybody at the other end. */
static void to_other(wzp_liar *l, const wzp_liar_call *c, int from,
                     const wzp_signal *sig)
{
    if (c->caller != from) {
        wzp_liar_pass(l, from, c->caller, sig);
        return;
    }
    for (int i = 0; i < l->n; i++) {
        if (is_callee(l, c, i)) {
            wzp_liar_pass(l, from, i, sig);
        }
    }
}

/* The devices at which it rang, all but this one. */
static void silence_devices(wzp_liar *l, const wzp_liar_call *c, int but)
{
    for (int i = 0; i < l->n; i++) {
        if (i != but && is_line_of(l, i, c->callee_fp)) {
            hang_up(l, WZP_LIAR_RELAY, i, WZP_HANGUP_NORMAL, c->id);
        }
    }
}

static bool text_fits(wzp_str from, char *to, size_t cap)
{
    if (from.len == 0 || from.len >= cap) {
        return false;
    }
    memcpy(to, from.ptr, from.len);
    to[from.len] = '\0';
    return true;
}

static void on_offer(wzp_liar *l, int from, const wzp_signal *sig)
{
    const wzp_sig_direct_call_offer *o = &sig->u.direct_call_offer;
    uint8_t fp[WZP_FP_LEN];
    char target[WZP_FP_TEXT_LEN + 1], id[WZP_LIAR_CALL_ID_MAX + 1];
    if (!is_text(o->caller_fingerprint, l->m[from]->pub.fingerprint) ||
        !text_fits(o->call_id, id, sizeof id) ||
        find_call(l, o->call_id) != NULL ||
        wzp_fingerprint_decode(o->target_fingerprint.ptr,
                               o->target_fingerprint.len, fp) != WZP_OK) {
        refuse(l);
        return;
    }
    wzp_fingerprint_encode(fp, target);
    if (line_of(l, target) < 0) {
        hang_up(l, WZP_LIAR_RELAY, from, WZP_HANGUP_NORMAL, NULL);
        return;
    }
    wzp_liar_call *c = new_call(l);
    c->caller = from;
    memcpy(c->id, id, sizeof id);
    memcpy(c->callee_fp, target, sizeof target);
    (void)snprintf(c->room, sizeof c->room, "call-%s", id);
    wzp_room_id(str_of(c->room), c->room_id);
    to_other(l, c, from, sig);
    const wzp_signal ringing = {.kind = WZP_SIG_CALL_RINGING,
                                .u.call_ringing.call_id = str_of(c->id)};
    wzp_liar_pass(l, WZP_LIAR_RELAY, from, &ringing);
}

static void say_setup(wzp_liar *l, const wzp_liar_call *c, int to)
{
    const wzp_addr addr = wzp_world_addr(l->w, l->node);
    char text[WZP_ADDR_TEXT_MAX];
    const size_t len = wzp_addr_encode(&addr, text);
    const wzp_signal sig = {.kind = WZP_SIG_CALL_SETUP,
                            .u.call_setup = {.call_id = str_of(c->id),
                                             .room = str_of(c->room),
                                             .relay_addr = {text, len},
                                             .peer_direct_addr = WZP_STR_NONE,
                                             .peer_mapped_addr = WZP_STR_NONE}};
    wzp_liar_pass(l, WZP_LIAR_RELAY, to, &sig);
}

/* Whoever answers, and how often. */
static void pass_answer(wzp_liar *l, const wzp_liar_call *c, int from,
                        const wzp_signal *sig)
{
    wzp_liar_pass(l, from, c->caller, sig);
    say_setup(l, c, c->caller);
    say_setup(l, c, from);
}

/* To everybody at whom it rang, and the caller. */
static void pass_to_all(wzp_liar *l, const wzp_liar_call *c, int from,
                        const wzp_signal *sig)
{
    for (int i = 0; i < l->n; i++) {
        if (i != from && (i == c->caller || is_line_of(l, i, c->callee_fp))) {
            wzp_liar_pass(l, from, i, sig);
        }
    }
}

static void on_answer(wzp_liar *l, int from, const wzp_signal *sig)
{
    wzp_liar_call *c = find_call(l, sig->u.direct_call_answer.call_id);
    if (c != NULL && l->x.is_lax) {
        pass_answer(l, c, from, sig);
        return;
    }
    if (c == NULL || !is_callee(l, c, from) || c->callee >= 0) {
        refuse(l);
        return;
    }
    silence_devices(l, c, from);
    c->callee = from;
    if (sig->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT) {
        hang_up(l, WZP_LIAR_RELAY, c->caller, WZP_HANGUP_NORMAL, c->id);
        c->is_live = false;
        return;
    }
    wzp_liar_pass(l, from, c->caller, sig);
    say_setup(l, c, c->caller);
    say_setup(l, c, c->callee);
}

static void on_reveal(wzp_liar *l, int from, const wzp_signal *sig)
{
    wzp_liar_call *c = find_call(l, sig->u.direct_call_reveal.call_id);
    if (c != NULL && l->x.is_lax) {
        pass_to_all(l, c, from, sig);
        return;
    }
    if (c == NULL || c->caller != from || c->callee < 0) {
        refuse(l);
        return;
    }
    wzp_liar_pass(l, from, c->callee, sig);
}

static void end_call(wzp_liar *l, wzp_liar_call *c, int from,
                     const wzp_signal *sig)
{
    to_other(l, c, from, sig);
    if (c->caller != from && c->callee < 0) {
        silence_devices(l, c, from);
    }
    c->is_live = false;
}

static void on_hangup(wzp_liar *l, int from, const wzp_signal *sig)
{
    const wzp_str id = sig->u.hangup.call_id;
    wzp_liar_call *one = find_call(l, id);
    if (one != NULL && l->x.is_lax) {
        pass_to_all(l, one, from, sig);
        return;
    }
    if (id.ptr != NULL && (one == NULL || !is_party(l, one, from))) {
        refuse(l);
        return;
    }
    for (int i = 0; i < WZP_LIAR_CALLS; i++) { /* without an id: all of them */
        wzp_liar_call *c = &l->x.calls[i];
        if (c->is_live && (id.ptr == NULL || c == one) &&
            is_party(l, c, from)) {
            end_call(l, c, from, sig);
        }
    }
}

static void pass_in_call(wzp_liar *l, int from, wzp_str id,
                         const wzp_signal *sig)
{
    const wzp_liar_call *c = find_call(l, id);
    if (c == NULL || !is_party(l, c, from) || c->callee < 0) {
        refuse(l);
        return;
    }
    to_other(l, c, from, sig);
}

void wzp_liar_exchange(wzp_liar *l, int from, const wzp_signal *sig)
{
    if (sig->kind == WZP_SIG_REGISTER_PRESENCE) {
        register_line(l, from, &sig->u.register_presence);
        return;
    }
    if (!l->m[from]->pub.is_registered) {
        refuse(l);
        return;
    }
    switch (sig->kind) {
    case WZP_SIG_DIRECT_CALL_OFFER: on_offer(l, from, sig); break;
    case WZP_SIG_DIRECT_CALL_ANSWER: on_answer(l, from, sig); break;
    case WZP_SIG_DIRECT_CALL_REVEAL: on_reveal(l, from, sig); break;
    case WZP_SIG_HANGUP: on_hangup(l, from, sig); break;
    case WZP_SIG_UPGRADE_PROPOSAL:
        pass_in_call(l, from, sig->u.upgrade_proposal.call_id, sig);
        break;
    case WZP_SIG_UPGRADE_RESPONSE:
        pass_in_call(l, from, sig->u.upgrade_response.call_id, sig);
        break;
    case WZP_SIG_UPGRADE_CONFIRM:
        pass_in_call(l, from, sig->u.upgrade_confirm.call_id, sig);
        break;
    case WZP_SIG_QUALITY_CAPABILITY:
        pass_in_call(l, from, sig->u.quality_capability.call_id, sig);
        break;
    default: refuse(l); break;
    }
}

void wzp_liar_line_ended(wzp_liar *l, int i)
{
    for (int k = 0; k < WZP_LIAR_CALLS; k++) {
        wzp_liar_call *c = &l->x.calls[k];
        const bool rings_elsewhere =
            c->callee < 0 && c->caller != i && line_of(l, c->callee_fp) >= 0;
        const bool was_in =
            c->caller == i || c->callee == i ||
            (c->callee < 0 &&
             strcmp(c->callee_fp, l->m[i]->pub.fingerprint) == 0);
        if (c->is_live && was_in && !rings_elsewhere) {
            const wzp_signal sig = {.kind = WZP_SIG_HANGUP,
                                    .u.hangup = {.reason = WZP_HANGUP_NORMAL,
                                                 .call_id = str_of(c->id)}};
            to_other(l, c, i, &sig);
            c->is_live = false;
        }
    }
    l->m[i]->pub.is_registered = false;
}

/* --- the rooms of calls --- */

static wzp_liar_call *call_of_room(wzp_liar *l, const uint8_t *room_id)
{
    for (int i = 0; i < WZP_LIAR_CALLS; i++) {
        wzp_liar_call *c = &l->x.calls[i];
        if (c->is_live && memcmp(c->room_id, room_id, WZP_HASH_LEN) == 0) {
            return c;
        }
    }
    return NULL;
}

/* A party that comes again has lost its connection before. */
static void leave_before(wzp_liar *l, int who, const uint8_t *key)
{
    for (int i = 0; i < l->n; i++) {
        const wzp_liar_member *m = &l->m[i]->pub;
        if (i != who && m->is_here &&
            memcmp(m->room_id, l->m[who]->pub.room_id, WZP_HASH_LEN) == 0 &&
            memcmp(m->identity, key, WZP_KEY_LEN) == 0) {
            close_replaced(l, i);
        }
    }
}

static bool is_identity(const wzp_liar *l, int line, const uint8_t *key)
{
    return line >= 0 && memcmp(l->m[line]->pub.identity, key, WZP_KEY_LEN) == 0;
}

bool wzp_liar_may_enter(wzp_liar *l, int who, const uint8_t key[WZP_KEY_LEN])
{
    const wzp_liar_call *c = call_of_room(l, l->m[who]->pub.room_id);
    if (l->x.has_open_rooms || l->x.is_lax ||
        (c == NULL && !l->m[who]->names_call)) {
        return true;
    }
    if (c == NULL ||
        (!is_identity(l, c->caller, key) && !is_identity(l, c->callee, key))) {
        refuse(l);
        return false;
    }
    leave_before(l, who, key);
    return true;
}

/* --- what tests say and ask --- */

void wzp_liar_allow_devices(wzp_liar *l, bool allow)
{
    l->x.has_devices = allow;
}

void wzp_liar_let_all_pass(wzp_liar *l, bool lax)
{
    l->x.is_lax = lax;
}

void wzp_liar_open_call_rooms(wzp_liar *l, bool open)
{
    l->x.has_open_rooms = open;
}

int wzp_liar_line(const wzp_liar *l, uint8_t identity)
{
    wzp_seed_identity *id = wzp_liar_identity(identity);
    char fingerprint[WZP_FP_TEXT_LEN + 1];
    const wzp_identity who = wzp_seed_identity_table(id);
    wzp_liar_name_of(who.public_key, fingerprint);
    wzp_seed_identity_free(id);
    return line_of(l, fingerprint);
}

size_t wzp_liar_calls(const wzp_liar *l)
{
    size_t n = 0;
    for (int i = 0; i < WZP_LIAR_CALLS; i++) {
        n += l->x.calls[i].is_live;
    }
    return n;
}

uint64_t wzp_liar_refused(const wzp_liar *l)
{
    return l->x.refused;
}
