/* SPDX-License-Identifier: MIT */
/* Parity: vectors, must-fail rows, every loss pattern of a block. */
#include "vectors.h"

#include <wzp/proto/parity.h>

#include <stdlib.h>

enum { K_MAX = 16, FRAME_CAP = 128 };

static const cJSON *block(void)
{
    return secure_vectors("parity");
}

/* The block of the vectors. */
typedef struct frames {
    uint8_t bytes[K_MAX][FRAME_CAP];
    wzp_bytes v[K_MAX];
    size_t n;
} frames;

static void read_frames(frames *f)
{
    const cJSON *list = wzp_test_item(block(), "frames");
    f->n = rows_in(list);
    for (size_t i = 0; i < f->n; i++) {
        size_t len;
        wzp_test_hex(row_in(list, i)->valuestring, f->bytes[i], FRAME_CAP,
                     &len);
        f->v[i] = (wzp_bytes){f->bytes[i], len};
    }
}

/* --- the matrix --- */

static void assert_row(unsigned k, unsigned index, const char *hex)
{
    uint8_t row[WZP_PARITY_TOTAL_MAX];
    for (unsigned j = 0; j < k; j++) {
        row[j] = wzp_parity_coeff(k, index, j);
    }
    WZP_ASSERT_HEX(row, k, hex);
}

static size_t count_rows(void)
{
    return rows_in(wzp_test_item(block(), "rows"));
}

static void run_row(size_t row)
{
    assert_row((unsigned)wzp_test_num(block(), "k"), (unsigned)row,
               row_in(wzp_test_item(block(), "rows"), row)->valuestring);
}
WZP_ROWS(parity_row_of_the_block, count_rows, run_row);

static size_t count_rows_more(void)
{
    return rows_in(wzp_test_item(block(), "rows_more"));
}

static void run_row_more(size_t row)
{
    const cJSON *v = row_in(wzp_test_item(block(), "rows_more"), row);
    assert_row((unsigned)wzp_test_num(v, "k"),
               (unsigned)wzp_test_num(v, "index"), wzp_test_str(v, "row"));
}
WZP_ROWS(parity_row_of_the_vectors, count_rows_more, run_row_more);

/* --- packets --- */

static size_t count_packets(void)
{
    return rows_in(wzp_test_item(block(), "plaintexts"));
}

static void run_packet(size_t row)
{
    frames f;
    read_frames(&f);
    const wzp_parity p = {.base = (uint16_t)wzp_test_num(block(), "base"),
                          .k = (uint8_t)wzp_test_num(block(), "k"),
                          .r = (uint8_t)wzp_test_num(block(), "r"),
                          .index = (uint8_t)row};
    uint8_t out[256];
    size_t len;
    const char *hex =
        row_in(wzp_test_item(block(), "plaintexts"), row)->valuestring;
    assert_int_equal(wzp_parity_encode(&p, f.v, out, sizeof out, &len), WZP_OK);
    WZP_ASSERT_HEX(out, len, hex);
    size_t unused;
    assert_int_equal(wzp_parity_encode(&p, f.v, out, len - 1, &unused),
                     WZP_ERR_SPACE);

    wzp_parity read;
    assert_int_equal(wzp_parity_decode(out, len, &read), WZP_OK);
    assert_int_equal(read.base, p.base);
    assert_int_equal(read.k, p.k);
    assert_int_equal(read.r, p.r);
    assert_int_equal(read.index, row);
    for (size_t n = 0; n < 7; n++) {
        assert_int_equal(wzp_parity_decode(out, n, &read), WZP_ERR_PARITY);
    }
}
WZP_ROWS(parity_packet_of_the_vectors, count_packets, run_packet);

static size_t count_must_fail(void)
{
    return must_fail_rows("parity");
}

