/* SPDX-License-Identifier: MIT */
/* What the codec tests speak: recorded speech where `make deps` has put it, and
 * a made voice that is the same everywhere; a sender that encodes it, and an
 * allocator that counts and can fail.
 *
 * Everything is static: a header, since each test is one program.
 */
#ifndef WZP_TEST_SPEECH_H
#define WZP_TEST_SPEECH_H

#include "support/harness.h"

#include <wzp/codec/codec.h>
#include <wzp/codec/resample.h>
#include <wzp/codec/wav.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPEECH_SECONDS = 30,
    SPEECH_SAMPLES = SPEECH_SECONDS * WZP_PCM_RATE,
    FRAME = 960, /* 20 ms */
    SPEECH_FRAMES = SPEECH_SAMPLES / FRAME,
};

typedef enum speech_kind {
    SPEECH_MADE,
    SPEECH_REAL,
} speech_kind;

/* --- signals -------------------------------------------------------------- */

static inline double speech_noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (1 << 24) - 0.5;
}

typedef struct speech_tract {
    double y1[3], y2[3];
} speech_tract;

/* One sample through three resonances at those Hz, 80 to 160 Hz wide. */
static inline double speech_formants(speech_tract *t, const double formants[3],
                                     double in)
{
    const double tau = 6.283185307179586;
    double out = 0.0;
    for (int k = 0; k < 3; k++) {
        const double r = exp(-tau / 2 * (80 + 40 * k) / WZP_PCM_RATE);
        const double y =
            in + 2 * r * cos(tau * formants[k] / WZP_PCM_RATE) * t->y1[k] -
            r * r * t->y2[k];
        t->y2[k] = t->y1[k];
        t->y1[k] = y;
        out += y / (1 << k);
    }
    return out;
}

/* Glottal pulses through three moving formants, with syllables. */
static inline void speech_make(int16_t *pcm, size_t samples)
{
    const double tau = 6.283185307179586;
    double phase = 0.0;
    speech_tract tract = {0};
    uint32_t seed = 1;
    for (size_t i = 0; i < samples; i++) {
        const double t = (double)i / WZP_PCM_RATE;
        const double formants[3] = {500 + 200 * sin(tau * 1.9 * t),
                                    1500 + 400 * sin(tau * 1.3 * t + 1),
                                    2500 + 200 * sin(tau * 0.9 * t)};
        const double syllable = 0.5 + 0.5 * sin(tau * 3.1 * t);
        double in = 0.01 * speech_noise(&seed);
        phase += (120 + 25 * sin(tau * 0.7 * t)) / WZP_PCM_RATE;
        if (phase >= 1.0) {
            phase -= 1.0;
            in += 1.0;
        }
        pcm[i] = (int16_t)(250.0 * speech_formants(&tract, formants, in) *
                           syllable * syllable);
    }
}

