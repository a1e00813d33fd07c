/* SPDX-License-Identifier: MIT */
/* Both signals at 4 kHz. The last WINDOW samples of the near end are compared
 * with the SPAN samples of the far end that end with them, every HOP samples.
 * Both go through one complex transform; the phases of their cross spectrum
 * are averaged, and back in time the delay is where the peak is. It is believed
 * when it stands out of the rest and has not moved for a few times.
 */
#include "dsp/echo_delay.h"

#include "dsp/biquad.h"
#include "dsp/fft.h"
#include "dsp/pcm.h"

#include <math.h>
#include <string.h>

enum {
    DOWN = 12, /* to 4 kHz */
    BLOCK = WZP_CAPTURE_BLOCK / DOWN,
    SPAN = 2048,                       /* 512 ms */
    LAGS = WZP__ECHO_DELAY_MAX_MS * 4, /* 1280 */
    WINDOW = SPAN - LAGS,              /* 768: 192 ms */
    HOP = 5 * BLOCK,                   /* chosen: 50 ms … */
    HOP_KNOWN = 20 * BLOCK,         /* … 200 ms once it is known: less CPU */
    BINS_FIRST = 100 * SPAN / 4000, /* chosen: 100 Hz … */
    BINS_END = 1900 * SPAN / 4000,  /* … to 1.9 kHz */
    SAME = 4,                       /* samples: 1 ms */
    TIMES = 3,                      /* chosen: in a row before it is believed */
};

static const double LOWPASS_HZ = 1500.0;
static const float SILENT_DB = -65.0f; /* chosen: of the far end, no speech */
static const float MEMORY = 0.92f;     /* chosen: of the average, per hop */
static const float STANDS_OUT = 8.0f;  /* chosen: peak over root mean square;
                                          the greatest of noise is 3.6 */

typedef struct line {
    wzp__biquad lowpass;
    float v[SPAN]; /* oldest first */
} line;

struct wzp__echo_delay {
    wzp_mem mem;
    wzp__fft fft;
    line near, far;
    uint32_t waiting; /* samples since the last comparison */
    uint32_t compared;
    uint32_t times;   /* in a row the peak was at `peak` */
    int32_t peak;     /* lag; −1: none stood out */
    int32_t believed; /* lag, −1: none yet */
    wzp__complex average[BINS_END];
    wzp__complex work[SPAN];
};

wzp_err wzp__echo_delay_new(wzp__echo_delay **out, const wzp_mem *mem)
{
    wzp__echo_delay *d = wzp_mem_new(mem, sizeof *d);
    if (d == NULL) {
        return WZP_ERR_NOMEM;
    }
    d->mem = *mem;
    if (wzp__fft_init(&d->fft, mem, SPAN) != WZP_OK) {
        wzp__echo_delay_free(d);
        return WZP_ERR_NOMEM;
    }
    wzp__echo_delay_reset(d);
    *out = d;
    return WZP_OK;
}

void wzp__echo_delay_free(wzp__echo_delay *d)
{
    if (d == NULL) {
        return;
    }
    const wzp_mem mem = d->mem;
    wzp__fft_deinit(&d->fft, &mem);
    wzp_mem_free(&mem, d, sizeof *d);
}

static void clear(line *l)
{
    *l = (line){0};
    wzp__biquad_lowpass(&l->lowpass, LOWPASS_HZ);
}

void wzp__echo_delay_reset(wzp__echo_delay *d)
{
    clear(&d->near);
    clear(&d->far);
    memset(d->average, 0, sizeof d->average);
    d->waiting = 0;
    d->compared = 0;
    d->times = 0;
    d->peak = -1;
    d->believed = -1;
}

