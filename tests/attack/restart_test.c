/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, has kept all that passed, and waits for
 * a member to crash: it comes back with the same identity and store, and
 * remembers no counter. He wants two packets under one key and counter, which
 * would give him the speech in both, or to have what he kept played again.
 *
 * What stops him: a restart is a new package and new keys from fresh
 * randomness; a key depends on the package by way of the KID, so that even
 * randomness that repeats itself does not repeat a key a second later; and what
 * was sealed or boxed for a former life opens in none (secure-media.md
 * 6, 10.6). Keys are looked at where they are made, with the linker's --wrap,
 * not by the ids that they travel under.
 */
#include "sframe_key.h"
#include "support/harness.h"
#include "support/liar/stage.h"
#include "support/world/rng.h"

#include <wzp/crypto/sframe.h>

#include <stdlib.h>
#include <string.h>

/* --- every key and counter --- */

enum { SEALED = 1 << 16 };

typedef struct use {
    uint64_t key, ctr; /* ctr + 1; 0: unused */
} use;

static struct {
    use set[SEALED];
    size_t sealed, twice;
} seen;

wzp_err __real_wzp_sframe_seal(wzp_sframe_key *key, const wzp_seal_input *in,
                               uint8_t *out, size_t cap, size_t *out_len);
wzp_err __wrap_wzp_sframe_seal(wzp_sframe_key *key, const wzp_seal_input *in,
                               uint8_t *out, size_t cap, size_t *out_len);

static void note(uint64_t key, uint64_t ctr)
{
    size_t i = (size_t)((key + ctr) * UINT64_C(0x9E3779B97F4A7C15) >> 48);
    for (; seen.set[i].ctr != 0; i = (i + 1) % SEALED) {
        if (seen.set[i].key == key && seen.set[i].ctr == ctr + 1) {
            seen.twice++;
            return;
        }
    }
    assert_true(++seen.sealed < SEALED / 2);
    seen.set[i] = (use){key, ctr + 1};
}

wzp_err __wrap_wzp_sframe_seal(wzp_sframe_key *key, const wzp_seal_input *in,
                               uint8_t *out, size_t cap, size_t *out_len)
{
    const uint64_t ctr = wzp_sframe_key_count(key);
    const wzp_err e = __real_wzp_sframe_seal(key, in, out, cap, out_len);
    if (e == WZP_OK) {
        /* The salt follows from base key, suite and KID as the key does. */
        uint64_t id;
        memcpy(&id, key->salt, sizeof id);
        note(id, ctr);
    }
    return e;
}

/* --- a member that crashes --- */

#define MEMBER 60

