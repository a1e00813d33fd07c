/* SPDX-License-Identifier: MIT */
/* tests/support/legacy/media: what the old client writes is what the libraries
 * read, although it shares no code with them, and it offers no sealing.
 */
#include "support/harness.h"
#include "support/legacy/media.h"

#include <wzp/proto/arena.h>
#include <wzp/proto/media.h>
#include <wzp/proto/signal.h>

#include <string.h>

static const struct header_row {
    uint16_t seq;
    uint32_t timestamp;
} HEADERS[] = {{0, 0}, {1, 20}, {0x1234, 0x89ABCDEF}, {0xFFFF, 0xFFFFFFFF}};

static size_t header_count(void)
{
    return sizeof HEADERS / sizeof HEADERS[0];
}

static void header_run(size_t row)
{
    uint8_t bytes[WZP_LEGACY_HEADER];
    wzp_media_hdr hdr;
    wzp_legacy_header(bytes, HEADERS[row].seq, HEADERS[row].timestamp);
    assert_int_equal(wzp_media_hdr_decode(bytes, sizeof bytes, &hdr), WZP_OK);
    assert_int_equal(hdr.seq, HEADERS[row].seq);
    assert_int_equal(hdr.timestamp, HEADERS[row].timestamp);
    assert_int_equal(hdr.codec, WZP_CODEC_OPUS_24K);
}
WZP_ROWS(legacy_header_is_read_by_the_library, header_count, header_run);

static size_t offer(char *json, size_t cap)
{
    uint8_t key[32];
    uint8_t eph[32];
    uint8_t sig[64];
    memset(key, 1, sizeof key);
    memset(eph, 2, sizeof eph);
    memset(sig, 255, sizeof sig);
    return wzp_legacy_offer(json, cap, key, eph, sig, "Old Phone");
}

WZP_TEST(legacy_offer_has_no_room_for_keys_of_its_own)
{
    char json[2048];
    size_t len = offer(json, sizeof json);
    assert_true(len > 0);
    cJSON *tree = cJSON_ParseWithLength(json, len);
    const cJSON *o = wzp_test_item(tree, "CallOffer");
    assert_int_equal(cJSON_GetArraySize(wzp_test_item(o, "signature")), 64);
    assert_int_equal(cJSON_GetArraySize(wzp_test_item(o, "identity_pub")), 32);
    assert_string_equal(wzp_test_str(o, "alias"), "Old Phone");
    assert_null(cJSON_GetObjectItemCaseSensitive(o, "caps"));
    assert_null(cJSON_GetObjectItemCaseSensitive(o, "e2e1"));
    assert_int_equal(cJSON_GetArraySize(o), 5);
    cJSON_Delete(tree);
}

WZP_TEST(legacy_offer_that_does_not_fit_is_not_half_written)
{
    char json[2048];
    size_t len = offer(json, sizeof json);
    assert_int_equal(offer(json, len), 0);
    assert_int_equal(offer(json, len + 1), len);
}

WZP_TEST(legacy_variants_are_told_apart_by_their_whole_name)
{
    static const char answer[] = "{\"CallAnswer\":{}}";
    assert_true(wzp_legacy_is(answer, sizeof answer - 1, "CallAnswer"));
    assert_false(wzp_legacy_is(answer, sizeof answer - 1, "CallAns"));
    assert_false(wzp_legacy_is(answer, sizeof answer - 1, "RoomUpdate"));
    assert_true(wzp_legacy_is("\"Hold\"", 6, "Hold"));
    assert_false(wzp_legacy_is("", 0, "Hold"));
}

/* --- what the other side of the old protocol needs ------------------------ */

