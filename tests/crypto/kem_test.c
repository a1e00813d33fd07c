/* SPDX-License-Identifier: MIT
 *
 * X-Wing: the draft's vectors, and libsodium's own opening beside ours.
 */
#include "vec_impl.h"

#include <wzp/crypto/kem.h>

#include <sodium.h>

#include <stdlib.h>

enum {
    ROUNDS = 64,
    CT_X25519 = WZP_KEM_CT_LEN - WZP_KEY_LEN, /* where that half begins */
};

static const cJSON *xwing(void)
{
    static cJSON *tree;
    if (tree == NULL) {
        tree = wzp_test_read_external("xwing-vectors.json");
    }
    return tree;
}

static size_t xwing_rows(void)
{
    return xwing() == NULL ? 0 : vec_count(xwing());
}

static void xwing_row(size_t i)
{
    const cJSON *row = vec_row(xwing(), i);
    vec_rng seed = {.len = WZP_KEM_SEED_LEN};
    vec_rng eseed = {.len = 64};
    uint8_t pk[WZP_KEM_PK_LEN], ct[WZP_KEM_CT_LEN], ss[WZP_KEY_LEN];
    wzp_kem_secret sk;
    wzp_rng rng = vec_rng_table(&seed);
    vec_bytes(row, "seed", seed.bytes, WZP_KEM_SEED_LEN);
    wzp_kem_keypair(&rng, pk, &sk);
    ASSERT_BYTES(pk, sizeof pk, row, "pk");
    rng = vec_rng_table(&eseed);
    vec_bytes(row, "eseed", eseed.bytes, 64);
    ASSERT_OK(wzp_kem_seal(&rng, pk, ct, ss));
    ASSERT_BYTES(ct, sizeof ct, row, "ct");
    ASSERT_BYTES(ss, sizeof ss, row, "ss");
    memset(ss, 0, sizeof ss);
    ASSERT_OK(wzp_kem_open(&sk, ct, ss));
    ASSERT_BYTES(ss, sizeof ss, row, "ss");
}
WZP_ROWS(kem_follows_the_drafts_vectors, xwing_rows, xwing_row);

/* --- libsodium's opening beside ours --- */

typedef struct both {
    uint8_t seed[WZP_KEM_SEED_LEN]; /* what libsodium opens with */
    wzp_kem_secret secret;          /* what we do */
    uint8_t pk[WZP_KEM_PK_LEN];
} both;

static void make(both *b)
{
    uint8_t theirs[WZP_KEM_PK_LEN];
    vec_rng seed = {.len = WZP_KEM_SEED_LEN};
    const wzp_rng rng = vec_rng_table(&seed);
    randombytes_buf(seed.bytes, WZP_KEM_SEED_LEN);
    wzp_kem_keypair(&rng, b->pk, &b->secret);
    crypto_kem_xwing_seed_keypair(theirs, b->seed, seed.bytes);
    assert_memory_equal(b->pk, theirs, sizeof theirs);
}

/* Both say the same of ct. True: it opened, to *shared. */
static bool open_both(const both *b, const uint8_t ct[WZP_KEM_CT_LEN],
                      uint8_t shared[WZP_KEY_LEN])
{
    uint8_t theirs[WZP_KEY_LEN] = {0xA5};
    memcpy(shared, theirs, sizeof theirs);
    const wzp_err e = wzp_kem_open(&b->secret, ct, shared);
    assert_int_equal(e, crypto_kem_xwing_dec(theirs, ct, b->seed) == 0
                            ? WZP_OK
                            : WZP_ERR_WEAK_KEY);
    assert_memory_equal(shared, theirs, sizeof theirs);
    return e == WZP_OK;
}

