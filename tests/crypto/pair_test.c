/* SPDX-License-Identifier: MIT
 *
 * Pairs.
 */
#include "vec_impl.h"

#include <wzp/crypto/pair.h>

#include <stdlib.h>

static void fill_kem(const char *name, uint8_t pk[WZP_KEM_PK_LEN],
                     wzp_kem_secret *sk)
{
    vec_rng seed = {.len = 32};
    const wzp_rng rng = vec_rng_table(&seed);
    vec_bytes(wzp_test_item(vec(SM, "packages"), name), "xwing_seed",
              seed.bytes, 32);
    wzp_kem_keypair(&rng, pk, sk);
}

static void pair(const char *which)
{
    const cJSON *v = wzp_test_item(vec(SM, "pair"), which);
    const char *from = wzp_test_str(v, "from");
    const char *to = wzp_test_str(v, "to");
    const wzp_identity id = vec_identity(
        wzp_test_str(wzp_test_item(vec(SM, "packages"), from), "identity"));
    wzp_pair_names names;
    wzp_pair_keys keys;
    vec_rng seed = {.len = 64};
    uint8_t pk[WZP_KEM_PK_LEN];
    wzp_kem_secret sk;
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t sig[WZP_SIG_LEN];
    uint8_t psk[WZP_KEY_LEN];
    const bool has_psk = vec_hex(v, "psk", psk, sizeof psk) > 0;
    const wzp_rng rng = vec_rng_table(&seed);
    vec_bytes(v, "enc_seed", seed.bytes, 64);
    vec_bytes(v, "room_id", names.room_id, WZP_HASH_LEN);
    vec_kph(from, names.kph_from);
    vec_kph(to, names.kph_to);
    fill_kem(to, pk, &sk);
    ASSERT_OK(wzp_pair_seal(&id, &rng, &names, pk, has_psk ? psk : NULL, ct,
                            sig, &keys));
    ASSERT_BYTES(ct, sizeof ct, v, "ct");
    ASSERT_BYTES(sig, sizeof sig, v, "sig");
    ASSERT_BYTES(keys.i2r, sizeof keys.i2r, v, "i2r");
    ASSERT_BYTES(keys.r2i, sizeof keys.r2i, v, "r2i");
    wzp_pair_text text;
    ASSERT_OK(wzp_pair_verify(id.public_key, &names, (wzp_bytes){ct, sizeof ct},
                              (wzp_bytes){sig, sizeof sig}, &text));
    memset(&keys, 0, sizeof keys);
    ASSERT_OK(wzp_pair_open(&text, ct, &sk, has_psk ? psk : NULL, &keys));
    ASSERT_BYTES(keys.i2r, sizeof keys.i2r, v, "i2r");
    ASSERT_BYTES(keys.r2i, sizeof keys.r2i, v, "r2i");
}

WZP_TEST(pair_in_an_open_room_follows_the_vector)
{
    pair("open");
}

WZP_TEST(pair_in_a_room_with_a_secret_follows_the_vector)
{
    pair("secret");
}

WZP_TEST(pair_the_other_way_follows_the_vector)
{
    pair("crossed");
}

WZP_TEST(pair_of_two_the_smaller_hash_stands)
{
    const cJSON *v = vec(SM, "pair.both_sent");
    const char *stands = wzp_test_str(v, "stands");
    const cJSON *win = wzp_test_item(vec(SM, "pair"), stands);
    uint8_t a[WZP_HASH_LEN];
    uint8_t b[WZP_HASH_LEN];
    vec_kph(wzp_test_str(win, "from"), a);
    vec_kph(wzp_test_str(win, "to"), b);
    assert_true(wzp_pair_stands(a, b));
    assert_false(wzp_pair_stands(b, a));
}

static size_t fail_rows(void)
{
    return vec_fail_count("pair");
}

static void fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("pair", i);
    wzp_pair_names names;
    uint8_t id[WZP_KEY_LEN];
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t sig[WZP_SIG_LEN];
    vec_bytes(row, "id_from", id, sizeof id);
    vec_bytes(row, "room_id", names.room_id, WZP_HASH_LEN);
    vec_bytes(row, "kph_from", names.kph_from, WZP_HASH_LEN);
    vec_bytes(row, "kph_to", names.kph_to, WZP_HASH_LEN);
    const wzp_bytes c = {ct, vec_hex(row, "ct", ct, sizeof ct)};
    const wzp_bytes s = {sig, vec_hex(row, "sig", sig, sizeof sig)};
    wzp_pair_text text;
    vec_assert_error(row, wzp_pair_verify(id, &names, c, s, &text));
}
WZP_ROWS(pair_must_fail, fail_rows, fail_row);

WZP_TEST(pair_with_a_part_of_any_other_length_is_refused)
{
    static const uint8_t zeros[WZP_KEM_CT_LEN];
    static const wzp_pair_names names;
    wzp_pair_text text;
    const wzp_bytes ct = {zeros, WZP_KEM_CT_LEN};
    const wzp_bytes sig = {zeros, WZP_SIG_LEN};
    for (size_t len = 0; len <= WZP_KEM_CT_LEN + 2; len++) {
        uint8_t *exact = calloc(1, len + (len == 0)); /* not read beyond */
        assert_non_null(exact);
        const wzp_bytes part = {exact, len};
        if (len != ct.len) {
            ASSERT_ERR(wzp_pair_verify(zeros, &names, part, sig, &text),
                       WZP_ERR_LENGTH);
        }
        if (len != sig.len) {
            ASSERT_ERR(wzp_pair_verify(zeros, &names, ct, part, &text),
                       WZP_ERR_LENGTH);
        }
        free(exact);
    }
}