WZP_TEST(legacy_media_and_the_library_read_each_other)
{
    const uint8_t frame[5] = {9, 8, 7, 6, 5};
    const wzp_legacy_media in = {.is_repair = true,
                                 .codec = 6,
                                 .has_report = true,
                                 .report = {12, 25, 3, 200},
                                 .seq = 0xABCD,
                                 .timestamp_ms = 0x01020304,
                                 .payload = frame,
                                 .len = sizeof frame};
    uint8_t bytes[64];
    wzp_media_view view;
    wzp_legacy_media back;
    size_t len = wzp_legacy_write(&in, bytes);
    assert_int_equal(len, 12 + 5 + 4);
    assert_int_equal(wzp_media_view_decode(bytes, len, &view), WZP_OK);
    assert_true(view.hdr.is_repair);
    assert_int_equal(view.hdr.codec, WZP_CODEC_OPUS_32K);
    assert_int_equal(view.hdr.seq, 0xABCD);
    assert_int_equal(view.hdr.timestamp, 0x01020304);
    assert_int_equal(view.payload.len, 5);
    assert_int_equal(view.quality.jitter_ms, 3);
    assert_true(wzp_legacy_read(bytes, len, &back));
    assert_int_equal(back.seq, in.seq);
    assert_int_equal(back.len, in.len);
    assert_memory_equal(back.payload, frame, sizeof frame);
    assert_memory_equal(back.report, in.report, 4);
}

WZP_TEST(legacy_media_is_refused_where_the_old_parser_refuses_it)
{
    uint8_t bytes[16] = {0x02}; /* a report is promised */
    wzp_legacy_media m;
    assert_false(wzp_legacy_read(bytes, 11, &m));
    assert_false(wzp_legacy_read(bytes, 15, &m));
    assert_true(wzp_legacy_read(bytes, 16, &m));
    bytes[0] = 9 << 2;
    assert_false(wzp_legacy_read(bytes, 16, &m));
}

WZP_TEST(legacy_answer_and_list_are_what_the_library_reads)
{
    uint8_t key[32];
    uint8_t sig[64];
    char json[4096];
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *arena;
    wzp_signal s;
    memset(key, 200, sizeof key);
    memset(sig, 7, sizeof sig);
    assert_int_equal(wzp_arena_new(&arena, &mem, 65536), WZP_OK);
    size_t len = wzp_legacy_answer(json, sizeof json, key, key, sig);
    assert_int_equal(wzp_signal_decode(arena, json, len, WZP_SIGNAL_MAX, &s),
                     WZP_OK);
    assert_int_equal(s.kind, WZP_SIG_CALL_ANSWER);
    assert_int_equal(s.u.call_answer.caps, 0);
    assert_memory_equal(s.u.call_answer.identity_pub, key, sizeof key);
    const wzp_legacy_name who[2] = {{"aa:bb", "Old Phone"}, {"", "Web"}};
    len = wzp_legacy_room_update(json, sizeof json, who, 2);
    assert_int_equal(wzp_signal_decode(arena, json, len, WZP_SIGNAL_MAX, &s),
                     WZP_OK);
    assert_int_equal(s.kind, WZP_SIG_ROOM_UPDATE);
    assert_int_equal(s.u.room_update.participants.n, 2);
    assert_memory_equal(s.u.room_update.participants.v[1].alias.ptr, "Web", 3);
    wzp_arena_free(arena);
}

WZP_TEST(legacy_texts_and_bytes_are_found_by_their_keys)
{
    char json[2048];
    char text[64];
    uint8_t bytes[64];
    size_t len = offer(json, sizeof json);
    assert_true(wzp_legacy_text(json, len, "alias", 0, text, sizeof text));
    assert_string_equal(text, "Old Phone");
    assert_false(wzp_legacy_text(json, len, "alias", 1, text, sizeof text));
    assert_false(wzp_legacy_text(json, len, "alias", 0, text, 9));
    assert_true(wzp_legacy_bytes(json, len, "signature", bytes, 64));
    assert_int_equal(bytes[63], 255);
    assert_false(wzp_legacy_bytes(json, len, "signature", bytes, 63));
    assert_false(wzp_legacy_bytes(json, len, "nothing", bytes, 1));
    for (size_t cut = 0; cut < len; cut++) {
        (void)wzp_legacy_bytes(json, cut, "signature", bytes, 64);
        (void)wzp_legacy_text(json, cut, "alias", 0, text, sizeof text);
    }
}
