/* SPDX-License-Identifier: MIT */
/* Any bytes as a WAV file: refused, or samples that can all be read. */
#include <wzp/codec/wav.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav;
    if (wzp_wav_parse(&wav, &mem, data, size) != WZP_OK) {
        return 0;
    }
    int odd = 0;
    for (size_t i = 0; i < wav.samples; i++) {
        odd += wav.pcm[i] & 1;
    }
    if (wav.samples > size / 2 || (size_t)odd > wav.samples ||
        wav.rate_hz < 8000) {
        abort();
    }
    wzp_wav_free(&wav, &mem);
    return 0;
}
