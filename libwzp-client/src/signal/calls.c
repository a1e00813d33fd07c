/* SPDX-License-Identifier: MIT */
/* Direct calls: states, commands and timers; see calls.h.
 *
 * Timers, one at a time by state:
 *   CALLING, RINGING   RING_NS from the command or the offer
 *   ASKING             caller: REVEAL_NS, as the other side waits no longer;
 *                      callee: what is left of RING_NS
 *   ANSWERED           what is left of RING_NS until the answer is sent, then
 *                      REVEAL_NS for the reveal (rule c)
 *   AGREED, JOINING    CONNECT_NS for CallSetup, the room, and the first packet
 *   ACTIVE             LOST_NS from the last packet of the other side
 */
#include "path/handshake.h"
#include "signal/calls_parts.h"

#include <wzp/crypto/wipe.h>
#include <wzp/proto/hex.h>

#include <stdio.h>
#include <string.h>

#define RING_NS       (45 * WZP_S) /* weaknesses-client.md 106: 30–45 s */
#define REVEAL_NS     (10 * WZP_S) /* secure-media.md 4 */
#define CONNECT_NS    (30 * WZP_S) /* chosen: twice what the first join gets */
#define LOST_NS       (60 * WZP_S) /* chosen: outlasts a relay's restart */
#define RINGS         5            /* chosen: at once, then */
#define RING_EVERY_NS (2 * WZP_S)  /* chosen */

wzp_unix_s wzp__calls_unix(const wzp__calls *c)
{
    return c->deps.unix_now(c->deps.unix_now_user);
}

static void enter(wzp__calls *c, wzp__call_state state, wzp_tstamp deadline)
{
    static const char *const names[] = {
        [WZP__CALL_IDLE] = "idle",         [WZP__CALL_CALLING] = "calling",
        [WZP__CALL_RINGING] = "ringing",   [WZP__CALL_ASKING] = "asking",
        [WZP__CALL_ANSWERED] = "answered", [WZP__CALL_AGREED] = "agreed",
        [WZP__CALL_JOINING] = "joining",   [WZP__CALL_ACTIVE] = "active",
    };
    WZP_LOG(&c->deps.log, WZP_LOG_INFO, "calls", "call.state", "from=%s to=%s",
            names[c->call.state], names[state]);
    c->call.state = state;
    c->deadline = deadline;
}

static void forget_call(wzp__calls *c)
{
    wzp_agree_free(c->call.agree);
    c->call = (wzp__call){.state = WZP__CALL_IDLE};
    c->deadline = WZP_NEVER;
}

void wzp__calls_end(wzp__calls *c, wzp_tstamp now, wzp_err why, bool by_peer)
{
    c->must_leave |= wzp__calls_has_room(c) && !c->must_join;
    c->must_join = false;
    WZP_LOG(&c->deps.log, WZP_LOG_INFO, "calls", "call.ended", "why=%s",
            wzp_err_name(why));
    wzp__calls_tell(c, now, &c->call, WZP_CALL_ENDED, why, by_peer);
    forget_call(c);
}

static void end_saying(wzp__calls *c, wzp_tstamp now, wzp_hangup_reason reason,
                       wzp_err why)
{
    wzp__calls_send_hangup(c, c->call.id, reason);
    wzp__calls_end(c, now, why, false);
}

static void begin(wzp__calls *c, const wzp__call *call, wzp__call_state state,
                  wzp_tstamp deadline)
{
    c->call = *call;
    c->call.number = ++c->numbers;
    (void)snprintf(c->call.room, sizeof c->call.room, "call-%s", c->call.id);
    wzp__known_calls_rang(c->known, (wzp_str){c->call.id, strlen(c->call.id)});
    enter(c, state, deadline);
}

/* --- agreement --- */

static wzp_agree_config agree_config(const wzp__calls *c, const char *id)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.mem = c->deps.mem;
    cfg.rng = c->deps.rng;
    cfg.identity = c->deps.identity;
    memcpy(cfg.tls_hash, c->deps.tls_hash, sizeof cfg.tls_hash);
    cfg.caps = wzp__client_package_caps();
    cfg.now_unix = wzp__calls_unix(c);
    cfg.call_id = (wzp_str){id, strlen(id)};
    return cfg;
}

/* Under the name that follows from the key: a name that somebody claims is not
 * the user's word. */
static wzp_err add_contact(wzp__calls *c, wzp_unix_s unix_now)
{
    const wzp__call *call = &c->call;
    char alias[WZP_ALIAS_MAX], name[WZP_ALIAS_MAX];
    wzp_alias_from_key(call->key, alias);
    const wzp_err e =
        wzp_contacts_add(c->deps.contacts, call->fingerprint, alias, unix_now);
    if (e != WZP_ERR_EXISTS) {
        return e;
    }
    /* two of that name */
    (void)snprintf(name, sizeof name, "%.50s %02x%02x%02x", alias,
                   call->fingerprint[0], call->fingerprint[1],
                   call->fingerprint[2]);
    return wzp_contacts_add(c->deps.contacts, call->fingerprint, name,
                            unix_now);
}

