/* SPDX-License-Identifier: MIT
 *
 * HKDF-SHA256, HKDF-SHA512 and X25519 against Wycheproof.
 */
#include "hkdf.h"

#include "vec_impl.h"
#include "wycheproof.h"

static wycheproof s256 = {.file = "wycheproof-hkdf_sha256.json"};
static wycheproof s512 = {.file = "wycheproof-hkdf_sha512.json"};
static wycheproof sx = {.file = "wycheproof-x25519.json"};

static void hkdf(const cJSON *t, bool is_512)
{
    static uint8_t okm[256 * 64];
    uint8_t ikm[256];
    uint8_t salt[256];
    uint8_t info[256];
    uint8_t prk[WZP__HKDF512_PRK_LEN];
    const size_t ikm_len = vec_hex(t, "ikm", ikm, sizeof ikm);
    const size_t salt_len = vec_hex(t, "salt", salt, sizeof salt);
    const size_t info_len = vec_hex(t, "info", info, sizeof info);
    const size_t size = (size_t)vec_u64(t, "size");
    wzp_err e;
    assert_true(size <= sizeof okm);
    if (is_512) {
        wzp__hkdf512_extract(salt, salt_len, ikm, ikm_len, prk);
        e = wzp__hkdf512_expand(prk, info, info_len, okm, size);
    } else {
        wzp__hkdf_extract(salt, salt_len, ikm, ikm_len, prk);
        e = wzp__hkdf_expand(prk, info, info_len, okm, size);
    }
    if (strcmp(wzp_test_str(t, "result"), "valid") != 0) {
        ASSERT_ERR(e, WZP_ERR_LENGTH);
        return;
    }
    ASSERT_OK(e);
    ASSERT_BYTES(okm, size, t, "okm");
}

static size_t rows_256(void)
{
    return wycheproof_rows(&s256);
}

static void row_256(size_t i)
{
    hkdf(wycheproof_at(&s256, i).test, false);
}
WZP_ROWS(hkdf_sha256_wycheproof, rows_256, row_256);

static size_t rows_512(void)
{
    return wycheproof_rows(&s512);
}

static void row_512(size_t i)
{
    hkdf(wycheproof_at(&s512, i).test, true);
}
WZP_ROWS(hkdf_sha512_wycheproof, rows_512, row_512);

static size_t rows_x(void)
{
    return wycheproof_rows(&sx);
}

/* "acceptable" rows are taken too, except where the result is zero. */
static void row_x(size_t i)
{
    const cJSON *t = wycheproof_at(&sx, i).test;
    uint8_t secret[WZP_KEY_LEN];
    uint8_t peer[WZP_KEY_LEN];
    uint8_t want[WZP_KEY_LEN];
    uint8_t out[WZP_KEY_LEN];
    const uint8_t zero[WZP_KEY_LEN] = {0};
    vec_bytes(t, "private", secret, sizeof secret);
    vec_bytes(t, "public", peer, sizeof peer);
    vec_bytes(t, "shared", want, sizeof want);
    const wzp_err e = wzp__x25519(secret, peer, out);
    if (memcmp(want, zero, sizeof want) == 0) {
        ASSERT_ERR(e, WZP_ERR_WEAK_KEY);
        return;
    }
    ASSERT_OK(e);
    assert_memory_equal(out, want, sizeof out);
}
WZP_ROWS(hkdf_x25519_wycheproof, rows_x, row_x);
