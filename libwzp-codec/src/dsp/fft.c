/* SPDX-License-Identifier: MIT */
/* Radix 2, decimation in time. */
#include "dsp/fft.h"

#include <math.h>

static const double tau = 6.28318530717958647692;

wzp_err wzp__fft_init(wzp__fft *f, const wzp_mem *mem, size_t n)
{
    *f = (wzp__fft){.n = n};
    f->turns = wzp_mem_array(mem, n / 2, sizeof *f->turns);
    if (f->turns == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t k = 0; k < n / 2; k++) {
        const double angle = -tau * (double)k / (double)n;
        f->turns[k] = (wzp__complex){(float)cos(angle), (float)sin(angle)};
    }
    return WZP_OK;
}

void wzp__fft_deinit(wzp__fft *f, const wzp_mem *mem)
{
    wzp_mem_free(mem, f->turns, f->n / 2 * sizeof *f->turns);
    *f = (wzp__fft){0};
}

/* Each element to the place whose number has its bits reversed. */
static void shuffle(wzp__complex *x, size_t n)
{
    size_t to = 0;
    for (size_t from = 0; from + 1 < n; from++) {
        if (from < to) {
            const wzp__complex held = x[from];
            x[from] = x[to];
            x[to] = held;
        }
        size_t bit = n / 2;
        while (to & bit) {
            to ^= bit;
            bit /= 2;
        }
        to |= bit;
    }
}

void wzp__fft_forward(const wzp__fft *f, wzp__complex *x)
{
    shuffle(x, f->n);
    for (size_t half = 1; half < f->n; half *= 2) {
        const size_t stride = f->n / (2 * half);
        for (size_t start = 0; start < f->n; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const wzp__complex w = f->turns[k * stride];
                wzp__complex *a = &x[start + k];
                wzp__complex *b = a + half;
                const wzp__complex t = {w.re * b->re - w.im * b->im,
                                        w.re * b->im + w.im * b->re};
                *b = (wzp__complex){a->re - t.re, a->im - t.im};
                *a = (wzp__complex){a->re + t.re, a->im + t.im};
            }
        }
    }
}