/* Whom the user called is a contact, with this key: in memory also where it
 * cannot be saved, or another key would be none that differs. Not a stranger
 * who called: contacts get keys in rooms. */
static wzp_err keep_contact(wzp__calls *c)
{
    const wzp_unix_s unix_now = wzp__calls_unix(c);
    const uint8_t *key = c->call.key;
    wzp_err e = wzp_contacts_see(c->deps.contacts, key, unix_now);
    if (e == WZP_ERR_NOT_FOUND && c->call.is_incoming) {
        return WZP_OK;
    }
    if (e == WZP_ERR_NOT_FOUND) {
        const wzp_err added = add_contact(c, unix_now);
        e = wzp_contacts_see(c->deps.contacts, key, unix_now);
        e = e == WZP_ERR_NOT_FOUND ? added : e;
    }
    WZP_TRY(e);
    return wzp_contacts_save(c->deps.contacts);
}

static void join(wzp__calls *c)
{
    c->must_join = true;
    enter(c, WZP__CALL_JOINING, c->deadline);
}

void wzp__calls_agreed(wzp__calls *c, wzp_tstamp now)
{
    wzp__call *call = &c->call;
    wzp_ignore(wzp_agree_code(call->agree, &call->code), "it is done");
    call->has_code = true;
    call->has_key = true;
    c->stats.calls_agreed++;
    const wzp_err e = keep_contact(c);
    if (e != WZP_OK) { /* the call matters more */
        WZP_LOG(&c->deps.log, WZP_LOG_WARN, "calls", "contact.not_kept",
                "err=%s", wzp_err_name(e));
    }
    enter(c, WZP__CALL_AGREED, now + CONNECT_NS);
    wzp__calls_tell(c, now, call, WZP_CALL_CONNECTING, WZP_OK, false);
    if (call->has_setup) {
        join(c);
    }
}

static void reveal(wzp__calls *c, wzp_tstamp now)
{
    const wzp_err e = wzp_agree_reveal(c->call.agree, &c->call.reveal);
    if (e != WZP_OK) {
        end_saying(c, now, WZP_HANGUP_ERROR, e);
        return;
    }
    wzp__calls_send(c, WZP__OUT_REVEAL);
    if (c->call.was_late) {
        wzp__calls_send_hangup(c, c->call.id, WZP_HANGUP_BUSY);
    }
    wzp__calls_agreed(c, now);
}

/* True when the user must decide first. */
static bool ask(wzp__calls *c, wzp_tstamp now, wzp_tstamp deadline)
{
    wzp_contact known;
    if (wzp__calls_contact(c, &c->call, &known) != WZP_CALL_KEY_CHANGED) {
        return false;
    }
    enter(c, WZP__CALL_ASKING, deadline);
    wzp__calls_tell_contact(c, now, &known);
    return true;
}

void wzp__calls_answered(wzp__calls *c, wzp_tstamp now)
{
    wzp_ignore(wzp_agree_peer(c->call.agree, c->call.key), "it is answered");
    c->call.has_key = true;
    if (!ask(c, now, now + REVEAL_NS)) {
        reveal(c, now);
    }
}

/* Rule (a): the package is made here and nowhere before. Once begun, this call
 * id is not answered again, whatever becomes of it. */
static wzp_err accept(wzp__calls *c)
{
    wzp__call *call = &c->call;
    const wzp_agree_config cfg = agree_config(c, call->id);
    const wzp_err e =
        wzp__known_calls_answered(c->known, cfg.now_unix, cfg.call_id);
    if (e == WZP_ERR_FULL) {
        return e;
    }
    if (e != WZP_OK) { /* known in memory: the call matters more */
        WZP_LOG(&c->deps.log, WZP_LOG_WARN, "calls", "call.not_saved", "err=%s",
                wzp_err_name(e));
    }
    WZP_TRY(wzp_agree_new_callee(&call->agree, &cfg, call->commit, call->key));
    enter(c, WZP__CALL_ANSWERED, c->deadline);
    wzp__calls_send(c, WZP__OUT_ANSWER);
    return WZP_OK;
}

/* --- commands --- */

