/* SPDX-License-Identifier: MIT */
/* Rate conversion by L/M with one windowed sinc, cut into L phases of `taps`
 * coefficients. For output k, position k·M/L on the input line falls into
 * phase (k·M mod L): only that phase is computed. A multiply-add per tap and
 * output sample, in float.
 *
 * The filter: Kaiser window, 64 zero crossings at the lower of the two rates,
 * pass band to 0.43 and stop band from 0.50 of that rate, −70 dB. Each phase
 * sums to 1, so constant input gives exactly the same constant.
 */
#include <wzp/codec/resample.h>

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    RATE_MIN = 8000,
    RATE_MAX = 192000,
    CROSSINGS = 64,   /* chosen: 0.67 ms of delay at 48 kHz, 4 ms at 8 kHz */
    PHASES_MAX = 640, /* chosen: 11,025 -> 48,000 Hz */
    TAPS_MAX = CROSSINGS * RATE_MAX / RATE_MIN,
};

/* Kaiser 1974: 70 dB and the transition width that 64 crossings give. */
#define STOP_DB    70.0
#define BETA       (0.1102 * (STOP_DB - 8.7))
#define TRANSITION ((STOP_DB - 7.95) / (14.36 * CROSSINGS))
#define CUTOFF     (0.5 - TRANSITION / 2.0)

static const double pi = 3.14159265358979323846;

struct wzp_resampler {
    wzp_mem mem;
    uint32_t up;    /* L */
    uint32_t down;  /* M */
    uint32_t phase; /* of the next output, in 0 … L − 1 */
    uint32_t skip;  /* input samples to take before the next output */
    size_t taps;    /* per phase */
    size_t pos;     /* in history: where the next sample goes */
    float *filter;  /* [L][taps], oldest sample first */
    float *history; /* [2][taps]: each sample twice, so that a window is one
                       piece */
};

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Modified Bessel function of order 0, by its power series. */
static double bessel_i0(double x)
{
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; term > sum * 1e-12; k++) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

/* The prototype at `t` samples of the lower rate from its centre. */
static double prototype(double t)
{
    const double half = CROSSINGS / 2.0;
    const double edge = t / half;
    if (edge <= -1.0 || edge >= 1.0) {
        return 0.0;
    }
    const double x = 2.0 * pi * CUTOFF * t;
    const double sinc = fabs(x) < 1e-9 ? 1.0 : sin(x) / x;
    return sinc * bessel_i0(BETA * sqrt(1.0 - edge * edge));
}

/* Coefficient i of a phase meets the input sample taps − 1 − i before the
 * newest; the output lies phase/L after the newest, delayed by taps/2. */
static void make_phase(float *row, size_t taps, uint32_t phase, uint32_t up,
                       double scale)
{
    double sum = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < taps; i++) {
            double age = (double)(taps - 1 - i) + (double)phase / up;
            double v = prototype((age - (double)taps / 2.0) * scale);
            if (pass == 0) {
                sum += v;
            } else {
                row[i] = (float)(v / sum);
            }
        }
    }
}

static wzp_err allocate(wzp_resampler *r)
{
    r->filter = wzp_mem_array(&r->mem, r->up * r->taps, sizeof(float));
    r->history = wzp_mem_array(&r->mem, 2 * r->taps, sizeof(float));
    return r->filter != NULL && r->history != NULL ? WZP_OK : WZP_ERR_NOMEM;
}

static bool is_identity(const wzp_resampler *r)
{
    return r->up == r->down;
}

