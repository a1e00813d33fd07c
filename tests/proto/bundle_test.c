/* SPDX-License-Identifier: MIT */
/* Bundles: vectors, must-fail rows, cuts, the choice of form. */
#include "vectors.h"

#include <wzp/proto/bundle.h>

#include <stdlib.h>

enum { PLAIN_MAX = 2048 };

static size_t count_bundles(void)
{
    return rows_in(secure_vectors("bundles"));
}

static void run_bundle(size_t row)
{
    const cJSON *v = row_in(secure_vectors("bundles"), row);
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    wzp_bundle b;
    assert_int_equal(
        wzp_bundle_decode(data, len, (uint16_t)wzp_test_num(v, "seq"), &b),
        WZP_OK);
    assert_int_equal(b.n_old, wzp_test_num(v, "old"));
    assert_int_equal(b.n_new, wzp_test_num(v, "new"));
    const cJSON *frames = wzp_test_item(v, "frames");
    assert_int_equal(b.n_old + b.n_new, rows_in(frames));
    for (size_t i = 0; i < rows_in(frames); i++) {
        const cJSON *f = row_in(frames, i);
        assert_int_equal((uint16_t)(b.seq - b.n_old + i),
                         cJSON_GetArrayItem(f, 0)->valuedouble);
        WZP_ASSERT_HEX(b.frames[i].ptr, b.frames[i].len,
                       cJSON_GetArrayItem(f, 1)->valuestring);
    }
    assert_int_equal((uint16_t)(b.seq + b.n_new), wzp_test_num(v, "next_seq"));

    uint8_t out[PLAIN_MAX];
    size_t out_len;
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &out_len), WZP_OK);
    WZP_ASSERT_HEX(out, out_len, wzp_test_str(v, "plaintext"));
    assert_int_equal(wzp_bundle_len(&b), out_len);
    assert_int_equal(wzp_bundle_encode(&b, out, out_len - 1, &out_len),
                     WZP_ERR_SPACE);
}
WZP_ROWS(bundle_of_the_vectors, count_bundles, run_bundle);

static size_t count_must_fail(void)
{
    return must_fail_rows("bundle");
}

static void run_must_fail(size_t row)
{
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_test_hex_of(must_fail_row("bundle", row), "plaintext", data,
                    sizeof data, &len);
    wzp_bundle b;
    assert_int_equal(wzp_bundle_decode(data, len, 0, &b), WZP_ERR_BUNDLE);
}
WZP_ROWS(bundle_that_must_fail, count_must_fail, run_must_fail);

static void run_truncated(size_t row)
{
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_test_hex_of(row_in(secure_vectors("bundles"), row), "plaintext", data,
                    sizeof data, &len);
    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, data, n);
        wzp_bundle b;
        assert_int_equal(wzp_bundle_decode(cut, n, 0, &b), WZP_ERR_BUNDLE);
        free(cut);
    }
    wzp_bundle b;
    data[len] = 0;
    assert_int_equal(wzp_bundle_decode(data, len + 1, 0, &b), WZP_ERR_BUNDLE);
}
WZP_ROWS(bundle_cut_or_lengthened, count_bundles, run_truncated);

WZP_TEST(bundle_of_impossible_counts_or_frames_is_not_written)
{
    static const uint8_t big[WZP_FRAME_MAX + 1];
    uint8_t out[PLAIN_MAX];
    size_t len;
    wzp_bundle b = {0};
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &len), WZP_ERR_ARG);
    b.n_old = 40;
    b.n_new = 9;
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &len), WZP_ERR_ARG);
    b = (wzp_bundle){.n_new = 1, .frames = {{big, sizeof big}}};
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &len), WZP_ERR_ARG);
    b.frames[0].len = WZP_FRAME_MAX;
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &len), WZP_OK);
    assert_int_equal(len, 3 + 3 + WZP_FRAME_MAX);
}

WZP_TEST(bundle_of_empty_frames_round_trips)
{
    uint8_t out[8];
    size_t len;
    const wzp_bundle b = {.n_old = 1, .n_new = 1};
    assert_int_equal(wzp_bundle_encode(&b, out, sizeof out, &len), WZP_OK);
    WZP_ASSERT_HEX(out, len, "01010000");
    wzp_bundle read;
    assert_int_equal(wzp_bundle_decode(out, len, 0, &read), WZP_OK);
    assert_non_null(read.frames[1].ptr);
    assert_int_equal(read.frames[1].len, 0);
}