static void push(line *l, const int16_t pcm[WZP_CAPTURE_BLOCK])
{
    memmove(l->v, l->v + BLOCK, (SPAN - BLOCK) * sizeof *l->v);
    for (size_t i = 0; i < BLOCK; i++) {
        float y = 0.0f;
        for (size_t k = 0; k < DOWN; k++) {
            y = wzp__biquad_step(&l->lowpass, pcm[i * DOWN + k]);
        }
        l->v[SPAN - BLOCK + i] = y;
    }
}

static bool is_silent(const float *v, size_t n)
{
    float sum = 0.0f;
    for (size_t i = 0; i < n; i++) {
        sum += v[i] * v[i];
    }
    return wzp__pcm_dbfs(sum / (float)n) < SILENT_DB;
}

/* Near and far as one complex signal; its transform tells them apart again:
 * X[k] = (Z[k] + Z*[n−k]) / 2, Y[k] = (Z[k] − Z*[n−k]) / 2i. */
static void add_phases(wzp__echo_delay *d)
{
    wzp__complex *z = d->work;
    for (size_t i = 0; i < SPAN; i++) {
        z[i] = (wzp__complex){d->far.v[i], i < LAGS ? 0.0f : d->near.v[i]};
    }
    wzp__fft_forward(&d->fft, z);
    d->compared++;
    const float first = 1.0f / (float)d->compared;
    const float share = first > 1.0f - MEMORY ? first : 1.0f - MEMORY;
    for (size_t k = BINS_FIRST; k < BINS_END; k++) {
        const wzp__complex a = z[k];
        const wzp__complex b = {z[SPAN - k].re, -z[SPAN - k].im};
        const wzp__complex x = {a.re + b.re, a.im + b.im};
        const wzp__complex y = {a.im - b.im, b.re - a.re};
        const wzp__complex c = {y.re * x.re + y.im * x.im,
                                y.im * x.re - y.re * x.im};
        const float size = sqrtf(c.re * c.re + c.im * c.im) + 1.0f;
        wzp__complex *average = &d->average[k];
        average->re += share * (c.re / size - average->re);
        average->im += share * (c.im / size - average->im);
    }
}

/* The lag where the averaged phases agree most; −1: it does not stand out. */
static int32_t find_peak(wzp__echo_delay *d)
{
    wzp__complex *c = d->work;
    memset(c, 0, SPAN * sizeof *c);
    for (size_t k = BINS_FIRST; k < BINS_END; k++) {
        /* Conjugate: a forward transform then goes back in time. */
        c[k] = (wzp__complex){d->average[k].re, -d->average[k].im};
    }
    wzp__fft_forward(&d->fft, c);
    int32_t best = 0;
    float sum = 0.0f;
    for (int32_t i = 0; i < LAGS; i++) {
        sum += c[i].re * c[i].re;
        best = c[i].re > c[best].re ? i : best;
    }
    return c[best].re > STANDS_OUT * sqrtf(sum / LAGS) ? best : -1;
}

static void believe(wzp__echo_delay *d, int32_t peak)
{
    const bool is_same = peak >= 0 && d->peak >= 0 && peak - d->peak <= SAME &&
                         d->peak - peak <= SAME;
    d->times = is_same ? d->times + 1 : 1;
    d->peak = peak;
    if (peak >= 0 && d->times >= TIMES) {
        d->believed = peak;
    }
}

void wzp__echo_delay_process(wzp__echo_delay *d,
                             const int16_t near[WZP_CAPTURE_BLOCK],
                             const int16_t far[WZP_CAPTURE_BLOCK])
{
    push(&d->near, near);
    push(&d->far, far);
    d->waiting += BLOCK;
    if (d->waiting < (d->believed < 0 ? HOP : HOP_KNOWN)) {
        return;
    }
    d->waiting = 0;
    if (is_silent(d->far.v, SPAN) || is_silent(d->near.v + LAGS, WINDOW)) {
        return;
    }
    add_phases(d);
    believe(d, find_peak(d));
}

int32_t wzp__echo_delay_samples(const wzp__echo_delay *d)
{
    return d->believed < 0 ? -1 : d->believed * DOWN;
}
