/* SPDX-License-Identifier: MIT */
/* The attacker is a relay that is somebody: it has an identity of its own, is
 * registered with it, calls and is called. He wants to be taken for somebody
 * else: for Anna when it rings at Ben's, for Ben when Anna calls, for a contact
 * whose key is known.
 *
 * What stops him: it may ring under Anna's key, and then only Anna can reveal;
 * a contact's key is pinned, and one that differs asks the user before anything
 * is answered or revealed to it.
 * What is left to him: somebody who was given his fingerprint for Ben's calls
 * him, and he calls Ben as himself. Then he hears, both sides see his
 * fingerprint and different words, and Ben sees no contact's name. That is what
 * the words are for. To have been answered makes him no contact of Ben's.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/handset.h"
#include "support/liar/puppet.h"

#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>

#include <stdio.h>
#include <string.h>

#define OFFER  WZP_SIG_DIRECT_CALL_OFFER
#define ANSWER WZP_SIG_DIRECT_CALL_ANSWER
#define REVEAL WZP_SIG_DIRECT_CALL_REVEAL

/* --- he calls, and is called --- */

static void call_ben(wzp_couple *c, wzp_handset *eve, const char *id,
                     const wzp_agree *he)
{
    wzp_signal sig =
        wzp_couple_offer(c, WZP_EVE, WZP_BEN, (wzp_str){id, strlen(id)}, he);
    sig.u.direct_call_offer.caller_alias = WZP_STR("Anna"); /* as he likes */
    wzp_handset_say(eve, &sig);
}

/* Ben has answered him. */
static void reveal_to_ben(wzp_couple *c, wzp_handset *eve, wzp_agree *he)
{
    const wzp_signal *sig = wzp_handset_last(eve, ANSWER);
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    wzp_signal out = {.kind = REVEAL};
    assert_non_null(sig);
    wzp_puppet_identity(WZP_BEN, key, fp);
    assert_int_equal(wzp_agree_answered(he, wzp_couple_unix(c),
                                        sig->u.direct_call_answer.kp, fp),
                     WZP_OK);
    assert_int_equal(wzp_agree_reveal(he, &out.u.direct_call_reveal), WZP_OK);
    wzp_handset_say(eve, &out);
}

/* The hub puts Anna's key and fingerprint on his call. */
static bool ring_as_anna(void *user, wzp_couple *c, int from, int to,
                         wzp_signal *sig)
{
    char *caller = user;
    uint8_t fp[WZP_FP_LEN];
    (void)c;
    (void)from;
    (void)to;
    if (sig->kind == OFFER) {
        wzp_sig_direct_call_offer *o = &sig->u.direct_call_offer;
        wzp_puppet_identity(WZP_ANNA, o->identity_pub, fp);
        wzp_fingerprint_encode(fp, caller);
        o->caller_fingerprint = (wzp_str){caller, WZP_FP_TEXT_LEN};
    }
    return true;
}

WZP_TEST(who_rings_under_the_key_of_another_cannot_reveal)
{
    for (int is_anna = 0; is_anna < 2; is_anna++) { /* control: it is her */
        wzp_couple *c = wzp_couple_new(4);
        wzp_handset *eve = wzp_handset_new(c->w, WZP_EVE);
        wzp_agree *he = wzp_couple_agree(c, is_anna ? WZP_ANNA : WZP_EVE,
                                         WZP_STR("phantom"), NULL, NULL);
        char caller[WZP_FP_TEXT_LEN + 1];
        c->user = caller;
        c->signal = ring_as_anna;
        assert_true(wzp_handset_register(eve, c->relay));
        call_ben(c, eve, "phantom", he);
        wzp_world_run(c->w, WZP_S);
        WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
        assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
        wzp_world_run(c->w, WZP_S);
        reveal_to_ben(c, eve, he);
        wzp_world_run(c->w, WZP_S);
        if (is_anna) {
            WZP_ASSERT_CALL(c, c->b, WZP_CALL_CONNECTING);
        } else {
            WZP_ASSERT_ENDED(c, c->b, WZP_ERR_FINGERPRINT);
        }
        wzp_couple_free(c);
        wzp_handset_free(eve);
        wzp_agree_free(he);
    }
}

/* Anna was told that this is Ben's fingerprint: it is the attacker's, who
 * answers her, calls Ben, and is in the rooms of both calls. */
typedef struct two_calls {
    wzp_handset *eve;
    wzp_agree *with_anna, *with_ben;
    int ear, mouth; /* in Anna's room, in Ben's */
} two_calls;

