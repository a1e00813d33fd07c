/* SPDX-License-Identifier: MIT */
/* Bundles. A frame is never longer than the plaintext, and what decodes is
 * encoded to the same frames (perhaps in the shorter form).
 */
#include <wzp/proto/bundle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CAP = 70000 };
    static uint8_t out[CAP];
    wzp_bundle b;
    if (wzp_bundle_decode(data, size, 7, &b) != WZP_OK) {
        return 0;
    }
    const size_t n = (size_t)b.n_old + b.n_new;
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += b.frames[i].len;
    }
    size_t len;
    wzp_bundle again;
    if (sum > size || n == 0 || n > WZP_BUNDLE_FRAMES_MAX) {
        abort();
    }
    /* Frames above WZP_FRAME_MAX are read, but not written. */
    if (wzp_bundle_encode(&b, out, CAP, &len) != WZP_OK) {
        return 0;
    }
    if (len > size || wzp_bundle_decode(out, len, 7, &again) != WZP_OK) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        if (again.frames[i].len != b.frames[i].len ||
            memcmp(again.frames[i].ptr, b.frames[i].ptr, b.frames[i].len) !=
                0) {
            abort();
        }
    }
    return 0;
}
