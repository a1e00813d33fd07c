/* SPDX-License-Identifier: MIT */
/* Strict base64url: vectors, every length, every wrong character. */
#include "vectors.h"

#include <wzp/proto/b64.h>

#include <stdlib.h>

static size_t count_b64(void)
{
    return rows_in(secure_vectors("b64"));
}

static void run_b64(size_t row)
{
    const cJSON *v = row_in(secure_vectors("b64"), row);
    const char *text = wzp_test_str(v, "b64");
    uint8_t data[64];
    size_t len;
    wzp_test_hex_of(v, "hex", data, sizeof data, &len);

    char written[96];
    const size_t n = wzp_b64_encode(data, len, written, sizeof written);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(written, text, n);

    uint8_t read[64];
    size_t read_len;
    assert_int_equal(
        wzp_b64_decode(text, strlen(text), read, sizeof read, &read_len),
        WZP_OK);
    WZP_ASSERT_HEX(read, read_len, wzp_test_str(v, "hex"));
}
WZP_ROWS(base64_of_the_vectors, count_b64, run_b64);

static size_t count_must_fail(void)
{
    return must_fail_rows("b64");
}

static void run_must_fail(size_t row)
{
    const char *text = wzp_test_str(must_fail_row("b64", row), "b64");
    uint8_t out[64];
    size_t len;
    assert_int_equal(wzp_b64_decode(text, strlen(text), out, sizeof out, &len),
                     WZP_ERR_B64);
}
WZP_ROWS(base64_that_must_fail, count_must_fail, run_must_fail);

WZP_TEST(base64_of_every_length_round_trips)
{
    for (size_t len = 0; len < 70; len++) {
        uint8_t data[70];
        for (size_t i = 0; i < len; i++) {
            data[i] = (uint8_t)(i * 37 + len);
        }
        const size_t n = wzp_b64_encoded_len(len);
        char *text = malloc(n + 1);
        assert_int_equal(wzp_b64_encode(data, len, text, n), n);
        assert_true(wzp_b64_decoded_len(n) == len);
        size_t back;
        /* In place, as the header allows. */
        assert_int_equal(wzp_b64_decode(text, n, (uint8_t *)text, n, &back),
                         WZP_OK);
        assert_int_equal(back, len);
        assert_memory_equal(text, data, len);
        free(text);
    }
}

WZP_TEST(base64_knows_64_characters)
{
    unsigned known = 0;
    for (int c = 0; c < 256; c++) {
        const char text[4] = {(char)c, 'A', 'A', 'A'};
        uint8_t out[3];
        size_t len;
        known += wzp_b64_decode(text, 4, out, sizeof out, &len) == WZP_OK;
    }
    assert_int_equal(known, 64);
}

WZP_TEST(base64_longer_than_its_buffer_is_refused)
{
    uint8_t out[2];
    size_t len;
    assert_int_equal(wzp_b64_decode("AAAA", 4, out, sizeof out, &len),
                     WZP_ERR_LENGTH);
}
