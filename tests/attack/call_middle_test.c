/* SPDX-License-Identifier: MIT */
/* The attacker is the relay in the middle of a direct call. He carries every
 * signal and every packet of it, may change, swap, strip or invent what he
 * likes, and has an identity of his own with which he can be called and can
 * call. He wants to hear the call, or at least to make it a clear one.
 *
 * What stops him, point by point:
 *   the offer     names the caller's key; who reveals must be that one
 *   the answer    must hold a package of the fingerprint that was called, for
 *                 this very call; anybody else's is counted and not answered
 *   the reveal    opens the commitment of the offer, and signs all of it
 *   the keys      a capability or key that is missing ends the call by
 *                 WZP_ERR_LEGACY; there is no clear call
 * What is left to him is to be called and to call as himself:
 * call_contact_test.c.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/puppet.h"

#include <wzp/proto/fingerprint.h>

#include <string.h>

/* --- one change in what passes --- */

/* What the attacker has made for this call. */
typedef struct forged {
    wzp_agree *as_caller, *as_callee;  /* under his own identity */
    wzp_agree *other;                  /* Ben's, of another call */
    wzp_sig_direct_call_reveal reveal; /* as himself, for Ben's answer */
    char fp[WZP_FP_TEXT_LEN + 1];
    uint8_t key[WZP_KEY_LEN];
    uint8_t bytes[WZP_KP_LEN];
    uint8_t commit[WZP_HASH_LEN];
} forged;

typedef void change(wzp_couple *c, forged *f, wzp_signal *sig);

static void free_forged(forged *f)
{
    wzp_agree_free(f->as_caller);
    wzp_agree_free(f->as_callee);
    wzp_agree_free(f->other);
    *f = (forged){.as_caller = NULL};
}

static wzp_bytes flip(forged *f, wzp_bytes b)
{
    memcpy(f->bytes, b.ptr, b.len);
    f->bytes[b.len / 2] ^= 1;
    return (wzp_bytes){f->bytes, b.len};
}

/* Towards Anna, for whom he would be Ben. */
static void answer_as_himself(wzp_couple *c, forged *f, wzp_signal *sig)
{
    wzp_sig_direct_call_answer *a = &sig->u.direct_call_answer;
    uint8_t commit[WZP_HASH_LEN], key[WZP_KEY_LEN];
    const wzp_sig_direct_call_offer *o =
        &wzp_couple_said(c, WZP_SIG_DIRECT_CALL_OFFER, 0)->u.direct_call_offer;
    memcpy(commit, o->commit.ptr, sizeof commit);
    memcpy(key, o->identity_pub, sizeof key);
    f->as_callee = wzp_couple_agree(c, WZP_EVE, a->call_id, commit, key);
    a->kp = wzp_agree_package(f->as_callee);
}

static void answer_with_a_package_of_another_call(wzp_couple *c, forged *f,
                                                  wzp_signal *sig)
{
    f->other = wzp_couple_agree(c, WZP_BEN, WZP_STR("yesterday"), NULL, NULL);
    sig->u.direct_call_answer.kp = wzp_agree_package(f->other);
}

static void answer_with_a_package_of_a_room(wzp_couple *c, forged *f,
                                            wzp_signal *sig)
{
    const int i = wzp_liar_find(c->liar, WZP_BEN); /* he was in one before */
    (void)f;
    sig->u.direct_call_answer.kp =
        (wzp_bytes){wzp_liar_member_at(c->liar, i)->kp, WZP_KP_LEN};
}

static void answer_with_a_bit_flipped(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    sig->u.direct_call_answer.kp = flip(f, sig->u.direct_call_answer.kp);
}

static void answer_without_package(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    (void)f;
    sig->u.direct_call_answer.kp = (wzp_bytes){NULL, 0};
}

static void answer_without_caps(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    (void)f;
    sig->u.direct_call_answer.caps = 0;
}

static void offer_without_commitment(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    (void)f;
    sig->u.direct_call_offer.commit = (wzp_bytes){NULL, 0};
}

static void offer_without_caps(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    (void)f;
    sig->u.direct_call_offer.caps = 0;
}

static void offer_with_his_commitment(wzp_couple *c, forged *f, wzp_signal *sig)
{
    wzp_sig_direct_call_offer *o = &sig->u.direct_call_offer;
    f->as_caller = wzp_couple_agree(c, WZP_EVE, o->call_id, NULL, NULL);
    wzp_agree_commit(f->as_caller, f->commit);
    o->commit = (wzp_bytes){f->commit, sizeof f->commit};
}

