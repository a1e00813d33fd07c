/* SPDX-License-Identifier: MIT */
/* Media datagrams, bare and in the old compact and trunk forms. A header that
 * decodes is written back the same, but for the two bits nobody reads.
 */
#include <wzp/proto/compact.h>
#include <wzp/proto/media.h>
#include <wzp/proto/trunk.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const uint8_t *data, const wzp_media_hdr *hdr)
{
    uint8_t wanted[WZP_MEDIA_HDR_LEN];
    uint8_t out[WZP_MEDIA_HDR_LEN];
    memcpy(wanted, data, sizeof wanted);
    wanted[1] &= 0xFC;
    wzp_media_hdr_encode(hdr, out);
    if (memcmp(out, wanted, sizeof out) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp_media_view view;
    if (wzp_media_view_decode(data, size, &view) == WZP_OK) {
        check_header(data, &view.hdr);
    }

    wzp_compact compact = {.has_last = size % 2 != 0};
    for (int i = 0; i < 2; i++) {
        if (wzp_compact_decode(&compact, data, size, &view) == WZP_OK &&
            view.payload.len > size) {
            abort();
        }
    }

    wzp_trunk_entry entries[64];
    size_t n;
    if (wzp_trunk_decode(data, size, entries, 64, &n) == WZP_OK) {
        uint8_t *out = malloc(size);
        size_t len;
        if (out == NULL ||
            wzp_trunk_encode(entries, n, out, size, &len) != WZP_OK ||
            memcmp(out, data, len) != 0) {
            abort();
        }
        free(out);
    }
    return 0;
}
