/* SPDX-License-Identifier: MIT */
/* STOI against tests/vectors/stoi.json: the 24 pairs, whose degraded side is
 * made here by the integer formulas of its `_about.degradations` and checked
 * by hash before it is scored, and the counts listed per file. The speech is
 * not in the repository: scripts/deps.sh places it in .deps/speech
 * (WZP_SPEECH_DIR). Without it those rows are skipped.
 */
#include "bench/support/stoi.h"

#include "support/harness.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAV_HEADER = 44,
    PATH_LEN = 512,
};

/* With the filter of step 1 itself (`_about.tolerance.say`). */
static const double TOLERANCE = 0.0001;

typedef struct speech {
    int16_t *v;
    size_t n;
} speech;

/* ---- files ------------------------------------------------------------- */

static const char *folder(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* The whole file with a NUL behind it, or NULL; the caller frees it. */
static char *file_get(const char *dir, const char *name, size_t *len)
{
    char path[PATH_LEN];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*len + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *len, f), *len);
    fclose(f);
    data[*len] = '\0';
    return data;
}

static const cJSON *list(const char *name)
{
    static cJSON *json;
    if (json == NULL) {
        json = wzp_test_read_json("stoi.json");
    }
    return wzp_test_item(json, name);
}

/* Samples of a .raw or .wav file, or .v == NULL where it is absent. */
static speech speech_get(const char *name)
{
    size_t len = 0;
    char *data = file_get(folder("WZP_SPEECH_DIR", ".deps/speech"), name, &len);
    if (data == NULL) {
        return (speech){0};
    }
    const size_t from = strstr(name, ".wav") != NULL ? WAV_HEADER : 0;
    speech s = {.n = (len - from) / 2};
    s.v = malloc(s.n * sizeof(*s.v));
    assert_non_null(s.v);
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t *b = (const uint8_t *)data + from + 2 * i;
        s.v[i] = (int16_t)(b[0] | b[1] << 8);
    }
    free(data);
    return s;
}

static uint64_t fnv1a64(const int16_t *v, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) {
        const uint16_t u = (uint16_t)v[i];
        h = (h ^ (u & 0xffu)) * 0x100000001b3u;
        h = (h ^ (uint64_t)(u >> 8)) * 0x100000001b3u;
    }
    return h;
}

static void assert_hash(const speech *s, const char *expected)
{
    char text[17];
    snprintf(text, sizeof(text), "%016" PRIx64, fnv1a64(s->v, s->n));
    assert_string_equal(text, expected);
}

/* ---- degradations ------------------------------------------------------ */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int16_t sat16(int64_t x)
{
    return (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x);
}

static void noise(int16_t *v, size_t n, const cJSON *p)
{
    uint32_t s = (uint32_t)wzp_test_num(p, "seed");
    const int64_t gain_q16 = (int64_t)wzp_test_num(p, "gain_q16");
    for (size_t i = 0; i < n; i++) {
        s = s * 1664525u + 1013904223u;
        const int64_t r = (int64_t)(s >> 16) - 32768;
        v[i] = sat16(v[i] + floor_div(r * gain_q16 + 32768, 65536));
    }
}

static void mute(int16_t *v, size_t n, const cJSON *p)
{
    const size_t k = (size_t)wzp_test_num(p, "k");
    const size_t frame = (size_t)wzp_test_num(p, "frame_samples");
    for (size_t i = 0; i < n; i++) {
        if (i / frame % k == k - 1) {
            v[i] = 0;
        }
    }
}

static void lowpass(int16_t *v, size_t n, const cJSON *p)
{
    const int64_t m = (int64_t)wzp_test_num(p, "m");
    const size_t side = (size_t)(m - 1) / 2;
    int16_t *x = malloc(n * sizeof(*x));
    assert_non_null(x);
    memcpy(x, v, n * sizeof(*x));
    for (size_t i = 0; i < n; i++) {
        int64_t sum = 0;
        for (size_t j = i > side ? i - side : 0; j <= i + side && j < n; j++) {
            sum += x[j];
        }
        v[i] = (int16_t)floor_div(2 * sum + m, 2 * m);
    }
    free(x);
}

static void clip(int16_t *v, size_t n, const cJSON *p)
{
    const int limit = (int)wzp_test_num(p, "limit");
    for (size_t i = 0; i < n; i++) {
        const int x = v[i];
        v[i] = (int16_t)(x < -limit ? -limit : x > limit ? limit : x);
    }
}

static void attenuate(int16_t *v, size_t n, const cJSON *p)
{
    const int64_t gain_q15 = (int64_t)wzp_test_num(p, "gain_q15");
    for (size_t i = 0; i < n; i++) {
        v[i] = (int16_t)floor_div(v[i] * gain_q15 + 16384, 32768);
    }
}

static const struct {
    const char *name;
    void (*apply)(int16_t *v, size_t n, const cJSON *parameters);
} DEGRADATIONS[] = {
    {"noise", noise}, {"mute", mute},           {"lowpass", lowpass},
    {"clip", clip},   {"attenuate", attenuate},
};

static speech degraded_get(const speech *clean, const cJSON *pair)
{
    speech s = {.v = malloc(clean->n * sizeof(*s.v)), .n = clean->n};
    assert_non_null(s.v);
    memcpy(s.v, clean->v, clean->n * sizeof(*s.v));
    for (size_t i = 0; i < sizeof(DEGRADATIONS) / sizeof(*DEGRADATIONS); i++) {
        if (strcmp(DEGRADATIONS[i].name, wzp_test_str(pair, "degradation")) ==
            0) {
            DEGRADATIONS[i].apply(s.v, s.n, wzp_test_item(pair, "parameters"));
            return s;
        }
    }
    fail_msg("unknown degradation");
    return s;
}

