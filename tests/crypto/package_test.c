/* SPDX-License-Identifier: MIT
 *
 * Key packages.
 */
#include "vec_impl.h"

#include <wzp/crypto/pair.h>
#include <wzp/crypto/room.h>

static size_t package_rows(void)
{
    return vec_count(vec(SM, "packages"));
}

static void fill(const cJSON *row, wzp_kp *kp)
{
    vec_rng seed = {.len = 32};
    wzp_kem_secret secret;
    vec_bytes(row, "xwing_seed", seed.bytes, 32);
    const wzp_rng rng = vec_rng_table(&seed);
    wzp_kem_keypair(&rng, kp->kem, &secret);
    ASSERT_BYTES(kp->kem, WZP_KEM_PK_LEN, row, "kem");
    vec_bytes(row, "tls", kp->tls, sizeof kp->tls);
    kp->exp = vec_u64(row, "exp");
    kp->suites = (uint8_t)vec_u64(row, "suites");
    kp->caps = (uint16_t)vec_u64(row, "caps");
    vec_bytes(row, "ctx", kp->ctx, sizeof kp->ctx);
}

static void package_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "packages"), i);
    const wzp_identity id = vec_identity(wzp_test_str(row, "identity"));
    wzp_kp kp;
    wzp_kp back;
    uint8_t out[WZP_KP_LEN];
    uint8_t mid[WZP_MID_LEN];
    uint8_t fp[WZP_FP_LEN];
    fill(row, &kp);
    ASSERT_OK(wzp_kp_encode(&id, &kp, out));
    ASSERT_BYTES(out, sizeof out, row, "kp");
    ASSERT_BYTES(kp.kph, sizeof kp.kph, row, "kph");
    wzp_kp_mid(kp.kph, mid);
    ASSERT_BYTES(mid, sizeof mid, row, "mid");
    assert_int_equal(wzp_mid_sid(mid), vec_u64(row, "sid"));
    vec_fingerprint(wzp_test_str(row, "fingerprint"), fp);
    ASSERT_OK(wzp_kp_decode(out, sizeof out, 1800000000, kp.ctx, fp,
                            kp.suites | 1, &back));
    assert_memory_equal(back.kem, kp.kem, sizeof kp.kem);
    assert_memory_equal(back.kph, kp.kph, sizeof kp.kph);
    assert_int_equal(back.exp, kp.exp);
    assert_int_equal(back.caps, kp.caps);
    assert_int_equal(back.suites, kp.suites);
}
WZP_ROWS(package_follows_the_vector, package_rows, package_row);

static size_t fail_rows(void)
{
    return vec_fail_count("key_package");
}

static void fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("key_package", i);
    uint8_t kp[2000];
    uint8_t ctx[WZP_HASH_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_kp out;
    const size_t len = vec_hex(row, "kp", kp, sizeof kp);
    vec_bytes(row, "ctx", ctx, sizeof ctx);
    vec_fingerprint(wzp_test_str(row, "fingerprint"), fp);
    vec_assert_error(
        row, wzp_kp_decode(kp, len, vec_u64(row, "now"), ctx, fp, 3, &out));
}
WZP_ROWS(package_must_fail, fail_rows, fail_row);

WZP_TEST(package_refuses_every_other_length)
{
    uint8_t kp[WZP_KP_LEN];
    wzp_kp out;
    vec_package("alice_room", kp);
    for (size_t n = 0; n < sizeof kp; n++) {
        ASSERT_ERR(wzp_kp_decode(kp, n, 1800000000, NULL, NULL, 0, &out),
                   WZP_ERR_LENGTH);
    }
}

WZP_TEST(package_expiry_bounds_are_inclusive)
{
    static const struct {
        int64_t ahead; /* of now */
        wzp_err want;
    } rows[] = {
        {-601, WZP_ERR_KP_EXPIRED},
        {-600, WZP_OK},
        {0, WZP_OK},
        {87000, WZP_OK},
        {87001, WZP_ERR_KP_TOO_FAR},
    };
    uint8_t kp[WZP_KP_LEN];
    wzp_kp out;
    const wzp_unix_s exp =
        vec_u64(wzp_test_item(vec(SM, "packages"), "alice_room"), "exp");
    vec_package("alice_room", kp);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const wzp_unix_s now = (wzp_unix_s)((int64_t)exp - rows[i].ahead);
        ASSERT_ERR(wzp_kp_decode(kp, sizeof kp, now, NULL, NULL, 0, &out),
                   rows[i].want);
    }
}
