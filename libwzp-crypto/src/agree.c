/* SPDX-License-Identifier: MIT */
/* Key agreement of a direct call: see agree.h. What is hashed, signed and
 * derived is in call.c; here is what may happen when.
 *
 * States of a key agreement:
 *
 *   caller   OFFERED ──answered──▶ ANSWERED ──reveal──▶ DONE ──▶ TAKEN
 *   callee   COMMITTED ───────────────revealed────────▶ DONE ──▶ TAKEN
 *
 *   ANSWERED, COMMITTED ──anything wrong──▶ FAILED
 * -- end of states
 *
 * Nothing leaves DONE but the keys, once, into a key group.
 */
#include "agree.h"

#include "own_package.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/sized.h>

#include <sodium.h>

#include <string.h>

typedef enum state {
    OFFERED,
    ANSWERED,
    COMMITTED,
    DONE,
    TAKEN,
    FAILED,
} state;

struct wzp_agree {
    wzp_mem mem;
    wzp_rng rng;
    wzp_identity identity;
    bool is_caller;
    state state;
    wzp__agree_secrets *secret;
    char call_id[WZP_CALL_ID_MAX];
    size_t call_id_len;
    uint8_t ctx[WZP_HASH_LEN];
    uint8_t commit[WZP_HASH_LEN];
    uint8_t caller_id[WZP_KEY_LEN]; /* callee: of the offer */
    uint8_t package[WZP_KP_LEN];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t suites;
    uint8_t peer_package[WZP_KP_LEN];
    wzp_kp peer;
    uint8_t nonce[WZP_CALL_NONCE_LEN]; /* as revealed */
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t sig[WZP_SIG_LEN];
};

/* --- life --- */

void wzp_agree_config_default_sized(wzp_agree_config *cfg, size_t size)
{
    const wzp_agree_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .rng = wzp_rng_system(),
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err check_config(const wzp_agree_config *cfg)
{
    const bool is_fine = cfg->identity.sign != NULL && cfg->rng.fill != NULL &&
                         cfg->mem.resize != NULL && cfg->call_id.ptr != NULL &&
                         cfg->call_id.len > 0 &&
                         cfg->call_id.len <= WZP_CALL_ID_MAX;
    return is_fine ? WZP_OK : WZP_ERR_CONFIG;
}

static wzp_str call_id_of(const wzp_agree *a)
{
    return (wzp_str){a->call_id, a->call_id_len};
}

static wzp_err make_package(wzp_agree *a, const wzp_agree_config *cfg)
{
    wzp_kp kp = {.caps = cfg->caps};
    memcpy(kp.tls, cfg->tls_hash, WZP_HASH_LEN);
    memcpy(kp.ctx, a->ctx, WZP_HASH_LEN);
    WZP_TRY(wzp__own_package_make(&a->identity, &a->rng, cfg->now_unix, &kp,
                                  &a->secret->kem, a->package));
    memcpy(a->kph, kp.kph, WZP_HASH_LEN);
    a->suites = kp.suites;
    return WZP_OK;
}

static wzp_err set_up(wzp_agree *a, const wzp_agree_config *cfg)
{
    a->mem = cfg->mem;
    a->rng = cfg->rng;
    a->identity = cfg->identity;
    memcpy(a->call_id, cfg->call_id.ptr, cfg->call_id.len);
    a->call_id_len = cfg->call_id.len;
    wzp_call_ctx(call_id_of(a), a->ctx);
    a->secret = sodium_malloc(sizeof *a->secret);
    if (a->secret == NULL) {
        return WZP_ERR_NOMEM;
    }
    memset(a->secret, 0, sizeof *a->secret);
    return make_package(a, cfg);
}

static wzp_err create(wzp_agree **out, const wzp_agree_config *given)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    wzp_sized_take(&cfg, sizeof cfg, given);
    WZP_TRY(check_config(&cfg));
    wzp_agree *a = wzp_mem_new(&cfg.mem, sizeof *a);
    if (a == NULL) {
        return WZP_ERR_NOMEM;
    }
    const wzp_err e = set_up(a, &cfg);
    if (e != WZP_OK) {
        wzp_agree_free(a);
        return e;
    }
    *out = a;
    return WZP_OK;
}

