/* SPDX-License-Identifier: MIT */
/* See run.h. */
#include "bench/voice/run.h"

#include "bench/voice/condition.h"

#include <wzp/codec/resample.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void voice_run_clip(voice_run *run, const int16_t *pcm)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *r = NULL;
    if (wzp_resampler_new(&r, &mem, VOICE_RATE, VOICE_CLIP_RATE) != WZP_OK) {
        abort();
    }
    const size_t n_in = (size_t)VOICE_CLIP_LEN * (VOICE_RATE / VOICE_CLIP_RATE);
    const size_t cap = wzp_resampler_bound(r, n_in);
    int16_t *out = calloc(cap, sizeof *out);
    size_t n = 0;
    if (out == NULL ||
        wzp_resampler_process(r, pcm, n_in, out, cap, &n) != WZP_OK) {
        abort();
    }
    n = n < VOICE_CLIP_LEN ? n : VOICE_CLIP_LEN;
    memcpy(run->clip, out, n * sizeof *out);
    wzp_resampler_free(r);
    free(out);
}

void voice_run_score(voice_run *run, const voice_take *take,
                     const voice_material *m)
{
    int16_t *restored = NULL, *clean = NULL;
    const size_t from = VOICE_LEAD + VOICE_SETTLE;
    run->is_done = true;
    if (!voice_take_score(take, m,
                          voice_condition_at(run->condition)->has_no_hop,
                          &run->score, &restored, &clean) &&
        run->broken[0] == '\0') {
        (void)snprintf(run->broken, sizeof run->broken, "nothing was heard");
    }
    run->fates = voice_take_fates(take, m, (int64_t)from, (int64_t)m->end);
    if (run->wants_clip) {
        voice_run_clip(run, restored + VOICE_CLIP_AT);
    }
    free(restored);
    free(clean);
}
