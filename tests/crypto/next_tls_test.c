/* SPDX-License-Identifier: MIT */
/* The announcement of a successor key: its bytes, and when it holds. */
#include "vec_impl.h"

#include <wzp/crypto/next_tls.h>

typedef struct announced {
    uint8_t key[WZP_KEY_LEN];
    uint8_t hash[WZP_HASH_LEN];
    uint8_t sig[WZP_SIG_LEN];
    wzp_unix_s not_before;
} announced;

static announced of_vector(void)
{
    const cJSON *v = vec(SM, "binding.next_tls");
    announced a = {.not_before = vec_u64(v, "not_before")};
    vec_bytes(v, "tls_public_key", a.key, sizeof a.key);
    vec_bytes(v, "sha256", a.hash, sizeof a.hash);
    vec_bytes(v, "sig", a.sig, sizeof a.sig);
    return a;
}

/* The signer is the relay of the first seed of `tls_cert`, all zeros. */
WZP_TEST(next_tls_sign_makes_the_bytes_of_the_vector)
{
    const announced a = of_vector();
    const uint8_t seed[WZP_SEED_LEN] = {0};
    uint8_t tls_seed[WZP_KEY_LEN];
    uint8_t sig[WZP_SIG_LEN];
    wzp_seed_identity *id;
    ASSERT_OK(wzp_seed_identity_new(&id, seed));
    const wzp_identity table = wzp_seed_identity_table(id);
    ASSERT_OK(table.derive(table.user, "wzp-tls-ed25519", tls_seed));
    wzp_next_tls_sign(tls_seed, a.hash, a.not_before, sig);
    assert_memory_equal(sig, a.sig, sizeof sig);
    wzp_seed_identity_free(id);
}

WZP_TEST(next_tls_verify_takes_the_vector_and_nothing_near_it)
{
    announced a = of_vector();
    ASSERT_OK(wzp_next_tls_verify(a.key, a.hash, a.not_before, a.sig));
    ASSERT_ERR(wzp_next_tls_verify(a.key, a.hash, a.not_before + 1, a.sig),
               WZP_ERR_SIGNATURE);
    a.hash[0] ^= 1;
    ASSERT_ERR(wzp_next_tls_verify(a.key, a.hash, a.not_before, a.sig),
               WZP_ERR_SIGNATURE);
    a.hash[0] ^= 1;
    a.key[0] ^= 1;
    ASSERT_ERR(wzp_next_tls_verify(a.key, a.hash, a.not_before, a.sig),
               WZP_ERR_SIGNATURE);
}

static const struct {
    wzp_unix_s not_before, now;
    bool is_due;
} TIMES[] = {
    {1000, 999, false},
    {1000, 1000, true},
    {1000, 1000 + 90 * 86400, true},
    {1000, 1000 + 90 * 86400 + 1, false},
    {0, 0, true},
    {UINT64_MAX, 1800000000, false},
    {UINT64_MAX, UINT64_MAX, true},
    {0, UINT64_MAX, false},
};

static size_t time_rows(void)
{
    return sizeof TIMES / sizeof TIMES[0];
}

static void time_row(size_t i)
{
    assert_int_equal(wzp_next_tls_is_due(TIMES[i].not_before, TIMES[i].now),
                     TIMES[i].is_due);
}
WZP_ROWS(next_tls_is_due_for_90_days, time_rows, time_row);
