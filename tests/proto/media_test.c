/* SPDX-License-Identifier: MIT */
/* MediaHeader, QualityReport, FEC ratio, sequence arithmetic: spec/wire.md
 * 1.1, 1.4, 1.5.
 */
#include "vectors.h"

#include <wzp/proto/media.h>
#include <wzp/proto/profile.h>

#include <math.h>
#include <stdlib.h>

static wzp_media_hdr hdr_of(const cJSON *fields)
{
    return (wzp_media_hdr){
        .version = (uint8_t)wzp_test_num(fields, "V"),
        .is_repair = wzp_test_num(fields, "T") != 0,
        .codec = (uint8_t)wzp_test_num(fields, "codec"),
        .has_quality = wzp_test_num(fields, "Q") != 0,
        .fec_ratio = (uint8_t)wzp_test_num(fields, "ratio7"),
        .seq = (uint16_t)wzp_test_num(fields, "seq"),
        .timestamp = (uint32_t)wzp_test_num(fields, "ts"),
        .fec_block = (uint8_t)wzp_test_num(fields, "block"),
        .fec_symbol = (uint8_t)wzp_test_num(fields, "sym"),
        .flags = (uint8_t)wzp_test_num(fields, "reserved"),
        .source_hint = (uint8_t)wzp_test_num(fields, "csrc"),
    };
}

static void assert_same_hdr(const wzp_media_hdr *a, const wzp_media_hdr *b)
{
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->is_repair, b->is_repair);
    assert_int_equal(a->codec, b->codec);
    assert_int_equal(a->has_quality, b->has_quality);
    assert_int_equal(a->fec_ratio, b->fec_ratio);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->timestamp, b->timestamp);
    assert_int_equal(a->fec_block, b->fec_block);
    assert_int_equal(a->fec_symbol, b->fec_symbol);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->source_hint, b->source_hint);
}

/* --- vectors --- */

static size_t count_ratios(void)
{
    return rows_in(legacy_vectors("fec_ratio"));
}

static void run_ratio(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("fec_ratio"), row);
    assert_int_equal(wzp_fec_ratio_encode((float)wzp_test_num(v, "ratio")),
                     wzp_test_num(v, "enc"));
}
WZP_ROWS(fec_ratio_of_the_vectors, count_ratios, run_ratio);

static size_t count_headers(void)
{
    return rows_in(legacy_vectors("media_header"));
}

static void run_header(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("media_header"), row);
    const wzp_media_hdr wanted = hdr_of(wzp_test_item(v, "fields"));
    uint8_t out[WZP_MEDIA_HDR_LEN];
    wzp_media_hdr_encode(&wanted, out);
    WZP_ASSERT_HEX(out, sizeof out, wzp_test_str(v, "hex"));
    wzp_media_hdr read;
    assert_int_equal(wzp_media_hdr_decode(out, sizeof out, &read), WZP_OK);
    assert_same_hdr(&read, &wanted);
    assert_string_equal(wzp_codec_info_get(read.codec)->name,
                        wzp_test_str(v, "codec_name"));
}
WZP_ROWS(media_header_of_the_vectors, count_headers, run_header);

static size_t count_rejects(void)
{
    return rows_in(legacy_vectors("media_header_reject"));
}

static void run_reject(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("media_header_reject"), row);
    uint8_t data[64];
    size_t len;
    wzp_test_hex_of(v, "hex", data, sizeof data, &len);
    wzp_media_view view;
    const wzp_err e = wzp_media_view_decode(data, len, &view);
    const bool codec = strncmp(wzp_test_str(v, "why"), "codec", 5) == 0;
    assert_int_equal(e, codec ? WZP_ERR_CODEC : WZP_ERR_TRUNCATED);
}
WZP_ROWS(media_header_that_is_rejected, count_rejects, run_reject);

static size_t count_reports(void)
{
    return rows_in(legacy_vectors("quality_report"));
}

static void run_report(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("quality_report"), row);
    const wzp_quality_report q = wzp_quality_from_path(
        (float)wzp_test_num(v, "loss_pct"), (uint32_t)wzp_test_num(v, "rtt_ms"),
        (uint32_t)wzp_test_num(v, "jitter_ms"));
    uint8_t out[WZP_QUALITY_LEN];
    wzp_quality_encode(&q, out);
    WZP_ASSERT_HEX(out, sizeof out, wzp_test_str(v, "hex"));
}
WZP_ROWS(quality_report_of_the_vectors, count_reports, run_report);

static size_t count_packets(void)
{
    return rows_in(legacy_vectors("media_packet"));
}