static wzp_node speaker(wzp_stage *s)
{
    static int16_t hum[4800];
    for (size_t i = 0; i < 4800; i++) {
        hum[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    const wzp_world_client_config cfg = {
        .identity = MEMBER, .in = hum, .in_len = 4800};
    return wzp_world_client(s->w, &cfg);
}

static wzp_test_rng *rng_of(wzp_stage *s, wzp_node n)
{
    return wzp_world_rng(s->w, n).user;
}

/* Without a word; the relay sees that the connection is gone. */
static void crash(wzp_stage *s, wzp_node n)
{
    wzp_world_kill(s->w, n);
    wzp_liar_drop(s->liar, wzp_liar_find(s->liar, MEMBER));
}

static void come_back(wzp_stage *s, wzp_node n)
{
    wzp_world_restart_client(s->w, n);
    wzp_world_join(s->w, n, WZP_STAGE_ROOM, s->relay);
}

WZP_TEST(no_key_and_counter_is_used_twice_over_restarts)
{
    wzp_stage s;
    memset(&seen, 0, sizeof seen);
    wzp_stage_pair(&s, 1, true);
    const wzp_node n = speaker(&s);
    wzp_world_join(s.w, n, WZP_STAGE_ROOM, s.relay);
    for (int life = 0; life < 5; life++) {
        wzp_world_run(s.w, 3 * WZP_S);
        assert_int_equal(wzp_world_stats(s.w, n).members_keyed, 2);
        crash(&s, n);
        wzp_world_run(s.w, 100 * WZP_MS);
        come_back(&s, n);
    }
    assert_true(seen.sealed > 3 * 700);
    assert_int_equal(seen.twice, 0);
    wzp_stage_close(&s);
}

/* The machine is a copy of itself, as from a snapshot: its randomness begins
 * again. How many packets were under a key and counter used before. */
static size_t relive(wzp_tstamp later)
{
    wzp_stage s;
    memset(&seen, 0, sizeof seen);
    wzp_stage_pair(&s, 2, true);
    const wzp_node n = speaker(&s);
    wzp_world_run(s.w, WZP_S - wzp_world_now(s.w) % WZP_S);
    for (int life = 0; life < 2; life++) {
        rng_of(&s, n)->state = 1;
        wzp_world_restart_client(s.w, n);
        /* But not the connection ids, or the relay would not even listen. */
        rng_of(&s, n)->state = 100 + (uint64_t)life;
        wzp_world_join(s.w, n, WZP_STAGE_ROOM, s.relay);
        rng_of(&s, n)->state = 2;
        wzp_world_run(s.w, 400 * WZP_MS);
        assert_true(wzp_world_stats(s.w, n).packets_sent > 5);
        crash(&s, n);
        wzp_world_run(s.w, life == 0 ? later : 0);
    }
    const size_t twice = seen.twice;
    wzp_stage_close(&s);
    return twice;
}

WZP_TEST(control_the_same_randomness_in_the_same_second_is_noticed)
{
    assert_true(relive(100 * WZP_MS) > 5);
}

WZP_TEST(the_same_randomness_a_second_later_makes_other_keys)
{
    assert_int_equal(relive(1100 * WZP_MS), 0);
}

/* --- what was kept --- */

enum { KEPT = 200 };

/* From puppet 0 to the first life of puppet 1. */
typedef struct kept {
    bool has_pair, has_keys, is_stopped;
    wzp_signal pair, keys;
    uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN], box[WZP_KEY_LEN + 16];
    wzp_e2ee_box one;
    size_t n, len[KEPT];
    uint8_t data[KEPT][256];
} kept;

static bool keep_signal(void *user, wzp_liar *liar, int from, int to,
                        wzp_signal *sig)
{
    kept *k = user;
    (void)liar;
    if (from != 0 || to != 1) {
        return true;
    }
    if (sig->kind == WZP_SIG_E2EE_PAIR) {
        k->has_pair = true;
        k->pair = *sig;
        memcpy(k->ct, sig->u.e2ee_pair.ct.ptr, sizeof k->ct);
        memcpy(k->sig, sig->u.e2ee_pair.sig.ptr, sizeof k->sig);
        k->pair.u.e2ee_pair.ct.ptr = k->ct;
        k->pair.u.e2ee_pair.sig.ptr = k->sig;
    } else if (sig->kind == WZP_SIG_E2EE_KEYS && !k->has_keys) {
        k->has_keys = true;
        k->keys = *sig;
        k->one = sig->u.e2ee_keys.k.v[0];
        memcpy(k->box, k->one.box.ptr, sizeof k->box);
        k->one.box.ptr = k->box;
        k->keys.u.e2ee_keys.k = (wzp_e2ee_box_list){&k->one, 1};
    }
    return true;
}

static bool keep_dgram(void *user, wzp_liar *liar, int from, int to,
                       uint8_t *data, size_t *len)
{
    kept *k = user;
    (void)liar;
    if (from == 0 && to == 1 && *len <= 256 && k->n < KEPT) {
        memcpy(k->data[k->n], data, *len);
        k->len[k->n++] = *len;
    }
    return !k->is_stopped;
}

/* All that was kept, to member `to` of the relay. */
static void play(wzp_stage *s, kept *k, int to)
{
    if (k->has_pair) {
        wzp_liar_say(s->liar, to, &k->pair);
    }
    wzp_liar_say(s->liar, to, &k->keys);
    wzp_world_run(s->w, 100 * WZP_MS);
    for (size_t i = 0; i < k->n; i++) {
        wzp_liar_throw(s->liar, to, k->data[i], k->len[i]);
        if (i % 20 == 19) {
            wzp_world_run(s->w, 10 * WZP_MS);
        }
    }
    wzp_world_run(s->w, 500 * WZP_MS);
}

/* Puppet 1 crashes and is back; nobody is told that it was gone, so that
 * nobody makes a new generation. */
WZP_TEST(what_was_kept_of_a_former_life_opens_nothing_in_the_next)
{
    static kept k;
    wzp_stage s;
    const wzp_liar_hooks hooks = {
        .user = &k, .signal = keep_signal, .dgram = keep_dgram};
    wzp_stage_open(&s, 3, true);
    wzp_liar_hook(s.liar, &hooks);
    wzp_liar_withhold_leaves(s.liar, true);
    wzp_stage_enter(&s, NULL);
    wzp_puppet *back = wzp_stage_enter(&s, NULL);
    wzp_world_run(s.w, 3 * WZP_S);
    assert_true(k.has_keys && k.n > 100);
    const uint32_t generation = wzp_puppet_stats(s.p[0]).generation;

    wzp_liar_drop(s.liar, 1);
    wzp_world_run(s.w, 100 * WZP_MS);
    wzp_puppet_join(back, WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 2 * WZP_S);
    const int again = wzp_liar_find(s.liar, WZP_STAGE_ID + 1);
    assert_int_equal(again, 2);
    assert_int_equal(wzp_puppet_stats(s.p[0]).generation, generation);
    k.is_stopped = true;
    wzp_world_run(s.w, 100 * WZP_MS);
    const uint64_t opened = wzp_puppet_stats(back).opened;
    wzp_ignore(wzp_puppet_refused(back), "of before");
    play(&s, &k, again);
    assert_int_equal(wzp_puppet_stats(back).opened, opened);
    assert_true(wzp_puppet_refused(back) != WZP_OK);
    /* Control: what is said now opens. */
    k.is_stopped = false;
    assert_in_range(wzp_stage_hears(&s, back), 48, 52);
    wzp_stage_close(&s);
}