static void run_must_fail(size_t row)
{
    uint8_t data[64];
    size_t len;
    wzp_test_hex_of(must_fail_row("parity", row), "plaintext", data,
                    sizeof data, &len);
    wzp_parity p;
    assert_int_equal(wzp_parity_decode(data, len, &p), WZP_ERR_PARITY);
}
WZP_ROWS(parity_that_must_fail, count_must_fail, run_must_fail);

/* --- recovery --- */

static size_t count_recover_fail(void)
{
    return must_fail_rows("parity_recover");
}

static void run_recover_fail(size_t row)
{
    const cJSON *v = must_fail_row("parity_recover", row);
    uint8_t data[64];
    size_t len;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    wzp_parity p;
    assert_int_equal(wzp_parity_decode(data, len, &p), WZP_OK);
    uint8_t bytes[K_MAX][FRAME_CAP];
    wzp_bytes f[K_MAX] = {{NULL, 0}};
    const cJSON *have;
    cJSON_ArrayForEach(have, wzp_test_item(v, "have"))
    {
        const size_t j = strtoul(have->string, NULL, 10);
        wzp_test_hex(have->valuestring, bytes[j], FRAME_CAP, &f[j].len);
        f[j].ptr = bytes[j];
    }
    uint8_t buf[256];
    assert_int_equal(wzp_parity_recover(&p, 1, f, buf, sizeof buf),
                     WZP_ERR_PARITY);
}
WZP_ROWS(parity_recovery_that_must_fail, count_recover_fail, run_recover_fail);

/* The parity packets of the block of the vectors. */
static size_t read_packets(uint8_t bytes[][256], wzp_parity *p)
{
    const cJSON *list = wzp_test_item(block(), "plaintexts");
    for (size_t i = 0; i < rows_in(list); i++) {
        size_t len;
        wzp_test_hex(row_in(list, i)->valuestring, bytes[i], 256, &len);
        assert_int_equal(wzp_parity_decode(bytes[i], len, &p[i]), WZP_OK);
    }
    return rows_in(list);
}

WZP_TEST(parity_recovers_the_lost_frames_of_the_vectors)
{
    frames f;
    read_frames(&f);
    uint8_t bytes[8][256];
    wzp_parity p[8];
    const size_t r = read_packets(bytes, p);
    const cJSON *lost = wzp_test_item(block(), "lost");
    for (size_t i = 0; i < rows_in(lost); i++) {
        f.v[(size_t)row_in(lost, i)->valuedouble] = (wzp_bytes){NULL, 0};
    }
    uint8_t buf[512];
    assert_int_equal(wzp_parity_recover(p, r - 1, f.v, buf, sizeof buf),
                     WZP_ERR_AGAIN);
    assert_int_equal(wzp_parity_recover(p, r, f.v, buf, 100), WZP_ERR_SPACE);
    assert_int_equal(wzp_parity_recover(p, r, f.v, buf, sizeof buf), WZP_OK);
    for (size_t i = 0; i < rows_in(lost); i++) {
        const wzp_bytes b = f.v[(size_t)row_in(lost, i)->valuedouble];
        WZP_ASSERT_HEX(
            b.ptr, b.len,
            row_in(wzp_test_item(block(), "recovered"), i)->valuestring);
    }
}

/* Each of the 2^5 × 2^3 ways to have some frames and some parity. */
WZP_TEST(parity_recovers_whenever_there_are_enough_packets)
{
    frames f;
    read_frames(&f);
    uint8_t bytes[8][256];
    wzp_parity all[8];
    const size_t r = read_packets(bytes, all);
    for (unsigned mask = 0; mask < 1u << (f.n + r); mask++) {
        wzp_bytes have[K_MAX] = {{NULL, 0}};
        wzp_parity p[8];
        size_t missing = 0;
        size_t n = 0;
        for (size_t j = 0; j < f.n; j++) {
            missing += (mask >> j & 1) == 0;
            have[j] = (mask >> j & 1) ? f.v[j] : (wzp_bytes){NULL, 0};
        }
        for (size_t i = r; i-- > 0;) {
            if (mask >> (f.n + i) & 1) {
                p[n++] = all[i];
            }
        }
        uint8_t buf[512];
        const wzp_err e = wzp_parity_recover(p, n, have, buf, sizeof buf);
        assert_int_equal(e, (n == 0 || missing > n) ? WZP_ERR_AGAIN : WZP_OK);
        for (size_t j = 0; e == WZP_OK && j < f.n; j++) {
            assert_int_equal(have[j].len, f.v[j].len);
            assert_memory_equal(have[j].ptr, f.v[j].ptr, f.v[j].len);
        }
    }
}