WZP_TEST(kem_opens_what_was_sealed_as_libsodium_does)
{
    const wzp_rng rng = wzp_rng_system();
    for (int i = 0; i < ROUNDS; i++) {
        both b;
        uint8_t ct[WZP_KEM_CT_LEN], sealed[WZP_KEY_LEN], opened[WZP_KEY_LEN];
        make(&b);
        ASSERT_OK(wzp_kem_seal(&rng, b.pk, ct, sealed));
        assert_true(open_both(&b, ct, opened));
        assert_memory_equal(opened, sealed, sizeof sealed);
    }
}

WZP_TEST(kem_gives_another_secret_for_a_changed_ciphertext_as_libsodium_does)
{
    const wzp_rng rng = wzp_rng_system();
    both b;
    make(&b);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t ct[WZP_KEM_CT_LEN], sealed[WZP_KEY_LEN], opened[WZP_KEY_LEN];
        ASSERT_OK(wzp_kem_seal(&rng, b.pk, ct, sealed));
        const size_t at = (i & 1) != 0
                              ? CT_X25519 + randombytes_uniform(WZP_KEY_LEN - 1)
                              : randombytes_uniform(CT_X25519);
        ct[at] ^= (uint8_t)(1u << randombytes_uniform(8));
        assert_true(open_both(&b, ct, opened));
        assert_memory_not_equal(opened, sealed, sizeof sealed);
    }
}

WZP_TEST(kem_opens_bytes_that_nobody_sealed_as_libsodium_does)
{
    both b;
    uint8_t ct[WZP_KEM_CT_LEN], opened[WZP_KEY_LEN];
    make(&b);
    for (int i = 0; i < ROUNDS; i++) {
        randombytes_buf(ct, sizeof ct);
        assert_true(open_both(&b, ct, opened));
    }
}

/* Points of order 1, 2, 4 and 8; those whose little-endian number is above the
 * prime are the same points. */
static const char *const LOW_ORDER[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static size_t low_rows(void)
{
    return sizeof LOW_ORDER / sizeof LOW_ORDER[0];
}

static void low_point(size_t i, uint8_t out[WZP_KEY_LEN])
{
    assert_int_equal(sodium_hex2bin(out, WZP_KEY_LEN, LOW_ORDER[i],
                                    strlen(LOW_ORDER[i]), NULL, NULL, NULL),
                     0);
}

static void low_ct_row(size_t i)
{
    const wzp_rng rng = wzp_rng_system();
    both b;
    uint8_t ct[WZP_KEM_CT_LEN], sealed[WZP_KEY_LEN], opened[WZP_KEY_LEN];
    make(&b);
    ASSERT_OK(wzp_kem_seal(&rng, b.pk, ct, sealed));
    low_point(i, ct + CT_X25519);
    assert_false(open_both(&b, ct, opened));
}
WZP_ROWS(kem_refuses_a_ciphertext_of_low_order_as_libsodium_does, low_rows,
         low_ct_row);

static void low_pk_row(size_t i)
{
    const wzp_rng rng = wzp_rng_system();
    both b;
    uint8_t ct[WZP_KEM_CT_LEN], sealed[WZP_KEY_LEN];
    make(&b);
    low_point(i, b.pk + WZP_KEM_PK_LEN - WZP_KEY_LEN);
    ASSERT_ERR(wzp_kem_seal(&rng, b.pk, ct, sealed), WZP_ERR_WEAK_KEY);
}
WZP_ROWS(kem_seals_nothing_to_a_key_of_low_order, low_rows, low_pk_row);

/* FIPS 203, 7.2: numbers of an encapsulation key are below 3329. */
WZP_TEST(kem_seals_nothing_to_an_ml_kem_key_that_is_not_one)
{
    const wzp_rng rng = wzp_rng_system();
    both b;
    uint8_t ct[WZP_KEM_CT_LEN], sealed[WZP_KEY_LEN];
    make(&b);
    b.pk[0] = b.pk[1] = 0xFF;
    ASSERT_ERR(wzp_kem_seal(&rng, b.pk, ct, sealed), WZP_ERR_WEAK_KEY);
}
