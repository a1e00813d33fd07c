/* SPDX-License-Identifier: MIT */
/* The attacker is a relay that forks a call to two devices of Ben and lets both
 * answer, or Ben himself, who answers twice, or a caller who reveals twice. He
 * wants two calls out of one: an answer more is a try more at the check code,
 * and a second reveal would tell what the first committed to.
 *
 * What stops him: the caller takes one answer and reveals once, for the package
 * of that answer; every later one is told Hangup{Busy}; a device whose package
 * the reveal does not sign has no call, and says nothing that would end the
 * other's; a callee takes one reveal.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/handset.h"
#include "support/liar/puppet.h"

#include <stdio.h>
#include <string.h>

#define OFFER  WZP_SIG_DIRECT_CALL_OFFER
#define ANSWER WZP_SIG_DIRECT_CALL_ANSWER
#define REVEAL WZP_SIG_DIRECT_CALL_REVEAL

static bool is_active(const wzp_couple *c, wzp_node n)
{
    return wzp_couple_last(c, n).u.call.state == WZP_CALL_ACTIVE;
}

/* Hangups that somebody was told for this reason. */
static size_t hangups(wzp_couple *c, wzp_hangup_reason reason)
{
    size_t n = 0;
    for (size_t i = 0; i < wzp_couple_count(c, WZP_SIG_HANGUP); i++) {
        n += wzp_couple_said(c, WZP_SIG_HANGUP, i)->u.hangup.reason == reason;
    }
    return n;
}

/* 0: an honest relay, 1: one that lets both answers pass. */
static size_t two(void)
{
    return 2;
}

static void both_answer(size_t is_lax)
{
    wzp_couple *c = wzp_couple_new(1);
    wzp_liar_allow_devices(c->liar, true);
    wzp_liar_let_all_pass(c->liar, is_lax);
    const wzp_node other = wzp_couple_person(c, WZP_BEN, true);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    WZP_ASSERT_CALL(c, other, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    assert_int_equal(wzp_couple_answer(c, other), WZP_OK);
    wzp_world_run(c->w, 12 * WZP_S);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    assert_true(is_active(c, c->b) != is_active(c, other));
    const wzp_node has = is_active(c, c->b) ? c->b : other;
    const wzp_node has_not = is_active(c, c->b) ? other : c->b;
    WZP_ASSERT_SAME_WORDS(c, c->a, has, true);
    WZP_ASSERT_CALL(c, has_not, WZP_CALL_ENDED);
    assert_int_equal(wzp_world_stats(c->w, has_not).calls_agreed, 0);
    assert_int_equal(wzp_world_stats(c->w, has_not).packets_received, 0);
    assert_in_range(wzp_couple_hears(c, c->a), 45, 55);
    assert_in_range(wzp_couple_hears(c, has), 45, 55);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_answers_late, is_lax);
    /* the relay that forks tells both devices what is meant for one */
    assert_int_equal(wzp_couple_count(c, REVEAL), is_lax ? 2 : 1);
    assert_int_equal(hangups(c, WZP_HANGUP_BUSY), is_lax ? 2 : 0);
    wzp_couple_free(c);
}

WZP_ROWS(of_two_devices_that_answer_one_has_the_call, two, both_answer);

/* --- Ben answers twice --- */

static void say_answer(wzp_handset *h, wzp_str call_id, const wzp_agree *agree)
{
    const wzp_signal sig = wzp_couple_accept(call_id, agree);
    wzp_handset_say(h, &sig);
}

