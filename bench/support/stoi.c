/* SPDX-License-Identifier: MIT */
/* The seven steps of STOI, in the order and with the numbers of
 * tests/vectors/stoi.json `_about.algorithm`; each function names its step.
 *
 *   int16 at any rate -> 10 kHz -> silent frames out -> 512-point DFT
 *     -> 15 third-octave bands -> correlation over 384 ms -> mean
 *
 * Plain 64-bit floating point throughout; 20 s at 48 kHz take a fraction of a
 * second, most of it in the resampler.
 */
#include "bench/support/stoi.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 10000,
    RATE_MIN = 8000,
    RATE_MAX = 192000,
    FRAME = 256,
    HOP = FRAME / 2,
    FFT_LEN = 512,
    BINS = FFT_LEN / 2 + 1,
    BANDS = 15,
    SEGMENT = 30, /* frames: 384 ms */
};

static const double PI = 3.14159265358979323846;
static const double FULL_SCALE = 32768;
static const double EPS = 0x1p-52;
static const double SILENCE_DB = 40.0;
static const double CLIP_DB = 15.0;
static const double LOWEST_BAND_HZ = 150.0;

typedef struct signal {
    double *v;
    size_t n;
} signal;

/* First and last DFT bin of a band. */
typedef struct band {
    int first, last;
} band;

static bool signal_init(signal *s, size_t n)
{
    s->v = calloc(n == 0 ? 1 : n, sizeof(*s->v));
    s->n = n;
    return s->v != NULL;
}

static void signal_deinit(signal *s)
{
    free(s->v);
    *s = (signal){0};
}

/* ---- step 1: to 10 kHz ------------------------------------------------- */

