/* SPDX-License-Identifier: MIT */
/* Seal and open of 100 bytes, as the product does it: two members of a room,
 * wzp_group_seal and wzp_group_open with headers, padding and replay window,
 * against libsodium's ChaCha20-Poly1305 alone over the same 100 bytes.
 */
#include "bench/support/results.h"

#include <wzp/crypto/group.h>
#include <wzp/crypto/room.h>

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
    NOW_UNIX = 1800000000,
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

static void hand_over(wzp_group *from, wzp_group *to, wzp_tstamp now)
{
    wzp_group_action a;
    while (wzp_group_poll(from, now, &a)) {
        if (a.kind != WZP_GROUP_SEND) {
            continue;
        }
        if (a.u.signal->kind == WZP_SIG_KEY_PACKAGE_REQUEST) {
            const wzp_bytes kp = wzp_group_package_view(to);
            const wzp_signal answer = {.kind = WZP_SIG_KEY_PACKAGES,
                                       .u.key_packages.kps = {&kp, 1}};
            wzp_ignore(wzp_group_recv(from, now, NOW_UNIX, &answer),
                       "seen when sealing fails");
        } else {
            wzp_ignore(wzp_group_recv(to, now, NOW_UNIX, a.u.signal),
                       "seen when sealing fails");
        }
    }
}

static wzp_err list(wzp_group *at, wzp_group *other)
{
    uint8_t mid[WZP_MID_LEN];
    wzp_group_own_mid(other, mid);
    const wzp_participant p = {.fingerprint = WZP_STR(""),
                               .mid = {mid, sizeof mid}};
    return wzp_group_roster(at, 0, (wzp_participant_list){&p, 1});
}

static wzp_err make(wzp_seed_identity *id, const uint8_t room[WZP_HASH_LEN],
                    wzp_group **out)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.identity = wzp_seed_identity_table(id);
    cfg.now_unix = NOW_UNIX;
    memcpy(cfg.room_id, room, WZP_HASH_LEN);
    return wzp_group_new(out, &cfg);
}

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
    uint8_t seed[WZP_SEED_LEN] = {1};
    uint8_t room[WZP_HASH_LEN];
    wzp_seed_identity *id[2] = {NULL, NULL};
    wzp_group *g[2] = {NULL, NULL};
    const bool has_aes = wzp_crypto_global_init() == WZP_OK &&
                         crypto_aead_aes256gcm_is_available() != 0;
    wzp_room_id(WZP_STR("bench"), room);
    for (int i = 0; i < 2; i++) {
        seed[1] = (uint8_t)i;
        if (wzp_seed_identity_new(&id[i], seed) != WZP_OK ||
            make(id[i], room, &g[i]) != WZP_OK) {
            fputs("seal_open: no group\n", stderr);
            return 1;
        }
    }
    wzp_tstamp now = 1;
    if (list(g[0], g[1]) != WZP_OK || list(g[1], g[0]) != WZP_OK) {
        return 1;
    }
    wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    uint8_t out[WZP_MEDIA_MAX];
    size_t len;
    for (int i = 0; i < 100; i++, now += 10 * WZP_MS) {
        for (int k = 0; k < 2; k++) {
            wzp_group_expire(g[k], now);
            hand_over(g[k], g[1 - k], now);
        }
        wzp_ignore(wzp_group_seal(g[0], now, &hdr, WZP_FORM_FRAME, out, 1, out,
                                  0, &len),
                   "makes it a speaker");
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
    for (int i = 0; i < 2; i++) {
        wzp_group_free(g[i]);
        wzp_seed_identity_free(id[i]);
    }
    wzp_crypto_global_deinit();
    return kept ? 0 : 1;
}
