/* SPDX-License-Identifier: MIT
 *
 * Seed → key, fingerprint; hex; signatures (RFC 8032 by Wycheproof).
 */
#include "vec_impl.h"
#include "wycheproof.h"

#include <wzp/crypto/identity.h>

static size_t identity_rows(void)
{
    return vec_count(vec(OLD, "identity"));
}

static void identity_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "identity"), i);
    uint8_t seed[WZP_SEED_LEN];
    uint8_t fp[WZP_FP_LEN];
    uint8_t out[WZP_KEY_LEN];
    wzp_seed_identity *id;
    vec_bytes(row, "seed", seed, sizeof seed);
    ASSERT_OK(wzp_seed_identity_new(&id, seed));
    const wzp_identity t = wzp_seed_identity_table(id);
    ASSERT_BYTES(t.public_key, WZP_KEY_LEN, row, "ed25519_pub");
    wzp_identity_fingerprint(t.public_key, fp);
    ASSERT_BYTES(fp, WZP_FP_LEN, row, "fingerprint");
    ASSERT_OK(t.derive(t.user, "warzone-ed25519", out));
    ASSERT_BYTES(out, WZP_KEY_LEN, row, "ed25519_seed");
    ASSERT_OK(t.derive(t.user, "warzone-x25519", out));
    wzp_seed_identity_free(id);
}
WZP_ROWS(identity_follows_the_vector, identity_rows, identity_row);

static size_t sm_identity_rows(void)
{
    return vec_count(vec(SM, "identities"));
}

static void sm_identity_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "identities"), i);
    const wzp_identity t = vec_identity(row->string);
    uint8_t fp[WZP_FP_LEN];
    uint8_t want[WZP_FP_LEN];
    ASSERT_BYTES(t.public_key, WZP_KEY_LEN, row, "ed25519_pub");
    wzp_identity_fingerprint(t.public_key, fp);
    vec_fingerprint(wzp_test_str(row, "fingerprint"), want);
    assert_memory_equal(fp, want, sizeof fp);
}
WZP_ROWS(identity_of_securemedia_follows_the_vector, sm_identity_rows,
         sm_identity_row);

WZP_TEST(identity_seed_hex_takes_white_space_and_both_cases)
{
    static const char good[] = "\n  0102030405060708090A0b0c0d0e0f10"
                               "1112131415161718191a1b1c1d1e1f20 \r\n";
    uint8_t seed[WZP_SEED_LEN];
    ASSERT_OK(wzp_seed_from_hex(good, strlen(good), seed));
    for (size_t i = 0; i < sizeof seed; i++) {
        assert_int_equal(seed[i], i + 1);
    }
}

WZP_TEST(identity_seed_hex_refuses_and_wipes)
{
    static const char *const bad[] = {
        "",
        "01",
        "zz02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
        "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2",
        "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021",
        "01 2030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f200",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t seed[WZP_SEED_LEN];
        uint8_t zero[WZP_SEED_LEN] = {0};
        memset(seed, 7, sizeof seed);
        ASSERT_ERR(wzp_seed_from_hex(bad[i], strlen(bad[i]), seed),
                   WZP_ERR_SEED);
        assert_memory_equal(seed, zero, sizeof seed);
    }
}

WZP_TEST(identity_signature_verifies_and_a_changed_one_does_not)
{
    const wzp_identity a = vec_identity("alice");
    const wzp_identity b = vec_identity("bob");
    uint8_t sig[WZP_SIG_LEN];
    ASSERT_OK(a.sign(a.user, (const uint8_t *)"hello", 5, sig));
    ASSERT_OK(wzp_identity_verify(a.public_key, (const uint8_t *)"hello", 5,
                                  sig, sizeof sig));
    ASSERT_ERR(wzp_identity_verify(b.public_key, (const uint8_t *)"hello", 5,
                                   sig, sizeof sig),
               WZP_ERR_SIGNATURE);
    ASSERT_ERR(wzp_identity_verify(a.public_key, (const uint8_t *)"hello", 5,
                                   sig, sizeof sig - 1),
               WZP_ERR_SIGNATURE);
    sig[3] ^= 1;
    ASSERT_ERR(wzp_identity_verify(a.public_key, (const uint8_t *)"hello", 5,
                                   sig, sizeof sig),
               WZP_ERR_SIGNATURE);
}

WZP_TEST(identity_low_order_key_is_refused)
{
    /* The neutral element as key: with R = identity and S = 0 the equation
     * holds for any text, unless such keys are refused. */
    uint8_t key[WZP_KEY_LEN] = {1};
    uint8_t sig[WZP_SIG_LEN] = {1};
    ASSERT_ERR(
        wzp_identity_verify(key, (const uint8_t *)"x", 1, sig, sizeof sig),
        WZP_ERR_SIGNATURE);
}

/* --- Wycheproof --- */

static wycheproof ed25519 = {.file = "wycheproof-ed25519.json"};

static size_t ed25519_rows(void)
{
    return wycheproof_rows(&ed25519);
}

static void ed25519_row(size_t i)
{
    const wycheproof_row row = wycheproof_at(&ed25519, i);
    const cJSON *t = row.test;
    uint8_t key[WZP_KEY_LEN];
    uint8_t msg[2048];
    uint8_t sig[256];
    vec_bytes(wzp_test_item(row.group, "publicKey"), "pk", key, sizeof key);
    const size_t len = vec_hex(t, "msg", msg, sizeof msg);
    const size_t sig_len = vec_hex(t, "sig", sig, sizeof sig);
    const wzp_err e = wzp_identity_verify(key, msg, len, sig, sig_len);
    const bool valid = strcmp(wzp_test_str(t, "result"), "valid") == 0;
    ASSERT_ERR(e, valid ? WZP_OK : WZP_ERR_SIGNATURE);
}
WZP_ROWS(identity_verify_wycheproof, ed25519_rows, ed25519_row);
