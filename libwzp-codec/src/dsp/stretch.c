/* SPDX-License-Identifier: MIT */
/* Time-stretch (stretch.h). At a place `at` of the block, what was just heard
 * and what comes next are one line of samples x; a lag L is a pitch period
 * where x repeats itself after L.
 *
 *   cut      x[at …] fades into x[at + L …]: L samples less
 *   repeat   x[at …] fades into x[at − L …]: L samples more
 *
 * Both leave and enter the line without a step. The lag is looked for at a
 * quarter of the rate, then around the best at the full one.
 */
#include <wzp/codec/stretch.h>

#include <math.h>
#include <string.h>

enum {
    BLOCK_MIN = 480,
    BLOCK_MAX = 2880,
    PAST = WZP_STRETCH_LAG_MAX, /* samples remembered */
    LINE = PAST + BLOCK_MAX,
    STEP = 4, /* of the first search */
    LANES = 4,
    PLACES = 480,   /* chosen: a place to look at every 10 ms */
    FADE_MIN = 120, /* chosen: 2.5 ms, as the shortest lag */
    COMPARED = 720, /* chosen: the longest period; PLACES at the block's end */
    /* chosen: below what voice-facts counts as active speech (120) */
    QUIET_RMS = 100,
};

/* voice-facts 5. Above, little of a breathy voice is periodic; below, cuts
 * cost more than 0.02 of STOI. */
#define ALIKE 0.5F

/* A longer lag must be so much more alike than a shorter one. chosen: two
 * periods are as alike as one, and more is lost with them. */
#define MULTIPLE 0.1F

struct wzp_stretch {
    wzp_mem mem;
    int16_t past[PAST]; /* what was given out last */
    int32_t heard;      /* of that, since the beginning */
    int16_t line[LINE];
    int16_t coarse[LINE / STEP];
};

wzp_err wzp_stretch_new(wzp_stretch **out, const wzp_mem *mem)
{
    wzp_stretch *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    *out = s;
    return WZP_OK;
}

void wzp_stretch_free(wzp_stretch *s)
{
    if (s != NULL) {
        const wzp_mem mem = s->mem;
        wzp_mem_free(&mem, s, sizeof *s);
    }
}

void wzp_stretch_reset(wzp_stretch *s)
{
    memset(s->past, 0, sizeof s->past);
    s->heard = 0;
}

/* --- looking for a period --- */

/* Lags that may be used at a place. */
typedef struct search {
    const int16_t *x; /* at the place */
    bool is_cut;
    int32_t left; /* samples of the block from the place on */
    int32_t over; /* samples that are compared */
    int32_t min, max;
} search;

static int32_t at_most(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* How long the fade of this lag is. */
static int32_t fade_of(int32_t left, int32_t lag, bool is_cut)
{
    return at_most(lag, is_cut ? left - lag : left);
}

/* How alike x[0 … n) and y[0 … n) are: −1 … 1; 0 where either is nothing. n is
 * a multiple of LANES, sums that do not wait for one another. */
static float likeness(const int16_t *x, const int16_t *y, int32_t n)
{
    float xy[LANES] = {0}, xx[LANES] = {0}, yy[LANES] = {0};
    for (int32_t i = 0; i < n; i += LANES) {
        for (int32_t k = 0; k < LANES; k++) {
            const float a = x[i + k], b = y[i + k];
            xy[k] += a * b;
            xx[k] += a * a;
            yy[k] += b * b;
        }
    }
    for (int32_t k = 1; k < LANES; k++) {
        xy[0] += xy[k];
        xx[0] += xx[k];
        yy[0] += yy[k];
    }
    const float energy = xx[0] * yy[0];
    return energy > 0 ? xy[0] / sqrtf(energy) : 0;
}

/* How alike the line and the line moved by a lag are. What is compared begins
 * at the place, or as far before it as the block is too short. */
static float likeness_at(const search *f, int32_t lag)
{
    const int32_t room = f->is_cut ? f->left - lag : f->left;
    const int16_t *x = f->x + at_most(0, room - f->over);
    return likeness(x, f->is_cut ? x + lag : x - lag, f->over);
}

/* The lag in min … max that is most alike, or 0. Where the first ones are less
 * and less alike they are only close to lag 0, and no period. */
static int32_t best_lag(const search *f, float *best)
{
    int32_t found = 0;
    float last = 1;
    bool is_slope = true;
    *best = 0;
    for (int32_t lag = f->min; lag <= f->max; lag++) {
        const float v = likeness_at(f, lag);
        is_slope = is_slope && v <= last;
        last = v;
        const bool is_multiple = 2 * lag > 3 * found;
        if (!is_slope && v > *best + (is_multiple ? MULTIPLE : 0)) {
            *best = v;
            found = lag;
        }
    }
    return found;
}

/* Near lag `near`. */
static int32_t exact_lag(const search *f, int32_t near, float *best)
{
    int32_t found = 0;
    *best = 0;
    for (int32_t lag = near - STEP; lag <= near + STEP; lag++) {
        if (lag >= f->min && lag <= f->max) {
            const float v = likeness_at(f, lag);
            found = v > *best ? lag : found;
            *best = v > *best ? v : *best;
        }
    }
    return found;
}

/* Of n samples, every PLACES. */
static bool is_quiet(const int16_t *x, int32_t n)
{
    for (int32_t from = 0; from < n; from += PLACES) {
        const int32_t to = at_most(from + PLACES, n);
        int64_t energy = 0;
        for (int32_t i = from; i < to; i++) {
            energy += (int32_t)x[i] * x[i];
        }
        if (energy >= (int64_t)QUIET_RMS * QUIET_RMS * (to - from)) {
            return false;
        }
    }
    return true;
}

/* The period at place `at` of the block, or 0 where there is none. */
static int32_t period_at(const wzp_stretch *s, int32_t at, const search *fine)
{
    float like;
    const search f = {.x = s->coarse + (PAST + at) / STEP,
                      .is_cut = fine->is_cut,
                      .left = fine->left / STEP,
                      .over = fine->over / STEP,
                      .min = fine->min / STEP,
                      .max = fine->max / STEP};
    const int32_t near = best_lag(&f, &like) * STEP;
    if (near == 0 || like < ALIKE) {
        return 0;
    }
    const int32_t lag = exact_lag(fine, near, &like);
    return like > ALIKE ? lag : 0;
}

/* Where and how much: *at, and the lag; 0 nowhere. */
static int32_t find(const wzp_stretch *s, int32_t n, int32_t want, int32_t *at)
{
    const bool is_cut = want < 0;
    const int32_t amount = is_cut ? -want : want;
    for (*at = 0; *at + PLACES <= n; *at += PLACES) {
        search f = {.x = s->line + PAST + *at,
                    .is_cut = is_cut,
                    .left = n - *at,
                    .over = n - *at < COMPARED ? PLACES : COMPARED,
                    .min = WZP_STRETCH_LAG_MIN,
                    .max = WZP_STRETCH_LAG_MAX};
        f.max = at_most(f.max, is_cut ? f.left - FADE_MIN : s->heard + *at);
        if (is_quiet(f.x - PLACES, PLACES + at_most(f.left, 3 * PLACES))) {
            return at_most(amount, f.max);
        }
        if (f.max < f.min || (is_cut && amount < f.min)) {
            continue;
        }
        const int32_t lag = period_at(s, *at, &f);
        if (lag != 0 && (!is_cut || lag <= amount)) {
            return lag;
        }
    }
    return 0;
}

/* --- cutting and repeating --- */

/* From x to y over n samples. */
static void fade(int16_t *out, const int16_t *x, const int16_t *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = (int16_t)(((int32_t)x[i] * (n - i) + (int32_t)y[i] * i) / n);
    }
}

