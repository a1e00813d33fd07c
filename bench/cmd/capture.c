/* SPDX-License-Identifier: MIT */
/* What the capture chain takes away and what it leaves: echo in rooms by
 * formula, noise and babble, with real speech (WZP_SPEECH_DIR). The figures are
 * about sound, not speed; one run gives what every run gives. Source of the
 * goals: design/voice-facts.md 3 and 6.
 */
#include "bench/support/acoustics.h"
#include "bench/support/results.h"
#include "bench/support/stoi.h"

#include <wzp/codec/capture.h>
#include <wzp/codec/codec.h>
#include <wzp/codec/resample.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = WZP_PCM_RATE,
    BLOCK = WZP_CAPTURE_BLOCK,
    BLOCKS_PER_S = RATE / BLOCK,
    SECONDS = 30,
    SAMPLES = SECONDS * RATE,
    NEAR_FROM = 15 * RATE, /* double talk begins */
    ROWS_MAX = 32,
    SETS = 2,
    DELAYS = 3,
};

static const double ACTIVE = 120.0; /* RMS of 10 ms, as voice-facts.md */
static const double LEVEL = 2067.0; /* −24 dBFS of what is active */
static const double FLOOR = 5.2;    /* −76 dBFS: the room at the near end */

static wzp_result rows[ROWS_MAX];
static size_t n_rows;

static void row(const char *what, double value, const char *unit,
                wzp_goal goal_is, double goal, const char *conditions)
{
    rows[n_rows] = (wzp_result){.id = "capture",
                                .what = what,
                                .value = value,
                                .unit = unit,
                                .baseline = NAN,
                                .goal_is = goal_is,
                                .goal = goal,
                                .spread = NAN,
                                .conditions = conditions};
    printf("%-14s %-62s %8.3f %-3s %s\n", "capture", what, value, unit,
           goal_is == WZP_GOAL_NONE            ? ""
           : wzp_result_ok(&rows[n_rows]) == 1 ? "ok"
                                               : "MISSED");
    n_rows++;
}

/* --- signals --- */

static void *must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "capture: no memory\n");
        exit(1);
    }
    return p;
}

static void must_do(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "capture: %s\n", what);
        exit(1);
    }
}

static int16_t *new_signal(void)
{
    return must(calloc(SAMPLES, sizeof(int16_t)));
}

static int16_t clip(double v)
{
    return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : lrint(v));
}

static double power_of(const int16_t *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i] * v[i];
    }
    return sum / (double)n;
}

static double uniform(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return ((double)(*seed >> 16) - 32768.0) / 32768.0;
}

static const char *speech_dir(void)
{
    const char *dir = getenv("WZP_SPEECH_DIR");
    return dir != NULL && dir[0] != '\0' ? dir : ".deps/speech";
}

/* Appends what r holds, at 48 kHz; returns the new length. */
static size_t append(int16_t *out, size_t n, const int16_t *v, size_t len,
                     unsigned rate)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *r;
    must_do(wzp_resampler_new(&r, &mem, rate, RATE) == WZP_OK, "resampler");
    const size_t cap = wzp_resampler_bound(r, len);
    int16_t *made = must(malloc(cap * sizeof *made));
    size_t got = 0;
    must_do(wzp_resampler_process(r, v, len, made, cap, &got) == WZP_OK,
            "resampler");
    wzp_resampler_free(r);
    got = got < SAMPLES - n ? got : SAMPLES - n;
    memcpy(out + n, made, got * sizeof *made);
    free(made);
    return n + got;
}

static void level(int16_t *v)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < SAMPLES; i += BLOCK) {
        const double p = power_of(v + i, BLOCK);
        if (p > ACTIVE * ACTIVE) {
            sum += p;
            n++;
        }
    }
    const double gain = n > 0 ? LEVEL / sqrt(sum / (double)n) : 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        v[i] = clip(gain * v[i]);
    }
}

typedef struct speech_set {
    const char *name;
    const struct {
        const char *file;
        unsigned rate;
    } files[10];
} speech_set;

/* The telephone-band files are those whose own noise lies 35 dB below speech:
 * else a suppressor is blamed for taking that away. */
