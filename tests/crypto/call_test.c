/* SPDX-License-Identifier: MIT
 *
 * What a direct call computes.
 */
#include "vec_impl.h"

#include <wzp/crypto/call.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>

typedef struct call {
    uint8_t caller[WZP_KP_LEN];
    uint8_t callee[WZP_KP_LEN];
    uint8_t ct[WZP_KEM_CT_LEN];
    wzp_call_facts facts;
} call;

static call c;

static const cJSON *begin(void)
{
    const cJSON *v = vec(SM, "direct_call");
    const char *id = wzp_test_str(v, "call_id");
    vec_package(wzp_test_str(v, "caller"), c.caller);
    vec_package(wzp_test_str(v, "callee"), c.callee);
    vec_bytes(v, "ct", c.ct, sizeof c.ct);
    c.facts = (wzp_call_facts){
        .kp_caller = c.caller,
        .kp_callee = c.callee,
        .ct = {c.ct, sizeof c.ct},
        .call_id = {id, strlen(id)},
    };
    vec_bytes(v, "nonce", c.facts.nonce, sizeof c.facts.nonce);
    vec_bytes(v, "commit", c.facts.commit, sizeof c.facts.commit);
    return v;
}

WZP_TEST(call_commitment_follows_the_vector)
{
    const cJSON *v = begin();
    uint8_t commit[WZP_HASH_LEN];
    wzp_call_commit(c.caller, c.facts.nonce, commit);
    ASSERT_BYTES(commit, sizeof commit, v, "commit");
}

WZP_TEST(call_key_encapsulation_follows_the_vector)
{
    const cJSON *v = begin();
    vec_rng seed = {.len = 64};
    vec_rng kseed = {.len = 32};
    uint8_t pk[WZP_KEM_PK_LEN];
    wzp_kem_secret sk;
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t ss[WZP_KEY_LEN];
    wzp_rng rng = vec_rng_table(&kseed);
    vec_bytes(wzp_test_item(vec(SM, "packages"), wzp_test_str(v, "callee")),
              "xwing_seed", kseed.bytes, 32);
    wzp_kem_keypair(&rng, pk, &sk);
    rng = vec_rng_table(&seed);
    vec_bytes(v, "enc_seed", seed.bytes, 64);
    ASSERT_OK(wzp_kem_seal(&rng, pk, ct, ss));
    ASSERT_BYTES(ct, sizeof ct, v, "ct");
    ASSERT_BYTES(ss, sizeof ss, v, "ss");
    ASSERT_OK(wzp_kem_open(&sk, ct, ss));
    ASSERT_BYTES(ss, sizeof ss, v, "ss");
}

WZP_TEST(call_transcript_and_keys_follow_the_vector)
{
    const cJSON *v = begin();
    uint8_t transcript[WZP_HASH_LEN];
    uint8_t ss[WZP_KEY_LEN];
    wzp_call_keys keys;
    wzp_call_transcript(&c.facts, transcript);
    ASSERT_BYTES(transcript, sizeof transcript, v, "transcript");
    vec_bytes(v, "ss", ss, sizeof ss);
    wzp_call_keys_derive(transcript, ss, &keys);
    ASSERT_BYTES(keys.base_caller, WZP_KEY_LEN, v, "base_key_caller");
    ASSERT_BYTES(keys.base_callee, WZP_KEY_LEN, v, "base_key_callee");
    ASSERT_BYTES(keys.pair.i2r, WZP_KEY_LEN, v, "pair_i2r");
    ASSERT_BYTES(keys.pair.r2i, WZP_KEY_LEN, v, "pair_r2i");
}

WZP_TEST(call_suite_and_key_ids_follow_the_vector)
{
    const cJSON *v = begin();
    static const char *const who[][2] = {{"caller", "kid_caller"},
                                         {"callee", "kid_callee"}};
    assert_int_equal(wzp_call_suite(3, 3), vec_u64(v, "suite_generation_0"));
    assert_int_equal(wzp_call_suite(3, 1), WZP_SUITE_CHACHA);
    for (size_t i = 0; i < 2; i++) {
        uint8_t kph[WZP_HASH_LEN];
        vec_kph(wzp_test_str(v, who[i][0]), kph);
        assert_int_equal(wzp_sframe_kid(wzp_mid_sid(kph), 0, 0),
                         vec_u64(v, who[i][1]));
    }
}

WZP_TEST(call_reveal_follows_the_vector_and_verifies)
{
    const cJSON *v = begin();
    const wzp_identity id = vec_identity("alice");
    uint8_t transcript[WZP_HASH_LEN];
    uint8_t sig[WZP_SIG_LEN];
    wzp_kp kp;
    wzp_call_transcript(&c.facts, transcript);
    ASSERT_OK(wzp_call_reveal_sign(&id, transcript, sig));
    ASSERT_BYTES(sig, sizeof sig, v, "reveal_sig");
    wzp_call_reveal in = {
        .kp_callee = c.callee,
        .call_id = c.facts.call_id,
        .own_suites = 3,
        .kp = {c.caller, sizeof c.caller},
        .nonce = {c.facts.nonce, sizeof c.facts.nonce},
        .ct = c.facts.ct,
        .sig = {sig, sizeof sig},
    };
    memcpy(in.commit, c.facts.commit, WZP_HASH_LEN);
    wzp_identity_fingerprint(id.public_key, in.fingerprint);
    ASSERT_OK(wzp_call_reveal_verify(&in, 1800000000, &kp, transcript));
    ASSERT_BYTES(transcript, sizeof transcript, v, "transcript");
    assert_memory_equal(kp.id, id.public_key, WZP_KEY_LEN);
}

WZP_TEST(call_check_code_follows_the_vector)
{
    const cJSON *v = begin();
    wzp_call_code code;
    wzp_call_code_derive(&c.facts, &code);
    assert_string_equal(code.digits, wzp_test_str(v, "digits_text"));
    for (size_t w = 0; w < WZP_CALL_WORDS; w++) {
        assert_int_equal(
            code.words[w],
            vec_row(wzp_test_item(v, "word_indices"), w)->valueint);
        assert_string_equal(wzp_word(code.words[w]),
                            vec_row(wzp_test_item(v, "words"), w)->valuestring);
    }
}

static size_t fail_rows(void)
{
    return vec_fail_count("reveal");
}

static void fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("reveal", i);
    uint8_t kp[WZP_KP_LEN];
    uint8_t nonce[WZP_CALL_NONCE_LEN];
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t sig[WZP_SIG_LEN];
    uint8_t transcript[WZP_HASH_LEN];
    wzp_kp out;
    begin();
    const char *id = wzp_test_str(row, "call_id");
    wzp_call_reveal in = {
        .kp_callee = c.callee,
        .call_id = {id, strlen(id)},
        .own_suites = 3,
        .kp = {kp, vec_hex(row, "kp", kp, sizeof kp)},
        .nonce = {nonce, vec_hex(row, "nonce", nonce, sizeof nonce)},
        .ct = {ct, vec_hex(row, "ct", ct, sizeof ct)},
        .sig = {sig, vec_hex(row, "sig", sig, sizeof sig)},
    };
    memcpy(in.commit, c.facts.commit, WZP_HASH_LEN);
    vec_fingerprint(wzp_test_str(row, "fingerprint"), in.fingerprint);
    vec_assert_error(row, wzp_call_reveal_verify(&in, vec_u64(row, "now"), &out,
                                                 transcript));
}
WZP_ROWS(call_reveal_must_fail, fail_rows, fail_row);