static int greatest_common_divisor(int a, int b)
{
    while (b != 0) {
        const int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Modified Bessel function of the first kind, order 0. */
static double bessel_i0(double x)
{
    const double quarter = x * x / 4;
    double term = 1, sum = 1;

    for (int k = 1; term > sum * 1e-17; k++) {
        term *= quarter / ((double)k * k);
        sum += term;
    }
    return sum;
}

/* Low-pass at the p-fold rate: 2 * half + 1 taps, cut at half the lower of the
 * two rates, Kaiser window for 60 dB, gain p. */
static bool lowpass_init(signal *h, int p, int q, size_t *half)
{
    const double rejection_db = 60;
    const double beta = 0.1102 * (rejection_db - 8.7);
    const double wider = p > q ? p : q;
    const double transition = 1 / (20 * wider);
    const double half_len = ceil((rejection_db - 8) / (28.714 * transition));

    *half = (size_t)half_len;
    if (!signal_init(h, 2 * *half + 1)) {
        return false;
    }
    double sum = 0;
    for (size_t i = 0; i < h->n; i++) {
        const double t = (double)i - half_len;
        const double x = t / wider;
        const double sinc = t == 0 ? 1 : sin(PI * x) / (PI * x);
        const double r = t / half_len;
        h->v[i] = sinc * bessel_i0(beta * sqrt(fmax(0, 1 - r * r)));
        sum += h->v[i];
    }
    for (size_t i = 0; i < h->n; i++) {
        h->v[i] *= p / sum;
    }
    return true;
}

/* Output sample i lies at input time i * q / p. At the p-fold rate that is
 * position i * q, and only every p-th tap meets an input sample. */
static void resample(const int16_t *in, size_t n, const signal *h, size_t half,
                     size_t p, size_t q, signal *out)
{
    for (size_t i = 0; i < out->n; i++) {
        const size_t at = i * q;
        const size_t first = at > half ? (at - half + p - 1) / p : 0;
        const size_t last = (at + half) / p;
        double sum = 0;
        for (size_t j = first; j <= last && j < n; j++) {
            sum += h->v[at + half - j * p] * in[j];
        }
        out->v[i] = sum / FULL_SCALE;
    }
}

static bool to_10k(const int16_t *clean, const int16_t *degraded, size_t n,
                   int rate, signal *x, signal *y)
{
    const int divisor = greatest_common_divisor(RATE, rate);
    const int p = RATE / divisor, q = rate / divisor;
    const size_t n_out = (n * (size_t)p + (size_t)q - 1) / (size_t)q;
    signal h = {0};
    size_t half = 0;

    if (!signal_init(x, n_out) || !signal_init(y, n_out)) {
        return false;
    }
    if (p == q) {
        for (size_t i = 0; i < n; i++) {
            x->v[i] = clean[i] / FULL_SCALE;
            y->v[i] = degraded[i] / FULL_SCALE;
        }
        return true;
    }
    if (!lowpass_init(&h, p, q, &half)) {
        return false;
    }
    resample(clean, n, &h, half, (size_t)p, (size_t)q, x);
    resample(degraded, n, &h, half, (size_t)p, (size_t)q, y);
    signal_deinit(&h);
    return true;
}

/* ---- step 2: silent frames out ----------------------------------------- */

/* Frames start at every multiple of HOP that is less than n - FRAME: one that
 * would end exactly at the end is not taken. */
static size_t frame_count(size_t n)
{
    return n <= FRAME ? 0 : (n - FRAME + HOP - 1) / HOP;
}

/* Hann window without a zero at either end. */
static void hann_init(double w[FRAME])
{
    for (int i = 0; i < FRAME; i++) {
        w[i] = 0.5 - 0.5 * cos(2 * PI * (i + 1) / (FRAME + 1));
    }
}

static double frame_energy_db(const double *x, const double w[FRAME])
{
    double sum = 0;
    for (int i = 0; i < FRAME; i++) {
        sum += x[i] * w[i] * x[i] * w[i];
    }
    return 10 * log10(sum);
}

static void overlap_add(double *to, const double *from, const double w[FRAME])
{
    for (int i = 0; i < FRAME; i++) {
        to[i] += from[i] * w[i];
    }
}

/* Replaces x and y by their loud frames, judged on x alone, joined again by
 * overlap-add. False: no memory. */
static bool drop_silence(signal *x, signal *y, const double w[FRAME],
                         size_t *kept)
{
    const size_t frames = frame_count(x->n);
    signal loud_x = {0}, loud_y = {0};
    double loudest = -INFINITY;

    *kept = 0;
    for (size_t f = 0; f < frames; f++) {
        loudest = fmax(loudest, frame_energy_db(x->v + f * HOP, w));
    }
    if (!signal_init(&loud_x, x->n) || !signal_init(&loud_y, y->n)) {
        signal_deinit(&loud_x);
        return false;
    }
    for (size_t f = 0; f < frames; f++) {
        if (frame_energy_db(x->v + f * HOP, w) > loudest - SILENCE_DB) {
            overlap_add(loud_x.v + *kept * HOP, x->v + f * HOP, w);
            overlap_add(loud_y.v + *kept * HOP, y->v + f * HOP, w);
            (*kept)++;
        }
    }
    loud_x.n = loud_y.n = *kept == 0 ? 0 : *kept * HOP + HOP;
    signal_deinit(x);
    signal_deinit(y);
    *x = loud_x;
    *y = loud_y;
    return true;
}

/* ---- step 3: DFT ------------------------------------------------------- */

typedef struct fft {
    double cos[FFT_LEN / 2], sin[FFT_LEN / 2];
} fft;

static void fft_init(fft *f)
{
    for (int i = 0; i < FFT_LEN / 2; i++) {
        f->cos[i] = cos(2 * PI * i / FFT_LEN);
        f->sin[i] = -sin(2 * PI * i / FFT_LEN);
    }
}

static void bit_reverse(double re[FFT_LEN], double im[FFT_LEN])
{
    for (unsigned i = 0, j = 0; i < FFT_LEN; i++) {
        if (i < j) {
            const double r = re[i], m = im[i];
            re[i] = re[j];
            im[i] = im[j];
            re[j] = r;
            im[j] = m;
        }
        unsigned bit = FFT_LEN / 2;
        for (; bit != 0 && (j & bit) != 0; bit /= 2) {
            j ^= bit;
        }
        j |= bit;
    }
}

/* Radix-2, decimation in time, in place. */
static void fft_run(const fft *f, double re[FFT_LEN], double im[FFT_LEN])
{
    bit_reverse(re, im);
    for (int len = 2; len <= FFT_LEN; len *= 2) {
        const int half = len / 2, step = FFT_LEN / len;
        for (int start = 0; start < FFT_LEN; start += len) {
            for (int k = 0; k < half; k++) {
                const int a = start + k, b = a + half;
                const double c = f->cos[k * step], s = f->sin[k * step];
                const double r = re[b] * c - im[b] * s;
                const double m = re[b] * s + im[b] * c;
                re[b] = re[a] - r;
                im[b] = im[a] - m;
                re[a] += r;
                im[a] += m;
            }
        }
    }
}

/* ---- step 4: third-octave bands ---------------------------------------- */

static int nearest_bin(double hz)
{
    return (int)lround(hz * FFT_LEN / RATE);
}

static void bands_init(band bands[BANDS])
{
    for (int k = 0; k < BANDS; k++) {
        const double centre = LOWEST_BAND_HZ * pow(2, k / 3.0);
        bands[k].first = nearest_bin(centre * pow(2, -1.0 / 6));
        bands[k].last = nearest_bin(centre * pow(2, 1.0 / 6)) - 1;
    }
}

/* Clean and degraded have a transform each. Both in one, as its real and
 * imaginary part, is the usual saving, but leaves a 1e-16 copy of the speech in
 * a silent hole, and step 6 would scale that up to full likeness. */
static void frame_bands(const fft *f, const double *x, const double w[FRAME],
                        const band bands[BANDS], double out[BANDS])
{
    double re[FFT_LEN] = {0}, im[FFT_LEN] = {0};

    for (int i = 0; i < FRAME; i++) {
        re[i] = x[i] * w[i];
    }
    fft_run(f, re, im);
    for (int k = 0; k < BANDS; k++) {
        double sum = 0;
        for (int b = bands[k].first; b <= bands[k].last; b++) {
            sum += re[b] * re[b] + im[b] * im[b];
        }
        out[k] = sqrt(sum);
    }
}

/* Steps 3 and 4 for a whole signal: out[frame][band]. */
static void spectrogram(const signal *x, const double w[FRAME], signal *out)
{
    fft f;
    band bands[BANDS];

    fft_init(&f);
    bands_init(bands);
    for (size_t i = 0; i < out->n / BANDS; i++) {
        frame_bands(&f, x->v + i * HOP, w, bands, out->v + i * BANDS);
    }
}

/* ---- steps 5 to 7: correlation ----------------------------------------- */

static double norm(const double v[SEGMENT])
{
    double sum = 0;
    for (int i = 0; i < SEGMENT; i++) {
        sum += v[i] * v[i];
    }
    return sqrt(sum);
}

static void subtract_mean(double v[SEGMENT])
{
    double sum = 0;
    for (int i = 0; i < SEGMENT; i++) {
        sum += v[i];
    }
    for (int i = 0; i < SEGMENT; i++) {
        v[i] -= sum / SEGMENT;
    }
}

/* Step 6, one segment of one band: x and y are BANDS apart. */
static double segment_score(const double *x, const double *y)
{
    const double clip = 1 + pow(10, CLIP_DB / 20);
    double a[SEGMENT], b[SEGMENT];

    for (int i = 0; i < SEGMENT; i++) {
        a[i] = x[i * BANDS];
        b[i] = y[i * BANDS];
    }
    const double gain = norm(a) / (norm(b) + EPS);
    for (int i = 0; i < SEGMENT; i++) {
        b[i] = fmin(b[i] * gain, a[i] * clip);
    }
    subtract_mean(a);
    subtract_mean(b);
    const double norms = (norm(a) + EPS) * (norm(b) + EPS);
    double dot = 0;
    for (int i = 0; i < SEGMENT; i++) {
        dot += a[i] * b[i];
    }
    return dot / norms;
}

static double score(const signal *x, const signal *y, size_t segments)
{
    double sum = 0;
    for (size_t s = 0; s < segments; s++) {
        for (size_t k = 0; k < BANDS; k++) {
            sum += segment_score(x->v + s * BANDS + k, y->v + s * BANDS + k);
        }
    }
    return sum / ((double)segments * BANDS);
}

/* ---- all of it --------------------------------------------------------- */

double wzp_stoi_info_get(const int16_t *clean, const int16_t *degraded,
                         size_t n, int rate, wzp_stoi_info *info)
{
    signal x = {0}, y = {0}, bands_x = {0}, bands_y = {0};
    double w[FRAME], result = NAN;

    *info = (wzp_stoi_info){0};
    if (rate < RATE_MIN || rate > RATE_MAX) {
        return NAN;
    }
    hann_init(w);
    if (!to_10k(clean, degraded, n, rate, &x, &y)) {
        goto done;
    }
    info->samples_10k = x.n;
    info->frames = frame_count(x.n);
    if (!drop_silence(&x, &y, w, &info->frames_kept)) {
        goto done;
    }
    const size_t frames = frame_count(x.n);
    if (frames < SEGMENT || !signal_init(&bands_x, frames * BANDS) ||
        !signal_init(&bands_y, frames * BANDS)) {
        goto done;
    }
    spectrogram(&x, w, &bands_x);
    spectrogram(&y, w, &bands_y);
    info->segments = frames - SEGMENT + 1;
    result = score(&bands_x, &bands_y, info->segments);
done:
    signal_deinit(&x);
    signal_deinit(&y);
    signal_deinit(&bands_x);
    signal_deinit(&bands_y);
    return result;
}

double wzp_stoi(const int16_t *clean, const int16_t *degraded, size_t n,
                int rate)
{
    wzp_stoi_info info;
    return wzp_stoi_info_get(clean, degraded, n, rate, &info);
}