wzp_err wzp__calls_call(wzp__calls *c, wzp_tstamp now,
                        const uint8_t fingerprint[WZP_FP_LEN])
{
    uint8_t own[WZP_FP_LEN], id[WZP_FP_LEN];
    wzp__call call = {.is_caller = true};
    wzp_identity_fingerprint(c->deps.identity.public_key, own);
    if (memcmp(own, fingerprint, WZP_FP_LEN) == 0) {
        return WZP_ERR_ARG;
    }
    if (c->call.state != WZP__CALL_IDLE) {
        return WZP_ERR_STATE;
    }
    if (c->is_line_up && c->is_line_legacy) {
        return WZP_ERR_LEGACY;
    }
    wzp_rng_fill(&c->deps.rng, id, sizeof id); /* weaknesses-wire.md 14 */
    wzp_hex_encode(id, sizeof id, call.id);
    call.id[2 * sizeof id] = '\0';
    memcpy(call.fingerprint, fingerprint, WZP_FP_LEN);
    const wzp_agree_config cfg = agree_config(c, call.id);
    WZP_TRY(wzp_agree_new_caller(&call.agree, &cfg));
    begin(c, &call, WZP__CALL_CALLING, now + RING_NS);
    c->stats.calls_made++;
    wzp__calls_send(c, WZP__OUT_OFFER);
    wzp__calls_tell(c, now, &c->call, WZP_CALL_RINGING_OUT, WZP_OK, false);
    return WZP_OK;
}

static void reject(wzp__calls *c, wzp_tstamp now, wzp_err why)
{
    wzp__calls_send(c, WZP__OUT_REJECT);
    wzp__calls_end(c, now, why, false);
}

wzp_err wzp__calls_answer(wzp__calls *c, wzp_tstamp now, const char *call_id,
                          wzp_accept_mode mode)
{
    if (c->call.state != WZP__CALL_RINGING ||
        strcmp(call_id, c->call.id) != 0) {
        return WZP_ERR_NOT_FOUND;
    }
    if (mode == WZP_ACCEPT_REJECT) {
        reject(c, now, WZP_ERR_DECLINED);
        return WZP_OK;
    }
    c->call.mode = mode;
    return ask(c, now, c->deadline) ? WZP_OK : accept(c);
}

static bool rings_here(const wzp__call *call)
{
    return call->state == WZP__CALL_RINGING ||
           (call->state == WZP__CALL_ASKING && !call->is_caller);
}

void wzp__calls_hangup(wzp__calls *c, wzp_tstamp now, wzp_hangup_reason reason)
{
    if (rings_here(&c->call)) {
        reject(c, now, WZP_ERR_DECLINED);
    } else if (c->call.state != WZP__CALL_IDLE) {
        end_saying(c, now, reason, WZP_OK);
    }
}

static void refuse_contact(wzp__calls *c, wzp_tstamp now)
{
    if (c->call.is_caller) {
        end_saying(c, now, WZP_HANGUP_ERROR, WZP_ERR_CONTACT);
    } else {
        reject(c, now, WZP_ERR_CONTACT);
    }
}

wzp_err wzp__calls_contact_decide(wzp__calls *c, wzp_tstamp now, bool accepts)
{
    if (c->call.state != WZP__CALL_ASKING) {
        return WZP_ERR_STATE;
    }
    if (!accepts) {
        refuse_contact(c, now);
        return WZP_OK;
    }
    wzp_ignore(wzp_contacts_replace_key(c->deps.contacts, c->call.fingerprint,
                                        c->call.key, wzp__calls_unix(c)),
               "it is so in memory; and one forgotten meanwhile is a stranger");
    if (c->call.is_caller) {
        reveal(c, now);
        return WZP_OK;
    }
    const wzp_err e = accept(c);
    if (e != WZP_OK) {
        reject(c, now, e);
    }
    return e;
}

/* --- what happens --- */

void wzp__calls_line(wzp__calls *c, bool is_up, bool is_legacy)
{
    c->is_line_up = is_up;
    c->is_line_legacy = is_legacy;
}

/* Whoever makes it ring and stop and ring again is slowed down. */
bool wzp__calls_may_ring(wzp__calls *c, wzp_tstamp now)
{
    const uint64_t more = (now - c->rings_at) / RING_EVERY_NS;
    c->rings_at += more * RING_EVERY_NS;
    c->rings = more >= RINGS - c->rings ? RINGS : c->rings + (uint32_t)more;
    if (c->rings == 0) {
        return false;
    }
    c->rings--;
    return true;
}

void wzp__calls_ring(wzp__calls *c, wzp_tstamp now, const wzp__call *call)
{
    begin(c, call, WZP__CALL_RINGING, now + RING_NS);
    c->stats.calls_rung++;
    wzp__calls_tell(c, now, &c->call, WZP_CALL_RINGING_IN, WZP_OK, false);
}

