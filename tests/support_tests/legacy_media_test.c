/* SPDX-License-Identifier: MIT */
/* tests/support/legacy/media: what the old client writes is what the libraries
 * read, although it shares no code with them, and it offers no sealing.
 */
#include "support/harness.h"
#include "support/legacy/media.h"

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