/* ---- the vectors ------------------------------------------------------- */

static size_t pair_count(void)
{
    return (size_t)cJSON_GetArraySize(list("pairs"));
}

static void pair_run(size_t row)
{
    const cJSON *pair = cJSON_GetArrayItem(list("pairs"), (int)row);
    speech clean = speech_get(wzp_test_str(pair, "file"));
    if (clean.v == NULL) {
        WZP_SKIP("no speech files: run scripts/deps.sh or set WZP_SPEECH_DIR");
    }
    speech degraded = degraded_get(&clean, pair);
    assert_hash(&degraded, wzp_test_str(pair, "fnv1a64"));

    const double got =
        wzp_stoi(clean.v, degraded.v, clean.n, (int)wzp_test_num(pair, "rate"));

    const double off = fabs(got - wzp_test_num(pair, "stoi"));
    if (getenv("WZP_STOI_VERBOSE") != NULL) {
        printf("pair %2zu: %.6f, listed %.4f, difference %.6f\n", row + 1, got,
               wzp_test_num(pair, "stoi"), off);
    }
    assert_true(off <= TOLERANCE);
    free(clean.v);
    free(degraded.v);
}

WZP_ROWS(stoi_of_each_listed_pair_equals_the_reference, pair_count, pair_run);

static size_t file_count(void)
{
    return (size_t)cJSON_GetArraySize(list("files"));
}

static void file_run(size_t row)
{
    const cJSON *file = cJSON_GetArrayItem(list("files"), (int)row);
    speech clean = speech_get(file->string);
    if (clean.v == NULL) {
        WZP_SKIP("no speech files: run scripts/deps.sh or set WZP_SPEECH_DIR");
    }
    assert_int_equal(clean.n, wzp_test_num(file, "samples"));
    assert_hash(&clean, wzp_test_str(file, "fnv1a64_of_samples"));

    wzp_stoi_info info;
    const double same = wzp_stoi_info_get(
        clean.v, clean.v, clean.n, (int)wzp_test_num(file, "rate"), &info);

    assert_true(fabs(same - 1) < 1e-9);
    assert_int_equal(info.samples_10k, wzp_test_num(file, "samples_10k"));
    assert_int_equal(info.frames, wzp_test_num(file, "frames"));
    assert_int_equal(info.frames_kept, wzp_test_num(file, "frames_kept"));
    assert_int_equal(info.segments, wzp_test_num(file, "segments"));
    free(clean.v);
}

WZP_ROWS(stoi_counts_frames_and_segments_as_listed, file_count, file_run);

/* ---- without files ----------------------------------------------------- */

/* Noise in syllables of 128 ms: enough like speech for the band envelopes. */
static void syllables(int16_t *v, size_t n, int rate, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i / rate;
        const double level = 0.02 + pow(sin(3.14159265 * t / 0.128), 2);
        seed = seed * 1664525u + 1013904223u;
        v[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) * level / 4);
    }
}

static double stoi_of_noisy(int rate, double gain)
{
    enum { SECONDS = 3, MOST = 48000 * SECONDS };
    static int16_t clean[MOST], degraded[MOST];
    const size_t n = (size_t)(rate * SECONDS);
    uint32_t seed = 7;

    syllables(clean, n, rate, 1);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        degraded[i] =
            sat16(clean[i] + llround(gain * ((int32_t)(seed >> 16) - 32768)));
    }
    return wzp_stoi(clean, degraded, n, rate);
}

WZP_TEST(stoi_is_one_for_equal_signals_at_every_rate)
{
    const int rates[] = {8000, 10000, 16000, 44100, 48000};
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        assert_true(fabs(stoi_of_noisy(rates[i], 0) - 1) < 1e-9);
    }
}

WZP_TEST(stoi_falls_as_noise_grows)
{
    const double little = stoi_of_noisy(48000, 0.02);
    const double more = stoi_of_noisy(48000, 0.2);
    const double most = stoi_of_noisy(48000, 0.8);

    assert_true(little > more && more > most);
    assert_true(little < 1 && most < 0.6);
}

WZP_TEST(stoi_of_a_hole_is_the_share_that_is_left)
{
    enum { N = 12 * 16000 };
    static int16_t clean[N], degraded[N];
    syllables(clean, N, 16000, 1);
    memcpy(degraded, clean, sizeof(clean));
    memset(degraded + N / 6, 0, N / 2 * sizeof(*degraded));

    const double stoi = wzp_stoi(clean, degraded, N, 16000);

    /* a window of 384 ms that the hole only touches scores in between */
    assert_true(fabs(stoi - 0.5) < 0.03);
}

WZP_TEST(stoi_has_no_result_for_too_little_speech)
{
    enum { N = 8000 };
    static int16_t v[N];

    assert_true(isnan(wzp_stoi(v, v, 0, 8000)));
    assert_true(isnan(wzp_stoi(v, v, N, 8000))); /* silence */
    syllables(v, N, 8000, 1);
    assert_true(isnan(wzp_stoi(v, v, 3000, 8000)));
    assert_true(wzp_stoi(v, v, N, 8000) > 0.99);
}

WZP_TEST(stoi_refuses_rates_out_of_range)
{
    static int16_t v[8000];
    syllables(v, 8000, 8000, 1);

    assert_true(isnan(wzp_stoi(v, v, 8000, 0)));
    assert_true(isnan(wzp_stoi(v, v, 8000, -8000)));
    assert_true(isnan(wzp_stoi(v, v, 8000, 7999)));
}