void wzp__calls_give_way(wzp__calls *c, wzp_tstamp now, const wzp__call *call)
{
    const wzp_tstamp deadline = c->deadline;
    wzp__calls_send_hangup(c, c->call.id, WZP_HANGUP_NORMAL);
    forget_call(c);
    begin(c, call, WZP__CALL_RINGING, deadline);
    c->call.is_incoming = false; /* the user asked for this call */
    c->call.is_ringing = true;
    c->call.mode = WZP_ACCEPT_GENERIC;
    wzp__calls_tell(c, now, &c->call, WZP_CALL_RINGING_OUT, WZP_OK, false);
    if (ask(c, now, deadline)) {
        return;
    }
    const wzp_err e = accept(c);
    if (e != WZP_OK) {
        reject(c, now, e);
    }
}

void wzp__calls_sent_answer(wzp__calls *c, wzp_tstamp now)
{
    c->deadline = now + REVEAL_NS;
}

void wzp__calls_set_up(wzp__calls *c, const wzp_addr *relay)
{
    c->call.relay = *relay;
    c->call.has_setup = true;
    if (c->call.state == WZP__CALL_AGREED) {
        join(c);
    }
}

void wzp__calls_heard(wzp__calls *c, wzp_tstamp now)
{
    if (c->call.state == WZP__CALL_JOINING) {
        enter(c, WZP__CALL_ACTIVE, now + LOST_NS);
        wzp__calls_tell(c, now, &c->call, WZP_CALL_ACTIVE, WZP_OK, false);
    } else if (c->call.state == WZP__CALL_ACTIVE) {
        c->deadline = now + LOST_NS;
    }
}

void wzp__calls_left(wzp__calls *c, wzp_tstamp now, wzp_err why)
{
    c->must_leave = false;
    if (wzp__calls_has_room(c) && !c->must_join) {
        wzp__calls_send_hangup(c, c->call.id,
                               why == WZP_OK ? WZP_HANGUP_NORMAL
                                             : WZP_HANGUP_ERROR);
        wzp__calls_end(c, now, why, false);
        c->must_leave = false;
    }
}

void wzp__calls_expire(wzp__calls *c, wzp_tstamp now)
{
    if (now < c->deadline) {
        return;
    }
    switch (c->call.state) {
    case WZP__CALL_IDLE: break;
    case WZP__CALL_CALLING:
        end_saying(c, now, WZP_HANGUP_TIMEOUT,
                   c->call.refusal != WZP_OK ? c->call.refusal
                                             : WZP_ERR_NO_ANSWER);
        break;
    /* Not a word of it: other devices may ring on. */
    case WZP__CALL_RINGING:
        wzp__calls_end(c, now, WZP_ERR_NO_ANSWER, false);
        break;
    case WZP__CALL_ASKING: refuse_contact(c, now); break;
    /* Nor here: another device may have got the reveal. */
    case WZP__CALL_ANSWERED:
        wzp__calls_end(c, now, WZP_ERR_TIMEOUT, false);
        break;
    case WZP__CALL_AGREED:
    case WZP__CALL_JOINING:
    case WZP__CALL_ACTIVE:
        end_saying(c, now, WZP_HANGUP_TIMEOUT, WZP_ERR_TIMEOUT);
        break;
    }
}

wzp_tstamp wzp__calls_deadline(const wzp__calls *c)
{
    return c->deadline;
}

/* --- life and queries --- */

bool wzp__calls_is_busy(const wzp__calls *c)
{
    return c->call.state != WZP__CALL_IDLE &&
           c->call.state != WZP__CALL_RINGING;
}

const char *wzp__calls_id(const wzp__calls *c)
{
    return c->call.id;
}

bool wzp__calls_is_smaller(const wzp__calls *c)
{
    uint8_t own[WZP_FP_LEN];
    wzp_identity_fingerprint(c->deps.identity.public_key, own);
    return memcmp(own, c->call.fingerprint, WZP_FP_LEN) < 0;
}

bool wzp__calls_has_room(const wzp__calls *c)
{
    return c->call.state == WZP__CALL_JOINING ||
           c->call.state == WZP__CALL_ACTIVE;
}

wzp_err wzp__calls_new(wzp__calls **out, const wzp__calls_deps *deps)
{
    wzp__calls *c = wzp_mem_new(&deps->mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->deps = *deps;
    c->deadline = WZP_NEVER;
    c->rings = RINGS;
    c->profile = wzp_tier_profile(WZP_TIER_GOOD); /* spec/client.md 4.3 */
    const wzp_err e = wzp__known_calls_new(&c->known, &deps->mem, deps->store);
    if (e != WZP_OK) {
        wzp__calls_free(c);
        return e;
    }
    *out = c;
    return WZP_OK;
}

void wzp__calls_free(wzp__calls *c)
{
    if (c == NULL) {
        return;
    }
    wzp_mem mem = c->deps.mem;
    wzp_agree_free(c->call.agree);
    wzp__known_calls_free(c->known);
    wzp_mem_free(&mem, c, sizeof *c);
}
