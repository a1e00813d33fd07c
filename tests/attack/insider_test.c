/* SPDX-License-Identifier: MIT */
/* The attacker is a member that gets keys, and the relay's operator at once.
 * Members share a sender's key, so it can seal as another: with the relay's
 * help that is heard as the other's. No protection is claimed against it
 * (docs/security.md, members against each other); what is claimed is that an
 * honest relay drops it (member_test.c), and that it takes a member that gets
 * keys: one whom the policy lets in.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <wzp/crypto/pair.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sender_key.h>
#include <wzp/crypto/sframe.h>

#include <string.h>

#define INSIDER  99 /* identity byte */
#define NOW_UNIX UINT64_C(1800001000)

/* A member without a group: the keys are in the test's hands. */
typedef struct insider {
    wzp_stage s;
    int number;
    wzp_kem_secret secret;
    wzp_pair_names names; /* from puppet 0 */
    bool has_pair, has_base;
    wzp_key_chain chain;
    uint8_t base[WZP_KEY_LEN];
    wzp_key_name key;
} insider;

static void take_pair(insider *in, const wzp_liar_member *from,
                      const wzp_sig_e2ee_pair *msg)
{
    wzp_pair_text text;
    wzp_pair_keys keys;
    assert_int_equal(
        wzp_pair_verify(from->identity, &in->names, msg->ct, msg->sig, &text),
        WZP_OK);
    assert_int_equal(
        wzp_pair_open(&text, msg->ct.ptr, &in->secret, NULL, &keys), WZP_OK);
    in->chain = (wzp_key_chain){.n = 0};
    memcpy(in->chain.pk, keys.i2r, WZP_KEY_LEN);
    in->has_pair = true;
}

static void take_keys(insider *in, const wzp_sig_e2ee_keys *msg)
{
    const wzp_e2ee_box *box = &msg->k.v[0];
    in->key = (wzp_key_name){.names = &in->names,
                             .generation = msg->gen,
                             .step = msg->step,
                             .suite = msg->suite};
    in->has_base |= wzp_key_box_open(&in->chain, &in->key, box->n, box->box,
                                     in->base) == WZP_OK;
}

static bool overhear(void *user, wzp_liar *liar, int from, int to,
                     wzp_signal *sig)
{
    insider *in = user;
    if (from != 0 || to != in->number) {
        return true;
    }
    if (sig->kind == WZP_SIG_E2EE_PAIR && !in->has_pair) {
        take_pair(in, wzp_liar_member_at(liar, from), &sig->u.e2ee_pair);
    } else if (sig->kind == WZP_SIG_E2EE_KEYS && in->has_pair) {
        take_keys(in, &sig->u.e2ee_keys);
    }
    return false;
}

/* A ghost whose package holds a key that the test knows. */
static void enter(insider *in)
{
    uint8_t seed[WZP_SEED_LEN];
    uint8_t room_id[WZP_HASH_LEN];
    wzp_seed_identity *id;
    const wzp_rng rng = wzp_world_rng(in->s.w, in->s.relay);
    wzp_kp kp = {.exp = NOW_UNIX + 3600, .suites = 3};
    in->number = wzp_liar_ghost(in->s.liar, INSIDER);
    wzp_liar_member *m = wzp_liar_member_at(in->s.liar, in->number);
    memset(seed, INSIDER, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    const wzp_identity table = wzp_seed_identity_table(id);
    wzp_kem_keypair(&rng, kp.kem, &in->secret);
    wzp_room_id(WZP_STR(WZP_STAGE_ROOM), room_id);
    wzp_room_ctx(room_id, kp.ctx);
    assert_int_equal(wzp_kp_encode(&table, &kp, m->kp), WZP_OK);
    wzp_seed_identity_free(id);
    memcpy(m->kph, kp.kph, WZP_HASH_LEN);
    wzp_kp_mid(m->kph, m->mid);
    memcpy(in->names.room_id, room_id, WZP_HASH_LEN);
    memcpy(in->names.kph_from, wzp_liar_member_at(in->s.liar, 0)->kph,
           WZP_HASH_LEN);
    memcpy(in->names.kph_to, m->kph, WZP_HASH_LEN);
    const wzp_liar_hooks hooks = {.user = in, .signal = overhear};
    wzp_liar_hook(in->s.liar, &hooks);
    wzp_liar_roster(in->s.liar);
    wzp_world_run(in->s.w, 2 * WZP_S);
}

/* Sealed by the insider as puppet 0, thrown to puppet 1 by the relay. */
static wzp_err speak_as_0(insider *in, wzp_opened *o)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K, .seq = 100};
    const wzp_seal_input lie = {.hdr = &hdr,
                                .form = WZP_FORM_FRAME,
                                .plain = {(const uint8_t *)"lie", 3}};
    const uint16_t sid = wzp_mid_sid(wzp_liar_member_at(in->s.liar, 0)->mid);
    const uint32_t kid = wzp_sframe_kid(sid, in->key.generation, in->key.step);
    wzp_sframe_key *key;
    uint8_t out[WZP_PKT_CAP];
    uint8_t plain[WZP_PKT_CAP];
    size_t len;
    assert_int_equal(
        wzp_sframe_key_new(&key, &mem, in->key.suite, in->base, kid), WZP_OK);
    for (int i = 0; i < 1000; i++) { /* a counter not seen yet */
        assert_int_equal(wzp_sframe_seal(key, &lie, out, sizeof out, &len),
                         WZP_OK);
    }
    wzp_sframe_key_free(key, &mem);
    return wzp_group_open(wzp_puppet_group(in->s.p[1]), wzp_world_now(in->s.w),
                          out, len, plain, sizeof plain, o);
}

static void insider_test(wzp_room_policy policy)
{
    insider in = {.number = -2};
    uint8_t key[WZP_KEY_LEN];
    uint8_t allowed[2][WZP_FP_LEN];
    for (uint8_t i = 0; i < 2; i++) {
        wzp_puppet_identity(WZP_STAGE_ID + i, key, allowed[i]);
    }
    const wzp_puppet_config cfg = {.speaks = true,
                                   .policy = policy,
                                   .allowed =
                                       (const uint8_t(*)[WZP_FP_LEN])allowed,
                                   .n_allowed = 2};
    wzp_stage_open(&in.s, 1, true);
    wzp_stage_enter(&in.s, &cfg);
    wzp_stage_enter(&in.s, &cfg);
    enter(&in);
    assert_int_equal(in.has_base, policy == WZP_POLICY_OPEN);
    if (in.has_base) {
        wzp_opened o;
        assert_int_equal(speak_as_0(&in, &o), WZP_OK);
        assert_memory_equal(o.mid, wzp_liar_member_at(in.s.liar, 0)->mid,
                            WZP_MID_LEN);
    }
    wzp_stage_close(&in.s);
}

WZP_TEST(an_insider_with_the_relay_can_pass_for_another_in_an_open_room)
{
    insider_test(WZP_POLICY_OPEN);
}

WZP_TEST(who_is_not_on_the_list_gets_nothing_to_pass_for_another_with)
{
    insider_test(WZP_POLICY_LIST);
}
