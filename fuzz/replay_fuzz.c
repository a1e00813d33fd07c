/* SPDX-License-Identifier: MIT */
/* The replay window against a list that remembers everything. The input is a
 * list of moves of the counter: forward by a little, by 2^n, or back.
 */
#include "fuzz/fuzz.h"

#include <wzp/crypto/replay.h>

enum { COUNTERS = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wzp_replay window;
    static uint64_t seen[COUNTERS];
    size_t n = 0;
    uint64_t highest = 0;
    uint64_t ctr = 0;
    memset(&window, 0, sizeof window);
    for (size_t i = 0; i < size && n < COUNTERS; i++) {
        const uint64_t by = data[i] & 63;
        switch (data[i] >> 6) {
        case 0: ctr += by; break;
        case 1: ctr += UINT64_C(1) << by; break;
        case 2: ctr -= by; break;
        default: ctr -= by * 140; break; /* across the window's edge */
        }
        bool is_new =
            n == 0 || ctr > highest || highest - ctr < WZP_REPLAY_WINDOW;
        for (size_t j = 0; j < n; j++) {
            is_new = is_new && seen[j] != ctr;
        }
        const wzp_err e = wzp_replay_check(&window, ctr);
        require(e == (is_new ? WZP_OK : WZP_ERR_REPLAY));
        if (e == WZP_OK) {
            wzp_replay_mark(&window, ctr);
            highest = n == 0 || ctr > highest ? ctr : highest;
            seen[n++] = ctr;
        }
    }
    return 0;
}
