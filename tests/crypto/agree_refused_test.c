/* SPDX-License-Identifier: MIT
 *
 * Key agreement of a direct call: answers and reveals that are refused, each by
 * its named error.
 */
#include "agree.h"
#include "call_pair.h"

#include <wzp/crypto/room.h>

/* --- answers that are refused --- */

static uint8_t forged[WZP_KP_LEN];

/* bob's package with something else in it, signed by `who`. */
static wzp_bytes forge(const wzp_agree *bob, const char *who,
                       void (*change)(wzp_kp *kp))
{
    const wzp_bytes kp = wzp_agree_package(bob);
    const wzp_identity id = vec_identity(who);
    wzp_kp f;
    ASSERT_OK(wzp_kp_decode(kp.ptr, kp.len, CALL_NOW, NULL, NULL, 0, &f));
    change(&f);
    ASSERT_OK(wzp_kp_encode(&id, &f, forged));
    return (wzp_bytes){forged, sizeof forged};
}

static void not_changed(wzp_kp *kp)
{
    (void)kp;
}

static void of_another_call(wzp_kp *kp)
{
    wzp_call_ctx(WZP_STR("another"), kp->ctx);
}

static void of_a_room(wzp_kp *kp)
{
    uint8_t room_id[WZP_HASH_LEN];
    wzp_room_id(WZP_STR("call-" CALL_ID), room_id);
    wzp_room_ctx(room_id, kp->ctx);
}

static void expired(wzp_kp *kp)
{
    kp->exp = CALL_NOW - 601;
}

static void too_far(wzp_kp *kp)
{
    kp->exp = CALL_NOW + 87001;
}

static void without_chacha(wzp_kp *kp)
{
    kp->suites = 2;
}

static const struct {
    const char *who;
    void (*change)(wzp_kp *kp);
    wzp_err e;
} bad_packages[] = {
    {"bob", of_another_call, WZP_ERR_KP_CONTEXT},
    {"bob", of_a_room, WZP_ERR_KP_CONTEXT},
    {"bob", expired, WZP_ERR_KP_EXPIRED},
    {"bob", too_far, WZP_ERR_KP_TOO_FAR},
    {"bob", without_chacha, WZP_ERR_KP_SUITE},
    {"carol", not_changed, WZP_ERR_FINGERPRINT},
};

static size_t bad_package_rows(void)
{
    return sizeof bad_packages / sizeof bad_packages[0];
}

static void bad_answer(size_t i)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    uint8_t fp[WZP_FP_LEN];
    call_fingerprint("bob", fp);
    ASSERT_ERR(wzp_agree_answered(
                   alice, CALL_NOW,
                   forge(bob, bad_packages[i].who, bad_packages[i].change), fp),
               bad_packages[i].e);
    /* Nothing is revealed to it, and the genuine answer is still taken. */
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_STATE);
    ASSERT_OK(call_answer(alice, bob, "bob"));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}
WZP_ROWS(agree_bad_answer_is_refused_by_name, bad_package_rows, bad_answer);

WZP_TEST(agree_answer_that_was_tampered_with_is_refused)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    uint8_t fp[WZP_FP_LEN];
    call_fingerprint("bob", fp);
    wzp_bytes kp = forge(bob, "bob", not_changed);
    for (size_t len = 0; len < kp.len; len += 347) {
        ASSERT_ERR(
            wzp_agree_answered(alice, CALL_NOW, (wzp_bytes){kp.ptr, len}, fp),
            WZP_ERR_LENGTH);
    }
    forged[40] ^= 1; /* in the key to encapsulate to */
    ASSERT_ERR(wzp_agree_answered(alice, CALL_NOW, kp, fp), WZP_ERR_SIGNATURE);
    forged[40] ^= 1;
    ASSERT_OK(wzp_agree_answered(alice, CALL_NOW, kp, fp));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

static void weak_kem(wzp_kp *kp)
{
    memset(kp->kem, 0xFF, sizeof kp->kem); /* coefficients out of range */
}

WZP_TEST(agree_answer_with_a_key_that_is_none_ends_the_agreement)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal = {.nonce = {NULL, 0}};
    uint8_t fp[WZP_FP_LEN];
    call_fingerprint("bob", fp);
    ASSERT_OK(
        wzp_agree_answered(alice, CALL_NOW, forge(bob, "bob", weak_kem), fp));
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_WEAK_KEY);
    assert_null(reveal.nonce.ptr);
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_STATE);
    ASSERT_ERR(call_answer(alice, bob, "bob"), WZP_ERR_PROTOCOL);
    assert_false(wzp_agree_is_done(alice));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

