/* SPDX-License-Identifier: MIT
 *
 * The ciphers of the packet against Wycheproof, and XChaCha20-Poly1305 of the
 * same libsodium (nothing of ours calls it; the rows show that the library we
 * pin is sound).
 */
#include "aead.h"

#include "vec_impl.h"
#include "wycheproof.h"

enum { MAX = 1024 };

static wycheproof aes = {"wycheproof-aes_gcm.json", 96, NULL};
static wycheproof chacha = {"wycheproof-chacha20_poly1305.json", 96, NULL};
static wycheproof xchacha = {"wycheproof-xchacha20_poly1305.json", 192, NULL};

typedef struct row {
    uint8_t key[32];
    uint8_t iv[24];
    uint8_t ad[MAX];
    uint8_t msg[MAX];
    uint8_t ct[MAX + 16]; /* with tag */
    size_t ad_len;
    size_t len;
    bool valid;
} row;

static void read_row(wycheproof *s, size_t i, row *r)
{
    const cJSON *t = wycheproof_at(s, i).test;
    vec_bytes(t, "key", r->key, sizeof r->key);
    vec_bytes(t, "iv", r->iv, s->iv_bits / 8);
    r->ad_len = vec_hex(t, "aad", r->ad, MAX);
    r->len = vec_hex(t, "msg", r->msg, MAX);
    assert_int_equal(vec_hex(t, "ct", r->ct, MAX), r->len);
    vec_bytes(t, "tag", r->ct + r->len, 16);
    r->valid = strcmp(wzp_test_str(t, "result"), "valid") == 0;
}

static void run(wycheproof *s, size_t i, uint16_t suite)
{
    static row r;
    uint8_t out[MAX + 16];
    wzp__aead a;
    read_row(s, i, &r);
    ASSERT_OK(wzp__aead_init(&a, suite, r.key));
    const wzp_bytes ad = {r.ad, r.ad_len};
    const wzp_err e = wzp__aead_open(&a, r.iv, ad, r.ct, r.len + 16, out);
    ASSERT_ERR(e, r.valid ? WZP_OK : WZP_ERR_TAG);
    if (r.valid) {
        assert_memory_equal(out, r.msg, r.len);
        memcpy(out, r.msg, r.len); /* in place, as packets are sealed */
        wzp__aead_seal(&a, r.iv, ad, out, r.len, out);
        assert_memory_equal(out, r.ct, r.len + 16);
    }
    wzp__aead_deinit(&a);
}

static size_t aes_rows(void)
{
    return wycheproof_rows(&aes);
}

static void aes_row(size_t i)
{
    if (!wzp__aead_has_aes()) {
        WZP_SKIP("this processor has no AES instructions");
    }
    run(&aes, i, WZP_SUITE_AES);
}
WZP_ROWS(aead_aes_256_gcm_wycheproof, aes_rows, aes_row);

static size_t chacha_rows(void)
{
    return wycheproof_rows(&chacha);
}

static void chacha_row(size_t i)
{
    run(&chacha, i, WZP_SUITE_CHACHA);
}
WZP_ROWS(aead_chacha20_poly1305_wycheproof, chacha_rows, chacha_row);

static size_t xchacha_rows(void)
{
    return wycheproof_rows(&xchacha);
}

static void xchacha_row(size_t i)
{
    static row r;
    uint8_t out[MAX + 16];
    read_row(&xchacha, i, &r);
    const int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, NULL, NULL, r.ct, r.len + 16, r.ad, r.ad_len, r.iv, r.key);
    assert_int_equal(bad == 0, r.valid);
    if (r.valid) {
        assert_memory_equal(out, r.msg, r.len);
    }
}
WZP_ROWS(aead_xchacha20_poly1305_wycheproof, xchacha_rows, xchacha_row);

WZP_TEST(aead_unknown_suite_is_refused)
{
    const uint8_t key[32] = {0};
    wzp__aead a;
    ASSERT_ERR(wzp__aead_init(&a, 4, key), WZP_ERR_KP_SUITE);
}