static void take_annas_call(wzp_couple *c, two_calls *t)
{
    uint8_t commit[WZP_HASH_LEN], key[WZP_KEY_LEN];
    char id[WZP_CALL_ID_MAX + 1] = "";
    assert_int_equal(wzp_couple_call(c, c->a, WZP_EVE), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    const wzp_signal *sig = wzp_handset_last(t->eve, OFFER);
    assert_non_null(sig);
    const wzp_sig_direct_call_offer *o = &sig->u.direct_call_offer;
    memcpy(commit, o->commit.ptr, sizeof commit);
    memcpy(key, o->identity_pub, sizeof key);
    memcpy(id, o->call_id.ptr, o->call_id.len);
    const wzp_str call_id = {id, strlen(id)};
    t->with_anna = wzp_couple_agree(c, WZP_EVE, call_id, commit, key);
    const wzp_signal out = wzp_couple_accept(call_id, t->with_anna);
    wzp_handset_say(t->eve, &out);
    wzp_world_run(c->w, WZP_S);
    sig = wzp_handset_last(t->eve, REVEAL);
    assert_non_null(sig);
    assert_int_equal(wzp_agree_revealed(t->with_anna, wzp_couple_unix(c),
                                        &sig->u.direct_call_reveal),
                     WZP_OK);
    t->ear = wzp_liar_ghost_in_call(c->liar, WZP_EVE, call_id, t->with_anna);
}

static void call_ben_for_her(wzp_couple *c, two_calls *t)
{
    t->with_ben = wzp_couple_agree(c, WZP_EVE, WZP_STR("and-on"), NULL, NULL);
    call_ben(c, t->eve, "and-on", t->with_ben);
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    reveal_to_ben(c, t->eve, t->with_ben);
    t->mouth = wzp_liar_ghost_in_call(c->liar, WZP_EVE, WZP_STR("and-on"),
                                      t->with_ben);
}

WZP_TEST(who_was_given_a_wrong_fingerprint_is_overheard_and_the_words_say_so)
{
    wzp_couple *c = wzp_couple_new(5);
    two_calls t = {.eve = wzp_handset_new(c->w, WZP_EVE)};
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    assert_true(wzp_handset_register(t.eve, c->relay));
    take_annas_call(c, &t);
    call_ben_for_her(c, &t);
    wzp_world_run(c->w, 10 * WZP_S);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    assert_true(wzp_liar_opened(c->liar, t.ear) > 100); /* he does hear */
    assert_true(wzp_liar_opened(c->liar, t.mouth) > 100);
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, false);
    wzp_puppet_identity(WZP_EVE, key, fp);
    const wzp_client_event ben = wzp_couple_last(c, c->b);
    assert_memory_equal(ben.u.call.key, key, sizeof key);
    assert_memory_equal(ben.u.call.fingerprint, fp, sizeof fp);
    assert_string_equal(ben.u.call.alias, "Anna"); /* a claim, and no name: */
    assert_string_not_equal(ben.u.call.name, "Anna");
    wzp_couple_free(c);
    wzp_agree_free(t.with_anna);
    wzp_agree_free(t.with_ben);
    wzp_handset_free(t.eve);
}

WZP_TEST(control_of_the_overheard_without_him_the_words_are_the_same)
{
    wzp_couple *c = wzp_couple_new(5);
    wzp_couple_talk(c);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_SAME_WORDS(c, c->a, c->b, true);
    wzp_couple_free(c);
}

static void make_contact(wzp_couple *c, wzp_node n, uint8_t identity)
{
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    wzp_puppet_identity(identity, key, fp);
    assert_int_equal(wzp_engine_contact_add(wzp_world_engine(c->w, n),
                                            wzp_world_now_at(c->w, n), fp,
                                            "Eve"),
                     WZP_OK);
    wzp_world_kick(c->w, n);
}

WZP_TEST(who_was_answered_once_hears_nothing_where_only_contacts_do)
{
    wzp_couple *c = wzp_couple_new(9);
    wzp_handset *eve = wzp_handset_new(c->w, WZP_EVE);
    wzp_agree *he =
        wzp_couple_agree(c, WZP_EVE, WZP_STR("who-is-it"), NULL, NULL);
    const wzp_puppet_config cfg = {.identity = WZP_EVE};
    wzp_puppet *in_room = wzp_puppet_new(c->w, &cfg);
    const wzp_join terms = {.policy = WZP_POLICY_CONTACTS};
    assert_true(wzp_handset_register(eve, c->relay));
    call_ben(c, eve, "who-is-it", he);
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    reveal_to_ben(c, eve, he);
    wzp_world_run(c->w, WZP_S);
    wzp_couple_hang_up(c, c->b);
    wzp_world_run(c->w, WZP_S);
    wzp_world_join_with(c->w, c->b, "friends", c->relay, &terms);
    wzp_world_run(c->w, 2 * WZP_S);
    wzp_puppet_join(in_room, "friends", c->relay);
    wzp_world_run(c->w, 4 * WZP_S);
    assert_int_equal(wzp_puppet_opened(in_room), 0);
    make_contact(c, c->b, WZP_EVE); /* control: now he does */
    wzp_world_run(c->w, 4 * WZP_S);
    assert_true(wzp_puppet_opened(in_room) > 50);
    wzp_couple_free(c);
    wzp_puppet_free(in_room);
    wzp_handset_free(eve);
    wzp_agree_free(he);
}

