/* SPDX-License-Identifier: MIT */
/* A hole is filled with the last pitch period, again and again at a falling
 * volume: repeat and decay (design/voice-facts.md 2 e). It is repeated as
 * samples, not as a frame: Codec2_1200 sends differences, so that a frame
 * decoded twice changes energy and pitch twice (codec2_mode.c).
 */
#include "codec/codec2_dec.h"

#include "codec/codec2_mode.h"

#include <wzp/codec/resample.h>

#include <math.h>
#include <string.h>

/* At 8 kHz. */
enum {
    FADE = 40,      /* 5 ms */
    HOLD = 160,     /* 20 ms. chosen: one frame of the faster mode */
    GONE = 960,     /* 120 ms. chosen: as long as a receiver conceals */
    LAG_MIN = 20,   /* 400 Hz, as libcodec2 */
    LAG_MAX = 160,  /* 50 Hz */
    LIKE = 80,      /* 10 ms that are compared */
    STEP_FADE = 16, /* 2 ms */
    NARROW_MAX = WZP_PCM_MAX / WZP__CODEC2_RATIO,
};

#define VOICED 0.5f /* chosen: correlation of a vowel's periods is above */

typedef struct repeat {
    int16_t period[LAG_MAX];
    size_t len; /* 0: not known yet */
    size_t at;
    size_t done; /* samples concealed in a row */
    float step;  /* from the last real sample to the first of the period */
} repeat;

struct wzp__codec2_dec {
    wzp_mem mem;
    struct CODEC2 *modes[WZP__CODEC2_MODES];
    bool is_used[WZP__CODEC2_MODES];
    wzp_resampler *up;
    int16_t heard[WZP__CODEC2_FRAME_MAX]; /* decoded last, oldest first */
    repeat repeat;
};

wzp_err wzp__codec2_dec_new(wzp__codec2_dec **out, const wzp_mem *mem)
{
    wzp__codec2_dec *c = wzp_mem_new(mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->mem = *mem;
    wzp_err e = wzp_resampler_new(&c->up, mem, WZP__CODEC2_RATE, WZP_PCM_RATE);
    if (e == WZP_OK) {
        e = wzp__codec2_modes_new(c->modes);
    }
    if (e != WZP_OK) {
        wzp__codec2_dec_free(c);
        return e;
    }
    *out = c;
    return WZP_OK;
}

void wzp__codec2_dec_free(wzp__codec2_dec *c)
{
    if (c == NULL) {
        return;
    }
    const wzp_mem mem = c->mem;
    wzp__codec2_modes_free(c->modes);
    wzp_resampler_free(c->up);
    wzp_mem_free(&mem, c, sizeof *c);
}

size_t wzp__codec2_dec_bytes(wzp_codec_id codec)
{
    const wzp__codec2_mode *mode = wzp__codec2_mode_get(codec);
    return mode == NULL ? 0 : mode->bytes;
}

/* Six samples for each. */
static wzp_err widen(wzp__codec2_dec *c, const int16_t *narrow, size_t n,
                     int16_t *pcm)
{
    size_t got;
    return wzp_resampler_process(c->up, narrow, n, pcm, n * WZP__CODEC2_RATIO,
                                 &got);
}

void wzp__codec2_dec_restart(wzp__codec2_dec *c)
{
    int16_t unheard[WZP__CODEC2_FRAME_MAX * WZP__CODEC2_RATIO];
    memset(c->heard, 0, sizeof c->heard);
    c->repeat = (repeat){0};
    wzp_ignore(widen(c, c->heard, WZP__CODEC2_FRAME_MAX, unheard),
               "there is room for a frame");
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (c->is_used[i]) {
            wzp__codec2_renew(c->modes[i], wzp__codec2_mode_at(i));
            c->is_used[i] = false;
        }
    }
}

/* --- what goes on --------------------------------------------------------- */

