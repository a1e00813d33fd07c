/* SPDX-License-Identifier: MIT */
/* The attacker is the relay between two who do not know each other's keys. It
 * takes bob's place towards alice and alice's towards bob, and has to make
 * both calls show the same code: the words are all that they compare. It
 * varies what is cheap to vary, its nonce or a field of its package, and
 * hashes until the codes agree.
 *
 * The protection is an order: the caller commits, the callee then makes its
 * package, the caller reveals once. With all of it the attacker has to choose
 * before it knows what to aim at. The code is cut short here so that grinding
 * is quick; every hash is the product's.
 */
#include "support/harness.h"

#include <wzp/crypto/agree.h>
#include <wzp/crypto/room.h>

#include <string.h>

#define NOW     UINT64_C(1800000000)
#define CALL_ID WZP_STR("0123456789abcdef0123456789abcdef") /* passed on */

/* Somebody with a package for the call. */
typedef struct party {
    wzp_seed_identity *seed;
    wzp_identity id;
    wzp_kp kp;
    wzp_kem_secret kem;
    uint8_t package[WZP_KP_LEN];
    uint8_t nonce[WZP_CALL_NONCE_LEN]; /* of a caller */
} party;

static party alice, bob;
static party as_bob, as_alice; /* the attacker */

static uint64_t state = 20240607;

static void fill(void *user, uint8_t *out, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(state >> 56);
    }
}

static const wzp_rng rng = {.fill = fill};

static void sign_package(party *p)
{
    assert_int_equal(wzp_kp_encode(&p->id, &p->kp, p->package), WZP_OK);
}

static void make_party(party *p, uint8_t number)
{
    const uint8_t seed[WZP_SEED_LEN] = {number};
    *p = (party){.kp = {.exp = NOW + 86400, .suites = 1}};
    assert_int_equal(wzp_seed_identity_new(&p->seed, seed), WZP_OK);
    p->id = wzp_seed_identity_table(p->seed);
    wzp_call_ctx(CALL_ID, p->kp.ctx);
    wzp_kem_keypair(&rng, p->kp.kem, &p->kem);
    sign_package(p);
}

static void begin(void)
{
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    make_party(&alice, 1);
    make_party(&bob, 2);
    make_party(&as_bob, 3);
    make_party(&as_alice, 3);
}

static void end(void)
{
    party *all[] = {&alice, &bob, &as_bob, &as_alice};
    for (size_t i = 0; i < 4; i++) {
        wzp_seed_identity_free(all[i]->seed);
    }
    wzp_crypto_global_deinit();
}

/* Another package of the same member, for a signature instead of an X-Wing
 * key pair: the code hashes all of it. */
static void renew_package(party *p)
{
    fill(NULL, p->kp.tls, WZP_HASH_LEN);
    sign_package(p);
}

static void renew_nonce(party *p)
{
    fill(NULL, p->nonce, sizeof p->nonce);
}

/* The first bits of the words that both sides of this call are shown. */
static unsigned code_of(const party *caller, const party *callee, unsigned bits)
{
    const wzp_call_facts facts = {
        .kp_caller = caller->package,
        .kp_callee = callee->package,
        .call_id = CALL_ID,
    };
    wzp_call_facts with_nonce = facts;
    wzp_call_code code;
    memcpy(with_nonce.nonce, caller->nonce, WZP_CALL_NONCE_LEN);
    wzp_call_code_derive(&with_nonce, &code);
    const unsigned first_22 = (unsigned)code.words[0] << 11 | code.words[1];
    return first_22 >> (22 - bits);
}

static bool is_same_code(unsigned bits)
{
    return code_of(&alice, &as_bob, bits) == code_of(&as_alice, &bob, bits);
}

