/* SPDX-License-Identifier: MIT */
/* Rate conversion measured with tones: what passes, what must not, how late it
 * comes, and that the size of the pieces does not matter.
 */
#include "codec/speech.h"

static const double tau = 6.283185307179586;

static const uint32_t rates[] = {8000, 16000, 44100, 48000};
enum { RATES = sizeof rates / sizeof rates[0] };

static wzp_resampler *make(uint32_t in_hz, uint32_t out_hz)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *r;
    assert_int_equal(wzp_resampler_new(&r, &mem, in_hz, out_hz), WZP_OK);
    return r;
}

/* All of `in` at once; the result is the caller's. */
static int16_t *convert(wzp_resampler *r, const int16_t *in, size_t n_in,
                        size_t *n_out)
{
    const size_t cap = wzp_resampler_bound(r, n_in);
    int16_t *out = malloc(cap * sizeof *out);
    assert_non_null(out);
    assert_int_equal(wzp_resampler_process(r, in, n_in, out, cap, n_out),
                     WZP_OK);
    return out;
}

static int16_t *make_tone(uint32_t rate, double hz, double amplitude, size_t n)
{
    int16_t *pcm = malloc(n * sizeof *pcm);
    assert_non_null(pcm);
    for (size_t i = 0; i < n; i++) {
        pcm[i] = (int16_t)lrint(amplitude * sin(tau * hz * (double)i / rate));
    }
    return pcm;
}

/* A tone in a signal, by least squares: what is left over is the noise. */
typedef struct fit {
    double amplitude;
    double phase; /* of sin, at sample 0 */
    double noise; /* rms */
} fit;

static fit fit_tone(const int16_t *x, size_t n, double cycles)
{
    double ss = 0.0;
    double cc = 0.0;
    double sc = 0.0;
    double xs = 0.0;
    double xc = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double s = sin(tau * cycles * (double)i);
        const double c = cos(tau * cycles * (double)i);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x[i] * s;
        xc += x[i] * c;
    }
    const double det = ss * cc - sc * sc;
    const double a = (xs * cc - xc * sc) / det;
    const double b = (xc * ss - xs * sc) / det;
    double rest = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double e = x[i] - a * sin(tau * cycles * (double)i) -
                         b * cos(tau * cycles * (double)i);
        rest += e * e;
    }
    return (fit){.amplitude = sqrt(a * a + b * b),
                 .phase = atan2(b, a),
                 .noise = sqrt(rest / (double)n)};
}

/* Rows: every pair of rates. */
static size_t count_pairs(void)
{
    return RATES * RATES;
}

static double lower(size_t row)
{
    const uint32_t a = rates[row / RATES];
    const uint32_t b = rates[row % RATES];
    return a < b ? a : b;
}

static void run_tones(size_t row)
{
    static const double parts[] = {0.02, 0.1, 0.25, 0.4, 0.43};
    const uint32_t in_hz = rates[row / RATES];
    const uint32_t out_hz = rates[row % RATES];
    double worst = 200.0;
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        const double hz = parts[k] * lower(row);
        wzp_resampler *r = make(in_hz, out_hz);
        int16_t *in = make_tone(in_hz, hz, 16000, in_hz / 4);
        size_t n;
        int16_t *out = convert(r, in, in_hz / 4, &n);
        /* the settled part: past the whole filter */
        const size_t skip = 2 * wzp_resampler_delay(r) + 10;
        const fit f = fit_tone(out + skip, n - skip, hz / out_hz);
        const double snr =
            20 * log10(f.amplitude / sqrt(2.0) / (f.noise + 1e-9));
        worst = snr < worst ? snr : worst;
        assert_true(fabs(20 * log10(f.amplitude / 16000)) < 0.1);
        assert_true(snr > 75.0);

        /* phase: as late as is said, to half a sample for its rounding */
        const double cycles = hz / out_hz;
        double late = (double)skip - f.phase / tau / cycles;
        late -= (double)wzp_resampler_delay(r);
        late -= floor(late * cycles + 0.5) / cycles;
        assert_true(fabs(late) < 0.51);
        free(in);
        free(out);
        wzp_resampler_free(r);
    }
    print_message("%u -> %u Hz: tones at least %.1f dB over noise\n", in_hz,
                  out_hz, worst);
}

