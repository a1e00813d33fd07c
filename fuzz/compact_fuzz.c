/* SPDX-License-Identifier: MIT */
/* The earlier protocol's compact frames, both ends. The input is a list of
 * frames: 12 bytes of header, a length, a payload; each that is a header is
 * written and read back by a peer that saw all before. A length above 200 is a
 * frame of the peer's, taken as it is.
 */
#include "fuzz/fuzz.h"

#include <wzp/proto/compact.h>

static void send_one(wzp_compact *tx, wzp_compact *rx, const wzp_media_hdr *hdr,
                     wzp_bytes payload)
{
    uint8_t out[400];
    size_t len;
    const wzp_media_view frame = {
        .hdr = *hdr, .payload = payload, .quality = {.loss = 3}};
    wzp_media_view view;
    require(wzp_compact_encode(tx, &frame, out, sizeof out, &len) == WZP_OK);
    require(len <= sizeof out);
    require(wzp_compact_decode(rx, out, len, &view) == WZP_OK);
    require(view.payload.len == payload.len);
    require(payload.len == 0 ||
            memcmp(view.payload.ptr, payload.ptr, payload.len) == 0);
    if (out[0] == 0) { /* a full one loses nothing */
        require(view.hdr.seq == hdr->seq &&
                view.hdr.timestamp == hdr->timestamp &&
                view.hdr.codec == hdr->codec);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_in in = {data, size};
    wzp_compact tx = {.has_last = false};
    wzp_compact rx = {.has_last = false};
    wzp_compact hostile = {.has_last = false};
    while (in.left > 0) {
        const uint8_t len = fuzz_u8(&in);
        if (len > 200) {
            const wzp_bytes raw = fuzz_bytes(&in, len - 200u);
            wzp_media_view view;
            const wzp_err e =
                wzp_compact_decode(&hostile, raw.ptr, raw.len, &view);
            require(e != WZP_OK || view.payload.len <= raw.len);
            REQUIRE_ONE_OF(e, WZP_ERR_DGRAM_TYPE, WZP_ERR_TRUNCATED,
                           WZP_ERR_CODEC, WZP_ERR_DGRAM_CONTEXT);
            continue;
        }
        const wzp_bytes head = fuzz_bytes(&in, WZP_MEDIA_HDR_LEN);
        const wzp_bytes payload = fuzz_bytes(&in, len);
        wzp_media_hdr hdr;
        if (wzp_media_hdr_decode(head.ptr, head.len, &hdr) == WZP_OK) {
            send_one(&tx, &rx, &hdr, payload);
        }
    }
    return 0;
}