WZP_TEST(parity_of_the_largest_block_recovers)
{
    enum { K = 32, R = 32, LEN = 60 };
    static uint8_t data[K][LEN];
    static uint8_t packets[R][WZP_PARITY_HDR_LEN + 2 + LEN];
    static uint8_t buf[K * (2 + LEN)];
    wzp_bytes f[K];
    wzp_parity p[R];
    for (size_t j = 0; j < K; j++) {
        for (size_t i = 0; i < LEN; i++) {
            data[j][i] = (uint8_t)(j * 31 + i * 7);
        }
        f[j] = (wzp_bytes){data[j], LEN - j};
    }
    for (uint8_t i = 0; i < R; i++) {
        const wzp_parity make = {.k = K, .r = R, .index = i};
        size_t len;
        assert_int_equal(
            wzp_parity_encode(&make, f, packets[i], sizeof packets[i], &len),
            WZP_OK);
        assert_int_equal(wzp_parity_decode(packets[i], len, &p[i]), WZP_OK);
    }
    wzp_bytes all_lost[K] = {{NULL, 0}};
    assert_int_equal(wzp_parity_recover(p, R, all_lost, buf, sizeof buf),
                     WZP_OK);
    for (size_t j = 0; j < K; j++) {
        assert_int_equal(all_lost[j].len, LEN - j);
        assert_memory_equal(all_lost[j].ptr, data[j], LEN - j);
    }
}

WZP_TEST(parity_packets_that_disagree_recover_nothing)
{
    frames f;
    read_frames(&f);
    uint8_t bytes[8][256];
    wzp_parity p[8];
    read_packets(bytes, p);
    f.v[0] = (wzp_bytes){NULL, 0};
    uint8_t buf[512];

    wzp_parity odd[2] = {p[0], p[1]};
    odd[1].base++;
    assert_int_equal(wzp_parity_recover(odd, 2, f.v, buf, sizeof buf),
                     WZP_ERR_PARITY);
    odd[1] = p[1];
    odd[1].symbol.len--;
    assert_int_equal(wzp_parity_recover(odd, 2, f.v, buf, sizeof buf),
                     WZP_ERR_PARITY);
    odd[1] = p[1];
    odd[1].index = odd[1].r;
    assert_int_equal(wzp_parity_recover(odd, 2, f.v, buf, sizeof buf),
                     WZP_ERR_PARITY);
    /* One packet twice is one packet. */
    f.v[1] = (wzp_bytes){NULL, 0};
    const wzp_parity twice[2] = {p[0], p[0]};
    assert_int_equal(wzp_parity_recover(twice, 2, f.v, buf, sizeof buf),
                     WZP_ERR_AGAIN);
}

WZP_TEST(parity_of_impossible_blocks_is_not_written)
{
    static const struct {
        uint8_t k, r, index;
    } rows[] = {{0, 1, 0}, {1, 0, 0}, {2, 2, 2}, {60, 5, 0}};
    const wzp_bytes f[64] = {{NULL, 0}};
    uint8_t out[64];
    size_t len;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const wzp_parity p = {
            .k = rows[i].k, .r = rows[i].r, .index = rows[i].index};
        assert_int_equal(wzp_parity_encode(&p, f, out, sizeof out, &len),
                         WZP_ERR_ARG);
    }
}
