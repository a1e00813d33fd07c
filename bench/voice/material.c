/* SPDX-License-Identifier: MIT */
/* See material.h. */
#include "bench/voice/material.h"

#include <wzp/codec/resample.h>
#include <wzp/codec/wav.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_DBFS  (-24.0)
#define ACTIVE_RMS  120.0
#define BLOCK       (VOICE_RATE / 50)
#define PAUSE       (VOICE_RATE / 4) /* chosen: as between sentences */
#define TAIL        (3 * VOICE_RATE)
#define SECONDS_MAX 90
#define RAW_MAX     (8000 * 20) /* samples of one raw file that are used */

/* Wide and narrow ones in turns. .raw: 8 kHz mono 16 bit, no header. Those
 * whose quiet tenth lies 36 dB and more below their loud one, and the only long
 * wide one: DRED and Codec2 code speech and not the noise behind it, and STOI
 * to a noisy reference is a verdict on the noise. */
static const char *const FILES[] = {
    "Front_Center.wav",    "hts1.raw",  "Front_Left.wav", "morig.raw",
    "speech_orig_16k.wav", "forig.raw", "Rear_Left.wav",  "hts2.raw",
    "Front_Right.wav",     "cross.raw", "Side_Left.wav",  "m2400.raw",
    "Rear_Center.wav",     "f2400.raw", "Side_Right.wav", "big_dog.raw",
    "Rear_Right.wav",      "hts1a.raw", "hts2a.raw",
};

static bool read_raw(const char *path, wzp_wav *out)
{
    const wzp_mem mem = wzp_mem_default();
    FILE *f = fopen(path, "rb");
    out->pcm = wzp_mem_array(&mem, RAW_MAX, sizeof *out->pcm);
    if (f == NULL || out->pcm == NULL) {
        if (f != NULL) {
            fclose(f);
        }
        return false;
    }
    out->samples = fread(out->pcm, sizeof *out->pcm, RAW_MAX, f);
    out->rate_hz = 8000;
    fclose(f);
    return out->samples > 0;
}

static bool add_48k(voice_material *m, const wzp_wav *wav)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *r = NULL;
    if (wzp_resampler_new(&r, &mem, wav->rate_hz, VOICE_RATE) != WZP_OK) {
        return false;
    }
    size_t got = 0;
    const size_t room =
        (size_t)SECONDS_MAX * VOICE_RATE - m->end - PAUSE - TAIL;
    const size_t need = wzp_resampler_bound(r, wav->samples);
    const bool ok = need <= room && wzp_resampler_process(
                                        r, wav->pcm, wav->samples,
                                        m->pcm + m->end, need, &got) == WZP_OK;
    m->end += got;
    wzp_resampler_free(r);
    return ok;
}

static double rms_of(const int16_t *pcm, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return sqrt(sum / (double)n);
}

bool voice_material_is_active(const voice_material *m, int64_t at, size_t n)
{
    return at >= 0 && n > 0 && (size_t)at + n <= m->n &&
           rms_of(m->pcm + at, n) > ACTIVE_RMS;
}

static void level(int16_t *pcm, size_t n)
{
    double sum = 0;
    size_t active = 0;
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK) {
        const double rms = rms_of(pcm + i, BLOCK);
        if (rms > ACTIVE_RMS) {
            sum += rms * rms;
            active++;
        }
    }
    const double wanted = 32768 * pow(10, LEVEL_DBFS / 20);
    const double gain = active == 0 ? 1 : wanted / sqrt(sum / (double)active);
    for (size_t i = 0; i < n; i++) {
        const double v = round(pcm[i] * gain);
        pcm[i] = (int16_t)fmax(-32768, fmin(32767, v));
    }
}

static bool add_file(voice_material *m, const char *folder, const char *name)
{
    const wzp_mem mem = wzp_mem_default();
    char path[1024];
    wzp_wav wav = {0};
    const size_t from = m->end;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    const bool is_raw = strstr(name, ".raw") != NULL;
    bool ok = is_raw ? read_raw(path, &wav)
                     : wzp_wav_load(&wav, &mem, path) == WZP_OK;
    ok = ok && add_48k(m, &wav);
    if (is_raw) {
        wzp_mem_free(&mem, wav.pcm, RAW_MAX * sizeof *wav.pcm);
    } else {
        wzp_wav_free(&wav, &mem);
    }
    if (!ok) {
        fprintf(stderr, "voice: no speech in %s\n", path);
        return false;
    }
    level(m->pcm + from, m->end - from);
    m->end += PAUSE;
    return true;
}

bool voice_material_load(const char *folder, voice_material *out)
{
    *out = (voice_material){.end = VOICE_LEAD};
    out->pcm = calloc((size_t)SECONDS_MAX * VOICE_RATE, sizeof *out->pcm);
    bool ok = out->pcm != NULL;
    for (size_t i = 0; ok && i < sizeof FILES / sizeof FILES[0]; i++) {
        ok = add_file(out, folder, FILES[i]);
    }
    out->n = out->end + TAIL;
    if (!ok) {
        voice_material_free(out);
    }
    return ok;
}

void voice_material_free(voice_material *m)
{
    free(m->pcm);
    *m = (voice_material){0};
}