wzp_err wzp_agree_new_caller(wzp_agree **out, const wzp_agree_config *cfg)
{
    wzp_agree *a;
    WZP_TRY(create(&a, cfg));
    a->is_caller = true;
    a->state = OFFERED;
    /* Nobody encapsulates to the caller. */
    sodium_memzero(&a->secret->kem, sizeof a->secret->kem);
    wzp_rng_fill(&a->rng, a->secret->nonce, WZP_CALL_NONCE_LEN);
    wzp_call_commit(a->package, a->secret->nonce, a->commit);
    *out = a;
    return WZP_OK;
}

wzp_err wzp_agree_new_callee(wzp_agree **out, const wzp_agree_config *cfg,
                             const uint8_t commit[WZP_HASH_LEN],
                             const uint8_t caller_id[WZP_KEY_LEN])
{
    wzp_agree *a;
    WZP_TRY(create(&a, cfg));
    a->state = COMMITTED;
    memcpy(a->commit, commit, WZP_HASH_LEN);
    memcpy(a->caller_id, caller_id, WZP_KEY_LEN);
    *out = a;
    return WZP_OK;
}

void wzp_agree_free(wzp_agree *a)
{
    if (a == NULL) {
        return;
    }
    sodium_free(a->secret);
    const wzp_mem mem = a->mem;
    sodium_memzero(a, sizeof *a);
    wzp_mem_free(&mem, a, sizeof *a);
}

static wzp_err end(wzp_agree *a, wzp_err why)
{
    a->state = FAILED;
    sodium_memzero(a->secret, sizeof *a->secret);
    return why;
}

/* --- what both know --- */

static wzp_call_facts facts_of(const wzp_agree *a)
{
    wzp_call_facts f = {
        .kp_caller = a->is_caller ? a->package : a->peer_package,
        .kp_callee = a->is_caller ? a->peer_package : a->package,
        .ct = {a->ct, sizeof a->ct},
        .call_id = call_id_of(a),
    };
    memcpy(f.commit, a->commit, WZP_HASH_LEN);
    memcpy(f.nonce, a->nonce, WZP_CALL_NONCE_LEN);
    return f;
}

static void keep_peer(wzp_agree *a, const wzp_kp *kp, wzp_bytes bytes)
{
    a->peer = *kp;
    memcpy(a->peer_package, bytes.ptr, WZP_KP_LEN);
}

static void derive(wzp_agree *a, const uint8_t transcript[WZP_HASH_LEN])
{
    wzp_call_keys_derive(transcript, a->secret->shared, &a->secret->keys);
    sodium_memzero(a->secret->shared, sizeof a->secret->shared);
    a->state = DONE;
}

/* --- caller --- */

wzp_err wzp_agree_answered(wzp_agree *a, wzp_unix_s now_unix, wzp_bytes kp,
                           const uint8_t fingerprint[WZP_FP_LEN])
{
    if (!a->is_caller || a->state == FAILED) {
        return WZP_ERR_PROTOCOL;
    }
    if (a->state != OFFERED) {
        return WZP_ERR_ANSWERED;
    }
    wzp_kp peer;
    WZP_TRY(wzp_kp_decode(kp.ptr, kp.len, now_unix, a->ctx, fingerprint,
                          a->suites, &peer));
    keep_peer(a, &peer, kp);
    a->state = ANSWERED;
    return WZP_OK;
}

wzp_err wzp_agree_reveal(wzp_agree *a, wzp_sig_direct_call_reveal *out)
{
    if (a->state != ANSWERED) {
        return WZP_ERR_STATE;
    }
    uint8_t transcript[WZP_HASH_LEN];
    wzp_err e = wzp_kem_seal(&a->rng, a->peer.kem, a->ct, a->secret->shared);
    if (e != WZP_OK) {
        return end(a, e);
    }
    memcpy(a->nonce, a->secret->nonce, WZP_CALL_NONCE_LEN);
    sodium_memzero(a->secret->nonce, WZP_CALL_NONCE_LEN);
    const wzp_call_facts facts = facts_of(a);
    wzp_call_transcript(&facts, transcript);
    e = wzp_call_reveal_sign(&a->identity, transcript, a->sig);
    if (e != WZP_OK) {
        return end(a, e);
    }
    derive(a, transcript);
    *out = (wzp_sig_direct_call_reveal){
        .call_id = facts.call_id,
        .kp = {a->package, sizeof a->package},
        .nonce = {a->nonce, sizeof a->nonce},
        .ct = facts.ct,
        .sig = {a->sig, sizeof a->sig},
    };
    return WZP_OK;
}

