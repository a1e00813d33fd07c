/* SPDX-License-Identifier: MIT */
/* See speech.h. */
#include "speech.h"

#include <wzp/codec/codec.h>
#include <wzp/codec/resample.h>
#include <wzp/codec/wav.h>

#include <stdlib.h>

#define PAUSE (WZP_PCM_RATE / 4) /* chosen: as between sentences */

static bool to_48k(const wzp_wav *wav, wzp_speech *out)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *r = NULL;
    if (wzp_resampler_new(&r, &mem, wav->rate_hz, WZP_PCM_RATE) != WZP_OK) {
        return false;
    }
    size_t cap = wzp_resampler_bound(r, wav->samples);
    out->pcm = calloc(cap + 1, sizeof *out->pcm);
    bool ok = out->pcm != NULL &&
              wzp_resampler_process(r, wav->pcm, wav->samples, out->pcm, cap,
                                    &out->n) == WZP_OK;
    wzp_resampler_free(r);
    return ok;
}

bool wzp_speech_load(const char *path, wzp_speech *out)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav = {0};
    *out = (wzp_speech){0};
    if (wzp_wav_load(&wav, &mem, path) != WZP_OK) {
        return false;
    }
    bool ok = to_48k(&wav, out) && out->n > 0;
    wzp_wav_free(&wav, &mem);
    if (!ok) {
        wzp_speech_free(out);
    }
    return ok;
}

void wzp_speech_free(wzp_speech *s)
{
    free(s->pcm);
    *s = (wzp_speech){0};
}

static bool append(wzp_wav_writer *w, const char *path)
{
    static const int16_t pause[PAUSE];
    wzp_speech s;
    if (!wzp_speech_load(path, &s)) {
        return false;
    }
    bool ok = wzp_wav_writer_write(w, s.pcm, s.n) == WZP_OK &&
              wzp_wav_writer_write(w, pause, PAUSE) == WZP_OK;
    wzp_speech_free(&s);
    return ok;
}

bool wzp_speech_join(const char *out, char **files, int n, const char **bad)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav_writer *w = NULL;
    *bad = out;
    if (wzp_wav_writer_new(&w, &mem, out, WZP_PCM_RATE) != WZP_OK) {
        return false;
    }
    bool ok = true;
    for (int i = 0; i < n && ok; i++) {
        *bad = files[i];
        ok = append(w, files[i]);
    }
    return wzp_wav_writer_close(w) == WZP_OK && ok;
}
