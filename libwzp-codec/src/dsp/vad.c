/* SPDX-License-Identifier: MIT */
#include "dsp/vad.h"

#include "dsp/pcm.h"

enum {
    WINDOW = 25, /* blocks */
    HANG = 25,   /* chosen: blocks; a stop inside a word is shorter */
};

/* All chosen, against the speech and noises of the bench. */
static const float FLOOR_FIRST = -70.0f; /* dBFS: at first all is voice */
static const float FLOOR_RISE = 0.2f;    /* dB per block: 20 dB/s */
static const float SMOOTH = 0.5f;        /* of the newest block */
static const float ABOVE = 8.0f;         /* dB over the floor: speech */
static const float LEAST = -62.0f;       /* dBFS: softer is never speech */
static const float SURE = 0.7f;          /* RNNoise alone decides */
static const float UNLIKELY = 0.2f;      /* against RNNoise no level counts */
static const float BACKGROUND = 0.05f;   /* of the newest block */

static void init_floor(wzp__vad_floor *f)
{
    for (size_t i = 0; i < WZP__VAD_WINDOWS; i++) {
        f->windows[i] = 0.0f;
    }
    f->db = FLOOR_FIRST;
}

void wzp__vad_init(wzp__vad *v)
{
    *v = (wzp__vad){0};
    wzp__biquad_highpass(&v->highpass, 200.0);
    wzp__biquad_lowpass(&v->lowpass, 2500.0);
    wzp__biquad_highpass(&v->high, 2500.0);
    init_floor(&v->floors[0]);
    init_floor(&v->floors[1]);
}

/* Is this level above the floor? Follows it. */
static bool is_above(wzp__vad_floor *f, uint32_t block, float db)
{
    f->smooth += (block == 0 ? 1.0f : SMOOTH) * (db - f->smooth);
    float *window = &f->windows[block / WINDOW % WZP__VAD_WINDOWS];
    if (block % WINDOW == 0 || f->smooth < *window) {
        *window = f->smooth;
    }
    float least = 0.0f;
    for (size_t i = 0; i < WZP__VAD_WINDOWS; i++) {
        least = f->windows[i] < least ? f->windows[i] : least;
    }
    f->db = least < f->db + FLOOR_RISE ? least : f->db + FLOOR_RISE;
    return db > f->db + ABOVE && db > LEAST;
}

static bool is_loud(wzp__vad *v, const int16_t pcm[WZP_CAPTURE_BLOCK])
{
    float low = 0.0f;
    float high = 0.0f;
    for (size_t i = 0; i < WZP_CAPTURE_BLOCK; i++) {
        const float x = wzp__biquad_step(&v->highpass, pcm[i]);
        const float l = wzp__biquad_step(&v->lowpass, x);
        const float h = wzp__biquad_step(&v->high, x);
        low += l * l;
        high += h * h;
    }
    const bool is_low = is_above(&v->floors[0], v->blocks,
                                 wzp__pcm_dbfs(low / WZP_CAPTURE_BLOCK));
    const bool is_high = is_above(&v->floors[1], v->blocks,
                                  wzp__pcm_dbfs(high / WZP_CAPTURE_BLOCK));
    v->blocks++;
    return is_low || is_high;
}

wzp__vad_out wzp__vad_process(wzp__vad *v, const int16_t pcm[WZP_CAPTURE_BLOCK],
                              float probability, bool is_echo)
{
    bool is_active = is_loud(v, pcm);
    if (probability >= 0.0f) {
        is_active = probability > SURE || (is_active && probability > UNLIKELY);
    }
    is_active = is_active && !is_echo;
    if (is_active) {
        v->hang = HANG;
    } else if (v->hang > 0) {
        v->hang--;
    }
    return (wzp__vad_out){.is_active = is_active, .is_voice = v->hang > 0};
}

uint8_t wzp__vad_background(wzp__vad *v, const int16_t pcm[WZP_CAPTURE_BLOCK],
                            bool is_voice)
{
    if (!is_voice) {
        const float power = wzp__pcm_power(pcm, WZP_CAPTURE_BLOCK);
        v->background +=
            (v->has_background ? BACKGROUND : 1.0f) * (power - v->background);
        v->has_background = true;
    }
    /* Even noise within ±a has a mean square of a²/3. */
    const float amplitude = sqrtf(3.0f * v->background);
    return amplitude > 255.0f ? 255 : (uint8_t)lrintf(amplitude);
}
