/* SPDX-License-Identifier: MIT */
/* See couple.h. */
#include "couple.h"

#include "liar_state.h"
#include "puppet.h"

#include <stdlib.h>
#include <string.h>

#define HUM_LEN 4800

static const int16_t *hum(void)
{
    static int16_t pcm[HUM_LEN];
    for (int i = 0; i < HUM_LEN; i++) {
        pcm[i] = (int16_t)(i % 120 * 100 - 6000);
    }
    return pcm;
}

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

/* --- what passes --- */

static bool is_about_calls(wzp_signal_kind kind)
{
    return kind == WZP_SIG_DIRECT_CALL_OFFER ||
           kind == WZP_SIG_DIRECT_CALL_ANSWER ||
           kind == WZP_SIG_DIRECT_CALL_REVEAL || kind == WZP_SIG_CALL_SETUP ||
           kind == WZP_SIG_CALL_RINGING || kind == WZP_SIG_HANGUP;
}

void wzp_couple_keep(wzp_couple *c, int to, const wzp_signal *sig)
{
    wzp_str text;
    if (c->n_kept == WZP_COUPLE_KEPT) {
        abort();
    }
    wzp_arena_reset(c->arena);
    wzp_liar_must(wzp_signal_encode(c->arena, sig, &text), "encode");
    wzp_couple_kept *k = &c->kept[c->n_kept++];
    *k = (wzp_couple_kept){.kind = sig->kind, .to = to, .len = text.len};
    k->text = need(malloc(text.len));
    memcpy(k->text, text.ptr, text.len);
}

static bool on_signal(void *user, wzp_liar *liar, int from, int to,
                      wzp_signal *sig)
{
    wzp_couple *c = user;
    if (!wzp_liar_member_at(liar, to)->is_line || !is_about_calls(sig->kind)) {
        return true;
    }
    if (c->signal != NULL && !c->signal(c->user, c, from, to, sig)) {
        return false;
    }
    wzp_couple_keep(c, to, sig);
    return true;
}

static bool on_dgram(void *user, wzp_liar *liar, int from, int to,
                     uint8_t *data, size_t *len)
{
    wzp_couple *c = user;
    return c->dgram == NULL || c->dgram(c->user, liar, from, to, data, len);
}

/* --- life --- */

wzp_node wzp_couple_person(wzp_couple *c, uint8_t identity, bool hums)
{
    const wzp_world_client_config cfg = {.identity = identity,
                                         .in = hums ? hum() : NULL,
                                         .in_len = hums ? HUM_LEN : 0};
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    const wzp_node n = wzp_world_client(c->w, &cfg);
    wzp_world_link(c->w, n, &link, &link);
    wzp_world_register(c->w, n, c->relay);
    if (!wzp_world_await_line(c->w, n, WZP_LINE_REGISTERED, 5 * WZP_S)) {
        abort();
    }
    return n;
}

static wzp_couple *new_couple(uint64_t seed, bool hums)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_couple *c = need(calloc(1, sizeof *c));
    wzp_liar_must(wzp_arena_new(&c->arena, &mem, 8 * (size_t)WZP_SIGNAL_MAX),
                  "arena");
    c->w = wzp_world_new(seed);
    c->liar = wzp_liar_new(c->w, 9);
    c->relay = wzp_liar_node(c->liar);
    wzp_liar_hook(
        c->liar,
        &(wzp_liar_hooks){.user = c, .signal = on_signal, .dgram = on_dgram});
    c->a = wzp_couple_person(c, WZP_ANNA, hums);
    c->b = wzp_couple_person(c, WZP_BEN, hums);
    return c;
}

wzp_couple *wzp_couple_new(uint64_t seed)
{
    return new_couple(seed, true);
}

wzp_couple *wzp_couple_silent(uint64_t seed)
{
    return new_couple(seed, false);
}

void wzp_couple_free(wzp_couple *c)
{
    wzp_world_free(c->w);
    wzp_liar_free(c->liar);
    wzp_arena_free(c->arena);
    while (c->n_kept > 0) {
        free(c->kept[--c->n_kept].text);
    }
    for (size_t i = 0; i < 256; i++) {
        wzp_seed_identity_free(c->seed[i]);
    }
    free(c);
}

/* --- what they do --- */

wzp_err wzp_couple_call(wzp_couple *c, wzp_node from, uint8_t identity)
{
    wzp_call_to to;
    uint8_t key[WZP_KEY_LEN];
    wzp_puppet_identity(identity, key, to.fingerprint);
    const wzp_err e = wzp_engine_call(wzp_world_engine(c->w, from),
                                      wzp_world_now_at(c->w, from), &to);
    wzp_world_kick(c->w, from);
    return e;
}

wzp_err wzp_couple_answer(wzp_couple *c, wzp_node n)
{
    const wzp_client_event ev = wzp_couple_last(c, n);
    const wzp_err e =
        wzp_engine_answer(wzp_world_engine(c->w, n), wzp_world_now_at(c->w, n),
                          ev.u.call.call_id, WZP_ACCEPT_GENERIC);
    wzp_world_kick(c->w, n);
    return e;
}

void wzp_couple_hang_up(wzp_couple *c, wzp_node n)
{
    wzp_engine_hangup(wzp_world_engine(c->w, n), wzp_world_now_at(c->w, n),
                      WZP_HANGUP_NORMAL);
    wzp_world_kick(c->w, n);
}

