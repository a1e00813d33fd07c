/* SPDX-License-Identifier: MIT
 *
 * Key agreement of a direct call: what comes when, and what is refused.
 */
#include "agree.h"

#include "call_pair.h"

#include <sodium.h>

#include <stdlib.h>

static void assert_same_code(const wzp_agree *a, const wzp_agree *b, bool same)
{
    wzp_call_code x = {{0}, ""};
    wzp_call_code y = {{0}, ""};
    ASSERT_OK(wzp_agree_code(a, &x));
    ASSERT_OK(wzp_agree_code(b, &y));
    assert_int_equal(memcmp(x.words, y.words, sizeof x.words) == 0, same);
    assert_int_equal(strcmp(x.digits, y.digits) == 0, same);
}

static wzp__agreed agreed_of(const wzp_agree *a)
{
    wzp__agreed g;
    ASSERT_OK(wzp__agreed_get(a, &g));
    return g;
}

WZP_TEST(agree_gives_both_the_same_keys_and_code)
{
    call_pair p = call_until_done();
    const wzp__agreed a = agreed_of(p.alice);
    const wzp__agreed b = agreed_of(p.bob);
    assert_true(wzp_agree_is_done(p.alice) && wzp_agree_is_done(p.bob));
    assert_memory_equal(a.keys, b.keys, sizeof *a.keys);
    assert_false(sodium_is_zero((const uint8_t *)a.keys, sizeof *a.keys));
    assert_int_equal(a.suite, b.suite);
    assert_true(a.is_caller && !b.is_caller);
    assert_memory_equal(a.peer->kph, b.kph, WZP_HASH_LEN);
    assert_memory_equal(b.peer->kph, a.kph, WZP_HASH_LEN);
    assert_same_code(p.alice, p.bob, true);
    call_free(&p);
}

WZP_TEST(agree_of_two_calls_differs)
{
    call_pair p = call_until_done();
    call_pair q = call_until_done();
    assert_int_not_equal(memcmp(agreed_of(p.alice).keys,
                                agreed_of(q.alice).keys, sizeof(wzp_call_keys)),
                         0);
    assert_same_code(p.alice, q.alice, false);
    call_free(&p);
    call_free(&q);
}

WZP_TEST(agree_names_the_peer_once_it_is_proven)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    uint8_t id[WZP_KEY_LEN];
    ASSERT_ERR(wzp_agree_peer(alice, id), WZP_ERR_STATE);
    ASSERT_OK(call_answer(alice, bob, "bob"));
    ASSERT_OK(wzp_agree_peer(alice, id));
    assert_memory_equal(id, vec_identity("bob").public_key, WZP_KEY_LEN);
    ASSERT_ERR(wzp_agree_peer(bob, id), WZP_ERR_STATE);
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &reveal));
    ASSERT_OK(wzp_agree_peer(bob, id));
    assert_memory_equal(id, vec_identity("alice").public_key, WZP_KEY_LEN);
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

WZP_TEST(agree_second_answer_is_refused_and_changes_nothing)
{
    call_pair p = call_until_done();
    wzp_agree *alice = call_caller("alice");
    wzp_agree *phone = call_callee("bob", alice, "alice");
    wzp_agree *desk = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(call_answer(alice, desk, "bob"));
    ASSERT_ERR(call_answer(alice, phone, "bob"), WZP_ERR_ANSWERED);
    ASSERT_ERR(call_answer(alice, desk, "bob"), WZP_ERR_ANSWERED);
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    ASSERT_ERR(call_answer(alice, phone, "bob"), WZP_ERR_ANSWERED);
    /* The reveal is for the device that was taken, and opens nothing else. */
    ASSERT_OK(wzp_agree_revealed(desk, CALL_NOW, &reveal));
    ASSERT_ERR(wzp_agree_revealed(phone, CALL_NOW, &reveal), WZP_ERR_SIGNATURE);
    assert_same_code(alice, desk, true);
    wzp_agree_free(alice);
    wzp_agree_free(phone);
    wzp_agree_free(desk);
    call_free(&p);
}

WZP_TEST(agree_reveals_once_and_not_before_the_answer)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_STATE);
    ASSERT_OK(call_answer(alice, bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    wzp_sig_direct_call_reveal second;
    ASSERT_ERR(wzp_agree_reveal(alice, &second), WZP_ERR_STATE);
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &reveal));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

WZP_TEST(agree_second_reveal_is_refused_and_changes_nothing)
{
    call_pair p = call_until_done();
    const wzp_call_keys before = *agreed_of(p.bob).keys;
    ASSERT_ERR(wzp_agree_revealed(p.bob, CALL_NOW, &p.reveal),
               WZP_ERR_PROTOCOL);
    assert_true(wzp_agree_is_done(p.bob));
    assert_memory_equal(agreed_of(p.bob).keys, &before, sizeof before);
    call_free(&p);
}

WZP_TEST(agree_takes_no_message_of_the_other_part)
{
    call_pair p = call_until_done();
    wzp_sig_direct_call_reveal out;
    ASSERT_ERR(call_answer(p.bob, p.alice, "alice"), WZP_ERR_PROTOCOL);
    ASSERT_ERR(wzp_agree_revealed(p.alice, CALL_NOW, &p.reveal),
               WZP_ERR_PROTOCOL);
    ASSERT_ERR(wzp_agree_reveal(p.bob, &out), WZP_ERR_STATE);
    call_free(&p);
}