/* --- reveals that are refused --- */

typedef struct tampered {
    call_pair p;
    call_pair other; /* a call with the same id between the same two */
    uint8_t bytes[WZP_KP_LEN];
} tampered;

static void bend(tampered *t, wzp_bytes *at, size_t i)
{
    memcpy(t->bytes, at->ptr, at->len);
    t->bytes[i] ^= 1;
    at->ptr = t->bytes;
}

static void other_nonce(tampered *t)
{
    bend(t, &t->p.reveal.nonce, 31);
}

static void other_package(tampered *t)
{
    t->p.reveal.kp = t->other.reveal.kp;
}

static void other_ct(tampered *t)
{
    t->p.reveal.ct = t->other.reveal.ct;
}

static void bent_ct(tampered *t)
{
    bend(t, &t->p.reveal.ct, 5);
}

static void other_signature(tampered *t)
{
    t->p.reveal.sig = t->other.reveal.sig;
}

static void whole_other_reveal(tampered *t)
{
    t->p.reveal = t->other.reveal;
}

static void other_call(tampered *t)
{
    t->p.reveal.call_id = WZP_STR("0123456789abcdef0123456789abcdee");
}

static void short_ct(tampered *t)
{
    t->p.reveal.ct.len--;
}

static void no_nonce(tampered *t)
{
    t->p.reveal.nonce = (wzp_bytes){NULL, 0};
}

static const struct {
    void (*tamper)(tampered *t);
    wzp_err e;
} bad_reveals[] = {
    {other_nonce, WZP_ERR_COMMIT},        {other_package, WZP_ERR_COMMIT},
    {whole_other_reveal, WZP_ERR_COMMIT}, {other_ct, WZP_ERR_SIGNATURE},
    {bent_ct, WZP_ERR_SIGNATURE},         {other_signature, WZP_ERR_SIGNATURE},
    {other_call, WZP_ERR_KP_CONTEXT},     {short_ct, WZP_ERR_LENGTH},
    {no_nonce, WZP_ERR_LENGTH},
};

static size_t bad_reveal_rows(void)
{
    return sizeof bad_reveals / sizeof bad_reveals[0];
}

static void assert_ended(wzp_agree *bob, const wzp_sig_direct_call_reveal *good)
{
    uint8_t id[WZP_KEY_LEN];
    wzp_call_code code;
    wzp__agreed g;
    ASSERT_ERR(wzp_agree_revealed(bob, CALL_NOW, good), WZP_ERR_PROTOCOL);
    assert_false(wzp_agree_is_done(bob));
    ASSERT_ERR(wzp_agree_peer(bob, id), WZP_ERR_STATE);
    ASSERT_ERR(wzp_agree_code(bob, &code), WZP_ERR_STATE);
    ASSERT_ERR(wzp__agreed_get(bob, &g), WZP_ERR_STATE);
}

static void bad_reveal(size_t i)
{
    tampered t = {.p = call_until_reveal(), .other = call_until_reveal()};
    const wzp_sig_direct_call_reveal good = t.p.reveal;
    bad_reveals[i].tamper(&t);
    ASSERT_ERR(wzp_agree_revealed(t.p.bob, CALL_NOW, &t.p.reveal),
               bad_reveals[i].e);
    assert_ended(t.p.bob, &good);
    call_free(&t.p);
    call_free(&t.other);
}
WZP_ROWS(agree_bad_reveal_is_refused_by_name_and_ends_it, bad_reveal_rows,
         bad_reveal);

WZP_TEST(agree_reveal_of_another_identity_than_rang_is_refused)
{
    wzp_agree *mallory = call_caller("carol");
    wzp_agree *bob = call_callee("bob", mallory, "alice"); /* as alice */
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(call_answer(mallory, bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(mallory, &reveal));
    ASSERT_ERR(wzp_agree_revealed(bob, CALL_NOW, &reveal), WZP_ERR_FINGERPRINT);
    assert_ended(bob, &reveal);
    wzp_agree_free(mallory);
    wzp_agree_free(bob);
}

WZP_TEST(agree_reveal_with_an_expired_package_is_refused)
{
    call_pair p = call_until_reveal();
    ASSERT_ERR(wzp_agree_revealed(p.bob, CALL_NOW + 86400 + 601, &p.reveal),
               WZP_ERR_KP_EXPIRED);
    assert_ended(p.bob, &p.reveal);
    call_free(&p);
}
