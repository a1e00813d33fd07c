/* SPDX-License-Identifier: MIT */
/* The chain. Every part exists from the start; those that are off do not run.
 *
 *   echo      echo.c: canceller
 *   highpass  80 Hz, with any of the parts
 *   suppress  suppress.c, without RNNoise: noise, what is left of the echo
 *   neural    neural.c: RNNoise
 *   vad       vad.c
 *   gain      gain.c, with its limiter
 */
#include "dsp/biquad.h"
#include "dsp/blend.h"
#include "dsp/echo.h"
#include "dsp/gain.h"
#include "dsp/neural.h"
#include "dsp/pcm.h"
#include "dsp/suppress.h"
#include "dsp/vad.h"

#include <wzp/codec/capture.h>
#include <wzp/proto/sized.h>

#include <string.h>

enum {
    SUPPRESS_WARM_UP = 3, /* chosen: its delay is one, its windows two */
    NEURAL_WARM_UP = 5,   /* chosen: its delay is two */
    FAR_TAIL = 30,        /* chosen: blocks that an echo may last */
    PER_MS = WZP_CAPTURE_BLOCK / 10,
};

static const double HIGHPASS_HZ = 80.0; /* chosen: below every voice */
static const float FAR_DB = -60.0f;     /* chosen: the far end speaks */
static const float SECOND = 0.01f;      /* of the newest block: over 1 s */
static const float SHORT = 0.3f;        /* over 3 blocks */
static const float MOSTLY_ECHO = 0.1f;  /* chosen: 10 dB have been taken away */

struct wzp_capture {
    wzp_mem mem;
    wzp_capture_parts parts;
    wzp__echo *echo;
    wzp__suppress *suppress;
    wzp__neural *neural; /* NULL: speexdsp takes away noise */
    wzp__blend echo_blend, highpass_blend, suppress_blend, neural_blend,
        gain_blend;
    wzp__biquad highpass;
    wzp__vad vad;
    wzp__gain gain;
    uint8_t far_blocks;             /* since the far end spoke, down to 0 */
    float near_second, left_second; /* mean squares while it does */
    float near_short, left_short;
};

