/* SPDX-License-Identifier: MIT */
/* The pair with each member: see state.h. One ciphertext makes it.
 *
 * States of a pair of members:
 *
 *   NONE ──make──▶ OWN ──theirs, of a smaller kph──▶ PEER
 *     └──────────theirs────────────────────────────▶ PEER
 * -- end of states
 *
 * OWN and theirs of a larger kph: the own one stands and is sent again. PEER
 * is final: of one sender the first stands, because a chain of one-time keys
 * begun twice would use a key twice. In a call the pair is AGREED from the
 * beginning, and no E2eePair is sent or taken.
 */
#include "state.h"

#include <wzp/crypto/room.h>

#include <sodium.h>

#include <string.h>

/* Timers of this file:
 *   idle      100 ms: secure-media.md 5, at most 10 pairs a second
 *   yield     3 s: with the larger kph, leave it to the other side so long
 *             (chosen: half of what both would prepare is thrown away) */
static const wzp_tstamp IDLE_STEP = 100 * WZP_MS;
static const wzp_tstamp YIELD = 3 * WZP_S;

wzp_pair_names wzp__pair_names(const wzp_group *g, const wzp__member *m,
                               bool is_own)
{
    wzp_pair_names n;
    memcpy(n.room_id, g->room_id, WZP_HASH_LEN);
    memcpy(n.kph_from, is_own ? g->kph : m->kph, WZP_HASH_LEN);
    memcpy(n.kph_to, is_own ? m->kph : g->kph, WZP_HASH_LEN);
    return n;
}

static const uint8_t *psk_of(const wzp_group *g)
{
    return g->has_psk ? g->secret->psk : NULL;
}

/* Both chains begin. */
static void begin(wzp__member *m, const wzp_pair_keys *keys,
                  wzp__pair_state state)
{
    const bool is_own = state == WZP__PAIR_OWN;
    m->pair = state;
    m->is_confirmed = !is_own;
    m->tx.n = 0;
    m->rx.n = 0;
    memcpy(m->tx.pk, is_own ? keys->i2r : keys->r2i, WZP_KEY_LEN);
    memcpy(m->rx.pk, is_own ? keys->r2i : keys->i2r, WZP_KEY_LEN);
}

void wzp__pair_agreed(wzp__member *m, const wzp_pair_keys *keys, bool is_caller)
{
    begin(m, keys, is_caller ? WZP__PAIR_OWN : WZP__PAIR_PEER);
    m->pair = WZP__PAIR_AGREED;
    m->is_confirmed = true;
}

wzp_err wzp__pair_make(wzp_group *g, wzp__member *m)
{
    const wzp_pair_names names = wzp__pair_names(g, m, true);
    wzp_pair_keys keys;
    const wzp_err e = wzp_pair_seal(&g->identity, &g->rng, &names, m->kem,
                                    psk_of(g), m->ct, m->sig, &keys);
    if (e == WZP_OK) {
        begin(m, &keys, WZP__PAIR_OWN);
        wzp__todo_set(g, m, WZP__TODO_PAIR);
    }
    sodium_memzero(&keys, sizeof keys);
    return e;
}

/* Theirs makes the pair. Whatever was boxed under another one is boxed anew,
 * at once. */
static wzp_err adopt(wzp_group *g, wzp_tstamp now, wzp__member *m,
                     const wzp_pair_text *text, const uint8_t *ct)
{
    wzp_pair_keys keys;
    const wzp_err e =
        wzp_pair_open(text, ct, &g->secret->kem, psk_of(g), &keys);
    if (e == WZP_OK) {
        wzp_sha256(ct, WZP_KEM_CT_LEN, m->peer_ct_hash);
        begin(m, &keys, WZP__PAIR_PEER);
        wzp__todo_clear(g, m, WZP__TODO_PAIR);
        wzp__own_renew(g, m, now);
    }
    sodium_memzero(&keys, sizeof keys);
    return e;
}

static wzp_err take(wzp_group *g, wzp_tstamp now, wzp__member *m, wzp_bytes ct,
                    wzp_bytes sig)
{
    const wzp_pair_names names = wzp__pair_names(g, m, false);
    wzp_pair_text text;
    WZP_TRY(wzp_pair_verify(m->identity, &names, ct, sig, &text));
    switch (m->pair) {
    case WZP__PAIR_NONE: return adopt(g, now, m, &text, ct.ptr);
    case WZP__PAIR_OWN:
        if (wzp_pair_stands(g->kph, m->kph)) {
            wzp__own_answer(g, m, now);
            return WZP_OK;
        }
        return adopt(g, now, m, &text, ct.ptr);
    case WZP__PAIR_PEER: break;
    case WZP__PAIR_AGREED: return WZP_ERR_PROTOCOL;
    }
    uint8_t hash[WZP_HASH_LEN];
    wzp_sha256(ct.ptr, ct.len, hash);
    return memcmp(hash, m->peer_ct_hash, sizeof hash) == 0
               ? WZP_OK /* a repeat */
               : WZP_ERR_KEY_REPLAYED;
}

wzp_err wzp__recv_pair(wzp_group *g, wzp_tstamp now,
                       const wzp_sig_e2ee_pair *msg)
{
    wzp__member *m;
    WZP_TRY(wzp__member_speaks(g, msg->from, msg->to, &m));
    if (m->state != WZP_MEMBER_UNKNOWN) {
        return take(g, now, m, msg->ct, msg->sig);
    }
    if (msg->ct.len != WZP_KEM_CT_LEN || msg->sig.len != WZP_SIG_LEN) {
        return WZP_ERR_LENGTH;
    }
    /* Kept until the package is here; the last one, as a first one could be
     * anybody's. */
    memcpy(m->ct, msg->ct.ptr, WZP_KEM_CT_LEN);
    memcpy(m->sig, msg->sig.ptr, WZP_SIG_LEN);
    m->early.has_pair = true;
    return WZP_OK;
}

void wzp__pair_early(wzp_group *g, wzp_tstamp now, wzp__member *m)
{
    if (!m->early.has_pair) {
        return;
    }
    m->early.has_pair = false;
    const wzp_err e = take(g, now, m, (wzp_bytes){m->ct, sizeof m->ct},
                           (wzp_bytes){m->sig, sizeof m->sig});
    if (e != WZP_OK) {
        g->stats.pairs_refused++;
    }
}

static wzp__member *next_idle(const wzp_group *g, wzp_tstamp now, bool *later)
{
    wzp__member *found = NULL;
    *later = false;
    for (size_t i = 0; i < g->n_listed; i++) {
        wzp__member *m = g->list[i];
        if (!wzp__member_counts(m) || m->pair != WZP__PAIR_NONE) {
            continue;
        }
        *later = true;
        const bool is_turn =
            wzp_pair_stands(g->kph, m->kph) || now >= m->verified_at + YIELD;
        if (is_turn &&
            (found == NULL || (m->is_speaker && !found->is_speaker))) {
            found = m;
        }
    }
    return found;
}

void wzp__pair_idle(wzp_group *g, wzp_tstamp now)
{
    bool later;
    wzp__member *m = next_idle(g, now, &later);
    if (m != NULL) {
        const wzp_err e = wzp__pair_make(g, m);
        if (e != WZP_OK) {
            m->state = WZP_MEMBER_REFUSED; /* its kem key is not one */
            m->why = e;
            wzp__todo_set(g, m, WZP__TODO_MEMBER);
        }
    }
    g->idle_at = later ? now + IDLE_STEP : WZP_NEVER;
}
