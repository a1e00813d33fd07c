/* SPDX-License-Identifier: MIT */
/* Control frames. What decodes is encoded, and decodes to as many items. */
#include <wzp/proto/control.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX];
    wzp_control_item again[WZP_CONTROL_ITEMS_MAX];
    uint8_t out[WZP_CONTROL_ITEMS_MAX * (2 + WZP_CONTROL_REPORT_LEN)];
    size_t n;
    size_t len;
    size_t n_again;
    if (wzp_control_decode(data, size, items, &n) == WZP_OK &&
        (wzp_control_encode(items, n, out, sizeof out, &len) != WZP_OK ||
         len > size ||
         wzp_control_decode(out, len, again, &n_again) != WZP_OK ||
         n != n_again)) {
        abort();
    }
    return 0;
}