WZP_ROWS(resample_tones_pass_clean_and_in_time, count_pairs, run_tones);

/* What lies above half the new rate must not come back as another tone. */
static void run_stop(size_t row)
{
    const uint32_t in_hz = rates[row / RATES];
    const uint32_t out_hz = rates[row % RATES];
    if (out_hz >= in_hz) {
        return;
    }
    double worst = -200.0;
    for (double hz = out_hz * 0.505; hz < in_hz * 0.495; hz += in_hz * 0.013) {
        wzp_resampler *r = make(in_hz, out_hz);
        int16_t *in = make_tone(in_hz, hz, 30000, in_hz / 10);
        size_t n;
        int16_t *out = convert(r, in, in_hz / 10, &n);
        const size_t skip = 2 * wzp_resampler_delay(r) + 10;
        const double rms = speech_rms(out + skip, n - skip);
        const double db = 20 * log10(rms / (30000 / sqrt(2.0)) + 1e-9);
        worst = db > worst ? db : worst;
        free(in);
        free(out);
        wzp_resampler_free(r);
    }
    print_message("%u -> %u Hz: stop band at most %.1f dB\n", in_hz, out_hz,
                  worst);
    assert_true(worst < -70.0);
}

WZP_ROWS(resample_nothing_folds_back, count_pairs, run_stop);

static void run_pieces(size_t row)
{
    const uint32_t in_hz = rates[row / RATES];
    const uint32_t out_hz = rates[row % RATES];
    enum { N = 20000 };
    int16_t *in = malloc(N * sizeof *in);
    assert_non_null(in);
    speech_make(in, N);
    wzp_resampler *whole = make(in_hz, out_hz);
    wzp_resampler *pieces = make(in_hz, out_hz);
    size_t n;
    int16_t *want = convert(whole, in, N, &n);
    /* as many as the rates say, rounded up */
    assert_int_equal(n, ((uint64_t)N * out_hz + in_hz - 1) / in_hz);

    uint32_t seed = 3;
    size_t done = 0;
    for (size_t i = 0; i < N;) {
        size_t take = (size_t)((speech_noise(&seed) + 0.5) * 700);
        take = take < N - i ? take : N - i;
        size_t got;
        int16_t *part = convert(pieces, in + i, take, &got);
        assert_true(got <= wzp_resampler_bound(pieces, take));
        assert_true(done + got <= n);
        assert_memory_equal(part, want + done, got * sizeof *part);
        free(part);
        done += got;
        i += take;
    }
    assert_int_equal(done, n);
    free(in);
    free(want);
    wzp_resampler_free(whole);
    wzp_resampler_free(pieces);
}

WZP_ROWS(resample_pieces_give_the_same_as_the_whole, count_pairs, run_pieces);

static void run_constant(size_t row)
{
    const uint32_t in_hz = rates[row / RATES];
    wzp_resampler *r = make(in_hz, rates[row % RATES]);
    enum { N = 4000 };
    int16_t in[N];
    static const int16_t levels[] = {INT16_MIN, -1, 0, 1, 12345, INT16_MAX};
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
        for (size_t i = 0; i < N; i++) {
            in[i] = levels[k];
        }
        size_t n;
        int16_t *out = convert(r, in, N, &n);
        for (size_t i = 2 * wzp_resampler_delay(r) + 2; i < n; i++) {
            assert_int_equal(out[i], levels[k]);
        }
        free(out);
    }
    wzp_resampler_free(r);
}

WZP_ROWS(resample_constant_stays_constant, count_pairs, run_constant);

