/* SPDX-License-Identifier: MIT */
/* What it costs two members to become a pair: encapsulate and sign on one side,
 * verify and open on the other, keys derived on both; against the bare X-Wing
 * operations in it, one encapsulation and one opening. Whole group machines
 * with their messages are the second row.
 */
#include "bench/support/results.h"

#include <wzp/crypto/pair.h>
#include <wzp/crypto/room.h>

#include <sodium.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 9, LOOPS = 400 };

typedef struct side {
    wzp_seed_identity *seed;
    wzp_identity identity;
    uint8_t kem[WZP_KEM_PK_LEN];
    uint8_t secret[WZP_KEM_SK_LEN];
} side;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool open_side(side *s, uint8_t name, const wzp_rng *rng)
{
    const uint8_t seed[WZP_SEED_LEN] = {1, name};
    if (wzp_seed_identity_new(&s->seed, seed) != WZP_OK) {
        return false;
    }
    s->identity = wzp_seed_identity_table(s->seed);
    wzp_kem_keypair(rng, s->kem, s->secret);
    return true;
}

static double bare_rate(const wzp_rng *rng, const side *b)
{
    uint8_t ct[WZP_KEM_CT_LEN], one[WZP_KEY_LEN], other[WZP_KEY_LEN];
    const double from = seconds();
    for (int i = 0; i < LOOPS; i++) {
        if (wzp_kem_seal(rng, b->kem, ct, one) != WZP_OK ||
            wzp_kem_open(b->secret, ct, other) != WZP_OK ||
            memcmp(one, other, sizeof one) != 0) {
            return NAN;
        }
    }
    return LOOPS / (seconds() - from);
}

static double pair_rate(const wzp_rng *rng, const side *a, const side *b)
{
    const wzp_pair_names names = {.room_id = {1}, .kph_from = {2}, {3}};
    uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN];
    wzp_pair_text text;
    wzp_pair_keys one, other;
    const double from = seconds();
    for (int i = 0; i < LOOPS; i++) {
        if (wzp_pair_seal(&a->identity, rng, &names, b->kem, NULL, ct, sig,
                          &one) != WZP_OK ||
            wzp_pair_verify(a->identity.public_key, &names,
                            (wzp_bytes){ct, sizeof ct},
                            (wzp_bytes){sig, sizeof sig}, &text) != WZP_OK ||
            wzp_pair_open(&text, ct, b->secret, NULL, &other) != WZP_OK ||
            memcmp(&one, &other, sizeof one) != 0) {
            return NAN;
        }
    }
    return LOOPS / (seconds() - from);
}

int main(void)
{
    const wzp_rng rng = wzp_rng_system();
    double bare[ROUNDS], pair[ROUNDS];
    side a, b;
    if (wzp_crypto_global_init() != WZP_OK || !open_side(&a, 1, &rng) ||
        !open_side(&b, 2, &rng)) {
        fputs("pair: no identities\n", stderr);
        return 1;
    }
    for (int r = 0; r < ROUNDS; r++) { /* interleaved */
        bare[r] = 1e6 / bare_rate(&rng, &b);
        pair[r] = 1e6 / pair_rate(&rng, &a, &b);
    }
    const wzp_runs of_bare = wzp_runs_of(bare, ROUNDS);
    const wzp_runs of_pair = wzp_runs_of(pair, ROUNDS);
    const wzp_result row = {
        .id = "pair",
        .what = "a pair of members, both sides",
        .value = of_pair.median,
        .unit = "us",
        .baseline = of_bare.median,
        .goal_is = WZP_GOAL_AT_MOST,
        .goal = 1.3,
        .runs = ROUNDS,
        .spread = of_pair.spread,
        .conditions = "one core, processor time, against one X-Wing "
                      "encapsulation and opening, interleaved",
    };
    printf("pair %.1f us, bare %.1f us: %.2f\n", row.value, row.baseline,
           wzp_result_ratio(&row));
    char error[WZP_RESULTS_ERROR_LEN] = "";
    const bool kept =
        wzp_results_put("build/bench/results.json", &row, 1, error);
    if (!kept) {
        fprintf(stderr, "pair: %s\n", error);
    }
    wzp_seed_identity_free(a.seed);
    wzp_seed_identity_free(b.seed);
    wzp_crypto_global_deinit();
    return kept ? 0 : 1;
}