/* --- contacts --- */

/* This is what his store says of Ben: his fingerprint, and this one's key. No
 * second key of a fingerprint is known to anybody; a pin that differs is what
 * the client would see of one. */
static void pin(wzp_couple *c, wzp_node who, uint8_t of, uint8_t with)
{
    const wzp_store store = wzp_world_store(c->w, who);
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN], other[WZP_FP_LEN];
    char line[200], fp_hex[2 * WZP_FP_LEN + 1] = "";
    char key_hex[2 * WZP_KEY_LEN + 1] = "";
    wzp_puppet_identity(of, key, fp);
    wzp_puppet_identity(with, key, other);
    wzp_hex_encode(fp, sizeof fp, fp_hex);
    wzp_hex_encode(key, sizeof key, key_hex);
    const int len = snprintf(line, sizeof line, "%s %s 1 1 verified friend\n",
                             fp_hex, key_hex);
    assert_int_equal(
        store.save(store.user, "contacts", (const uint8_t *)line, (size_t)len),
        WZP_OK);
    wzp_world_restart_client(c->w, who);
    wzp_world_register(c->w, who, c->relay);
    assert_true(
        wzp_world_await_line(c->w, who, WZP_LINE_REGISTERED, 5 * WZP_S));
}

static void decide(wzp_couple *c, wzp_node n, bool accepts)
{
    assert_int_equal(wzp_engine_contact_decide(wzp_world_engine(c->w, n),
                                               wzp_world_now_at(c->w, n),
                                               accepts),
                     WZP_OK);
    wzp_world_kick(c->w, n);
    wzp_world_run(c->w, 2 * WZP_S);
}

enum { SAME, SILENT, REFUSED, ACCEPTED, DECISIONS };

static size_t decisions(void)
{
    return DECISIONS;
}

static void called_contact(size_t row)
{
    wzp_couple *c = wzp_couple_new(6);
    wzp_client_event ev;
    pin(c, c->a, WZP_BEN, row == SAME ? WZP_BEN : WZP_EVE);
    wzp_couple_talk(c);
    const bool asks = row != SAME;
    assert_int_equal(wzp_world_events(c->w, c->a, WZP_EVENT_CONTACT, &ev),
                     asks);
    assert_int_equal(wzp_couple_count(c, REVEAL), !asks); /* nothing yet */
    if (row == SILENT) {
        wzp_world_run(c->w, 10 * WZP_S);
    } else if (asks) {
        decide(c, c->a, row == ACCEPTED);
    }
    if (row == SAME || row == ACCEPTED) {
        WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
        WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    } else {
        WZP_ASSERT_ENDED(c, c->a, WZP_ERR_CONTACT);
        WZP_ASSERT_CALL(c, c->b, WZP_CALL_ENDED);
        assert_int_equal(wzp_couple_count(c, REVEAL), 0);
    }
    wzp_couple_free(c);
}

WZP_ROWS(a_contact_that_answers_with_another_key_gets_no_reveal_unasked,
         decisions, called_contact);

static void calling_contact(size_t row)
{
    wzp_couple *c = wzp_couple_new(7);
    pin(c, c->b, WZP_ANNA, row == SAME ? WZP_ANNA : WZP_EVE);
    wzp_couple_talk(c);
    const bool asks = row != SAME;
    assert_int_equal(wzp_couple_count(c, ANSWER), !asks);
    if (row == SILENT) {
        wzp_world_run(c->w, 45 * WZP_S);
    } else if (asks) {
        decide(c, c->b, row == ACCEPTED);
    }
    if (row == SAME || row == ACCEPTED) {
        WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    } else {
        WZP_ASSERT_ENDED(c, c->b, /* Anna gives up first */
                         row == SILENT ? WZP_ERR_NO_ANSWER : WZP_ERR_CONTACT);
        WZP_ASSERT_CALL(c, c->a, WZP_CALL_ENDED);
        assert_int_equal(wzp_couple_count(c, ANSWER), 0);
    }
    wzp_couple_free(c);
}

WZP_ROWS(a_contact_that_calls_with_another_key_gets_no_answer_unasked,
         decisions, calling_contact);