static void offer_with_his_key(wzp_couple *c, forged *f, wzp_signal *sig)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_puppet_identity(WZP_EVE, f->key, fp);
    offer_with_his_commitment(c, f, sig);
    memcpy(sig->u.direct_call_offer.identity_pub, f->key, WZP_KEY_LEN);
}

/* Anna's call arrives as one of his. */
static void offer_as_himself(wzp_couple *c, forged *f, wzp_signal *sig)
{
    uint8_t fp[WZP_FP_LEN];
    offer_with_his_key(c, f, sig);
    wzp_identity_fingerprint(f->key, fp);
    wzp_fingerprint_encode(fp, f->fp);
    sig->u.direct_call_offer.caller_fingerprint =
        (wzp_str){f->fp, WZP_FP_TEXT_LEN};
}

static void reveal_with_his_package(wzp_couple *c, forged *f, wzp_signal *sig)
{
    wzp_sig_direct_call_reveal *r = &sig->u.direct_call_reveal;
    f->as_caller = wzp_couple_agree(c, WZP_EVE, r->call_id, NULL, NULL);
    r->kp = wzp_agree_package(f->as_caller);
}

static void reveal_with_another_nonce(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    sig->u.direct_call_reveal.nonce = flip(f, sig->u.direct_call_reveal.nonce);
}

/* He knows what is in the one he puts there: keys that he could derive. */
static void reveal_with_his_secret(wzp_couple *c, forged *f, wzp_signal *sig)
{
    const wzp_sig_direct_call_answer *a =
        &wzp_couple_said(c, WZP_SIG_DIRECT_CALL_ANSWER, 0)
             ->u.direct_call_answer;
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(a->kp.ptr + 1, fp);
    f->as_caller = wzp_couple_agree(c, WZP_EVE, a->call_id, NULL, NULL);
    assert_int_equal(
        wzp_agree_answered(f->as_caller, wzp_couple_unix(c), a->kp, fp),
        WZP_OK);
    assert_int_equal(wzp_agree_reveal(f->as_caller, &f->reveal), WZP_OK);
    sig->u.direct_call_reveal.ct = f->reveal.ct;
}

static void reveal_with_his_signature(wzp_couple *c, forged *f, wzp_signal *sig)
{
    const wzp_bytes ct = sig->u.direct_call_reveal.ct;
    reveal_with_his_secret(c, f, sig);
    sig->u.direct_call_reveal.ct = ct;
    sig->u.direct_call_reveal.sig = f->reveal.sig;
}

static void nothing(wzp_couple *c, forged *f, wzp_signal *sig)
{
    (void)c;
    (void)f;
    (void)sig;
}

#define OFFER  WZP_SIG_DIRECT_CALL_OFFER
#define ANSWER WZP_SIG_DIRECT_CALL_ANSWER
#define REVEAL WZP_SIG_DIRECT_CALL_REVEAL

/* How it ends for Anna, who calls, and for Ben; WZP_OK: it does not. */
static const struct {
    change *fn;
    wzp_signal_kind kind;
    wzp_err anna, ben;
} changes[] = {
    {nothing, OFFER, WZP_OK, WZP_OK}, /* the control */
    {answer_as_himself, ANSWER, WZP_ERR_FINGERPRINT, WZP_ERR_TIMEOUT},
    {answer_with_a_package_of_another_call, ANSWER, WZP_ERR_KP_CONTEXT,
     WZP_ERR_TIMEOUT},
    {answer_with_a_package_of_a_room, ANSWER, WZP_ERR_KP_CONTEXT,
     WZP_ERR_TIMEOUT},
    {answer_with_a_bit_flipped, ANSWER, WZP_ERR_SIGNATURE, WZP_ERR_TIMEOUT},
    {answer_without_package, ANSWER, WZP_ERR_LEGACY, WZP_ERR_PEER_CLOSED},
    {answer_without_caps, ANSWER, WZP_ERR_LEGACY, WZP_ERR_PEER_CLOSED},
    {offer_without_commitment, OFFER, WZP_ERR_PEER_CLOSED, WZP_ERR_LEGACY},
    {offer_without_caps, OFFER, WZP_ERR_PEER_CLOSED, WZP_ERR_LEGACY},
    {offer_with_his_commitment, OFFER, WZP_ERR_PEER_CLOSED, WZP_ERR_COMMIT},
    {reveal_with_his_package, REVEAL, WZP_ERR_PEER_CLOSED, WZP_ERR_COMMIT},
    {reveal_with_another_nonce, REVEAL, WZP_ERR_PEER_CLOSED, WZP_ERR_COMMIT},
    {reveal_with_his_secret, REVEAL, WZP_ERR_TIMEOUT, WZP_ERR_SIGNATURE},
    {reveal_with_his_signature, REVEAL, WZP_ERR_TIMEOUT, WZP_ERR_SIGNATURE},
};