void wzp_capture_config_default_sized(wzp_capture_config *cfg, size_t size)
{
    const wzp_capture_config full = {
        .size = sizeof full, .mem = wzp_mem_default(), .parts = {.vad = true}};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err read_config(wzp_capture_config *full,
                           const wzp_capture_config *cfg)
{
    wzp_capture_config_default(full);
    if (cfg->size < offsetof(wzp_capture_config, parts)) {
        return WZP_ERR_CONFIG;
    }
    wzp_sized_take(full, sizeof *full, cfg);
    return full->mem.resize != NULL ? WZP_OK : WZP_ERR_CONFIG;
}

/* What the parts ask of the stages. */
static bool wants_highpass(const wzp_capture_parts *p)
{
    return p->echo || p->denoise || p->gain;
}

static bool wants_neural(const wzp_capture *c, const wzp_capture_parts *p)
{
    return p->denoise && c->neural != NULL;
}

/* Not beside RNNoise, which takes what is left of an echo as well (measured:
 * 25 dB in all instead of 26), but leaves more of a voice above it and needs
 * no further 10 ms. */
static bool wants_suppress(const wzp_capture *c, const wzp_capture_parts *p)
{
    return (p->echo || p->denoise) && !wants_neural(c, p);
}

static void init_stages(wzp_capture *c)
{
    const wzp_capture_parts *p = &c->parts;
    wzp__blend_init(&c->echo_blend, 0, p->echo);
    wzp__blend_init(&c->highpass_blend, 0, wants_highpass(p));
    wzp__blend_init(&c->suppress_blend, SUPPRESS_WARM_UP, wants_suppress(c, p));
    wzp__blend_init(&c->neural_blend, NEURAL_WARM_UP, wants_neural(c, p));
    wzp__blend_init(&c->gain_blend, 0, p->gain);
    wzp__biquad_highpass(&c->highpass, HIGHPASS_HZ);
    wzp__vad_init(&c->vad);
    wzp__gain_init(&c->gain);
    c->far_blocks = 0;
    c->near_second = c->left_second = 0.0f;
    c->near_short = c->left_short = 0.0f;
}

static wzp_err create_parts(wzp_capture *c, bool is_light)
{
    WZP_TRY(wzp__echo_new(&c->echo, &c->mem));
    WZP_TRY(wzp__suppress_new(&c->suppress, &c->mem));
    if (wzp__neural_is_there() && !is_light) {
        WZP_TRY(wzp__neural_new(&c->neural, &c->mem));
    }
    return WZP_OK;
}

wzp_err wzp_capture_new(wzp_capture **out, const wzp_capture_config *cfg)
{
    wzp_capture_config full;
    WZP_TRY(read_config(&full, cfg));
    wzp_capture *c = wzp_mem_new(&full.mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    *c = (wzp_capture){.mem = full.mem, .parts = full.parts};
    const wzp_err e = create_parts(c, full.light_denoise);
    if (e != WZP_OK) {
        wzp_capture_free(c);
        return e;
    }
    init_stages(c);
    *out = c;
    return WZP_OK;
}

void wzp_capture_free(wzp_capture *c)
{
    if (c == NULL) {
        return;
    }
    const wzp_mem mem = c->mem;
    wzp__suppress_free(c->suppress);
    wzp__echo_free(c->echo);
    wzp__neural_free(c->neural);
    wzp_mem_free(&mem, c, sizeof *c);
}

void wzp_capture_set(wzp_capture *c, const wzp_capture_parts *parts)
{
    if (parts->echo && !wzp__blend_is_running(&c->echo_blend)) {
        wzp__echo_reset(c->echo);
    }
    if (parts->gain && !wzp__blend_is_running(&c->gain_blend)) {
        wzp__gain_init(&c->gain);
    }
    c->parts = *parts;
    wzp__blend_set(&c->echo_blend, parts->echo);
    wzp__blend_set(&c->highpass_blend, wants_highpass(parts));
    wzp__blend_set(&c->suppress_blend, wants_suppress(c, parts));
    wzp__blend_set(&c->neural_blend, wants_neural(c, parts));
    wzp__blend_set(&c->gain_blend, parts->gain);
}

void wzp_capture_reset(wzp_capture *c)
{
    wzp__echo_reset(c->echo);
    wzp__suppress_reset(c->suppress);
    if (c->neural != NULL) {
        wzp__neural_reset(c->neural);
    }
    init_stages(c);
}

/* --- stages --- */

static void run_echo(wzp_capture *c, int16_t *pcm, const int16_t *far)
{
    int16_t without[WZP_CAPTURE_BLOCK];
    if (wzp__blend_is_running(&c->echo_blend)) {
        memcpy(without, pcm, sizeof without);
        wzp__echo_process(c->echo, pcm, far);
        wzp__blend_mix(&c->echo_blend, without, pcm);
    }
}

static void run_highpass(wzp_capture *c, int16_t *pcm)
{
    int16_t without[WZP_CAPTURE_BLOCK];
    if (wzp__blend_is_running(&c->highpass_blend)) {
        memcpy(without, pcm, sizeof without);
        wzp__biquad_process(&c->highpass, pcm, WZP_CAPTURE_BLOCK);
        wzp__blend_mix(&c->highpass_blend, without, pcm);
    }
}

static void run_suppress(wzp_capture *c, int16_t *pcm)
{
    int16_t without[WZP_CAPTURE_BLOCK];
    if (wzp__blend_is_running(&c->suppress_blend)) {
        memcpy(without, pcm, sizeof without);
        wzp__suppress_set(c->suppress, c->parts.denoise && c->neural == NULL,
                          c->parts.echo ? wzp__echo_state(c->echo) : NULL);
        wzp__suppress_process(c->suppress, pcm);
        wzp__blend_mix(&c->suppress_blend, without, pcm);
    }
}

/* Returns the probability of speech, −1 where it is not known. */
static float run_neural(wzp_capture *c, int16_t *pcm)
{
    int16_t without[WZP_CAPTURE_BLOCK];
    if (!wzp__blend_is_running(&c->neural_blend)) {
        return -1.0f;
    }
    memcpy(without, pcm, sizeof without);
    const float probability = wzp__neural_process(c->neural, pcm);
    const bool is_heard = wzp__blend_is_heard(&c->neural_blend);
    wzp__blend_mix(&c->neural_blend, without, pcm);
    return is_heard ? probability : -1.0f;
}

static void run_gain(wzp_capture *c, int16_t *pcm, bool is_active)
{
    int16_t without[WZP_CAPTURE_BLOCK];
    if (wzp__blend_is_running(&c->gain_blend)) {
        memcpy(without, pcm, sizeof without);
        wzp__gain_process(&c->gain, pcm, is_active);
        wzp__blend_mix(&c->gain_blend, without, pcm);
    }
}

/* --- echo taken away --- */

static void average(float *mean, float share, float power)
{
    *mean += share * (power - *mean);
}

/* near  power before the canceller
 * left  after the suppressor
 * Returns whether what is left is echo. */
static bool judge_echo(wzp_capture *c, const int16_t *far, float near,
                       float left)
{
    const float far_power = wzp__pcm_power(far, WZP_CAPTURE_BLOCK);
    if (wzp__pcm_dbfs(far_power) > FAR_DB) {
        c->far_blocks = FAR_TAIL;
        average(&c->near_second, SECOND, near);
        average(&c->left_second, SECOND, left);
    } else if (c->far_blocks > 0) {
        c->far_blocks--;
    }
    average(&c->near_short, SHORT, near);
    average(&c->left_short, SHORT, left);
    return c->parts.echo && c->far_blocks > 0 &&
           c->left_short < MOSTLY_ECHO * c->near_short;
}

static uint8_t level_of(const int16_t *pcm)
{
    const float db = wzp__pcm_dbfs(wzp__pcm_power(pcm, WZP_CAPTURE_BLOCK));
    return (uint8_t)lrintf(-db);
}

void wzp_capture_process(wzp_capture *c, int16_t *pcm, const int16_t *far,
                         wzp_capture_out *out)
{
    static const int16_t silence[WZP_CAPTURE_BLOCK];
    far = far != NULL ? far : silence;
    const float near_power = wzp__pcm_power(pcm, WZP_CAPTURE_BLOCK);
    run_echo(c, pcm, far);
    run_highpass(c, pcm);
    run_suppress(c, pcm);
    const bool is_echo =
        judge_echo(c, far, near_power, wzp__pcm_power(pcm, WZP_CAPTURE_BLOCK));
    const float probability = run_neural(c, pcm);
    const wzp__vad_out voice =
        wzp__vad_process(&c->vad, pcm, probability, is_echo);
    run_gain(c, pcm, voice.is_active);
    *out = (wzp_capture_out){
        .is_voice = voice.is_voice || !c->parts.vad,
        .level_db = level_of(pcm),
        .noise_level = wzp__vad_background(&c->vad, pcm, voice.is_voice),
    };
}

/* --- figures --- */

static int32_t erle_of(const wzp_capture *c)
{
    if (!c->parts.echo || c->near_second <= 0.0f) {
        return 0;
    }
    return (int32_t)lrintf(
        10.0f * log10f((c->near_second + 1.0f) / (c->left_second + 1.0f)));
}

static uint32_t delay_of(const wzp_capture *c)
{
    uint32_t delay = 0;
    if (wants_suppress(c, &c->parts)) {
        delay += WZP__SUPPRESS_DELAY;
    }
    if (wants_neural(c, &c->parts)) {
        delay += WZP__NEURAL_DELAY;
    }
    return delay;
}

void wzp_capture_stats_get(const wzp_capture *c, wzp_capture_stats *out)
{
    const int32_t found = c->parts.echo ? wzp__echo_found(c->echo) : -1;
    const wzp_capture_stats full = {
        .size = sizeof full,
        .parts = c->parts,
        .delay_samples = delay_of(c),
        .echo_delay_ms = found > 0 ? (uint32_t)found / PER_MS : 0,
        .erle_db = erle_of(c),
        .gain_db = c->parts.gain ? (int32_t)lrintf(c->gain.db) : 0,
    };
    wzp_sized_give(out, out->size, &full, sizeof full);
}

const char *wzp_capture_denoiser(void)
{
    return wzp__neural_is_there() ? "rnnoise" : "speexdsp";
}