static const speech_set sets[SETS] = {
    {"wideband",
     {{"speech_orig_16k.wav", 16000},
      {"Front_Center.wav", RATE},
      {"Front_Left.wav", RATE},
      {"Front_Right.wav", RATE},
      {"Rear_Center.wav", RATE},
      {"Rear_Left.wav", RATE},
      {"Rear_Right.wav", RATE},
      {"Side_Left.wav", RATE},
      {"Side_Right.wav", RATE}}},
    {"telephone band",
     {{"hts1.raw", 8000},
      {"hts2.raw", 8000},
      {"cross.raw", 8000},
      {"big_dog.raw", 8000},
      {"morig.raw", 8000},
      {"forig.raw", 8000},
      {"m2400.raw", 8000},
      {"f2400.raw", 8000}}},
};

/* The files one after the other, again and again, at −24 dBFS. */
static int16_t *load(const speech_set *set)
{
    int16_t *out = new_signal();
    size_t n = 0;
    while (n < SAMPLES) {
        for (size_t i = 0; i < 10 && set->files[i].file != NULL; i++) {
            wzp_recording r =
                wzp_acoustics_load(speech_dir(), set->files[i].file);
            must_do(r.v != NULL, "no recorded speech: run `make deps`, or set "
                                 "WZP_SPEECH_DIR");
            n = append(out, n, r.v, r.n, set->files[i].rate);
            free(r.v);
        }
    }
    level(out);
    return out;
}

/* --- the chain --- */

/* out: what comes out, moved back by the delay of the parts. */
static wzp_capture_stats run(const wzp_capture_config *cfg, const int16_t *in,
                             const int16_t *far, int16_t *out)
{
    static const int16_t silence[BLOCK];
    wzp_capture *c;
    wzp_capture_stats stats = {.size = sizeof stats};
    must_do(wzp_capture_new(&c, cfg) == WZP_OK, "no chain");
    wzp_capture_stats_get(c, &stats);
    const size_t delay = stats.delay_samples;
    for (size_t at = 0; at < SAMPLES + delay; at += BLOCK) {
        int16_t pcm[BLOCK];
        wzp_capture_out o;
        const bool is_in = at < SAMPLES;
        memcpy(pcm, is_in ? in + at : silence, sizeof pcm);
        wzp_capture_process(c, pcm, far != NULL && is_in ? far + at : NULL, &o);
        if (at >= delay) {
            memcpy(out + at - delay, pcm, sizeof pcm);
        }
    }
    wzp_capture_stats_get(c, &stats);
    wzp_capture_free(c);
    return stats;
}

static bool has_neural(void)
{
    return strcmp(wzp_capture_denoiser(), "rnnoise") == 0;
}

static wzp_capture_config config(bool echo, bool denoise, bool light)
{
    wzp_capture_config cfg;
    wzp_capture_config_default(&cfg);
    cfg.parts.echo = echo;
    cfg.parts.denoise = denoise;
    cfg.light_denoise = light;
    return cfg;
}

/* --- echo --- */

/* The microphone: echo of far out of a loudspeaker `late` samples behind, and
 * a soft noise. */
static void make_echo(const int16_t *far, double rt60_s, uint32_t seed,
                      size_t late, int16_t *mic)
{
    double *echo = must(malloc(SAMPLES * sizeof *echo));
    wzp_response r =
        wzp_acoustics_echo(rt60_s, RATE, seed, (size_t)RATE / 50 + late);
    must_do(r.h != NULL && wzp_acoustics_convolve(&r, far, SAMPLES, echo),
            "no memory");
    uint32_t noise = 7;
    for (size_t i = 0; i < SAMPLES; i++) {
        mic[i] = clip(echo[i] + sqrt(3.0) * FLOOR * uniform(&noise));
    }
    free(r.h);
    free(echo);
}

/* dB taken away between two times, where the far end was heard. */
static double erle_of(const int16_t *mic, const int16_t *out, double from_s,
                      double to_s)
{
    double before = 0;
    double after = 0;
    for (size_t i = (size_t)(from_s * RATE); i < (size_t)(to_s * RATE);
         i += BLOCK) {
        const double p = power_of(mic + i, BLOCK);
        if (p > ACTIVE * ACTIVE / 4) {
            before += p;
            after += power_of(out + i, BLOCK);
        }
    }
    return 10 * log10(before / (after + 1));
}

