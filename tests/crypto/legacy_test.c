/* SPDX-License-Identifier: MIT
 *
 * The seed's session: key, code, AEAD, rekey, window.
 */
#include "vec_impl.h"

#include <wzp/crypto/legacy.h>

#include <stdlib.h>

WZP_TEST(legacy_handshake_follows_the_vector_on_both_sides)
{
    const cJSON *v = vec(OLD, "handshake");
    uint8_t a[WZP_KEY_LEN];
    uint8_t b[WZP_KEY_LEN];
    uint8_t pub[WZP_KEY_LEN];
    wzp_legacy_session s;
    unsigned code;
    vec_bytes(v, "caller_eph_secret", a, sizeof a);
    vec_bytes(v, "callee_eph_secret", b, sizeof b);
    wzp_legacy_public(b, pub);
    ASSERT_BYTES(pub, sizeof pub, v, "callee_eph_pub");
    ASSERT_OK(wzp_legacy_derive(a, pub, &s, &code));
    ASSERT_BYTES(s.key, sizeof s.key, v, "session_key");
    ASSERT_BYTES(s.id, sizeof s.id, v, "session_id");
    assert_int_equal(code, strtoul(wzp_test_str(v, "sas"), NULL, 10));
    wzp_legacy_public(a, pub);
    ASSERT_BYTES(pub, sizeof pub, v, "caller_eph_pub");
    ASSERT_OK(wzp_legacy_derive(b, pub, &s, &code));
    ASSERT_BYTES(s.key, sizeof s.key, v, "session_key");
}

WZP_TEST(legacy_zero_public_key_is_refused)
{
    const uint8_t zero[WZP_KEY_LEN] = {0};
    const uint8_t secret[WZP_KEY_LEN] = {1, 2, 3};
    wzp_legacy_session s;
    unsigned code;
    ASSERT_ERR(wzp_legacy_derive(secret, zero, &s, &code), WZP_ERR_WEAK_KEY);
}

WZP_TEST(legacy_rekey_follows_the_vector_on_both_sides)
{
    const cJSON *v = vec(OLD, "rekey");
    uint8_t secret[WZP_KEY_LEN];
    uint8_t pub[WZP_KEY_LEN];
    uint8_t nonce[WZP_LEGACY_NONCE_LEN];
    wzp_legacy_session old = {.id = {0}};
    wzp_legacy_session s;
    vec_bytes(v, "old_key", old.key, sizeof old.key);
    vec_bytes(v, "a_secret", secret, sizeof secret);
    vec_bytes(v, "b_pub", pub, sizeof pub);
    ASSERT_OK(wzp_legacy_rekey(&old, secret, pub, &s));
    ASSERT_BYTES(s.key, sizeof s.key, v, "new_key");
    ASSERT_BYTES(s.id, sizeof s.id, v, "new_session_id");
    wzp_legacy_nonce(&s, 0, 0, nonce);
    ASSERT_BYTES(nonce, sizeof nonce, v, "first_nonce");
    vec_bytes(v, "b_secret", secret, sizeof secret);
    vec_bytes(v, "a_pub", pub, sizeof pub);
    ASSERT_OK(wzp_legacy_rekey(&old, secret, pub, &old));
    ASSERT_BYTES(old.key, sizeof old.key, v, "new_key");
}

static size_t aead_rows(void)
{
    return vec_count(vec(OLD, "aead"));
}

static void aead_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "aead"), i);
    const uint32_t counter = (uint32_t)vec_u64(row, "counter");
    wzp_legacy_session s;
    uint8_t nonce[WZP_LEGACY_NONCE_LEN];
    uint8_t ad[64];
    uint8_t plain[512];
    uint8_t sealed[528];
    uint8_t back[512];
    vec_bytes(row, "key", s.key, sizeof s.key);
    vec_bytes(row, "nonce", nonce, sizeof nonce);
    memcpy(s.id, nonce, sizeof s.id);
    wzp_legacy_nonce(&s, counter, 0, nonce);
    ASSERT_BYTES(nonce, sizeof nonce, row, "nonce");
    const wzp_bytes a = {ad, vec_hex(row, "aad", ad, sizeof ad)};
    const wzp_bytes p = {plain, vec_hex(row, "plaintext", plain, sizeof plain)};
    wzp_legacy_seal(&s, counter, a, p, sealed);
    const wzp_bytes c = {sealed, p.len + WZP_LEGACY_TAG_LEN};
    ASSERT_BYTES(sealed, c.len, row, "ciphertext_and_tag");
    ASSERT_OK(wzp_legacy_open(&s, counter, a, c, back));
    assert_memory_equal(back, plain, p.len);
    ASSERT_ERR(wzp_legacy_open(&s, counter + 1, a, c, back), WZP_ERR_TAG);
    ASSERT_ERR(wzp_legacy_open(&s, counter, a, (wzp_bytes){sealed, 15}, back),
               WZP_ERR_LENGTH);
}
WZP_ROWS(legacy_aead_follows_the_vector, aead_rows, aead_row);

static size_t window_rows(void)
{
    return vec_count(vec(OLD, "anti_replay"));
}

static void window_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "anti_replay"), i);
    const cJSON *seqs = wzp_test_item(row, "seqs");
    const cJSON *accepted = wzp_test_item(row, "accepted");
    wzp_legacy_window w = {.highest = 0};
    for (size_t k = 0; k < vec_count(seqs); k++) {
        const wzp_err e =
            wzp_legacy_window_accept(&w, (uint16_t)vec_row(seqs, k)->valueint);
        ASSERT_ERR(e, cJSON_IsTrue(vec_row(accepted, k)) ? WZP_OK
                                                         : WZP_ERR_REPLAY);
    }
}
WZP_ROWS(legacy_window_follows_the_vector, window_rows, window_row);
