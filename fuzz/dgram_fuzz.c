/* SPDX-License-Identifier: MIT */
/* Typed datagrams on one connection: the input is cut into records of length
 * u8 and bytes, each a datagram. What comes out is a bare datagram that a
 * parser of headers takes.
 */
#include <wzp/proto/dgram.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void offer(wzp_dgram_rx *rx, const uint8_t *data, size_t len)
{
    wzp_dgram_view view;
    if (wzp_dgram_decode(rx, data, len, &view) == WZP_OK) {
        uint8_t bare[WZP_MEDIA_HDR_LEN + 256];
        size_t bare_len;
        wzp_media_hdr hdr;
        if (wzp_dgram_view_copy(&view, bare, sizeof bare, &bare_len) !=
                WZP_OK ||
            wzp_media_hdr_decode(bare, bare_len, &hdr) != WZP_OK) {
            abort();
        }
    }
    wzp_bytes hash;
    wzp_bytes inside;
    if (wzp_fed_legacy_decode(data, len, &hash, &inside) == WZP_OK &&
        hash.len + inside.len != len) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_dgram_rx *rx;
    if (wzp_dgram_rx_new(&rx, &mem) != WZP_OK) {
        abort();
    }
    for (size_t at = 0; at < size;) {
        const size_t left = size - at - 1;
        const size_t len = (data[at] < left) ? data[at] : left;
        offer(rx, data + at + 1, len);
        at += 1 + len;
    }
    wzp_dgram_rx_free(rx);
    return 0;
}
