/* SPDX-License-Identifier: MIT */
/* The attacker is a relay that keeps everything: offers, answers, reveals and
 * set-ups of the calls it carried, all of them genuine. It says them again: in
 * another call, in the same one, on another day, after a restart, to another
 * person or another device. It wants a second call out of one agreement, keys
 * that were used before, or an answer that Ben did not give.
 *
 * What stops it: a package is made for one call id and carries its hash; it is
 * fresh in every call, and the reveal signs both of them; a call id that was
 * answered is kept in the store and does not ring for 24 hours, and afterwards
 * meets a fresh package, which the old reveal does not sign; one answer and one
 * reveal are taken.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/puppet.h"

#include <wzp/proto/fingerprint.h>

#include <string.h>

#define OFFER  WZP_SIG_DIRECT_CALL_OFFER
#define ANSWER WZP_SIG_DIRECT_CALL_ANSWER
#define REVEAL WZP_SIG_DIRECT_CALL_REVEAL

/* One whole call, which is over. */
static wzp_couple *after_a_call(uint64_t seed)
{
    wzp_couple *c = wzp_couple_new(seed);
    wzp_couple_talk(c);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    wzp_couple_hang_up(c, c->a);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_ENDED(c, c->b, WZP_OK);
    return c;
}

/* The first of a kind again, to who is registered as this. */
static void say_again(wzp_couple *c, wzp_signal_kind kind, uint8_t identity)
{
    wzp_couple_tell(c, wzp_liar_line(c->liar, identity),
                    wzp_couple_said(c, kind, 0));
}

static uint64_t calls(const wzp_couple *c, wzp_node n)
{
    wzp_client_event ev;
    return wzp_world_events(c->w, n, WZP_EVENT_CALL, &ev);
}

static void register_anew(wzp_couple *c, wzp_node n)
{
    wzp_world_register(c->w, n, c->relay);
    assert_true(wzp_world_await_line(c->w, n, WZP_LINE_REGISTERED, 5 * WZP_S));
}

/* --- offers --- */

WZP_TEST(an_offer_said_again_does_not_ring_a_second_time)
{
    wzp_couple *c = after_a_call(1);
    const uint64_t before = calls(c, c->b);
    for (int i = 0; i < 5; i++) {
        say_again(c, OFFER, WZP_BEN);
    }
    assert_int_equal(calls(c, c->b), before);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_known, 5);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK); /* control */
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    wzp_couple_free(c);
}

/* Silent lines cost little: a day goes by. */
WZP_TEST(an_answered_offer_does_not_ring_for_a_day_nor_after_a_restart)
{
    wzp_couple *c = after_a_call(2);
    wzp_world_unregister(c->w, c->a);
    wzp_world_unregister(c->w, c->b);
    wzp_world_run(c->w, 12 * 3600 * WZP_S);
    wzp_world_restart_client(c->w, c->b);
    wzp_world_run(c->w, 11 * 3600 * WZP_S);
    register_anew(c, c->b);
    const uint64_t before = calls(c, c->b);
    say_again(c, OFFER, WZP_BEN);
    assert_int_equal(calls(c, c->b), before);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_known, 1);

    /* Then it does, and is good for nothing, though with the skew of clocks its
     * package has not expired yet: the old reveal does not sign a fresh one. */
    wzp_world_unregister(c->w, c->b);
    wzp_world_run(c->w, 3600 * WZP_S);
    register_anew(c, c->b);
    say_again(c, OFFER, WZP_BEN);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 100 * WZP_MS);
    say_again(c, REVEAL, WZP_BEN);
    WZP_ASSERT_ENDED(c, c->b, WZP_ERR_SIGNATURE);
    assert_int_equal(wzp_world_stats(c->w, c->b).calls_agreed, 0);
    wzp_couple_free(c);
}

/* Without a store nothing is kept: the same offer rings, and the reveal of the
 * same day does not fit the fresh package either. */
WZP_TEST(an_old_reveal_does_not_fit_a_fresh_package)
{
    wzp_couple *c = after_a_call(3);
    const wzp_store store = wzp_world_store(c->w, c->b);
    assert_int_equal(store.save(store.user, "calls", (const uint8_t *)"", 0),
                     WZP_OK);
    wzp_world_restart_client(c->w, c->b);
    register_anew(c, c->b);
    say_again(c, OFFER, WZP_BEN);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN); /* control of the store */
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 100 * WZP_MS);
    say_again(c, REVEAL, WZP_BEN);
    WZP_ASSERT_ENDED(c, c->b, WZP_ERR_SIGNATURE);
    wzp_couple_free(c);
}

/* Anna's call to Ben rings at Carl's as well: who it is for is not signed. */
WZP_TEST(an_offer_to_another_person_is_answered_in_vain)
{
    wzp_couple *c = wzp_couple_new(4);
    const wzp_node carl = wzp_couple_person(c, WZP_CARL, true);
    const int line = wzp_liar_line(c->liar, WZP_CARL);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    wzp_signal sig = *wzp_couple_said(c, OFFER, 0);
    wzp_couple_tell(c, line, &sig); /* as it is: not for him */
    assert_int_equal(wzp_world_stats(c->w, carl).call_offers_refused, 1);
    char fp[WZP_FP_TEXT_LEN + 1];
    uint8_t key[WZP_KEY_LEN], raw[WZP_FP_LEN];
    wzp_puppet_identity(WZP_CARL, key, raw);
    wzp_fingerprint_encode(raw, fp);
    sig = *wzp_couple_said(c, OFFER, 0);
    sig.u.direct_call_offer.target_fingerprint = (wzp_str){fp, WZP_FP_TEXT_LEN};
    wzp_couple_tell(c, line, &sig);
    WZP_ASSERT_CALL(c, carl, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(c, carl), WZP_OK);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 2 * WZP_S);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE); /* with Ben */
    wzp_couple_tell(c, line, wzp_couple_said(c, REVEAL, 0));
    WZP_ASSERT_ENDED(c, carl, WZP_ERR_SIGNATURE);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    wzp_couple_free(c);
}

