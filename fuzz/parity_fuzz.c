/* SPDX-License-Identifier: MIT */
/* Parity packets: the input is cut into records of length u8 and bytes, each
 * offered as a packet; those that decode are offered together for recovery,
 * with none, some or all frames at hand.
 */
#include <wzp/proto/parity.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { PACKETS = 8 };
    static uint8_t buf[WZP_PARITY_TOTAL_MAX * (2 + WZP_FRAME_MAX)];
    wzp_parity p[PACKETS];
    size_t n = 0;
    const uint8_t have = (size > 0) ? data[0] : 0;
    for (size_t at = 1; at < size && n < PACKETS;) {
        const size_t left = size - at - 1;
        const size_t len = (data[at] < left) ? data[at] : left;
        n += wzp_parity_decode(data + at + 1, len, &p[n]) == WZP_OK;
        at += 1 + len;
    }
    if (n == 0) {
        return 0;
    }
    wzp_bytes frames[WZP_PARITY_TOTAL_MAX] = {{NULL, 0}};
    for (size_t j = 0; j < p[0].k; j++) {
        if ((have >> (j % 8) & 1) != 0) {
            frames[j] = (wzp_bytes){data, (size < 3) ? size : j % 3};
        }
    }
    const wzp_err e = wzp_parity_recover(p, n, frames, buf, sizeof buf);
    for (size_t j = 0; e == WZP_OK && j < p[0].k; j++) {
        if (frames[j].ptr == NULL || frames[j].len > WZP_FRAME_MAX) {
            abort();
        }
    }
    return 0;
}