static inline double speech_rms(const int16_t *pcm, size_t samples)
{
    double sum = 0.0;
    for (size_t i = 0; i < samples; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return sqrt(sum / (double)samples);
}

/* To −24 dBFS over the 20 ms frames that are not silent. */
static inline void speech_level(int16_t *pcm, size_t samples)
{
    double sum = 0.0;
    size_t n = 0;
    for (size_t i = 0; i + FRAME <= samples; i += FRAME) {
        const double rms = speech_rms(pcm + i, FRAME);
        if (rms > 120.0) {
            sum += rms * rms;
            n++;
        }
    }
    const double gain = n == 0 ? 1.0 : 2067.0 / sqrt(sum / (double)n);
    for (size_t i = 0; i < samples; i++) {
        double v = gain * pcm[i];
        pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

static inline size_t speech_append(const char *path, int16_t *pcm, size_t at)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav;
    if (wzp_wav_load(&wav, &mem, path) != WZP_OK) {
        return at;
    }
    wzp_resampler *r;
    assert_int_equal(wzp_resampler_new(&r, &mem, wav.rate_hz, WZP_PCM_RATE),
                     WZP_OK);
    int16_t out[FRAME * 12];
    size_t n = 0;
    for (size_t i = 0; i < wav.samples; i += FRAME) {
        size_t take = wav.samples - i < FRAME ? wav.samples - i : FRAME;
        assert_int_equal(
            wzp_resampler_process(r, wav.pcm + i, take, out, FRAME * 12, &n),
            WZP_OK);
        n = n < SPEECH_SAMPLES - at ? n : SPEECH_SAMPLES - at;
        memcpy(pcm + at, out, n * sizeof *out);
        at += n;
    }
    wzp_resampler_free(r);
    wzp_wav_free(&wav, &mem);
    return at;
}

/* SPEECH_SAMPLES of 48 kHz; made once per program. NULL where there is no
 * recorded speech. */
static inline const int16_t *speech_get(speech_kind kind)
{
    static int16_t *held[2];
    static bool is_tried[2];
    static const char *const files[] = {
        "speech_orig_16k.wav", "Front_Center.wav", "Front_Left.wav",
        "Front_Right.wav",     "Rear_Center.wav",  "Side_Left.wav",
        "david4.wav",
    };
    if (is_tried[kind]) {
        return held[kind];
    }
    is_tried[kind] = true;
    int16_t *pcm = calloc(SPEECH_SAMPLES, sizeof *pcm);
    assert_non_null(pcm);
    size_t n = SPEECH_SAMPLES;
    if (kind == SPEECH_MADE) {
        speech_make(pcm, SPEECH_SAMPLES);
    } else {
        const char *dir = getenv("WZP_SPEECH_DIR");
        n = 0;
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            char path[512];
            snprintf(path, sizeof path, "%s/%s",
                     dir != NULL ? dir : ".deps/speech", files[i]);
            n = speech_append(path, pcm, n);
        }
    }
    if (n < SPEECH_SAMPLES) {
        free(pcm);
        return NULL;
    }
    speech_level(pcm, SPEECH_SAMPLES);
    held[kind] = pcm;
    return pcm;
}

/* Speech of this kind, or the test ends as skipped. */
static inline const int16_t *speech_or_skip(speech_kind kind)
{
    const int16_t *pcm = speech_get(kind);
    if (pcm == NULL) {
        WZP_SKIP("no recorded speech: run `make deps`, or set WZP_SPEECH_DIR");
    }
    return pcm;
}

/* --- a sender ------------------------------------------------------------- */

typedef struct sent {
    size_t n;
    uint8_t data[SPEECH_FRAMES][WZP_FRAME_MAX];
    size_t len[SPEECH_FRAMES];
} sent;

/* All of `pcm` through one encoder. Free with free(). */
static inline sent *speech_send(const int16_t *pcm,
                                const wzp_encoder_config *cfg)
{
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, cfg), WZP_OK);
    const size_t frame = wzp_encoder_frame_samples(enc);
    sent *s = malloc(sizeof *s);
    assert_non_null(s);
    s->n = SPEECH_SAMPLES / frame < SPEECH_FRAMES ? SPEECH_SAMPLES / frame
                                                  : SPEECH_FRAMES;
    for (size_t i = 0; i < s->n; i++) {
        assert_int_equal(wzp_encoder_encode(enc, pcm + i * frame, frame,
                                            s->data[i], WZP_FRAME_MAX,
                                            &s->len[i]),
                         WZP_OK);
    }
    wzp_encoder_free(enc);
    return s;
}

static inline wzp_encoder_config speech_config(wzp_redundancy redundancy)
{
    wzp_encoder_config cfg;
    wzp_encoder_config_default(&cfg);
    cfg.redundancy = redundancy;
    return cfg;
}

static inline wzp_decoder *speech_decoder(void)
{
    wzp_decoder_config cfg;
    wzp_decoder_config_default(&cfg);
    wzp_decoder *dec;
    assert_int_equal(wzp_decoder_new(&dec, &cfg), WZP_OK);
    return dec;
}

/* --- memory --------------------------------------------------------------- */

/* Counts, and fails from the call number `fail_at` on (0: never). */
typedef struct counted_mem {
    size_t calls;
    size_t held; /* bytes */
    size_t fail_at;
} counted_mem;

static void *counted_resize(void *user, void *ptr, size_t old, size_t size)
{
    counted_mem *c = user;
    if (size == 0) {
        assert_true(c->held >= old);
        c->held -= ptr != NULL ? old : 0;
        free(ptr);
        return NULL;
    }
    c->calls++;
    if (c->fail_at != 0 && c->calls >= c->fail_at) {
        return NULL;
    }
    void *p = realloc(ptr, size);
    if (p != NULL) {
        c->held += size - (ptr != NULL ? old : 0);
    }
    return p;
}

static inline wzp_mem counted_mem_table(counted_mem *c)
{
    return (wzp_mem){.resize = counted_resize, .user = c};
}

#endif
