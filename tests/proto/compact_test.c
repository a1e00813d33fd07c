/* SPDX-License-Identifier: MIT */
/* Compact frames: spec/wire.md 1.6. */
#include "vectors.h"

#include <wzp/proto/compact.h>

static const cJSON *frames(void)
{
    return wzp_test_item(legacy_vectors("compact_frames"), "frames");
}

static size_t count_frames(void)
{
    return rows_in(frames());
}

/* The stream of the vectors: 20 ms frames, payload {index, 255 − index}. */
static void make_frame(size_t index, const cJSON *first, uint8_t payload[2],
                       wzp_media_view *out)
{
    *out = (wzp_media_view){
        .hdr = {.seq = (uint16_t)((size_t)wzp_test_num(first, "seq") + index),
                .timestamp = (uint32_t)wzp_test_num(first, "ts") +
                             (uint32_t)(20 * index)},
        .payload = {payload, 2}};
    payload[0] = (uint8_t)index;
    payload[1] = (uint8_t)(255 - index);
}

static void run_frame(size_t row)
{
    const cJSON *v = row_in(frames(), row);
    const size_t wanted = (size_t)wzp_test_num(v, "index");
    wzp_compact tx = {0};
    wzp_compact rx = {0};
    for (size_t i = 0; i <= wanted; i++) {
        uint8_t payload[2];
        wzp_media_view frame;
        make_frame(i, row_in(frames(), 0), payload, &frame);
        uint8_t out[64];
        size_t len;
        assert_int_equal(wzp_compact_encode(&tx, &frame, out, sizeof out, &len),
                         WZP_OK);
        wzp_media_view read;
        assert_int_equal(wzp_compact_decode(&rx, out, len, &read), WZP_OK);
        assert_int_equal(read.hdr.seq, frame.hdr.seq);
        assert_int_equal(read.hdr.timestamp, frame.hdr.timestamp);
        if (i == wanted) {
            WZP_ASSERT_HEX(out, len, wzp_test_str(v, "hex"));
            assert_int_equal(out[0],
                             strcmp(wzp_test_str(v, "kind"), "mini") == 0);
            assert_int_equal(read.hdr.seq, wzp_test_num(v, "seq"));
            assert_int_equal(read.hdr.timestamp, wzp_test_num(v, "ts"));
        }
    }
}
WZP_ROWS(compact_frame_of_the_vectors, count_frames, run_frame);

WZP_TEST(compact_mini_before_any_full_frame_is_refused)
{
    static const uint8_t mini[] = {1, 0, 20, 0, 1, 7};
    wzp_compact rx = {0};
    wzp_media_view view;
    assert_int_equal(wzp_compact_decode(&rx, mini, sizeof mini, &view),
                     WZP_ERR_DGRAM_CONTEXT);
    for (size_t len = 1; len < sizeof mini; len++) {
        assert_int_equal(wzp_compact_decode(&rx, mini, len, &view),
                         WZP_ERR_TRUNCATED);
    }
    assert_int_equal(wzp_compact_decode(&rx, mini, 0, &view),
                     WZP_ERR_TRUNCATED);
}

WZP_TEST(compact_frame_of_another_type_is_refused)
{
    static const uint8_t other[16] = {2};
    wzp_compact rx = {0};
    wzp_media_view view;
    assert_int_equal(wzp_compact_decode(&rx, other, sizeof other, &view),
                     WZP_ERR_DGRAM_TYPE);
}

WZP_TEST(compact_mini_inherits_q_without_a_report)
{
    wzp_compact tx = {0};
    wzp_compact rx = {0};
    const wzp_media_view full = {.hdr = {.has_quality = true},
                                 .payload = {(const uint8_t *)"a", 1},
                                 .quality = {1, 2, 3, 4}};
    uint8_t out[64];
    size_t len;
    wzp_media_view read;
    assert_int_equal(wzp_compact_encode(&tx, &full, out, sizeof out, &len),
                     WZP_OK);
    WZP_ASSERT_HEX(out, len, "000200000000000000000000006101020304");
    assert_int_equal(wzp_compact_decode(&rx, out, len, &read), WZP_OK);
    assert_int_equal(read.quality.bitrate_cap, 4);
    assert_int_equal(wzp_compact_encode(&tx, &full, out, sizeof out, &len),
                     WZP_OK);
    WZP_ASSERT_HEX(out, len, "010000000161");
    assert_int_equal(wzp_compact_decode(&rx, out, len, &read), WZP_OK);
    assert_true(read.hdr.has_quality);
    assert_int_equal(read.quality.bitrate_cap, 0);
}

WZP_TEST(compact_frame_without_room_leaves_the_state)
{
    wzp_compact tx = {0};
    const wzp_media_view frame = {.payload = {(const uint8_t *)"a", 1}};
    uint8_t out[13];
    size_t len;
    assert_int_equal(wzp_compact_encode(&tx, &frame, out, sizeof out, &len),
                     WZP_ERR_SPACE);
    assert_false(tx.has_last);
    assert_int_equal(tx.n, 0);
}
