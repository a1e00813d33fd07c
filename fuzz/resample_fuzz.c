/* SPDX-License-Identifier: MIT */
/* A resampler between any two rates, fed in pieces: never more than it
 * promised, and in all as many samples as the rates say.
 */
#include "fuzz/fuzz.h"

#include <wzp/codec/resample.h>

static uint32_t rate(fuzz_in *in)
{
    static const uint32_t usual[] = {8000,  11025, 16000, 22050,
                                     24000, 44100, 48000, 96000};
    const uint8_t which = fuzz_u8(in);
    const uint16_t odd = fuzz_u16(in);
    return which < 248 ? usual[which & 7] : (uint32_t)odd * 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { PIECE = 256 };
    static int16_t out[PIECE * 64];
    fuzz_in in = {data, size};
    const wzp_mem mem = wzp_mem_default();
    const uint32_t from = rate(&in);
    const uint32_t to = rate(&in);
    wzp_resampler *r;
    const wzp_err made = wzp_resampler_new(&r, &mem, from, to);
    if (made != WZP_OK) {
        REQUIRE_ONE_OF(made, WZP_ERR_CONFIG, WZP_ERR_UNSUPPORTED);
        return 0;
    }
    uint64_t taken = 0;
    uint64_t given = 0;
    while (in.left > 0 && taken < 20000) {
        int16_t pcm[PIECE];
        const size_t n = fuzz_u8(&in);
        const int16_t step = (int16_t)fuzz_u16(&in);
        for (size_t i = 0; i < n; i++) {
            pcm[i] = (int16_t)(step * (int)i);
        }
        const size_t bound = wzp_resampler_bound(r, n);
        size_t got = 0;
        require(bound <= sizeof out / sizeof *out);
        require(wzp_resampler_process(r, pcm, n, out, bound, &got) == WZP_OK);
        require(got <= bound);
        taken += n;
        given += got;
    }
    const uint64_t due = taken * to / from;
    const uint64_t slack = wzp_resampler_delay(r) + 2 + 2 * (uint64_t)to / from;
    require(given <= due + slack && given + slack >= due);
    wzp_resampler_free(r);
    return 0;
}
