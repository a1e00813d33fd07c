/* SPDX-License-Identifier: MIT
 *
 * Bindings, legacy handshake signatures.
 */
#include "vec_impl.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/room.h>

static size_t binding_rows(void)
{
    return vec_count(vec(SM, "binding.cases"));
}

static void binding_row(size_t i)
{
    const cJSON *v = vec(SM, "binding");
    const cJSON *row = vec_row(vec(SM, "binding.cases"), i);
    const wzp_identity id = vec_identity(wzp_test_str(row, "identity"));
    wzp_binding_input in = {.kind =
                                (wzp_binding_kind)wzp_test_num(row, "kind")};
    uint8_t der[512];
    uint8_t kp[WZP_KP_LEN];
    uint8_t sig[WZP_SIG_LEN];
    vec_bytes(v, "exporter", in.exporter, sizeof in.exporter);
    const size_t der_len = vec_hex(v, "certificate_der", der, sizeof der);
    wzp_sha256(der, der_len, in.server_cert_hash);
    if (cJSON_IsString(wzp_test_item(row, "package"))) {
        vec_package(wzp_test_str(row, "package"), kp);
        in.kp = (wzp_bytes){kp, sizeof kp};
    }
    ASSERT_OK(wzp_binding_sign(&id, &in, sig));
    ASSERT_BYTES(sig, sizeof sig, row, "sig");
    ASSERT_OK(wzp_binding_verify(id.public_key, &in, sig, sizeof sig));
    ASSERT_ERR(wzp_binding_verify(id.public_key, &in, sig, 63),
               WZP_ERR_SIGNATURE);
}
WZP_ROWS(binding_follows_the_vector, binding_rows, binding_row);

static size_t fail_rows(void)
{
    return vec_fail_count("binding");
}

/* The package with this hash, or none for the hash of nothing. */
static wzp_bytes package_of(const cJSON *row, uint8_t kp[WZP_KP_LEN])
{
    const cJSON *p;
    cJSON_ArrayForEach(p, vec(SM, "packages"))
    {
        if (strcmp(wzp_test_str(p, "kph"), wzp_test_str(row, "H_package")) ==
            0) {
            vec_package(p->string, kp);
            return (wzp_bytes){kp, WZP_KP_LEN};
        }
    }
    return (wzp_bytes){NULL, 0};
}

static void fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("binding", i);
    wzp_binding_input in = {.kind =
                                (wzp_binding_kind)wzp_test_num(row, "kind")};
    uint8_t key[WZP_KEY_LEN];
    uint8_t kp[WZP_KP_LEN];
    uint8_t sig[WZP_SIG_LEN];
    vec_bytes(row, "identity", key, sizeof key);
    vec_bytes(row, "exporter", in.exporter, sizeof in.exporter);
    vec_bytes(row, "H_certificate", in.server_cert_hash, WZP_HASH_LEN);
    vec_bytes(row, "sig", sig, sizeof sig);
    in.kp = package_of(row, kp);
    vec_assert_error(row, wzp_binding_verify(key, &in, sig, sizeof sig));
}
WZP_ROWS(binding_must_fail, fail_rows, fail_row);

/* The vector's signer is not named: alice's seed 0x42… of `identity`, found
 * by trying all of them. */
static bool signed_by_one(bool is_offer, const uint8_t *eph,
                          const uint8_t *want)
{
    const cJSON *row;
    bool found = false;
    cJSON_ArrayForEach(row, vec(OLD, "identity"))
    {
        uint8_t seed[WZP_SEED_LEN];
        uint8_t sig[WZP_SIG_LEN];
        wzp_seed_identity *id;
        vec_bytes(row, "seed", seed, sizeof seed);
        ASSERT_OK(wzp_seed_identity_new(&id, seed));
        const wzp_identity t = wzp_seed_identity_table(id);
        ASSERT_OK(wzp_legacy_sign(&t, is_offer, eph, sig));
        if (memcmp(sig, want, sizeof sig) == 0) {
            ASSERT_OK(wzp_legacy_verify(t.public_key, is_offer, eph, sig, 64));
            ASSERT_ERR(wzp_legacy_verify(t.public_key, !is_offer, eph, sig, 64),
                       WZP_ERR_SIGNATURE);
            found = true;
        }
        wzp_seed_identity_free(id);
    }
    return found;
}

WZP_TEST(binding_legacy_signatures_follow_the_vector)
{
    const cJSON *v = vec(OLD, "handshake");
    uint8_t eph[WZP_KEY_LEN];
    uint8_t sig[WZP_SIG_LEN];
    vec_bytes(v, "caller_eph_pub", eph, sizeof eph);
    vec_bytes(v, "offer_signature", sig, sizeof sig);
    assert_true(signed_by_one(true, eph, sig));
    vec_bytes(v, "callee_eph_pub", eph, sizeof eph);
    vec_bytes(v, "answer_signature", sig, sizeof sig);
    assert_true(signed_by_one(false, eph, sig));
}

/* spec/relay.md 4.1: "register-presence" ‖ identity_pub. */
WZP_TEST(binding_register_signs_the_word_and_the_own_key)
{
    const wzp_identity id = vec_identity("alice");
    uint8_t text[17 + WZP_KEY_LEN];
    uint8_t sig[WZP_SIG_LEN];
    memcpy(text, "register-presence", 17);
    memcpy(text + 17, id.public_key, WZP_KEY_LEN);

    ASSERT_OK(wzp_register_sign(&id, sig));

    ASSERT_OK(
        wzp_identity_verify(id.public_key, text, sizeof text, sig, sizeof sig));
    ASSERT_OK(wzp_register_verify(id.public_key, sig, sizeof sig));
}

WZP_TEST(binding_register_refuses_another_key_a_change_and_nothing)
{
    const wzp_identity id = vec_identity("alice");
    const wzp_identity other = vec_identity("bob");
    uint8_t sig[WZP_SIG_LEN];
    ASSERT_OK(wzp_register_sign(&id, sig));

    ASSERT_ERR(wzp_register_verify(other.public_key, sig, sizeof sig),
               WZP_ERR_SIGNATURE);
    ASSERT_ERR(wzp_register_verify(id.public_key, NULL, 0), WZP_ERR_SIGNATURE);
    sig[7] ^= 1;
    ASSERT_ERR(wzp_register_verify(id.public_key, sig, sizeof sig),
               WZP_ERR_SIGNATURE);
}
