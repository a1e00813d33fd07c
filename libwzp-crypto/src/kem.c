/* SPDX-License-Identifier: MIT */
/* X-Wing: see kem.h. Encapsulation is libsodium's. Its opening makes the
 * ML-KEM and X25519 keys from the seed again each time, a third of its cost,
 * so here the keys are kept and its parts put together (ADR 15). Only
 * deterministic calls, so that a run from one seed repeats bit for bit.
 */
#include <wzp/crypto/kem.h>

#include <sodium.h>

#include <string.h>

enum {
    ENC_SEED_LEN = 64,
    MLKEM_CT_LEN = crypto_kem_mlkem768_CIPHERTEXTBYTES,
    MLKEM_PK_LEN = crypto_kem_mlkem768_PUBLICKEYBYTES,
    MLKEM_SEED_LEN = crypto_kem_mlkem768_SEEDBYTES,
};
_Static_assert(WZP_KEM_SEED_LEN == crypto_kem_xwing_SEEDBYTES, "X-Wing");
_Static_assert(WZP_KEM_PK_LEN == MLKEM_PK_LEN + WZP_KEY_LEN, "X-Wing");
_Static_assert(WZP_KEM_CT_LEN == MLKEM_CT_LEN + WZP_KEY_LEN, "X-Wing");
_Static_assert(WZP_KEM_MLKEM_SECRET_LEN == crypto_kem_mlkem768_SECRETKEYBYTES,
               "ML-KEM-768");

/* The draft's XWingLabel, a drawing of an X-wing. */
static const uint8_t LABEL[] = {'\\', '.', '/', '/', '^', '\\'};

/* The draft's expandDecapsulationKey. */
void wzp_kem_keypair(const wzp_rng *rng, uint8_t public_key[WZP_KEM_PK_LEN],
                     wzp_kem_secret *secret)
{
    uint8_t seed[WZP_KEM_SEED_LEN];
    uint8_t expanded[MLKEM_SEED_LEN + WZP_KEY_LEN];
    wzp_rng_fill(rng, seed, sizeof seed);
    crypto_xof_shake256(expanded, sizeof expanded, seed, sizeof seed);
    crypto_kem_mlkem768_seed_keypair(public_key, secret->mlkem, expanded);
    memcpy(secret->x25519, expanded + MLKEM_SEED_LEN, WZP_KEY_LEN);
    crypto_scalarmult_curve25519_base(secret->x25519_public, secret->x25519);
    memcpy(public_key + MLKEM_PK_LEN, secret->x25519_public, WZP_KEY_LEN);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(expanded, sizeof expanded);
}

wzp_err wzp_kem_seal(const wzp_rng *rng,
                     const uint8_t public_key[WZP_KEM_PK_LEN],
                     uint8_t ct[WZP_KEM_CT_LEN], uint8_t shared[WZP_KEY_LEN])
{
    uint8_t seed[ENC_SEED_LEN];
    wzp_rng_fill(rng, seed, sizeof seed);
    const int bad =
        crypto_kem_xwing_enc_deterministic(ct, shared, public_key, seed);
    sodium_memzero(seed, sizeof seed);
    return bad == 0 ? WZP_OK : WZP_ERR_WEAK_KEY;
}

/* The draft's Combiner. */
static void combine(const uint8_t of_mlkem[WZP_KEY_LEN],
                    const uint8_t of_x25519[WZP_KEY_LEN],
                    const uint8_t ct_x25519[WZP_KEY_LEN],
                    const uint8_t pk_x25519[WZP_KEY_LEN],
                    uint8_t shared[WZP_KEY_LEN])
{
    crypto_hash_sha3256_state st;
    crypto_hash_sha3256_init(&st);
    crypto_hash_sha3256_update(&st, of_mlkem, WZP_KEY_LEN);
    crypto_hash_sha3256_update(&st, of_x25519, WZP_KEY_LEN);
    crypto_hash_sha3256_update(&st, ct_x25519, WZP_KEY_LEN);
    crypto_hash_sha3256_update(&st, pk_x25519, WZP_KEY_LEN);
    crypto_hash_sha3256_update(&st, LABEL, sizeof LABEL);
    crypto_hash_sha3256_final(&st, shared);
    sodium_memzero(&st, sizeof st);
}

wzp_err wzp_kem_open(const wzp_kem_secret *secret,
                     const uint8_t ct[WZP_KEM_CT_LEN],
                     uint8_t shared[WZP_KEY_LEN])
{
    const uint8_t *ct_x25519 = ct + MLKEM_CT_LEN;
    uint8_t of_mlkem[WZP_KEY_LEN], of_x25519[WZP_KEY_LEN];
    const bool is_bad =
        crypto_kem_mlkem768_dec(of_mlkem, ct, secret->mlkem) != 0 ||
        crypto_scalarmult_curve25519(of_x25519, secret->x25519, ct_x25519) != 0;
    if (!is_bad) {
        combine(of_mlkem, of_x25519, ct_x25519, secret->x25519_public, shared);
    }
    sodium_memzero(of_mlkem, sizeof of_mlkem);
    sodium_memzero(of_x25519, sizeof of_x25519);
    return is_bad ? WZP_ERR_WEAK_KEY : WZP_OK;
}