/* --- callee --- */

static bool is_this_call(const wzp_agree *a, wzp_str call_id)
{
    return call_id.len == a->call_id_len &&
           memcmp(call_id.ptr, a->call_id, a->call_id_len) == 0;
}

static wzp_err check_reveal(const wzp_agree *a, wzp_unix_s now_unix,
                            const wzp_sig_direct_call_reveal *reveal,
                            wzp_kp *peer, uint8_t transcript[WZP_HASH_LEN])
{
    wzp_call_reveal in = {
        .kp_callee = a->package,
        .call_id = call_id_of(a),
        .own_suites = a->suites,
        .kp = reveal->kp,
        .nonce = reveal->nonce,
        .ct = reveal->ct,
        .sig = reveal->sig,
    };
    if (!is_this_call(a, reveal->call_id)) {
        return WZP_ERR_KP_CONTEXT;
    }
    memcpy(in.commit, a->commit, WZP_HASH_LEN);
    wzp_identity_fingerprint(a->caller_id, in.fingerprint);
    WZP_TRY(wzp_call_reveal_verify(&in, now_unix, peer, transcript));
    return memcmp(peer->id, a->caller_id, WZP_KEY_LEN) == 0
               ? WZP_OK
               : WZP_ERR_FINGERPRINT;
}

wzp_err wzp_agree_revealed(wzp_agree *a, wzp_unix_s now_unix,
                           const wzp_sig_direct_call_reveal *reveal)
{
    if (a->state != COMMITTED) {
        return WZP_ERR_PROTOCOL;
    }
    uint8_t transcript[WZP_HASH_LEN];
    wzp_kp peer;
    wzp_err e = check_reveal(a, now_unix, reveal, &peer, transcript);
    if (e == WZP_OK) {
        e = wzp_kem_open(&a->secret->kem, reveal->ct.ptr, a->secret->shared);
    }
    if (e != WZP_OK) {
        return end(a, e);
    }
    sodium_memzero(&a->secret->kem, sizeof a->secret->kem);
    keep_peer(a, &peer, reveal->kp);
    memcpy(a->nonce, reveal->nonce.ptr, WZP_CALL_NONCE_LEN);
    derive(a, transcript);
    return WZP_OK;
}

/* --- queries --- */

void wzp_agree_commit(const wzp_agree *a, uint8_t out[WZP_HASH_LEN])
{
    memcpy(out, a->commit, WZP_HASH_LEN);
}

wzp_bytes wzp_agree_package(const wzp_agree *a)
{
    return (wzp_bytes){a->package, sizeof a->package};
}

bool wzp_agree_is_done(const wzp_agree *a)
{
    return a->state == DONE || a->state == TAKEN;
}

wzp_err wzp_agree_peer(const wzp_agree *a, uint8_t id[WZP_KEY_LEN])
{
    if (a->state != ANSWERED && !wzp_agree_is_done(a)) {
        return WZP_ERR_STATE;
    }
    memcpy(id, a->peer.id, WZP_KEY_LEN);
    return WZP_OK;
}

wzp_err wzp_agree_code(const wzp_agree *a, wzp_call_code *out)
{
    if (!wzp_agree_is_done(a)) {
        return WZP_ERR_STATE;
    }
    const wzp_call_facts facts = facts_of(a);
    wzp_call_code_derive(&facts, out);
    return WZP_OK;
}

wzp_err wzp__agreed_get(const wzp_agree *a, wzp__agreed *out)
{
    if (a->state != DONE) {
        return WZP_ERR_STATE;
    }
    *out = (wzp__agreed){
        .is_caller = a->is_caller,
        .suite = wzp_call_suite(a->suites, a->peer.suites),
        .call_id = call_id_of(a),
        .package = a->package,
        .kph = a->kph,
        .peer = &a->peer,
        .secret = a->secret,
    };
    memcpy(out->id, a->identity.public_key, WZP_KEY_LEN);
    return WZP_OK;
}

void wzp__agreed_taken(wzp_agree *a)
{
    a->state = TAKEN;
    sodium_memzero(a->secret, sizeof *a->secret);
}