void wzp_couple_talk(wzp_couple *c)
{
    wzp_liar_must(wzp_couple_call(c, c->a, WZP_BEN), "call");
    wzp_world_run(c->w, WZP_S);
    wzp_ignore(wzp_couple_answer(c, c->b), "the test looks at the calls");
    wzp_world_run(c->w, 2 * WZP_S);
}

/* --- what they see --- */

wzp_client_event wzp_couple_last(const wzp_couple *c, wzp_node n)
{
    wzp_client_event ev = {.u.call.state = WZP_CALL_ENDED};
    (void)wzp_world_events(c->w, n, WZP_EVENT_CALL, &ev);
    return ev;
}

uint64_t wzp_couple_hears(wzp_couple *c, wzp_node n)
{
    const uint64_t before = wzp_world_stats(c->w, n).packets_received;
    wzp_world_run(c->w, WZP_S);
    return wzp_world_stats(c->w, n).packets_received - before;
}

bool wzp_couple_is_sealed(const wzp_couple *c)
{
    const wzp_client_stats a = wzp_world_stats(c->w, c->a);
    const wzp_client_stats b = wzp_world_stats(c->w, c->b);
    return a.clear_sent + a.clear_received + b.clear_sent + b.clear_received ==
           0;
}

/* --- what was said --- */

size_t wzp_couple_count(const wzp_couple *c, wzp_signal_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_kept; i++) {
        n += c->kept[i].kind == kind;
    }
    return n;
}

const wzp_signal *wzp_couple_said_at(wzp_couple *c, size_t i)
{
    static wzp_signal sig;
    wzp_arena_reset(c->arena);
    wzp_liar_must(wzp_signal_decode(c->arena, c->kept[i].text, c->kept[i].len,
                                    WZP_SIGNAL_MAX, &sig),
                  "decode");
    return &sig;
}

const wzp_signal *wzp_couple_said(wzp_couple *c, wzp_signal_kind kind, size_t i)
{
    for (size_t k = 0; k < c->n_kept; k++) {
        if (c->kept[k].kind == kind && i-- == 0) {
            return wzp_couple_said_at(c, k);
        }
    }
    return NULL;
}

void wzp_couple_tell(wzp_couple *c, int line, const wzp_signal *sig)
{
    wzp_liar_say(c->liar, line, sig);
    wzp_world_kick(c->w, c->relay);
    wzp_world_run(c->w, 100 * WZP_MS);
}

/* --- the relay as somebody --- */

wzp_unix_s wzp_couple_unix(const wzp_couple *c)
{
    return wzp_liar_unix(c->liar);
}

static wzp_identity identity_of(wzp_couple *c, uint8_t byte)
{
    if (c->seed[byte] == NULL) {
        c->seed[byte] = wzp_liar_identity(byte);
    }
    return wzp_seed_identity_table(c->seed[byte]);
}

wzp_agree *wzp_couple_agree(wzp_couple *c, uint8_t identity, wzp_str call_id,
                            const uint8_t *commit, const uint8_t *caller_id)
{
    wzp_agree_config cfg;
    wzp_agree *out = NULL;
    wzp_agree_config_default(&cfg);
    cfg.rng = c->liar->rng;
    cfg.identity = identity_of(c, identity);
    cfg.caps = WZP_CAP_FRAMES;
    cfg.now_unix = wzp_liar_unix(c->liar);
    cfg.call_id = call_id;
    wzp_liar_must(commit == NULL
                      ? wzp_agree_new_caller(&out, &cfg)
                      : wzp_agree_new_callee(&out, &cfg, commit, caller_id),
                  "agreement");
    return out;
}

wzp_signal wzp_couple_offer(wzp_couple *c, uint8_t by, uint8_t to,
                            wzp_str call_id, const wzp_agree *agree)
{
    static uint8_t commit[WZP_HASH_LEN];
    static char caller[WZP_FP_TEXT_LEN + 1], target[WZP_FP_TEXT_LEN + 1];
    wzp_signal sig = {.kind = WZP_SIG_DIRECT_CALL_OFFER};
    memset(commit, by, sizeof commit);
    if (agree != NULL) {
        wzp_agree_commit(agree, commit);
    }
    wzp_liar_name_of(identity_of(c, by).public_key, caller);
    wzp_liar_name_of(identity_of(c, to).public_key, target);
    sig.u.direct_call_offer = (wzp_sig_direct_call_offer){
        .caller_fingerprint = {caller, WZP_FP_TEXT_LEN},
        .caller_alias = WZP_STR_NONE,
        .target_fingerprint = {target, WZP_FP_TEXT_LEN},
        .call_id = call_id,
        .caller_reflexive_addr = WZP_STR_NONE,
        .caller_build_version = WZP_STR_NONE,
        .caller_mapped_addr = WZP_STR_NONE,
        .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1,
        .commit = {commit, sizeof commit}};
    memcpy(sig.u.direct_call_offer.identity_pub, identity_of(c, by).public_key,
           WZP_KEY_LEN);
    return sig;
}

wzp_signal wzp_couple_accept(wzp_str call_id, const wzp_agree *agree)
{
    return (wzp_signal){
        .kind = WZP_SIG_DIRECT_CALL_ANSWER,
        .u.direct_call_answer = {.call_id = call_id,
                                 .accept_mode = WZP_ACCEPT_GENERIC,
                                 .callee_reflexive_addr = WZP_STR_NONE,
                                 .callee_build_version = WZP_STR_NONE,
                                 .callee_mapped_addr = WZP_STR_NONE,
                                 .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1,
                                 .kp = wzp_agree_package(agree)}};
}
