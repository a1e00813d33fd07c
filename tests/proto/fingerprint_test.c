/* SPDX-License-Identifier: MIT */
/* Fingerprint texts: spec/wire.md 3.2, 3.7. */
#include "vectors.h"

#include <wzp/proto/fingerprint.h>

static size_t count_identities(void)
{
    return rows_in(legacy_vectors("identity"));
}

static void run_identity(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("identity"), row);
    const char *text = wzp_test_str(v, "fingerprint_text");
    uint8_t fp[WZP_FP_LEN];
    assert_int_equal(wzp_fingerprint_decode(text, strlen(text), fp), WZP_OK);
    WZP_ASSERT_HEX(fp, sizeof fp, wzp_test_str(v, "fingerprint"));
    char again[WZP_FP_TEXT_LEN + 1];
    wzp_fingerprint_encode(fp, again);
    assert_string_equal(again, text);
}
WZP_ROWS(fingerprint_of_the_vectors, count_identities, run_identity);

WZP_TEST(fingerprint_is_read_as_people_type_it)
{
    static const char *const same[] = {
        "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9",
        "0258AB5D7C279B613B75A4E37CE71BF9",
        " 0258 ab5d-7c27/9b61 3b75 a4e3 7ce7 1bf9\n",
        "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9:more:00",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        uint8_t fp[WZP_FP_LEN];
        assert_int_equal(wzp_fingerprint_decode(same[i], strlen(same[i]), fp),
                         WZP_OK);
        WZP_ASSERT_HEX(fp, sizeof fp, "0258ab5d7c279b613b75a4e37ce71bf9");
    }
}

WZP_TEST(fingerprint_cut_at_any_length_is_refused)
{
    const char *text = "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9";
    uint8_t fp[WZP_FP_LEN];
    for (size_t len = 0; len < WZP_FP_TEXT_LEN; len++) {
        assert_int_equal(wzp_fingerprint_decode(text, len, fp),
                         WZP_ERR_MALFORMED);
    }
}

WZP_TEST(tls_fingerprint_has_two_texts)
{
    uint8_t hash[WZP_HASH_LEN];
    for (size_t i = 0; i < sizeof hash; i++) {
        hash[i] = (uint8_t)(0xA0 + i);
    }
    char text[WZP_TLS_FP_TEXT_LEN + 1];
    char plain[WZP_TLS_FP_PLAIN_LEN + 1];
    wzp_tls_fingerprint_encode(hash, text);
    wzp_tls_fingerprint_encode_plain(hash, plain);
    assert_int_equal(strlen(text), WZP_TLS_FP_TEXT_LEN);
    assert_int_equal(strlen(plain), WZP_TLS_FP_PLAIN_LEN);
    assert_memory_equal(text, "a0:a1:a2:", 9);

    uint8_t back[WZP_HASH_LEN];
    assert_int_equal(wzp_tls_fingerprint_decode(text, strlen(text), back),
                     WZP_OK);
    assert_memory_equal(back, hash, sizeof hash);
    text[0] = 'A';
    assert_int_equal(wzp_tls_fingerprint_decode(text, strlen(text), back),
                     WZP_OK);
    assert_memory_equal(back, hash, sizeof hash);
    assert_int_equal(wzp_tls_fingerprint_decode(plain, strlen(plain), back),
                     WZP_OK);
    assert_int_equal(wzp_tls_fingerprint_decode(plain, 63, back),
                     WZP_ERR_MALFORMED);
    plain[3] = ' ';
    assert_int_equal(wzp_tls_fingerprint_decode(plain, strlen(plain), back),
                     WZP_ERR_MALFORMED);
}

WZP_TEST(tls_fingerprint_with_a_digit_more_is_refused)
{
    char text[WZP_TLS_FP_PLAIN_LEN + 1];
    memset(text, '0', sizeof text);
    uint8_t hash[WZP_HASH_LEN];
    assert_int_equal(wzp_tls_fingerprint_decode(text, sizeof text, hash),
                     WZP_ERR_MALFORMED);
}