/* A device of Ben's that was off when the first one answered. */
WZP_TEST(an_offer_that_one_device_answered_is_answered_in_vain_by_another)
{
    wzp_couple *c = after_a_call(9);
    wzp_liar_allow_devices(c->liar, true);
    const wzp_node other = wzp_couple_person(c, WZP_BEN, true);
    say_again(c, OFFER, WZP_BEN); /* to the newest */
    WZP_ASSERT_CALL(c, other, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(c, other), WZP_OK);
    wzp_world_run(c->w, 100 * WZP_MS);
    say_again(c, REVEAL, WZP_BEN);
    WZP_ASSERT_ENDED(c, other, WZP_ERR_SIGNATURE);
    assert_int_equal(wzp_world_stats(c->w, other).calls_agreed, 0);
    wzp_couple_free(c);
}

/* --- answers and reveals --- */

WZP_TEST(an_answer_of_another_call_is_none)
{
    wzp_couple *c = after_a_call(5);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    char id[WZP_CALL_ID_MAX + 1];
    (void)strcpy(id, wzp_couple_last(c, c->a).u.call.call_id);
    say_again(c, ANSWER, WZP_ANNA);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_signals_refused, 1);
    wzp_signal sig = *wzp_couple_said(c, ANSWER, 0);
    sig.u.direct_call_answer.call_id = (wzp_str){id, strlen(id)};
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_ANNA), &sig);
    assert_int_equal(wzp_world_stats(c->w, c->a).call_answers_refused, 1);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_RINGING_OUT);
    assert_int_equal(wzp_couple_count(c, REVEAL), 1); /* of the first call */
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, 2 * WZP_S);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, true);
    wzp_couple_free(c);
}

WZP_TEST(a_reveal_of_another_call_is_none)
{
    wzp_couple *c = after_a_call(6);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    char id[WZP_CALL_ID_MAX + 1];
    (void)strcpy(id, wzp_couple_last(c, c->b).u.call.call_id);
    say_again(c, REVEAL, WZP_BEN); /* it still rings */
    wzp_signal sig = *wzp_couple_said(c, REVEAL, 0);
    sig.u.direct_call_reveal.call_id = (wzp_str){id, strlen(id)};
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_signals_refused, 2);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    /* before Anna's own can be here: her commitment is another one */
    sig = *wzp_couple_said(c, REVEAL, 0);
    sig.u.direct_call_reveal.call_id = (wzp_str){id, strlen(id)};
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    WZP_ASSERT_ENDED(c, c->b, WZP_ERR_COMMIT);
    wzp_couple_free(c);
}

WZP_TEST(what_a_call_was_made_of_changes_nothing_in_it)
{
    static const struct {
        wzp_signal_kind kind;
        uint8_t to;
    } all[] = {{OFFER, WZP_BEN},
               {ANSWER, WZP_ANNA},
               {REVEAL, WZP_BEN},
               {WZP_SIG_CALL_SETUP, WZP_ANNA},
               {WZP_SIG_CALL_SETUP, WZP_BEN},
               {WZP_SIG_CALL_RINGING, WZP_ANNA}};
    wzp_couple *c = wzp_couple_new(7);
    wzp_couple_talk(c);
    const wzp_client_event a = wzp_couple_last(c, c->a);
    const size_t said = wzp_couple_count(c, REVEAL);
    for (size_t i = 0; i < 3 * sizeof all / sizeof all[0]; i++) {
        say_again(c, all[i % 6].kind, all[i % 6].to);
    }
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    assert_string_equal(wzp_couple_last(c, c->a).u.call.digits,
                        a.u.call.digits);
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, true);
    assert_int_equal(wzp_couple_count(c, REVEAL), said);
    assert_in_range(wzp_couple_hears(c, c->a), 45, 55);
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55);
    wzp_couple_free(c);
}

/* All of a call that is over, to both, in its order: two who want nothing. */
WZP_TEST(a_whole_call_said_again_is_none)
{
    wzp_couple *c = after_a_call(8);
    const uint64_t a = calls(c, c->a), b = calls(c, c->b);
    const size_t n = c->n_kept;
    for (size_t i = 0; i < n; i++) {
        const wzp_couple_kept *k = &c->kept[i];
        wzp_couple_tell(c, k->to, wzp_couple_said_at(c, i));
    }
    wzp_world_run(c->w, 10 * WZP_S);
    assert_int_equal(calls(c, c->a), a);
    assert_int_equal(calls(c, c->b), b);
    assert_int_equal(wzp_engine_state(wzp_world_engine(c->w, c->a)),
                     WZP_CLIENT_IDLE);
    assert_int_equal(wzp_engine_state(wzp_world_engine(c->w, c->b)),
                     WZP_CLIENT_IDLE);
    wzp_couple_free(c);
}