/* The block, changed by one lag at `at`; returns its length. */
static size_t splice(const wzp_stretch *s, int32_t n, int32_t at, int32_t lag,
                     bool is_cut, int16_t *out)
{
    const int16_t *block = s->line + PAST;
    const int32_t faded = fade_of(n - at, lag, is_cut);
    const int16_t *x = block + at;
    const int16_t *y = is_cut ? x + lag : x - lag;
    memcpy(out, block, (size_t)at * sizeof *out);
    fade(out + at, x, y, faded);
    const int16_t *rest = y + faded;
    const size_t n_rest = (size_t)(block + n - rest);
    memcpy(out + at + faded, rest, n_rest * sizeof *out);
    return (size_t)(at + faded) + n_rest;
}

static void set_line(wzp_stretch *s, const int16_t *in, size_t n)
{
    memcpy(s->line, s->past, sizeof s->past);
    memcpy(s->line + PAST, in, n * sizeof *in);
    for (size_t i = 0; i < (PAST + n) / STEP; i++) {
        const int16_t *x = s->line + STEP * i;
        s->coarse[i] = (int16_t)((x[0] + x[1] + x[2] + x[3]) / STEP);
    }
}

static void remember(wzp_stretch *s, const int16_t *out, size_t n)
{
    const size_t new = n < PAST ? n : PAST;
    memmove(s->past, s->past + new, (PAST - new) * sizeof *s->past);
    memcpy(s->past + PAST - new, out + n - new, new * sizeof *s->past);
    s->heard = at_most(s->heard + (int32_t) new, PAST);
}

wzp_err wzp_stretch_process(wzp_stretch *s, const int16_t *in, size_t n,
                            int32_t want, int16_t *out, size_t cap,
                            size_t *n_out, int32_t *done)
{
    if (n < BLOCK_MIN || n > BLOCK_MAX) {
        return WZP_ERR_ARG;
    }
    if (cap < n + WZP_STRETCH_LAG_MAX) {
        return WZP_ERR_SPACE;
    }
    int32_t lag = 0, at = 0;
    if (want != 0) {
        const int32_t most = WZP_STRETCH_LAG_MAX; /* of any wish */
        set_line(s, in, n);
        want = at_most(want > -most ? want : -most, most);
        lag = find(s, (int32_t)n, want, &at);
    }
    if (lag == 0) {
        memmove(out, in, n * sizeof *out);
        *n_out = n;
        *done = 0;
    } else {
        *n_out = splice(s, (int32_t)n, at, lag, want < 0, out);
        *done = want < 0 ? -lag : lag;
    }
    remember(s, out, *n_out);
    return WZP_OK;
}
