/* SPDX-License-Identifier: MIT */
/* Bundles of form 2. What decodes is within its ranges and fills its plaintext;
 * made again of any covered frames it has the same length and header.
 */
#include "fuzz/fuzz.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/bundle2.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CAP = 2048, FRAMES = WZP_BUNDLE2_OLD_MAX + WZP_BUNDLE2_NEW_MAX };
    static uint8_t out[CAP];
    static const uint8_t zeros[WZP_BUNDLE2_LEN_MAX];
    const uint8_t *frames[FRAMES];
    wzp_bundle2 b;
    wzp_bundle old;
    const wzp_err e = wzp_bundle2_decode(data, size, 7, &b);
    REQUIRE_ONE_OF(e, WZP_ERR_BUNDLE);
    if (e != WZP_OK) {
        return 0;
    }
    require(wzp_bundle_decode(data, size, 7, &old) == WZP_ERR_BUNDLE);
    require(size ==
            WZP_BUNDLE2_HDR_LEN + (size_t)b.frame_len * (b.n_new + b.n_parity));
    for (size_t i = 0; i < b.n_old; i++) {
        frames[i] = zeros;
    }
    for (size_t i = 0; i < b.n_new; i++) {
        frames[b.n_old + i] = b.frames + i * b.frame_len;
    }
    size_t len;
    require(wzp_bundle2_encode(&b, frames, out, CAP, &len) == WZP_OK);
    require(len == size);
    require(memcmp(out, data,
                   WZP_BUNDLE2_HDR_LEN + (size_t)b.frame_len * b.n_new) == 0);
    for (; len > WZP_BUNDLE2_HDR_LEN + (size_t)b.frame_len * b.n_new; len--) {
        require(out[len - 1] == 0); /* parity of zeros */
    }
    return 0;
}