typedef struct echo_figures {
    double second, later; /* ERLE, dB */
    double gained, talk;  /* both speak: STOI */
} echo_figures;

static echo_figures measure_echo(const int16_t *far, const int16_t *near,
                                 double rt60_s, uint32_t seed, size_t late_ms,
                                 bool denoise)
{
    const wzp_capture_config cfg = config(true, denoise, false);
    int16_t *mic = new_signal();
    int16_t *out = new_signal();
    echo_figures f;
    make_echo(far, rt60_s, seed, late_ms * RATE / 1000, mic);
    wzp_capture_stats s = run(&cfg, mic, far, out);
    f.second = erle_of(mic, out, 1, 2);
    f.later = erle_of(mic, out, 6, 20);
    const double first = erle_of(mic, out, 0, 1);
    const double middle = erle_of(mic, out, 2, 6);
    for (size_t i = NEAR_FROM; i < SAMPLES; i++) {
        mic[i] = clip(mic[i] + near[i]);
    }
    run(&cfg, mic, far, out);
    const size_t n = SAMPLES - NEAR_FROM;
    const double before = wzp_stoi(near + NEAR_FROM, mic + NEAR_FROM, n, RATE);
    f.talk = wzp_stoi(near + NEAR_FROM, out + NEAR_FROM, n, RATE);
    f.gained = f.talk - before;
    printf(
        "  RT60 %.1f s, %3zu ms later (found %u ms): ERLE 0-1 s %4.1f, 1-2 s "
        "%4.1f, 2-6 s %4.1f, from 6 s %4.1f dB; both speak %.3f -> %.3f\n",
        rt60_s, late_ms, s.echo_delay_ms, first, f.second, middle, f.later,
        f.talk_before, f.talk_after);
    free(mic);
    free(out);
    return f;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* The least of both sets of speech and all devices. */
static echo_figures least_echo(int16_t *const speech[SETS], bool denoise)
{
    static const size_t late_ms[DELAYS] = {0, 60, 230};
    echo_figures all = {99, 99, 1, 1};
    for (size_t k = 0; k < SETS; k++) {
        for (size_t d = 0; d < DELAYS; d++) {
            const echo_figures f = measure_echo(speech[k], speech[1 - k], 0.2,
                                                1001, late_ms[d], denoise);
            all.second = least(all.second, f.second);
            all.later = least(all.later, f.later);
            all.gained = least(all.gained, f.gained);
            all.talk = least(all.talk, f.talk);
        }
    }
    return all;
}

#define ECHO_CONDITIONS                                                        \
    "least of 6: two sets of speech, devices 0, 60, 230 ms behind; room of "   \
    "acoustics.json with RT60 0.2 s at 48 kHz, echo 6 dB below far and 20 ms " \
    "late, noise at -76 dBFS; "

static void bench_echo(int16_t *const speech[SETS])
{
    static const char conditions[] =
        ECHO_CONDITIONS "canceller and residual suppressor";
    const echo_figures f = least_echo(speech, false);
    row("ERLE from 6 s of far speech on, RT60 0.2 s", f.later, "dB",
        WZP_GOAL_AT_LEAST, 20, conditions);
    row("ERLE after 1 s of far speech (1 to 2 s), RT60 0.2 s", f.second, "dB",
        WZP_GOAL_AT_LEAST, 10, conditions);
    row("both speak: STOI above that without a canceller", f.gained, "",
        WZP_GOAL_AT_LEAST, 0.08, conditions);
    row("both speak: STOI", f.talk, "", WZP_GOAL_NONE, 0, conditions);
    const echo_figures large =
        measure_echo(speech[0], speech[1], 0.4, 1002, 60, false);
    row("ERLE from 6 s of far speech on, RT60 0.4 s", large.later, "dB",
        WZP_GOAL_NONE, 0, "wideband speech, device 60 ms behind");
}

/* With noise suppression as well RNNoise does what the suppressor does. */
static void bench_echo_neural(int16_t *const speech[SETS])
{
    static const char conditions[] = ECHO_CONDITIONS "canceller and RNNoise";
    const echo_figures f = least_echo(speech, true);
    row("RNNoise on: ERLE from 6 s of far speech on", f.later, "dB",
        WZP_GOAL_AT_LEAST, 20, conditions);
    row("RNNoise on: ERLE after 1 s of far speech", f.second, "dB",
        WZP_GOAL_AT_LEAST, 10, conditions);
    row("RNNoise on: both speak: STOI above that without a canceller", f.gained,
        "", WZP_GOAL_AT_LEAST, 0.08, conditions);
}

/* --- noise --- */

typedef enum noise_kind {
    WHITE,
    FAN,
    BABBLE,
    NOISES,
} noise_kind;

static const char *const noise_names[NOISES] = {"white", "fan", "babble"};

static int16_t *make_noise(noise_kind kind)
{
    int16_t *v = new_signal();
    uint32_t seed = 11;
    double fan = 0;
    if (kind == BABBLE) {
        const size_t n = SAMPLES / 3;
        int16_t *low = must(malloc(n * sizeof *low));
        must_do(wzp_acoustics_babble(speech_dir(), 16000, low, n),
                "no recorded speech");
        append(v, 0, low, n, 16000);
        free(low);
        return v;
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        const double w = 1000.0 * uniform(&seed);
        fan = 0.98 * fan + w; /* 1/f² from 150 Hz on */
        v[i] = clip(kind == WHITE ? w : fan / 2);
    }
    return v;
}

/* snr_db: of the speech while it is active. */
static void mix(const int16_t *speech, const int16_t *noise, double snr_db,
                int16_t *out)
{
    const double gain =
        sqrt(LEVEL * LEVEL / (power_of(noise, SAMPLES) * pow(10, snr_db / 10)));
    for (size_t i = 0; i < SAMPLES; i++) {
        out[i] = clip(speech[i] + gain * noise[i]);
    }
}

typedef struct noise_figures {
    double reduction; /* dB, the mean of all blocks */
    double of_sums;   /* dB, of the sums of their powers */
    double gained;    /* STOI */
} noise_figures;

/* What is taken away in the pauses of `clean`, after the first second; a pause
 * is 60 ms away from speech on both sides. */
static void measure_pauses(const int16_t *clean, const int16_t *in,
                           const int16_t *out, noise_figures *f)
{
    enum { MARGIN = 6 };
    const size_t blocks = SAMPLES / BLOCK;
    double before = 0;
    double after = 0;
    size_t n = 0;
    f->reduction = 0;
    for (size_t b = BLOCKS_PER_S; b + MARGIN < blocks; b++) {
        bool is_pause = true;
        for (size_t k = b - MARGIN; is_pause && k <= b + MARGIN; k++) {
            is_pause = power_of(clean + k * BLOCK, BLOCK) < ACTIVE * ACTIVE / 9;
        }
        if (is_pause) {
            const double i = power_of(in + b * BLOCK, BLOCK) + 0.1;
            const double o = power_of(out + b * BLOCK, BLOCK) + 0.1;
            before += i;
            after += o;
            f->reduction += 10 * log10(i / o);
            n++;
        }
    }
    f->reduction /= (double)n;
    f->of_sums = 10 * log10(before / after);
}

/* The least of both sets of speech. */
static noise_figures measure_noise(int16_t *const speech[SETS], noise_kind kind,
                                   bool light)
{
    const wzp_capture_config cfg = config(false, true, light);
    int16_t *noise = make_noise(kind);
    int16_t *in = new_signal();
    int16_t *out = new_signal();
    noise_figures all = {99, 99, 1};
    for (size_t k = 0; k < SETS; k++) {
        mix(speech[k], noise, 10, in);
        run(&cfg, in, NULL, out);
        const size_t n = SAMPLES - RATE;
        noise_figures f;
        measure_pauses(speech[k], in, out, &f);
        const double before = wzp_stoi(speech[k] + RATE, in + RATE, n, RATE);
        const double after = wzp_stoi(speech[k] + RATE, out + RATE, n, RATE);
        printf("  %s, %s, %s: %.1f dB (of sums %.1f), STOI %.3f -> %.3f\n",
               light ? "speexdsp" : wzp_capture_denoiser(), noise_names[kind],
               sets[k].name, f.reduction, f.of_sums, before, after);
        all.reduction = least(all.reduction, f.reduction);
        all.of_sums = least(all.of_sums, f.of_sums);
        all.gained = least(all.gained, after - before);
    }
    free(noise);
    free(in);
    free(out);
    return all;
}

typedef struct noise_goal {
    noise_kind kind;
    bool light;
    const char *reduced;
    double reduction; /* dB; 0: none */
    const char *gained;
    double stoi;
} noise_goal;

static void bench_noise(int16_t *const speech[SETS])
{
    static const noise_goal goals[] = {
        {WHITE, false, "RNNoise: white noise taken away", 25,
         "RNNoise: white noise, STOI gained", 0.01},
        {FAN, false, "RNNoise: fan noise taken away", 25,
         "RNNoise: fan noise, STOI gained", 0.01},
        {BABBLE, false, "RNNoise: babble taken away", 7,
         "RNNoise: babble, STOI gained", -0.015},
        {WHITE, true, "speexdsp: white noise taken away", 10,
         "speexdsp: white noise, STOI gained", 0.01},
        {FAN, true, "speexdsp: fan noise taken away", 10,
         "speexdsp: fan noise, STOI gained", 0.01},
        {BABBLE, true, "speexdsp: babble taken away", 0,
         "speexdsp: babble, STOI gained", -0.005},
    };
    static const char conditions[] =
        "10 dB between active speech and noise, least of wideband and "
        "telephone-band speech; from 1 s on; level of 10 ms blocks in pauses, "
        "mean in dB; chain with only noise suppression";
    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++) {
        const noise_goal *g = &goals[i];
        if (!g->light && !has_neural()) {
            printf("  RNNoise is not in this build: %s not measured\n",
                   noise_names[g->kind]);
            continue;
        }
        const noise_figures f = measure_noise(speech, g->kind, g->light);
        row(g->reduced, f.reduction, "dB",
            g->reduction > 0 ? WZP_GOAL_AT_LEAST : WZP_GOAL_NONE, g->reduction,
            conditions);
        if (g->kind == BABBLE && !g->light) {
            row("RNNoise: babble taken away, of its power", f.of_sums, "dB",
                WZP_GOAL_NONE, 0,
                "the same pauses, powers added up: the loudest voices count "
                "most, and pass as speech");
        }
        row(g->gained, f.gained, "", WZP_GOAL_AT_LEAST, g->stoi, conditions);
    }
}

