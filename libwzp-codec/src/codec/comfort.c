/* SPDX-License-Identifier: MIT */
/* The background is where the frames are quietest: its level follows a quieter
 * frame at once and a louder one slowly. Its colour is a linear prediction of
 * low order; until one is learnt the noise is white, as the earlier protocol
 * has it (spec/client.md 1.6).
 */
#include "codec/comfort.h"

#include <math.h>
#include <string.h>

enum { FADE = 240 }; /* 5 ms: a change over so many samples */

#define RISE      1.01f  /* chosen: of the floor per frame, 2 dB a second */
#define NEAR      2.0f   /* chosen: 3 dB above the floor is still background */
#define LEARN     0.2f   /* chosen: five frames to another background */
#define AUDIBLE   4.0f   /* energy; below, it is rounding only */
#define WHITENING 1.001f /* −30 dB of white noise: keeps the filter tame */

void wzp__comfort_init(wzp__comfort *c)
{
    *c = (wzp__comfort){.seed = 1, .floor = -1.0f, .gain = 1.0f};
}

/* --- the background ------------------------------------------------------- */

/* Levinson and Durbin: prediction coefficients of `corr`. */
static void solve(wzp__comfort *c)
{
    float a[WZP__COMFORT_ORDER] = {0};
    float left = c->corr[0] * WHITENING;
    for (size_t i = 0; i < WZP__COMFORT_ORDER; i++) {
        float k = c->corr[i + 1];
        for (size_t j = 0; j < i; j++) {
            k -= a[j] * c->corr[i - j];
        }
        k /= left;
        float next[WZP__COMFORT_ORDER];
        memcpy(next, a, sizeof next);
        for (size_t j = 0; j < i; j++) {
            next[j] = a[j] - k * a[i - 1 - j];
        }
        next[i] = k;
        memcpy(a, next, sizeof a);
        left *= 1.0f - k * k;
    }
    memcpy(c->lpc, a, sizeof a);
    c->gain = sqrtf(left / c->corr[0]);
}

static void learn_colour(wzp__comfort *c, const int16_t *pcm, size_t samples)
{
    float corr[WZP__COMFORT_ORDER + 1];
    for (size_t lag = 0; lag <= WZP__COMFORT_ORDER; lag++) {
        float sum = 0.0f;
        for (size_t i = lag; i < samples; i++) {
            sum += (float)pcm[i] * pcm[i - lag];
        }
        corr[lag] = sum;
    }
    const float weight = c->has_colour ? LEARN : 1.0f;
    for (size_t lag = 0; lag <= WZP__COMFORT_ORDER; lag++) {
        c->corr[lag] += weight * (corr[lag] / corr[0] - c->corr[lag]);
    }
    c->has_colour = true;
    solve(c);
}

void wzp__comfort_hear(wzp__comfort *c, const int16_t *pcm, size_t samples)
{
    float sum = 0.0f;
    for (size_t i = 0; i < samples; i++) {
        sum += (float)pcm[i] * pcm[i];
    }
    const float energy = sum / (float)samples;
    if (c->floor < 0.0f || energy < c->floor) {
        c->floor = energy > 1.0f ? energy : 1.0f;
    } else {
        c->floor *= RISE;
    }
    if (energy >= AUDIBLE && energy <= NEAR * c->floor) {
        learn_colour(c, pcm, samples);
    }
}

float wzp__comfort_background(const wzp__comfort *c)
{
    return c->floor > 1.0f ? sqrtf(3.0f * c->floor) : 0.0f;
}

/* --- the noise ------------------------------------------------------------ */

/* Even noise in −1 … 1. */
static float draw(wzp__comfort *c)
{
    c->seed = c->seed * 1664525u + 1013904223u; /* Numerical Recipes */
    return (float)(c->seed >> 8) / (float)(1 << 23) - 1.0f;
}

static float colour(wzp__comfort *c, float white)
{
    float y = c->gain * white;
    for (size_t i = 0; i < WZP__COMFORT_ORDER; i++) {
        y += c->lpc[i] * c->past[i];
    }
    memmove(c->past + 1, c->past, sizeof c->past - sizeof c->past[0]);
    c->past[0] = y;
    return y;
}

static int16_t to_int16(float v)
{
    return (int16_t)(v > 32767.0f ? 32767 : v < -32768.0f ? -32768 : lrintf(v));
}

void wzp__comfort_stop(wzp__comfort *c)
{
    c->level = 0.0f;
}

void wzp__comfort_add(wzp__comfort *c, float level, int16_t *pcm,
                      size_t samples)
{
    const float step = (level - c->level) / FADE;
    for (size_t i = 0; i < samples; i++) {
        c->level = i < FADE ? c->level + step : level;
        if (c->level <= 0.0f && level <= 0.0f) {
            break;
        }
        pcm[i] = to_int16(pcm[i] + c->level * colour(c, draw(c)));
    }
    c->level = samples >= FADE || c->level < 0.0f ? level : c->level;
}
