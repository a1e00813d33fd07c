/* SPDX-License-Identifier: MIT */
/* The cursors: order of bytes, bounds, the sticky error. */
#include "support/harness.h"

#include <wzp/proto/bytes.h>

WZP_TEST(reader_reads_big_endian)
{
    const uint8_t data[] = {1, 2,  3,  4,  5,  6,  7,  8,
                            9, 10, 11, 12, 13, 14, 15, 16};
    wzp_reader r = wzp_reader_init(data, sizeof data);
    assert_int_equal(wzp_read_u8(&r), 0x01);
    assert_int_equal(wzp_read_u16(&r), 0x0203);
    assert_int_equal(wzp_read_u32(&r), 0x04050607);
    assert_true(wzp_read_u64(&r) == UINT64_C(0x08090A0B0C0D0E0F));
    assert_int_equal(wzp_reader_end(&r), WZP_ERR_LENGTH);
    const wzp_bytes rest = wzp_read_rest(&r);
    assert_int_equal(rest.len, 1);
    assert_int_equal(rest.ptr[0], 16);
    assert_int_equal(wzp_reader_end(&r), WZP_OK);
}

WZP_TEST(reader_error_is_sticky)
{
    const uint8_t data[] = {1, 2, 3};
    wzp_reader r = wzp_reader_init(data, sizeof data);
    assert_int_equal(wzp_read_u32(&r), 0);
    assert_int_equal(wzp_read_u8(&r), 0);
    assert_null(wzp_read_view(&r, 0));
    uint8_t copy[2] = {9, 9};
    wzp_read_copy(&r, copy, sizeof copy);
    assert_int_equal(copy[0], 0);
    assert_int_equal(wzp_reader_end(&r), WZP_ERR_TRUNCATED);
}

WZP_TEST(reader_of_nothing_gives_empty_bytes)
{
    wzp_reader r = wzp_reader_init(NULL, 0);
    const wzp_bytes rest = wzp_read_rest(&r);
    assert_non_null(rest.ptr);
    assert_int_equal(rest.len, 0);
    assert_int_equal(wzp_reader_end(&r), WZP_OK);
}

WZP_TEST(writer_writes_big_endian_and_stops_at_its_end)
{
    uint8_t out[15];
    wzp_writer w = wzp_writer_init(out, sizeof out);
    wzp_write_u8(&w, 1);
    wzp_write_u16(&w, 0x0203);
    wzp_write_u32(&w, 0x04050607);
    wzp_write_u64(&w, UINT64_C(0x08090A0B0C0D0E0F));
    size_t len = 0;
    assert_int_equal(wzp_writer_end(&w, &len), WZP_OK);
    WZP_ASSERT_HEX(out, len, "0102030405060708090a0b0c0d0e0f");
    wzp_write_u8(&w, 1);
    assert_int_equal(wzp_writer_end(&w, &len), WZP_ERR_SPACE);
    wzp_write_bytes(&w, NULL, 0);
    assert_int_equal(w.len, 15);
}