/* --- clean speech --- */

static void bench_clean(int16_t *const speech[SETS])
{
    double whole = 1;
    int16_t *out = new_signal();
    for (int light = 0; light <= 1; light++) {
        wzp_capture_config cfg = config(true, true, light == 1);
        cfg.parts.gain = true;
        for (size_t k = 0; k < SETS; k++) {
            run(&cfg, speech[k], NULL, out);
            const double stoi = wzp_stoi(speech[k], out, SAMPLES, RATE);
            printf("  clean, %s, %s: STOI %.3f\n",
                   light ? "speexdsp" : wzp_capture_denoiser(), sets[k].name,
                   stoi);
            whole = least(whole, stoi);
        }
    }
    row("clean speech through all parts: STOI", whole, "", WZP_GOAL_AT_LEAST,
        0.98,
        "least of both sets of speech and both denoisers; echo, noise, gain "
        "on, nothing played");
    free(out);
}

int main(void)
{
    char error[WZP_RESULTS_ERROR_LEN];
    int16_t *speech[SETS];
    for (size_t k = 0; k < SETS; k++) {
        speech[k] = load(&sets[k]);
    }
    bench_echo(speech);
    if (has_neural()) {
        bench_echo_neural(speech);
    }
    bench_noise(speech);
    bench_clean(speech);
    for (size_t k = 0; k < SETS; k++) {
        free(speech[k]);
    }
    if (!wzp_results_put("build/bench/results.json", rows, n_rows, error)) {
        fprintf(stderr, "capture: %s\n", error);
        return 1;
    }
    return 0;
}