static size_t changes_count(void)
{
    return sizeof changes / sizeof changes[0];
}

typedef struct middle {
    change *fn;
    wzp_signal_kind kind;
    forged f;
} middle;

static bool in_the_middle(void *user, wzp_couple *c, int from, int to,
                          wzp_signal *sig)
{
    middle *m = user;
    (void)from;
    (void)to;
    if (sig->kind == m->kind) {
        m->fn(c, &m->f, sig);
    }
    return true;
}

/* Ben leaves a package at the relay that is not for a call. */
static void visit_a_room(wzp_couple *c)
{
    wzp_world_join(c->w, c->b, "lounge", c->relay);
    wzp_world_run(c->w, 2 * WZP_S);
    wzp_world_leave(c->w, c->b);
    wzp_world_run(c->w, WZP_S);
}

/* One who cannot seal is named: it is the other one, not the relay. */
static void assert_names(const wzp_couple *c, wzp_node n)
{
    const wzp_client_event ev = wzp_couple_last(c, n);
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    wzp_puppet_identity(n == c->a ? WZP_BEN : WZP_ANNA, key, fp);
    assert_memory_equal(ev.u.call.fingerprint, fp, sizeof fp);
    assert_false(ev.u.call.is_relay_legacy);
}

static void assert_end(const wzp_couple *c, wzp_node n, wzp_err why)
{
    if (why == WZP_ERR_LEGACY) {
        assert_names(c, n);
    }
    if (why == WZP_OK) {
        WZP_ASSERT_CALL(c, n, WZP_CALL_ACTIVE);
    } else {
        WZP_ASSERT_ENDED(c, n, why);
    }
}

static void changes_run(size_t row)
{
    wzp_couple *c = wzp_couple_new(1);
    middle m = {.fn = changes[row].fn, .kind = changes[row].kind};
    visit_a_room(c);
    c->user = &m;
    c->signal = in_the_middle;
    wzp_couple_talk(c);
    wzp_world_run(c->w, 45 * WZP_S);
    assert_end(c, c->a, changes[row].anna);
    assert_end(c, c->b, changes[row].ben);
    const bool stands = changes[row].anna == WZP_OK;
    assert_int_equal(wzp_couple_hears(c, c->a) > 0, stands);
    assert_int_equal(wzp_couple_hears(c, c->b) > 0, stands);
    assert_true(wzp_couple_is_sealed(c));
    wzp_couple_free(c);
    free_forged(&m.f);
}

WZP_ROWS(whatever_the_relay_changes_in_a_call_ends_it_by_name, changes_count,
         changes_run);

/* --- he takes away what he can do himself --- */

static bool strip_ack(void *user, wzp_liar *liar, int from, int to,
                      wzp_signal *sig)
{
    const bool *is_on = user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_REGISTER_PRESENCE_ACK && *is_on) {
        sig->u.register_presence_ack.caps = 0;
    }
    return true;
}

WZP_TEST(a_relay_that_says_it_is_of_the_old_kind_carries_no_call)
{
    for (int is_on = 0; is_on < 2; is_on++) {
        wzp_couple *c = wzp_couple_new(9);
        bool strips = is_on;
        wzp_client_event ev;
        wzp_liar_hook(c->liar,
                      &(wzp_liar_hooks){.user = &strips, .signal = strip_ack});
        const wzp_node carl = wzp_couple_person(c, WZP_CARL, true);
        assert_int_equal(wzp_couple_call(c, carl, WZP_BEN),
                         is_on ? WZP_ERR_LEGACY : WZP_OK);
        wzp_world_run(c->w, WZP_S);
        assert_int_equal(wzp_world_events(c->w, c->b, WZP_EVENT_CALL, &ev),
                         !is_on); /* not a word of it */
        wzp_couple_free(c);
    }
}

/* --- he calls in Anna's place --- */