WZP_TEST(resample_equal_rates_copy)
{
    wzp_resampler *r = make(48000, 48000);
    int16_t in[FRAME];
    speech_make(in, FRAME);
    size_t n;
    int16_t *out = convert(r, in, FRAME, &n);
    assert_int_equal(n, FRAME);
    assert_memory_equal(in, out, sizeof in);
    assert_int_equal(wzp_resampler_delay(r), 0);
    free(out);
    wzp_resampler_free(r);
}

WZP_TEST(resample_loudest_input_saturates_and_never_wraps)
{
    wzp_resampler *r = make(8000, 48000);
    enum { N = 2000 };
    int16_t in[N];
    for (size_t i = 0; i < N; i++) {
        in[i] = i / 10 % 2 == 0 ? INT16_MAX : INT16_MIN;
    }
    size_t n;
    int16_t *out = convert(r, in, N, &n);
    for (size_t i = 1; i < n; i++) {
        assert_true(abs(out[i] - out[i - 1]) < 30000);
    }
    free(out);
    wzp_resampler_free(r);
}

WZP_TEST(resample_delay_is_thirty_two_samples_of_the_lower_rate)
{
    static const struct {
        uint32_t in_hz;
        uint32_t out_hz;
        size_t delay;
    } rows[] = {
        {8000, 48000, 192}, {48000, 8000, 32},  {16000, 48000, 96},
        {48000, 16000, 32}, {44100, 48000, 35}, {48000, 44100, 32},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wzp_resampler *r = make(rows[i].in_hz, rows[i].out_hz);
        assert_int_equal(wzp_resampler_delay(r), rows[i].delay);
        wzp_resampler_free(r);
    }
}

WZP_TEST(resample_rates_are_checked)
{
    static const struct {
        uint32_t in_hz;
        uint32_t out_hz;
        wzp_err expected;
    } rows[] = {
        {8000, 192000, WZP_OK},
        {192000, 8000, WZP_OK},
        {11025, 48000, WZP_OK},
        {48000, 11025, WZP_OK},
        {22050, 16000, WZP_OK},
        {7999, 48000, WZP_ERR_CONFIG},
        {48000, 192001, WZP_ERR_CONFIG},
        {0, 0, WZP_ERR_CONFIG},
        {44101, 48000, WZP_ERR_UNSUPPORTED},
    };
    const wzp_mem mem = wzp_mem_default();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wzp_resampler *r = NULL;
        assert_int_equal(
            wzp_resampler_new(&r, &mem, rows[i].in_hz, rows[i].out_hz),
            rows[i].expected);
        assert_true((r != NULL) == (rows[i].expected == WZP_OK));
        wzp_resampler_free(r);
    }
}

WZP_TEST(resample_too_little_room_is_refused)
{
    wzp_resampler *r = make(8000, 48000);
    const int16_t in[10] = {0};
    int16_t out[100];
    size_t n = 5;
    assert_int_equal(wzp_resampler_process(r, in, 10, out,
                                           wzp_resampler_bound(r, 10) - 1, &n),
                     WZP_ERR_SPACE);
    assert_int_equal(n, 5);
    assert_int_equal(wzp_resampler_bound(r, SIZE_MAX), SIZE_MAX);
    assert_int_equal(wzp_resampler_process(r, in, 0, out, 100, &n), WZP_OK);
    assert_int_equal(n, 0);
    wzp_resampler_free(r);
}

WZP_TEST(resample_survives_failing_memory_and_frees_all)
{
    for (size_t fail_at = 1; fail_at <= 4; fail_at++) {
        counted_mem c = {.fail_at = fail_at};
        const wzp_mem mem = counted_mem_table(&c);
        wzp_resampler *r = NULL;
        wzp_err e = wzp_resampler_new(&r, &mem, 44100, 48000);
        assert_int_equal(e, fail_at <= 3 ? WZP_ERR_NOMEM : WZP_OK);
        wzp_resampler_free(r);
        assert_int_equal(c.held, 0);
    }
}