WZP_TEST(who_answers_twice_gets_one_reveal)
{
    wzp_couple *c = wzp_couple_new(2);
    wzp_handset *carl = wzp_handset_new(c->w, WZP_CARL);
    uint8_t commit[WZP_HASH_LEN], key[WZP_KEY_LEN];
    char id[WZP_CALL_ID_MAX + 1];
    wzp_liar_let_all_pass(c->liar, true);
    assert_true(wzp_handset_register(carl, c->relay));
    assert_int_equal(wzp_couple_call(c, c->a, WZP_CARL), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    (void)snprintf(id, sizeof id, "%s",
                   wzp_couple_last(c, c->a).u.call.call_id);
    const wzp_sig_direct_call_offer *o =
        &wzp_handset_last(carl, OFFER)->u.direct_call_offer;
    memcpy(commit, o->commit.ptr, sizeof commit);
    memcpy(key, o->identity_pub, sizeof key);
    const wzp_str call_id = {id, strlen(id)};
    wzp_agree *one = wzp_couple_agree(c, WZP_CARL, call_id, commit, key);
    wzp_agree *more = wzp_couple_agree(c, WZP_CARL, call_id, commit, key);
    say_answer(carl, call_id, one);
    say_answer(carl, call_id, more);
    wzp_world_run(c->w, WZP_S);
    say_answer(carl, call_id, more);
    say_answer(carl, call_id, one);
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(wzp_handset_count_of(carl, REVEAL), 1);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_answers_late, 3);
    assert_int_equal(hangups(c, WZP_HANGUP_BUSY), 2); /* not for the repeat */
    const wzp_sig_direct_call_reveal *r =
        &wzp_handset_last(carl, REVEAL)->u.direct_call_reveal;
    assert_int_equal(wzp_agree_revealed(more, wzp_couple_unix(c), r),
                     WZP_ERR_SIGNATURE);
    assert_int_equal(wzp_agree_revealed(one, wzp_couple_unix(c), r), WZP_OK);
    wzp_couple_free(c);
    wzp_handset_free(carl);
    wzp_agree_free(one);
    wzp_agree_free(more);
}

/* --- a caller who reveals twice --- */

WZP_TEST(who_reveals_twice_is_heard_once)
{
    wzp_couple *c = wzp_couple_new(3);
    wzp_handset *carl = wzp_handset_new(c->w, WZP_CARL);
    const wzp_str id = WZP_STR("twice");
    wzp_agree *he = wzp_couple_agree(c, WZP_CARL, id, NULL, NULL);
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    wzp_puppet_identity(WZP_BEN, key, fp);
    wzp_signal sig = wzp_couple_offer(c, WZP_CARL, WZP_BEN, id, he);
    assert_true(wzp_handset_register(carl, c->relay));
    wzp_handset_say(carl, &sig);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    sig = (wzp_signal){.kind = REVEAL};
    assert_int_equal(
        wzp_agree_answered(
            he, wzp_couple_unix(c),
            wzp_handset_last(carl, ANSWER)->u.direct_call_answer.kp, fp),
        WZP_OK);
    assert_int_equal(wzp_agree_reveal(he, &sig.u.direct_call_reveal), WZP_OK);
    for (int i = 0; i < 3; i++) {
        wzp_handset_say(carl, &sig);
    }
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_CONNECTING);
    assert_int_equal(wzp_world_stats(c->w, c->b).calls_agreed, 1);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_signals_refused, 2);
    wzp_couple_free(c);
    wzp_handset_free(carl);
    wzp_agree_free(he);
}

/* --- who does not reveal --- */

static bool hold_reveals(void *user, wzp_couple *c, int from, int to,
                         wzp_signal *sig)
{
    const wzp_tstamp *until = user;
    (void)from;
    if (sig->kind == REVEAL) {
        wzp_liar_say_at(c->liar, *until, to, sig);
    }
    return sig->kind != REVEAL;
}

/* 0: after 9 s, in time; 1: after 11 s. */
static void late_reveal(size_t is_late)
{
    wzp_couple *c = wzp_couple_new(4);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    wzp_tstamp at = wzp_world_now(c->w) + (is_late ? 11 : 9) * WZP_S;
    c->user = &at;
    c->signal = hold_reveals;
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 14 * WZP_S);
    if (is_late) {
        WZP_ASSERT_ENDED(c, c->b, WZP_ERR_TIMEOUT);
        WZP_ASSERT_CALL(c, c->a, WZP_CALL_CONNECTING);
        wzp_world_run(c->w, 30 * WZP_S);
        WZP_ASSERT_ENDED(c, c->a, WZP_ERR_TIMEOUT);
        assert_int_equal(wzp_world_stats(c->w, c->b).calls_agreed, 0);
    } else {
        WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
        WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    }
    wzp_couple_free(c);
}

WZP_ROWS(no_reveal_within_10_s_is_no_call, two, late_reveal);
