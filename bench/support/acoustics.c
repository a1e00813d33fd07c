/* SPDX-License-Identifier: MIT */
#include "bench/support/acoustics.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAV_HEADER = 44,
    PATH_LEN = 512,
    RAW_RATE = 8000,
};

static const double pi = 3.14159265358979323846;

static int32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (int32_t)(*seed >> 16) - 32768;
}

static int16_t sat16(int64_t x)
{
    return (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x);
}

/* x / 2^bits towards minus infinity, as the file's >>. */
static int64_t shift_right(int64_t x, int bits)
{
    const int64_t d = (int64_t)1 << bits;
    return x / d - (x % d < 0);
}

/* --- responses --- */

wzp_response wzp_acoustics_room(double rt60_s, int rate, uint32_t seed)
{
    const double d = pow(10.0, -3.0 / (rt60_s * rate));
    const double a = sqrt(3.0 * (1.0 - d * d));
    wzp_response r = {.n = (size_t)lrint(rt60_s * rate)};
    r.h = calloc(r.n, sizeof *r.h);
    if (r.h == NULL) {
        return r;
    }
    double fall = 1.0;
    r.h[0] = 1.0;
    for (size_t i = 1; i < r.n; i++) {
        fall *= d;
        r.h[i] = a * fall * draw(&seed) / 32768.0;
    }
    return r;
}

wzp_response wzp_acoustics_echo(double rt60_s, int rate, uint32_t seed,
                                size_t delay)
{
    wzp_response room = wzp_acoustics_room(rt60_s, rate, seed);
    wzp_response e = {.n = room.n + delay};
    e.h = calloc(e.n, sizeof *e.h);
    if (room.h == NULL || e.h == NULL) {
        free(room.h);
        free(e.h);
        return (wzp_response){0};
    }
    double energy = 0.0;
    for (size_t i = 0; i < room.n; i++) {
        energy += room.h[i] * room.h[i];
    }
    const double gain = pow(10.0, -6.0 / 20.0) / sqrt(energy);
    for (size_t i = 0; i < room.n; i++) {
        e.h[delay + i] = gain * room.h[i];
    }
    free(room.h);
    return e;
}

/* Transform of the n values x[0], x[step], …, into out[0..n): n a power of
 * two. sign −1 forward, +1 back (not scaled). */
static void transform(const double complex *x, double complex *out, size_t n,
                      size_t step, double sign)
{
    if (n == 1) {
        out[0] = x[0];
        return;
    }
    transform(x, out, n / 2, 2 * step, sign);
    transform(x + step, out + n / 2, n / 2, 2 * step, sign);
    for (size_t k = 0; k < n / 2; k++) {
        const double complex turn =
            cexp(sign * 2.0 * I * pi * (double)k / (double)n);
        const double complex odd = turn * out[n / 2 + k];
        out[n / 2 + k] = out[k] - odd;
        out[k] += odd;
    }
}

typedef struct convolver {
    size_t size; /* of a transform */
    double complex *h, *x, *y;
} convolver;

/* out[at ..] += the response to x[at .. at + size/2). */
static void add_piece(const convolver *c, const int16_t *x, size_t n, size_t at,
                      double *out)
{
    double complex *in = c->x;
    for (size_t i = 0; i < c->size; i++) {
        in[i] = i < c->size / 2 && at + i < n ? x[at + i] : 0.0;
    }
    transform(in, c->y, c->size, 1, -1.0);
    for (size_t i = 0; i < c->size; i++) {
        c->y[i] *= c->h[i];
    }
    transform(c->y, in, c->size, 1, 1.0);
    for (size_t i = 0; i < c->size && at + i < n; i++) {
        out[at + i] += creal(in[i]) / (double)c->size;
    }
}

bool wzp_acoustics_convolve(const wzp_response *r, const int16_t *x, size_t n,
                            double *out)
{
    convolver c = {.size = 2};
    while (c.size < 2 * r->n) {
        c.size *= 2;
    }
    double complex *memory = calloc(3 * c.size, sizeof *memory);
    if (memory == NULL) {
        return false;
    }
    c.h = memory;
    c.x = memory + c.size;
    c.y = memory + 2 * c.size;
    for (size_t i = 0; i < r->n; i++) {
        c.x[i] = r->h[i];
    }
    transform(c.x, c.h, c.size, 1, -1.0);
    memset(out, 0, n * sizeof *out);
    for (size_t at = 0; at < n; at += c.size / 2) {
        add_piece(&c, x, n, at, out);
    }
    free(memory);
    return true;
}

