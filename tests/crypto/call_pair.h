/* SPDX-License-Identifier: MIT
 *
 * A caller and a callee in the hands of a test, and what passes between them.
 * Each test program includes this once.
 */
#ifndef WZP_TEST_CRYPTO_CALL_PAIR_H
#define WZP_TEST_CRYPTO_CALL_PAIR_H

#include "vec_impl.h"

#include <wzp/crypto/agree.h>

enum { CALL_NOW = 1800000000 };
#define CALL_ID "0123456789abcdef0123456789abcdef"

static wzp_agree_config call_config(const char *who)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.identity = vec_identity(who);
    cfg.now_unix = CALL_NOW;
    cfg.call_id = WZP_STR(CALL_ID);
    return cfg;
}

static void call_fingerprint(const char *who, uint8_t out[WZP_FP_LEN])
{
    wzp_identity_fingerprint(vec_identity(who).public_key, out);
}

static wzp_agree *call_caller(const char *who)
{
    const wzp_agree_config cfg = call_config(who);
    wzp_agree *a = NULL;
    ASSERT_OK(wzp_agree_new_caller(&a, &cfg));
    return a;
}

/* Whom `caller` rings, by the commitment and the identity of its offer. */
static wzp_agree *call_callee(const char *who, const wzp_agree *caller,
                              const char *caller_is)
{
    const wzp_agree_config cfg = call_config(who);
    uint8_t commit[WZP_HASH_LEN];
    wzp_agree *a = NULL;
    wzp_agree_commit(caller, commit);
    ASSERT_OK(wzp_agree_new_callee(&a, &cfg, commit,
                                   vec_identity(caller_is).public_key));
    return a;
}

static wzp_err call_answer(wzp_agree *caller, const wzp_agree *callee,
                           const char *callee_is)
{
    uint8_t fp[WZP_FP_LEN];
    call_fingerprint(callee_is, fp);
    return wzp_agree_answered(caller, CALL_NOW, wzp_agree_package(callee), fp);
}

/* alice rings, bob answers, she reveals; he has not seen it yet. */
typedef struct call_pair {
    wzp_agree *alice;
    wzp_agree *bob;
    wzp_sig_direct_call_reveal reveal;
} call_pair;

static call_pair call_until_reveal(void)
{
    call_pair p = {.alice = call_caller("alice")};
    p.bob = call_callee("bob", p.alice, "alice");
    ASSERT_OK(call_answer(p.alice, p.bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(p.alice, &p.reveal));
    return p;
}

static call_pair call_until_done(void)
{
    const call_pair p = call_until_reveal();
    ASSERT_OK(wzp_agree_revealed(p.bob, CALL_NOW, &p.reveal));
    return p;
}

static void call_free(call_pair *p)
{
    wzp_agree_free(p->alice);
    wzp_agree_free(p->bob);
}

/* Some tests need only a part of this file. */
__attribute__((constructor)) static void call_use(void)
{
    (void)call_until_done;
    (void)call_free;
}

#endif