/* The attacker's reveal to bob under this commitment; valid until the next. */
static wzp_sig_direct_call_reveal reveal_under(const uint8_t *commit)
{
    static uint8_t ct[WZP_KEM_CT_LEN];
    static uint8_t sig[WZP_SIG_LEN];
    uint8_t shared[WZP_KEY_LEN];
    uint8_t transcript[WZP_HASH_LEN];
    wzp_call_facts facts = {
        .kp_caller = as_alice.package,
        .kp_callee = bob.package,
        .ct = {ct, sizeof ct},
        .call_id = CALL_ID,
    };
    memcpy(facts.commit, commit, WZP_HASH_LEN);
    memcpy(facts.nonce, as_alice.nonce, WZP_CALL_NONCE_LEN);
    assert_int_equal(wzp_kem_seal(&rng, bob.kp.kem, ct, shared), WZP_OK);
    wzp_call_transcript(&facts, transcript);
    assert_int_equal(wzp_call_reveal_sign(&as_alice.id, transcript, sig),
                     WZP_OK);
    return (wzp_sig_direct_call_reveal){
        .call_id = CALL_ID,
        .kp = {as_alice.package, WZP_KP_LEN},
        .nonce = {as_alice.nonce, WZP_CALL_NONCE_LEN},
        .ct = facts.ct,
        .sig = {sig, sizeof sig},
    };
}

/* What bob says to it. */
static wzp_err bob_checks(const uint8_t *commit)
{
    const wzp_sig_direct_call_reveal reveal = reveal_under(commit);
    uint8_t transcript[WZP_HASH_LEN];
    wzp_kp kp;
    wzp_call_reveal in = {
        .kp_callee = bob.package,
        .call_id = CALL_ID,
        .own_suites = 1,
        .kp = reveal.kp,
        .nonce = reveal.nonce,
        .ct = reveal.ct,
        .sig = reveal.sig,
    };
    memcpy(in.commit, commit, WZP_HASH_LEN);
    wzp_identity_fingerprint(as_alice.id.public_key, in.fingerprint);
    return wzp_call_reveal_verify(&in, NOW, &kp, transcript);
}

static void commit_of(const party *caller, uint8_t commit[WZP_HASH_LEN])
{
    wzp_call_commit(caller->package, caller->nonce, commit);
}

/* --- with the protection --- */

/* Alice's call is finished first: its code is known. But the attacker has
 * committed towards bob before bob made his package. */
static bool aims_at_alice(unsigned bits)
{
    renew_nonce(&alice);
    renew_nonce(&as_alice); /* committed to, with as_alice's package */
    renew_package(&bob);
    return is_same_code(bits);
}

/* Bob's call is finished first. But the attacker has to answer alice before
 * she reveals her nonce. */
static bool aims_at_bob(unsigned bits)
{
    /* The code of the call with bob is known, and stays. */
    renew_nonce(&alice); /* revealed after the attacker's answer */
    return is_same_code(bits);
}

static unsigned wins(bool (*attack)(unsigned bits), unsigned bits,
                     unsigned trials)
{
    unsigned n = 0;
    for (unsigned i = 0; i < trials; i++) {
        n += attack(bits);
    }
    return n;
}

/* Bounds: 99 % of a binomial distribution with p = 2^-bits. */
WZP_TEST(grinding_at_16_bits_wins_one_call_in_65536)
{
    begin();
    /* Expected 2; seven or more are seen in one run of 200. */
    assert_in_range(wins(aims_at_bob, 16, 2 * 65536), 0, 6);
    end();
}

WZP_TEST(grinding_at_10_bits_wins_one_call_in_1024_and_not_fewer)
{
    begin();
    /* Expected 64, standard deviation 8. */
    assert_in_range(wins(aims_at_bob, 10, 64 * 1024), 44, 84);
    end();
}

WZP_TEST(grinding_at_8_bits_towards_the_other_side_is_no_better)
{
    begin();
    /* Expected 64, standard deviation 8. */
    assert_in_range(wins(aims_at_alice, 8, 64 * 256), 44, 84);
    end();
}

/* --- controls: without one of its rules --- */

static void grind_nonce(unsigned bits)
{
    const unsigned aim = code_of(&alice, &as_bob, bits);
    do {
        renew_nonce(&as_alice);
    } while (code_of(&as_alice, &bob, bits) != aim);
}

