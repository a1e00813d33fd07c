/* SPDX-License-Identifier: MIT */
/* Seal and open of 100 bytes, as the product does it: two members of a room,
 * wzp_group_seal and wzp_group_open with headers, padding and replay window,
 * against libsodium's ChaCha20-Poly1305 alone over the same 100 bytes.
 */
#include "bench/cmd/two_groups.h"
#include "bench/support/results.h"

#include <sodium.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    PLAIN_LEN = 100,
    ROUNDS = 9,
    LOOPS = 40000,
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- libsodium alone --- */

static double baseline_rate(void)
{
    uint8_t key[32] = {1};
    uint8_t nonce[12] = {0};
    uint8_t plain[PLAIN_LEN] = {2};
    uint8_t sealed[PLAIN_LEN + 16];
    const double from = seconds();
    for (unsigned i = 0; i < LOOPS; i++) {
        memcpy(nonce, &i, sizeof i);
        crypto_aead_chacha20poly1305_ietf_encrypt(
            sealed, NULL, plain, sizeof plain, NULL, 0, NULL, nonce, key);
        if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed,
                                                      sizeof sealed, NULL, 0,
                                                      nonce, key) != 0) {
            return 0;
        }
    }
    return LOOPS / (seconds() - from);
}

/* --- two members --- */

static double group_rate(wzp_group *tx, wzp_group *rx, wzp_tstamp now)
{
    uint8_t plain[WZP_MEDIA_MAX] = {2};
    uint8_t out[WZP_MEDIA_MAX];
    wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    const double from = seconds();
    for (unsigned i = 0; i < LOOPS; i++) {
        size_t len;
        wzp_opened o;
        hdr.seq = (uint16_t)i;
        hdr.timestamp = i * 20;
        if (wzp_group_seal(tx, now, &hdr, WZP_FORM_FRAME, plain, PLAIN_LEN, out,
                           sizeof out, &len) != WZP_OK ||
            wzp_group_open(rx, now, out, len, plain, sizeof plain, &o) !=
                WZP_OK) {
            return 0;
        }
    }
    return LOOPS / (seconds() - from);
}

/* --- one key, either suite --- */

static double key_rate(uint16_t suite)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t base[WZP_KEY_LEN] = {3};
    uint8_t plain[WZP_MEDIA_MAX] = {2};
    uint8_t out[WZP_MEDIA_MAX];
    wzp_sframe_key *tx = NULL;
    wzp_sframe_key *rx = NULL;
    double rate = 0;
    if (wzp_sframe_key_new(&tx, &mem, suite, base, 0x12340000) != WZP_OK ||
        wzp_sframe_key_new(&rx, &mem, suite, base, 0x12340000) != WZP_OK) {
        goto done;
    }
    const double from = seconds();
    for (unsigned i = 0; i < LOOPS; i++) {
        const wzp_media_hdr hdr = {.seq = (uint16_t)i};
        const wzp_seal_input in = {.hdr = &hdr, .plain = {plain, PLAIN_LEN}};
        wzp_sealed_view view;
        size_t len;
        if (wzp_sframe_seal(tx, &in, out, sizeof out, &len) != WZP_OK ||
            wzp_sealed_view_decode(out, len, &view) != WZP_OK ||
            wzp_sframe_open(rx, &view, plain, sizeof plain, &len) != WZP_OK) {
            goto done;
        }
    }
    rate = LOOPS / (seconds() - from);
done:
    wzp_sframe_key_free(tx, &mem);
    wzp_sframe_key_free(rx, &mem);
    return rate;
}

int main(void)
{
    double v[4][ROUNDS];
    wzp_group *g[2];
    wzp_tstamp now = 1;
    const bool has_aes = wzp_crypto_global_init() == WZP_OK &&
                         crypto_aead_aes256gcm_is_available() != 0;
    if (two_groups_new(g, &now) != WZP_OK) {
        fputs("seal_open: no group\n", stderr);
        return 1;
    }
    for (int r = 0; r < ROUNDS; r++) { /* interleaved */
        v[0][r] = baseline_rate();
        v[1][r] = group_rate(g[0], g[1], now);
        v[2][r] = key_rate(WZP_SUITE_CHACHA);
        v[3][r] = has_aes ? key_rate(WZP_SUITE_AES) : 0;
    }
    const wzp_runs base = wzp_runs_of(v[0], ROUNDS);
    const wzp_runs all = wzp_runs_of(v[1], ROUNDS);
    const wzp_runs chacha = wzp_runs_of(v[2], ROUNDS);
    const wzp_runs aes = wzp_runs_of(v[3], ROUNDS);
    const char *how = "one core, processor time, against libsodium's "
                      "ChaCha20-Poly1305 alone, interleaved";
    const wzp_result rows[] = {
        {.id = "seal_open",
         .what = "seal and open of 100 bytes, default suite, group machine",
         .value = all.median,
         .unit = "1/s",
         .baseline = base.median,
         .goal_is = WZP_GOAL_AT_LEAST,
         .goal = 4,
         .runs = ROUNDS,
         .spread = all.spread,
         .conditions = how},
        {.id = "seal_open",
         .what = "same, one key, 0xF001 (ChaCha20)",
         .value = chacha.median,
         .unit = "1/s",
         .baseline = base.median,
         .runs = ROUNDS,
         .spread = chacha.spread,
         .conditions = how},
        {.id = "seal_open",
         .what = "same, one key, 0x0005 (AES-256-GCM)",
         .value = aes.median,
         .unit = "1/s",
         .baseline = base.median,
         .runs = ROUNDS,
         .spread = aes.spread,
         .conditions = how},
    };
    for (size_t i = 0; i < 3; i++) {
        printf("%-10s %-58s %8.0f ns  %.2f×\n", rows[i].id, rows[i].what,
               1e9 / rows[i].value, wzp_result_ratio(&rows[i]));
    }
    char error[WZP_RESULTS_ERROR_LEN] = "";
    const bool kept =
        wzp_results_put("build/bench/results.json", rows, 3, error);
    if (!kept) {
        fprintf(stderr, "seal_open: %s\n", error);
    }
    return kept ? 0 : 1;
}
