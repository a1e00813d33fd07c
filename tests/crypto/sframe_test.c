/* SPDX-License-Identifier: MIT
 *
 * SFrame headers and padding.
 */
#include "vec_impl.h"

#include <wzp/crypto/sframe.h>

#include <stdlib.h>

static void header(const cJSON *row, const char *hex_key, uint64_t kid,
                   uint64_t ctr)
{
    uint8_t out[WZP_SFRAME_HDR_MAX];
    uint64_t k;
    uint64_t c;
    size_t used;
    const size_t len = wzp_sframe_hdr_encode(kid, ctr, out);
    ASSERT_BYTES(out, len, row, hex_key);
    ASSERT_OK(wzp_sframe_hdr_decode(out, len, &k, &c, &used));
    assert_true(k == kid && c == ctr && used == len);
    for (size_t n = 0; n < len; n++) {
        ASSERT_ERR(wzp_sframe_hdr_decode(out, n, &k, &c, &used),
                   WZP_ERR_HEADER);
    }
}

static size_t header_rows(void)
{
    return vec_count(vec(SM, "sframe_headers"));
}

static void header_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "sframe_headers"), i);
    header(row, "header", vec_u64(row, "kid"), vec_u64(row, "ctr"));
}
WZP_ROWS(sframe_header_follows_the_vector, header_rows, header_row);

static const cJSON *rfc(void)
{
    static cJSON *tree;
    if (tree == NULL) {
        tree = wzp_test_read_external("sframe-vectors.json");
    }
    return tree;
}

static size_t rfc_rows(void)
{
    return rfc() == NULL ? 0 : vec_count(wzp_test_item(rfc(), "header"));
}

/* JSON numbers of 64 bits do not survive a double: kid and ctr are read back
 * from the encoded header, and must agree with the number as far as it goes. */
static void rfc_row(size_t i)
{
    const cJSON *row = vec_row(wzp_test_item(rfc(), "header"), i);
    uint8_t enc[WZP_SFRAME_HDR_MAX];
    uint64_t kid;
    uint64_t ctr;
    size_t used;
    const size_t len = vec_hex(row, "encoded", enc, sizeof enc);
    ASSERT_OK(wzp_sframe_hdr_decode(enc, len, &kid, &ctr, &used));
    assert_int_equal(used, len);
    assert_true((double)kid == wzp_test_num(row, "kid"));
    assert_true((double)ctr == wzp_test_num(row, "ctr"));
    header(row, "encoded", kid, ctr);
}
WZP_ROWS(sframe_header_rfc9605, rfc_rows, rfc_row);

WZP_TEST(sframe_header_longer_forms_are_refused)
{
    static const struct {
        uint8_t bytes[10];
        size_t len;
    } rows[] = {
        {{0x80, 0x07}, 2},       /* KID 7 in a byte */
        {{0x08, 0x07}, 2},       /* CTR 7 in a byte */
        {{0x90, 0x00, 0x08}, 3}, /* KID 8 in two bytes */
        {{0x09, 0x00, 0xFF}, 3}, /* CTR 255 in two bytes */
        {{0xF0, 0, 1, 2, 3, 4, 5, 6, 7}, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t k;
        uint64_t c;
        size_t used;
        ASSERT_ERR(
            wzp_sframe_hdr_decode(rows[i].bytes, rows[i].len, &k, &c, &used),
            WZP_ERR_HEADER);
    }
}

static size_t pad_rows(void)
{
    return vec_count(vec(SM, "padding"));
}

static void pad_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "padding"), i);
    uint8_t plain[2048];
    uint8_t want[2048];
    const size_t len = vec_hex(row, "plain", plain, sizeof plain);
    const size_t want_len = vec_hex(row, "padded", want, sizeof want);
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(row, "to");
    const size_t padded =
        wzp_sframe_padded_len(len, to != NULL ? (size_t)to->valuedouble : 0);
    size_t back = padded;
    assert_int_equal(padded, want_len);
    wzp_sframe_pad(plain, len, padded);
    assert_memory_equal(plain, want, want_len);
    ASSERT_OK(wzp_sframe_unpad(plain, &back));
    assert_int_equal(back, len);
}
WZP_ROWS(sframe_padding_follows_the_vector, pad_rows, pad_row);

WZP_TEST(sframe_padding_goes_to_the_next_multiple_of_eight)
{
    static const struct {
        size_t len;
        size_t pad_to;
        size_t want;
    } rows[] = {
        {0, 0, 8},     {7, 0, 8},     {8, 0, 16},    {9, 0, 16},
        {40, 96, 96},  {96, 96, 104}, {40, 300, 48}, {45, 300, 300},
        {44, 300, 48}, {9, 10, 10},   {10, 10, 16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(wzp_sframe_padded_len(rows[i].len, rows[i].pad_to),
                         rows[i].want);
    }
}

WZP_TEST(sframe_bad_padding_is_refused)
{
    uint8_t p[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    size_t n = 0;
    ASSERT_ERR(wzp_sframe_unpad(p, &n), WZP_ERR_PADDING);
    n = 8;
    ASSERT_ERR(wzp_sframe_unpad(p, &n), WZP_ERR_PADDING);
    p[7] = 9;
    ASSERT_ERR(wzp_sframe_unpad(p, &n), WZP_ERR_PADDING);
    p[7] = 8;
    ASSERT_OK(wzp_sframe_unpad(p, &n));
    assert_int_equal(n, 0);
    n = 8;
    p[2] = 1;
    ASSERT_ERR(wzp_sframe_unpad(p, &n), WZP_ERR_PADDING);
}

WZP_TEST(sframe_kid_takes_the_low_bytes)
{
    assert_int_equal(wzp_sframe_kid(0xE729, 258, 3), 0xE7290203);
    assert_int_equal(wzp_sframe_kid(0, 256, 0), 0);
}
