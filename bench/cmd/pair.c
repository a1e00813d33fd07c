/* SPDX-License-Identifier: MIT */
/* What it costs two members to become a pair: encapsulate and sign on one side,
 * verify and open on the other, keys derived on both; against the bare X-Wing
 * operations in it, libsodium's encapsulation and opening. A member keeps its
 * secret expanded for all that it opens (ADR 15), libsodium expands it each
 * time: the second row has that half alone.
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
    wzp_kem_secret secret;
    uint8_t bare_kem[WZP_KEM_PK_LEN]; /* libsodium's, for the baseline */
    uint8_t bare_secret[crypto_kem_xwing_SECRETKEYBYTES];
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
    wzp_kem_keypair(rng, s->kem, &s->secret);
    return crypto_kem_xwing_keypair(s->bare_kem, s->bare_secret) == 0;
}

/* Microseconds for one encapsulation and one opening. */
static double bare_cost(const side *b)
{
    uint8_t ct[WZP_KEM_CT_LEN], one[WZP_KEY_LEN], other[WZP_KEY_LEN];
    const double from = seconds();
    for (int i = 0; i < LOOPS; i++) {
        if (crypto_kem_xwing_enc(ct, one, b->bare_kem) != 0 ||
            crypto_kem_xwing_dec(other, ct, b->bare_secret) != 0 ||
            memcmp(one, other, sizeof one) != 0) {
            return NAN;
        }
    }
    return 1e6 * (seconds() - from) / LOOPS;
}

/* Of one opening. */
static double bare_open_cost(const side *b, const uint8_t *ct)
{
    uint8_t shared[WZP_KEY_LEN];
    const double from = seconds();
    for (int i = 0; i < LOOPS; i++) {
        if (crypto_kem_xwing_dec(shared, ct, b->bare_secret) != 0) {
            return NAN;
        }
    }
    return 1e6 * (seconds() - from) / LOOPS;
}

static double open_cost(const side *b, const uint8_t *ct)
{
    uint8_t shared[WZP_KEY_LEN];
    const double from = seconds();
    for (int i = 0; i < LOOPS; i++) {
        if (wzp_kem_open(&b->secret, ct, shared) != WZP_OK) {
            return NAN;
        }
    }
    return 1e6 * (seconds() - from) / LOOPS;
}

/* Of a pair, both sides. */
static double pair_cost(const wzp_rng *rng, const side *a, const side *b)
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
            wzp_pair_open(&text, ct, &b->secret, NULL, &other) != WZP_OK ||
            memcmp(&one, &other, sizeof one) != 0) {
            return NAN;
        }
    }
    return 1e6 * (seconds() - from) / LOOPS;
}

static wzp_result row_of(const char *what, const double *v,
                         const double *baseline)
{
    const wzp_runs runs = wzp_runs_of(v, ROUNDS);
    return (wzp_result){
        .id = "pair",
        .what = what,
        .value = runs.median,
        .unit = "us",
        .baseline = wzp_runs_of(baseline, ROUNDS).median,
        .goal_is = WZP_GOAL_AT_MOST,
        .runs = ROUNDS,
        .spread = runs.spread,
    };
}

static bool measure(const wzp_rng *rng, const side *a, const side *b)
{
    double bare[ROUNDS], pair[ROUNDS], bare_open[ROUNDS], open[ROUNDS];
    uint8_t ct[WZP_KEM_CT_LEN];
    randombytes_buf(ct, sizeof ct);    /* opens as well, to another secret */
    for (int r = 0; r < ROUNDS; r++) { /* interleaved */
        bare[r] = bare_cost(b);
        pair[r] = pair_cost(rng, a, b);
        bare_open[r] = bare_open_cost(b, ct);
        open[r] = open_cost(b, ct);
    }
    wzp_result rows[] = {
        row_of("a pair of members, both sides", pair, bare),
        row_of("opening alone, the secret kept expanded", open, bare_open),
    };
    rows[0].goal = 1.3;
    rows[0].conditions = "one core, processor time, against libsodium's X-Wing "
                         "encapsulation and opening, interleaved";
    rows[1].goal = 1;
    rows[1].conditions = "against libsodium's X-Wing opening, interleaved";
    for (size_t i = 0; i < 2; i++) {
        printf("pair  %s %.1f us, bare %.1f us: %.2f\n", rows[i].what,
               rows[i].value, rows[i].baseline, wzp_result_ratio(&rows[i]));
    }
    char error[WZP_RESULTS_ERROR_LEN] = "";
    const bool kept =
        wzp_results_put("build/bench/results.json", rows, 2, error);
    if (!kept) {
        fprintf(stderr, "pair: %s\n", error);
    }
    return kept;
}

int main(void)
{
    const wzp_rng rng = wzp_rng_system();
    side a, b;
    if (wzp_crypto_global_init() != WZP_OK || !open_side(&a, 1, &rng) ||
        !open_side(&b, 2, &rng)) {
        fputs("pair: no identities\n", stderr);
        return 1;
    }
    const bool kept = measure(&rng, &a, &b);
    wzp_seed_identity_free(a.seed);
    wzp_seed_identity_free(b.seed);
    wzp_crypto_global_deinit();
    return kept ? 0 : 1;
}