WZP_TEST(grinding_control_without_the_commitment_wins_every_time)
{
    begin();
    for (int i = 0; i < 4; i++) {
        uint8_t commit[WZP_HASH_LEN];
        uint8_t any[WZP_HASH_LEN];
        renew_nonce(&alice);
        renew_nonce(&as_alice);
        commit_of(&as_alice, commit);
        renew_package(&bob);
        grind_nonce(16);
        assert_true(is_same_code(16));
        /* Bob, if he took whatever is revealed for what was committed to, and
         * bob as he is. */
        commit_of(&as_alice, any);
        assert_int_equal(bob_checks(any), WZP_OK);
        assert_int_equal(bob_checks(commit), WZP_ERR_COMMIT);
    }
    end();
}

WZP_TEST(grinding_control_with_a_package_made_before_the_commitment_wins)
{
    begin();
    for (int i = 0; i < 16; i++) {
        uint8_t commit[WZP_HASH_LEN];
        renew_nonce(&alice);
        renew_package(&bob); /* against rule a: known too early */
        grind_nonce(10);
        commit_of(&as_alice, commit);
        assert_int_equal(bob_checks(commit), WZP_OK);
        assert_true(is_same_code(10));
    }
    end();
}

WZP_TEST(grinding_control_with_an_answer_after_the_reveal_wins)
{
    begin();
    for (int i = 0; i < 16; i++) {
        wzp_kp kp;
        renew_nonce(&alice); /* against rule b: revealed too early */
        const unsigned aim = code_of(&as_alice, &bob, 10);
        do {
            renew_package(&as_bob);
        } while (code_of(&alice, &as_bob, 10) != aim);
        assert_int_equal(wzp_kp_decode(as_bob.package, WZP_KP_LEN, NOW,
                                       alice.kp.ctx, NULL, 1, &kp),
                         WZP_OK);
        assert_true(is_same_code(10));
    }
    end();
}

/* --- the product keeps that order --- */

static wzp_agree_config config_of(const party *p)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.rng = rng;
    cfg.identity = p->id;
    cfg.now_unix = NOW;
    cfg.call_id = CALL_ID;
    return cfg;
}

static void adopt_package(party *p, const wzp_agree *a)
{
    memcpy(p->package, wzp_agree_package(a).ptr, WZP_KP_LEN);
    assert_int_equal(
        wzp_kp_decode(p->package, WZP_KP_LEN, NOW, NULL, NULL, 0, &p->kp),
        WZP_OK);
}

WZP_TEST(grinding_after_the_answer_is_refused_by_the_callee)
{
    begin();
    for (int is_ground = 0; is_ground < 2; is_ground++) {
        const wzp_agree_config cfg = config_of(&bob);
        uint8_t commit[WZP_HASH_LEN];
        wzp_agree *callee;
        renew_nonce(&alice);
        renew_nonce(&as_alice);
        commit_of(&as_alice, commit);
        assert_int_equal(
            wzp_agree_new_callee(&callee, &cfg, commit, as_alice.id.public_key),
            WZP_OK);
        adopt_package(&bob, callee);
        if (is_ground) { /* control: as committed to, it is taken */
            grind_nonce(8);
        }
        const wzp_sig_direct_call_reveal reveal = reveal_under(commit);
        assert_int_equal(wzp_agree_revealed(callee, NOW, &reveal),
                         is_ground ? WZP_ERR_COMMIT : WZP_OK);
        wzp_agree_free(callee);
    }
    end();
}

WZP_TEST(grinding_after_the_reveal_is_refused_by_the_caller)
{
    begin();
    const wzp_agree_config cfg = config_of(&alice);
    const wzp_bytes answer = {as_bob.package, WZP_KP_LEN};
    wzp_sig_direct_call_reveal reveal;
    wzp_agree *caller;
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(as_bob.id.public_key, fp);
    assert_int_equal(wzp_agree_new_caller(&caller, &cfg), WZP_OK);
    assert_int_equal(wzp_agree_reveal(caller, &reveal), WZP_ERR_STATE);
    assert_int_equal(wzp_agree_answered(caller, NOW, answer, fp), WZP_OK);
    assert_int_equal(wzp_agree_reveal(caller, &reveal), WZP_OK);
    renew_package(&as_bob);
    assert_int_equal(wzp_agree_answered(caller, NOW, answer, fp),
                     WZP_ERR_ANSWERED);
    wzp_agree_free(caller);
    end();
}
