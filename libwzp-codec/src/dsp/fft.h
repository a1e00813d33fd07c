/* SPDX-License-Identifier: MIT */
/* Fourier transform of a power of two, for the search of the echo's delay. */
#ifndef WZP__DSP_FFT_H
#define WZP__DSP_FFT_H

#include <wzp/proto/env.h>

typedef struct wzp__complex {
    float re, im;
} wzp__complex;

typedef struct wzp__fft {
    size_t n;
    wzp__complex *turns; /* [n/2]: e^(−2πik/n) */
} wzp__fft;

/* n: a power of two. */
wzp_err wzp__fft_init(wzp__fft *f, const wzp_mem *mem, size_t n);
void wzp__fft_deinit(wzp__fft *f, const wzp_mem *mem);

/* x[0..n) in place: X[k] = Σ x[i] e^(−2πik/n), not scaled. */
void wzp__fft_forward(const wzp__fft *f, wzp__complex *x);

#endif