/* Likeness of the last 10 ms to those `lag` before, −1 … 1. */
static float likeness(const int16_t *end, size_t lag)
{
    float ab = 0.0f;
    float aa = 1.0f;
    float bb = 1.0f;
    for (size_t i = 1; i <= LIKE; i++) {
        const float a = end[-(ptrdiff_t)i];
        const float b = end[-(ptrdiff_t)(i + lag)];
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    return ab / sqrtf(aa * bb);
}

/* Without a pitch the longest piece is taken: a short one would hum. */
static size_t find_lag(const int16_t *end)
{
    size_t best = LAG_MAX;
    float most = VOICED;
    for (size_t lag = LAG_MIN; lag <= LAG_MAX; lag++) {
        const float l = likeness(end, lag);
        if (l > most) {
            most = l;
            best = lag;
        }
    }
    return best;
}

/* The last period, its last quarter going over into what precedes its first
 * sample, so that it can follow itself. */
static void make_repeat(wzp__codec2_dec *c)
{
    const int16_t *end = c->heard + WZP__CODEC2_FRAME_MAX;
    const size_t lag = find_lag(end);
    const size_t seam = lag / 4;
    const int16_t *last = end - lag;
    repeat *r = &c->repeat;
    *r = (repeat){.len = lag};
    memcpy(r->period, last, lag * sizeof *last);
    for (size_t i = 0; i < seam && 2 * lag <= WZP__CODEC2_FRAME_MAX; i++) {
        const float w = (float)(i + 1) / (float)(seam + 1);
        const size_t k = lag - seam + i;
        r->period[k] = (int16_t)lrintf((1.0f - w) * last[k] +
                                       w * last[(ptrdiff_t)k - (ptrdiff_t)lag]);
    }
    r->step = (float)end[-1] - (float)r->period[lag - 1];
}

/* The volume after `n` concealed samples. */
static float volume_after(size_t n)
{
    if (n <= HOLD) {
        return 1.0f;
    }
    return n >= GONE ? 0.0f : (float)(GONE - n) / (GONE - HOLD);
}

static float say_on(wzp__codec2_dec *c)
{
    repeat *r = &c->repeat;
    if (r->len == 0) {
        make_repeat(c);
    }
    float v = r->period[r->at];
    if (r->done < STEP_FADE) {
        v += r->step * (float)(STEP_FADE - r->done) / (STEP_FADE + 1);
    }
    r->at = r->at + 1 == r->len ? 0 : r->at + 1;
    r->done += r->done < GONE;
    return v * volume_after(r->done);
}

static int16_t to_int16(float v)
{
    return (int16_t)(v > 32767.0f ? 32767 : v < -32768.0f ? -32768 : lrintf(v));
}

wzp_err wzp__codec2_dec_conceal(wzp__codec2_dec *c, size_t samples,
                                int16_t *pcm, float *left)
{
    int16_t narrow[NARROW_MAX];
    const size_t n = samples / WZP__CODEC2_RATIO;
    for (size_t i = 0; i < n; i++) {
        narrow[i] = to_int16(say_on(c));
    }
    *left = volume_after(c->repeat.done);
    return widen(c, narrow, n, pcm);
}

/* --- frames --------------------------------------------------------------- */

/* Out of a hole: what was said on goes over into the real frame. */
static void join(wzp__codec2_dec *c, int16_t *narrow)
{
    if (c->repeat.done == 0) {
        return;
    }
    for (size_t i = 0; i < FADE; i++) {
        const float w = (float)(i + 1) / (FADE + 1);
        narrow[i] = to_int16(w * narrow[i] + (1.0f - w) * say_on(c));
    }
}

wzp_err wzp__codec2_dec_decode(wzp__codec2_dec *c, wzp_codec_id codec,
                               const uint8_t *frame, int16_t *pcm,
                               size_t *samples)
{
    const wzp__codec2_mode *mode = wzp__codec2_mode_get(codec);
    int16_t narrow[WZP__CODEC2_FRAME_MAX];
    codec2_decode(c->modes[mode->index], narrow, frame);
    c->is_used[mode->index] = true;
    join(c, narrow);
    c->repeat = (repeat){0};
    const size_t kept = WZP__CODEC2_FRAME_MAX - mode->samples;
    memmove(c->heard, c->heard + mode->samples, kept * sizeof *narrow);
    memcpy(c->heard + kept, narrow, mode->samples * sizeof *narrow);
    *samples = mode->samples * WZP__CODEC2_RATIO;
    return widen(c, narrow, mode->samples, pcm);
}