wzp_err wzp_resampler_new(wzp_resampler **out, const wzp_mem *mem,
                          uint32_t in_hz, uint32_t out_hz)
{
    if (in_hz < RATE_MIN || in_hz > RATE_MAX || out_hz < RATE_MIN ||
        out_hz > RATE_MAX) {
        return WZP_ERR_CONFIG;
    }
    const uint32_t divisor = common_divisor(in_hz, out_hz);
    const uint32_t up = out_hz / divisor;
    const uint32_t down = in_hz / divisor;
    if (up > PHASES_MAX) {
        return WZP_ERR_UNSUPPORTED;
    }
    wzp_resampler *r = wzp_mem_new(mem, sizeof *r);
    if (r == NULL) {
        return WZP_ERR_NOMEM;
    }
    /* Below the input's rate the filter must be as much longer. */
    const double scale = up < down ? (double)up / down : 1.0;
    *r = (wzp_resampler){.mem = *mem, .up = up, .down = down};
    if (!is_identity(r)) {
        r->taps = (size_t)ceil(CROSSINGS / scale / 2.0) * 2;
        assert(r->taps <= TAPS_MAX);
        if (allocate(r) != WZP_OK) {
            wzp_resampler_free(r);
            return WZP_ERR_NOMEM;
        }
        for (uint32_t phase = 0; phase < up; phase++) {
            make_phase(r->filter + phase * r->taps, r->taps, phase, up, scale);
        }
        r->skip = 1;
    }
    *out = r;
    return WZP_OK;
}

void wzp_resampler_free(wzp_resampler *r)
{
    if (r == NULL) {
        return;
    }
    const wzp_mem mem = r->mem;
    wzp_mem_free(&mem, r->filter, r->up * r->taps * sizeof(float));
    wzp_mem_free(&mem, r->history, 2 * r->taps * sizeof(float));
    wzp_mem_free(&mem, r, sizeof *r);
}

size_t wzp_resampler_bound(const wzp_resampler *r, size_t n_in)
{
    if (is_identity(r)) {
        return n_in;
    }
    if (n_in > (SIZE_MAX - r->down) / r->up) {
        return SIZE_MAX; /* no buffer is that large */
    }
    return (n_in * r->up + r->down - 1) / r->down;
}

static int16_t to_int16(float v)
{
    if (v >= 32767.0f) {
        return INT16_MAX;
    }
    if (v <= -32768.0f) {
        return INT16_MIN;
    }
    return (int16_t)lrintf(v);
}

static void push(wzp_resampler *r, int16_t sample)
{
    r->history[r->pos] = sample;
    r->history[r->pos + r->taps] = sample;
    r->pos = r->pos + 1 == r->taps ? 0 : r->pos + 1;
}

static float convolve(const wzp_resampler *r)
{
    const float *x = r->history + r->pos;
    const float *h = r->filter + r->phase * r->taps;
    /* Four sums, so that the compiler may use vectors. taps is even. */
    float sum[4] = {0};
    size_t i = 0;
    for (; i + 4 <= r->taps; i += 4) {
        sum[0] += x[i] * h[i];
        sum[1] += x[i + 1] * h[i + 1];
        sum[2] += x[i + 2] * h[i + 2];
        sum[3] += x[i + 3] * h[i + 3];
    }
    for (; i < r->taps; i++) {
        sum[0] += x[i] * h[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* From one output to the next: M/L input samples on. */
static void step(wzp_resampler *r)
{
    r->phase += r->down;
    r->skip = r->phase / r->up;
    r->phase %= r->up;
}

wzp_err wzp_resampler_process(wzp_resampler *r, const int16_t *in, size_t n_in,
                              int16_t *out, size_t cap, size_t *n_out)
{
    if (cap < wzp_resampler_bound(r, n_in)) {
        return WZP_ERR_SPACE;
    }
    if (is_identity(r)) {
        if (n_in > 0) {
            memmove(out, in, n_in * sizeof *in);
        }
        *n_out = n_in;
        return WZP_OK;
    }
    size_t n = 0;
    for (size_t i = 0; i < n_in; i++) {
        push(r, in[i]);
        r->skip--;
        while (r->skip == 0) {
            assert(n < cap);
            out[n++] = to_int16(convolve(r));
            step(r);
        }
    }
    *n_out = n;
    return WZP_OK;
}

size_t wzp_resampler_delay(const wzp_resampler *r)
{
    return (r->taps / 2 * r->up + r->down / 2) / r->down;
}