/* --- babble --- */

wzp_recording wzp_acoustics_load(const char *dir, const char *name)
{
    char path[PATH_LEN];
    wzp_recording r = {0};
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return r;
    }
    (void)fseek(f, 0, SEEK_END);
    const size_t header = strstr(name, ".wav") != NULL ? WAV_HEADER : 0;
    const size_t len = (size_t)ftell(f) - header;
    (void)fseek(f, (long)header, SEEK_SET);
    uint8_t *bytes = malloc(len);
    r.v = malloc(len);
    if (bytes != NULL && r.v != NULL && fread(bytes, 1, len, f) == len) {
        r.n = len / 2;
        for (size_t i = 0; i < r.n; i++) {
            r.v[i] = (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        }
    } else {
        free(r.v);
        r.v = NULL;
    }
    free(bytes);
    (void)fclose(f);
    return r;
}

/* Sample i of the loop. */
static int64_t at(const wzp_recording *r, ptrdiff_t i)
{
    const ptrdiff_t n = (ptrdiff_t)r->n;
    return r->v[(i % n + n) % n];
}

wzp_recording wzp_acoustics_halve(const wzp_recording *r)
{
    wzp_recording y = {.n = r->n / 2};
    y.v = malloc(y.n * sizeof *y.v);
    for (size_t m = 0; y.v != NULL && m < y.n; m++) {
        const ptrdiff_t i = 2 * (ptrdiff_t)m;
        y.v[m] =
            sat16(shift_right(-at(r, i - 3) + 9 * at(r, i - 1) + 16 * at(r, i) +
                                  9 * at(r, i + 1) - at(r, i + 3) + 16,
                              5));
    }
    return y;
}

wzp_recording wzp_acoustics_double(const wzp_recording *r)
{
    wzp_recording y = {.n = r->n * 2};
    y.v = malloc(y.n * sizeof *y.v);
    for (size_t m = 0; y.v != NULL && m < r->n; m++) {
        const ptrdiff_t i = (ptrdiff_t)m;
        y.v[2 * m] = r->v[m];
        y.v[2 * m + 1] = sat16(shift_right(
            -at(r, i - 1) + 9 * at(r, i) + 9 * at(r, i + 1) - at(r, i + 2) + 8,
            4));
    }
    return y;
}

typedef struct voice {
    const char *file;
    int rate;
    size_t offset_ms;
    int64_t gain_q15;
} voice;

static const voice voices[WZP_ACOUSTICS_VOICES] = {
    {"hts1a.raw", RAW_RATE, 730, 24287},
    {"hts2a.raw", RAW_RATE, 370, 23683},
    {"speech_orig_16k.wav", 2 * RAW_RATE, 1100, 14483},
    {"hts1a.raw", RAW_RATE, 1530, 24287},
    {"hts2a.raw", RAW_RATE, 1910, 23683},
    {"speech_orig_16k.wav", 2 * RAW_RATE, 6430, 14483},
};

static wzp_recording load_at(const char *dir, const voice *v, int rate)
{
    wzp_recording r = wzp_acoustics_load(dir, v->file);
    if (r.v == NULL || v->rate == rate) {
        return r;
    }
    wzp_recording other =
        v->rate < rate ? wzp_acoustics_double(&r) : wzp_acoustics_halve(&r);
    free(r.v);
    return other;
}

bool wzp_acoustics_babble(const char *dir, int rate, int16_t *out, size_t n)
{
    int64_t *sum = calloc(n, sizeof *sum);
    bool is_done = sum != NULL;
    for (size_t k = 0; is_done && k < WZP_ACOUSTICS_VOICES; k++) {
        const voice *v = &voices[k];
        const size_t offset = v->offset_ms * (size_t)rate / 1000;
        wzp_recording r = load_at(dir, v, rate);
        is_done = r.v != NULL;
        for (size_t i = 0; is_done && i < n; i++) {
            sum[i] += v->gain_q15 * r.v[(i + offset) % r.n];
        }
        free(r.v);
    }
    for (size_t i = 0; is_done && i < n; i++) {
        out[i] = sat16(shift_right(sum[i] + 16384, 15));
    }
    free(sum);
    return is_done;
}
