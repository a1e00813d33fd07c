/* SPDX-License-Identifier: MIT */
/* Bundles of form 2: vectors of a model of its own (bundle2.json), must-fail
 * rows, cuts, ranges.
 */
#include "support/harness.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/bundle2.h>

#include <stdlib.h>
#include <string.h>

enum { PLAIN_MAX = 1024, FRAMES_MAX = 48 };

static const cJSON *vectors(const char *name)
{
    static cJSON *root;
    if (root == NULL) {
        root = wzp_test_read_json("bundle2.json");
    }
    return wzp_test_item(root, name);
}

static size_t count_bundles(void)
{
    return (size_t)cJSON_GetArraySize(vectors("bundles"));
}

/* Hex texts of a list into frames, behind the n that are there. */
static size_t read_list(const cJSON *list, uint8_t (*data)[16],
                        const uint8_t **frames, size_t n)
{
    const cJSON *text;
    cJSON_ArrayForEach(text, list)
    {
        size_t len;
        wzp_test_hex(text->valuestring, data[n], 16, &len);
        frames[n] = data[n];
        n++;
    }
    return n;
}

static void run_bundle(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors("bundles"), (int)row);
    uint8_t frame[FRAMES_MAX][16];
    const uint8_t *frames[FRAMES_MAX];
    const size_t n_old = read_list(wzp_test_item(v, "old"), frame, frames, 0);
    const size_t n = read_list(wzp_test_item(v, "new"), frame, frames, n_old);
    const uint16_t seq = (uint16_t)wzp_test_num(v, "seq");
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);

    wzp_bundle2 b;
    assert_int_equal(wzp_bundle2_decode(data, len, seq, &b), WZP_OK);
    assert_int_equal(b.seq, seq);
    assert_int_equal(b.n_old, n_old);
    assert_int_equal(b.n_new, n - n_old);
    assert_int_equal(b.row, wzp_test_num(v, "row"));
    assert_int_equal(b.n_parity, wzp_test_num(v, "parity"));
    for (size_t i = n_old; i < n; i++) {
        assert_memory_equal(b.frames + (i - n_old) * b.frame_len, frames[i],
                            b.frame_len);
    }

    uint8_t out[PLAIN_MAX];
    size_t out_len;
    assert_int_equal(wzp_bundle2_encode(&b, frames, out, sizeof out, &out_len),
                     WZP_OK);
    WZP_ASSERT_HEX(out, out_len, wzp_test_str(v, "plaintext"));
    assert_int_equal(wzp_bundle2_encode(&b, frames, out, out_len - 1, &out_len),
                     WZP_ERR_SPACE);
}
WZP_ROWS(bundle2_of_the_vectors, count_bundles, run_bundle);

WZP_TEST(bundle2_coefficients_are_those_of_the_vectors)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, vectors("coefficients"))
    {
        assert_int_equal(
            wzp_bundle2_coeff((unsigned)cJSON_GetArrayItem(v, 0)->valuedouble,
                              (uint16_t)cJSON_GetArrayItem(v, 1)->valuedouble),
            cJSON_GetArrayItem(v, 2)->valuedouble);
    }
}

static size_t count_must_fail(void)
{
    return (size_t)cJSON_GetArraySize(vectors("must_fail"));
}

static void run_must_fail(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors("must_fail"), (int)row);
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_bundle2 b;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    assert_int_equal(wzp_bundle2_decode(data, len, 100, &b), WZP_ERR_BUNDLE);
}
WZP_ROWS(bundle2_that_must_fail, count_must_fail, run_must_fail);

/* A cut that leaves whole symbols is a bundle with fewer of them. */
static void run_truncated(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors("bundles"), (int)row);
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    const size_t frames_end = 5 + (size_t)data[1] * data[3];
    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, data, n);
        wzp_bundle2 b;
        const bool is_whole = n > frames_end && (n - frames_end) % data[3] == 0;
        assert_int_equal(wzp_bundle2_decode(cut, n, 0, &b),
                         is_whole ? WZP_OK : WZP_ERR_BUNDLE);
        free(cut);
    }
}
WZP_ROWS(bundle2_cut, count_bundles, run_truncated);

/* Peers without `bundle2` refuse every one of them. */
static void run_old_reader(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors("bundles"), (int)row);
    uint8_t data[PLAIN_MAX];
    size_t len;
    wzp_bundle b;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    assert_int_equal(wzp_bundle_decode(data, len, 0, &b), WZP_ERR_BUNDLE);
}
WZP_ROWS(bundle2_is_none_to_a_reader_of_forms_0_and_1, count_bundles,
         run_old_reader);

WZP_TEST(bundle2_of_values_out_of_range_is_not_written)
{
    static const uint8_t frame[16];
    const uint8_t *frames[64];
    for (size_t i = 0; i < 64; i++) {
        frames[i] = frame;
    }
    static const wzp_bundle2 rows[] = {
        {.n_old = 0, .n_new = 1, .frame_len = 6, .n_parity = 1},
        {.n_old = 41, .n_new = 1, .frame_len = 6, .n_parity = 1},
        {.n_old = 4, .n_new = 9, .frame_len = 6, .n_parity = 1},
        {.n_old = 4, .n_new = 1, .frame_len = 0, .n_parity = 1},
        {.n_old = 4, .n_new = 1, .frame_len = 17, .n_parity = 1},
        {.n_old = 4, .n_new = 1, .frame_len = 6, .row = 128, .n_parity = 1},
        {.n_old = 4, .n_new = 1, .frame_len = 6, .n_parity = 0},
        {.n_old = 4, .n_new = 1, .frame_len = 6, .n_parity = 5},
    };
    uint8_t out[PLAIN_MAX];
    size_t len;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(
            wzp_bundle2_encode(&rows[i], frames, out, sizeof out, &len),
            WZP_ERR_ARG);
    }
    wzp_bundle2 good = rows[7]; /* the control */
    good.n_parity = 4;
    assert_int_equal(wzp_bundle2_encode(&good, frames, out, sizeof out, &len),
                     WZP_OK);
}
