/* SPDX-License-Identifier: MIT */
/* The transform against its definition. */
#include "dsp/fft.h"

#include "codec/speech.h"

static const double TAU = 6.28318530717958647692;

enum { N = 64, LARGE = 2048 };

static wzp__fft made(size_t n)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__fft f;
    assert_int_equal(wzp__fft_init(&f, &mem, n), WZP_OK);
    return f;
}

static void done(wzp__fft *f)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__fft_deinit(f, &mem);
}

WZP_TEST(fft_is_the_sum_of_its_definition)
{
    wzp__fft f = made(N);
    wzp__complex x[N];
    double re[N] = {0};
    double im[N] = {0};
    uint32_t seed = 5;
    for (size_t i = 0; i < N; i++) {
        x[i].re = (float)speech_noise(&seed);
        x[i].im = (float)speech_noise(&seed);
        for (size_t k = 0; k < N; k++) {
            const double a = TAU * (double)(i * k % N) / N;
            re[k] += x[i].re * cos(a) + x[i].im * sin(a);
            im[k] += x[i].im * cos(a) - x[i].re * sin(a);
        }
    }

    wzp__fft_forward(&f, x);

    for (size_t k = 0; k < N; k++) {
        assert_true(fabs(x[k].re - re[k]) < 1e-5);
        assert_true(fabs(x[k].im - im[k]) < 1e-5);
    }
    done(&f);
}

WZP_TEST(fft_of_a_tone_is_one_line)
{
    wzp__fft f = made(LARGE);
    static wzp__complex x[LARGE];
    for (size_t i = 0; i < LARGE; i++) {
        const double a = TAU * (double)(100 * i % LARGE) / LARGE;
        x[i] = (wzp__complex){(float)cos(a), (float)sin(a)};
    }

    wzp__fft_forward(&f, x);

    for (size_t k = 0; k < LARGE; k++) {
        assert_true(fabsf(x[k].re - (k == 100 ? LARGE : 0)) < 0.1f);
        assert_true(fabsf(x[k].im) < 0.1f);
    }
    done(&f);
}

WZP_TEST(fft_without_memory_says_so)
{
    counted_mem counted = {.fail_at = 1};
    const wzp_mem mem = counted_mem_table(&counted);
    wzp__fft f;

    assert_int_equal(wzp__fft_init(&f, &mem, N), WZP_ERR_NOMEM);

    wzp__fft_deinit(&f, &mem);
    assert_int_equal(counted.held, 0);
}