WZP_TEST(an_offer_with_another_key_than_its_fingerprint_does_not_ring)
{
    wzp_couple *c = wzp_couple_new(2);
    middle m = {.fn = offer_with_his_key, .kind = OFFER};
    c->user = &m;
    c->signal = in_the_middle;
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    wzp_client_event ev;
    assert_int_equal(wzp_world_events(c->w, c->b, WZP_EVENT_CALL, &ev), 0);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_refused, 1);
    c->signal = NULL; /* control: as she sent it, it rings */
    wzp_couple_hang_up(c, c->a);
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    wzp_couple_free(c);
    free_forged(&m.f);
}

/* Anna's call rings as his own, Ben's answer goes on to her, and her reveal
 * becomes his: each of the two has agreed with somebody. */
static bool bind_to_himself(void *user, wzp_couple *c, int from, int to,
                            wzp_signal *sig)
{
    forged *f = user;
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    (void)from;
    (void)to;
    if (sig->kind == OFFER) {
        offer_as_himself(c, f, sig);
    } else if (sig->kind == ANSWER) {
        wzp_puppet_identity(WZP_BEN, key, fp);
        assert_int_equal(wzp_agree_answered(f->as_caller, wzp_couple_unix(c),
                                            sig->u.direct_call_answer.kp, fp),
                         WZP_OK);
    } else if (sig->kind == REVEAL) {
        assert_int_equal(wzp_agree_reveal(f->as_caller, &f->reveal), WZP_OK);
        sig->u.direct_call_reveal = f->reveal;
    }
    return true;
}

WZP_TEST(who_answers_the_relay_is_in_no_call_with_the_one_it_called_for)
{
    wzp_couple *c = wzp_couple_new(3);
    forged f = {.as_caller = NULL};
    c->user = &f;
    c->signal = bind_to_himself;
    wzp_couple_talk(c);
    const wzp_client_event ev = wzp_couple_last(c, c->b);
    assert_string_equal(wzp_call_state_name(ev.u.call.state),
                        wzp_call_state_name(WZP_CALL_CONNECTING));
    assert_memory_equal(ev.u.call.key, f.key, WZP_KEY_LEN); /* that is shown */
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, false);
    wzp_world_run(c->w, 31 * WZP_S);
    WZP_ASSERT_ENDED(c, c->a, WZP_ERR_TIMEOUT);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ENDED);
    assert_int_equal(wzp_world_stats(c->w, c->a).packets_received, 0);
    assert_int_equal(wzp_world_stats(c->w, c->b).packets_received, 0);
    wzp_couple_free(c);
    free_forged(&f);
}

/* Anna calls Ben, and the relay says that he has called her in the same moment,
 * for his call to stand: then she waits for a reveal, which only Ben can make.
 */
WZP_TEST(an_invented_offer_to_give_way_to_ends_like_silence)
{
    wzp_couple *c = wzp_couple_new(8);
    uint8_t key[WZP_KEY_LEN], anna[WZP_FP_LEN], ben[WZP_FP_LEN];
    wzp_puppet_identity(WZP_ANNA, key, anna);
    wzp_puppet_identity(WZP_BEN, key, ben);
    const bool is_ben_smaller = memcmp(ben, anna, WZP_FP_LEN) < 0;
    const uint8_t larger = is_ben_smaller ? WZP_ANNA : WZP_BEN;
    const uint8_t smaller = is_ben_smaller ? WZP_BEN : WZP_ANNA;
    const wzp_node caller = is_ben_smaller ? c->a : c->b;
    wzp_agree *he =
        wzp_couple_agree(c, WZP_EVE, WZP_STR("crossing"), NULL, NULL);
    assert_int_equal(wzp_couple_call(c, caller, smaller), WZP_OK);
    wzp_world_run(c->w, 100 * WZP_MS);
    const wzp_signal sig =
        wzp_couple_offer(c, smaller, larger, WZP_STR("crossing"), he);
    wzp_couple_tell(c, wzp_liar_line(c->liar, larger), &sig);
    assert_string_equal(wzp_couple_last(c, caller).u.call.call_id, "crossing");
    wzp_world_run(c->w, 11 * WZP_S);
    WZP_ASSERT_ENDED(c, caller, WZP_ERR_TIMEOUT);
    assert_int_equal(wzp_world_stats(c->w, caller).calls_agreed, 0);
    wzp_couple_free(c);
    wzp_agree_free(he);
}