static void run_packet(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("media_packet"), row);
    uint8_t data[256];
    size_t len;
    wzp_test_hex_of(v, "datagram", data, sizeof data, &len);
    wzp_media_view view;
    assert_int_equal(wzp_media_view_decode(data, len, &view), WZP_OK);
    const wzp_media_hdr wanted = hdr_of(wzp_test_item(v, "header"));
    assert_same_hdr(&view.hdr, &wanted);
    WZP_ASSERT_HEX(view.payload.ptr, view.payload.len,
                   wzp_test_str(v, "payload"));
    if (view.hdr.has_quality) {
        uint8_t quality[WZP_QUALITY_LEN];
        wzp_quality_encode(&view.quality, quality);
        WZP_ASSERT_HEX(quality, sizeof quality,
                       wzp_test_str(v, "quality_report"));
    }
}
WZP_ROWS(media_packet_of_the_vectors, count_packets, run_packet);

/* --- edges --- */

WZP_TEST(media_datagram_cut_at_any_length_is_truncated_or_shorter)
{
    static const uint8_t data[20] = {0x02}; /* Q set */
    for (size_t len = 0; len <= sizeof data; len++) {
        uint8_t *cut = malloc(len + 1);
        memcpy(cut, data, len);
        wzp_media_view view;
        const wzp_err e = wzp_media_view_decode(cut, len, &view);
        assert_int_equal(e, (len < 16) ? WZP_ERR_TRUNCATED : WZP_OK);
        if (e == WZP_OK) {
            assert_int_equal(view.payload.len, len - 16);
        }
        free(cut);
    }
}

WZP_TEST(media_header_ignores_the_two_low_bits_of_byte_one)
{
    const uint8_t data[WZP_MEDIA_HDR_LEN] = {0x01, 0xFF};
    wzp_media_hdr hdr;
    assert_int_equal(wzp_media_hdr_decode(data, sizeof data, &hdr), WZP_OK);
    assert_int_equal(hdr.fec_ratio, 127);
    uint8_t out[WZP_MEDIA_HDR_LEN];
    wzp_media_hdr_encode(&hdr, out);
    assert_int_equal(out[1], 0xFC);
}

WZP_TEST(fec_ratio_and_loss_of_nan_are_zero)
{
    assert_int_equal(wzp_fec_ratio_encode(NAN), 0);
    assert_int_equal(wzp_fec_ratio_encode(INFINITY), 127);
    assert_int_equal(wzp_quality_from_path(NAN, 0, 0).loss, 0);
    assert_true(wzp_fec_ratio_decode(127) == 2.0f);
    assert_true(wzp_fec_ratio_decode(0x80) == 0.0f);
    for (uint8_t code = 0; code < 128; code++) {
        assert_int_equal(wzp_fec_ratio_encode(wzp_fec_ratio_decode(code)),
                         code);
    }
}

static const struct {
    uint16_t a;
    uint16_t b;
    bool before;
} ORDER[] = {
    {0, 0, false},          {0, 1, true},       {1, 0, false},
    {0, 0x7FFF, true},      {0, 0x8000, false}, {0x8000, 0, false},
    {0xFFFF, 0, true},      {0, 0xFFFF, false}, {0xFFFE, 2, true},
    {0x7FFF, 0xFFFE, true}, {0x8001, 0, true},
};

static size_t count_order(void)
{
    return sizeof ORDER / sizeof ORDER[0];
}

static void run_order(size_t row)
{
    assert_int_equal(wzp_seq_before(ORDER[row].a, ORDER[row].b),
                     ORDER[row].before);
}
WZP_ROWS(seq_comes_before_seq, count_order, run_order);

static const struct {
    int64_t last;
    uint16_t seq;
    int64_t extended;
} EXTENSIONS[] = {
    {0, 0, 0},
    {0, 1, 1},
    {0, 0x7FFF, 0x7FFF},
    {0, 0x8000, -0x8000},
    {0, 0xFFFF, -1},
    {0xFFFF, 0, 0x10000},
    {0x10000, 0xFFFF, 0xFFFF},
    {0x1FFF0, 0x0010, 0x20010},
    {-1, 0, 0},
    {-5, 0xFFFA, -6},
    {INT64_C(0x7FFF00000000), 0xFFFE, INT64_C(0x7FFEFFFFFFFE)},
};

static size_t count_extensions(void)
{
    return sizeof EXTENSIONS / sizeof EXTENSIONS[0];
}

static void run_extension(size_t row)
{
    assert_true(wzp_seq_extend(EXTENSIONS[row].last, EXTENSIONS[row].seq) ==
                EXTENSIONS[row].extended);
}
WZP_ROWS(seq_is_extended_to_the_nearest, count_extensions, run_extension);
