/* SPDX-License-Identifier: MIT */
/* See figures.h. Of several seeds the mean counts; their spread is told. */
#include "bench/voice/figures.h"

#include "bench/voice/condition.h"

#include <math.h>
#include <string.h>

#define RUNS_MAX 16

static const char CONDITIONS[] =
    "48 s of real speech from 8 s on, in the world simulator; loss on the "
    "relay's way to the listener, 30 ms one way; relative to the same frames "
    "decoded without loss";

typedef struct maker {
    const voice_run *runs;
    size_t n;
    wzp_result *out;
    size_t n_out;
} maker;

typedef double value_fn(const voice_run *run);

static double stoi_of(const voice_run *r)
{
    return r->score.stoi;
}
static double wire_of(const voice_run *r)
{
    return r->media_kbps;
}
static double m2e_of(const voice_run *r)
{
    return r->score.m2e_ms;
}
static double m2e_p95_of(const voice_run *r)
{
    return r->score.m2e_p95_ms;
}
/* Of frames in which somebody speaks, as voice-facts.md counts: silence has no
 * DRED, and needs none. */
static double rebuilt_of(const voice_run *r)
{
    const voice_fates *f = &r->fates;
    const size_t real = f->of_active[VOICE_LBRR] + f->of_active[VOICE_DRED] +
                        f->of_active[VOICE_COPY];
    return f->lost_active == 0 ? (double)NAN
                               : 100.0 * (double)real / (double)f->lost_active;
}

/* Over the seeds. */
static wzp_runs values(const maker *k, const char *condition, unsigned who,
                       value_fn *fn, double *mean)
{
    double v[RUNS_MAX] = {0};
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < k->n && n < RUNS_MAX; i++) {
        const voice_run *r = &k->runs[i];
        if (r->is_done && r->who == who &&
            strcmp(voice_condition_at(r->condition)->name, condition) == 0) {
            v[n] = r->broken[0] == '\0' ? fn(r) : (double)NAN;
            sum += v[n++];
        }
    }
    *mean = n == 0 ? (double)NAN : sum / (double)n;
    return wzp_runs_of(v, n == 0 ? 1 : n);
}

static double mean_of(const maker *k, const char *condition, unsigned who,
                      value_fn *fn)
{
    double mean;
    (void)values(k, condition, who, fn, &mean);
    return mean;
}

static void add(maker *k, const char *id, const char *what, double value,
                const char *unit, wzp_goal goal_is, double goal)
{
    k->out[k->n_out++] = (wzp_result){.id = id,
                                      .what = what,
                                      .value = value,
                                      .unit = unit,
                                      .baseline = (double)NAN,
                                      .goal_is = goal_is,
                                      .goal = goal,
                                      .runs = 1,
                                      .spread = (double)NAN,
                                      .conditions = CONDITIONS};
}

/* --- stoi, stoi_bursts --- */

static void add_stoi(maker *k, const char *id, const char *what,
                     const char *condition, double goal)
{
    double mean;
    const wzp_runs runs = values(k, condition, VOICE_AUTO, stoi_of, &mean);
    add(k, id, what, mean, "", WZP_GOAL_AT_LEAST, goal);
    k->out[k->n_out - 1].runs = runs.n;
    k->out[k->n_out - 1].spread = runs.spread;
}

static void stoi(maker *k)
{
    add_stoi(k, "stoi", "auto, 10 % random loss", "random 10 %", 0.98);
    add_stoi(k, "stoi", "auto, 20 % random loss", "random 20 %", 0.97);
    add_stoi(k, "stoi", "auto, 30 % random loss", "random 30 %", 0.95);
    add_stoi(k, "stoi", "auto, 50 % random loss", "random 50 %", 0.88);
    add_stoi(k, "stoi_bursts", "auto, bursts of 100 ms", "bursts 100 ms", 0.97);
    add_stoi(k, "stoi_bursts", "auto, bursts of 200 ms", "bursts 200 ms", 0.97);
    add_stoi(k, "stoi_bursts", "auto, bursts of 500 ms", "bursts 500 ms", 0.96);
}

/* --- stoi_baseline --- */

/* By how much auto is above the better of the two. */
static double above(const maker *k, const char *condition)
{
    const double ours = mean_of(k, condition, VOICE_AUTO, stoi_of);
    const double a = mean_of(k, condition, VOICE_FIXED, stoi_of);
    const double b = mean_of(k, condition, VOICE_SPEEX, stoi_of);
    return isnan(a) || isnan(b) ? (double)NAN : ours - fmax(a, b);
}

static void add_wire(maker *k, const char *const *conditions, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        const double ours = mean_of(k, conditions[i], VOICE_AUTO, wire_of);
        const double theirs =
            fmin(mean_of(k, conditions[i], VOICE_FIXED, wire_of),
                 mean_of(k, conditions[i], VOICE_SPEEX, wire_of));
        worst = isnan(ours / theirs) ? (double)NAN : fmax(worst, ours / theirs);
    }
    add(k, "stoi_baseline",
        "wire rate to that of the thriftier baseline, greatest of these", worst,
        "", WZP_GOAL_AT_MOST, 1.0);
}

static void baseline(maker *k)
{
    static const struct {
        const char *condition, *what;
        double goal;
    } ROWS[] = {
        {"random 5 %", "above the better baseline, 5 % random", -0.005},
        {"random 10 %", "above the better baseline, 10 % random", -0.005},
        {"random 30 %", "above the better baseline, 30 % random", 0.01},
        {"random 50 %", "above the better baseline, 50 % random", 0.01},
        {"bursts 100 ms", "above the better baseline, bursts of 100 ms", 0.01},
        {"bursts 200 ms", "above the better baseline, bursts of 200 ms", 0.03},
        {"bursts 500 ms", "above the better baseline, bursts of 500 ms", 0.03},
    };
    enum { N = sizeof ROWS / sizeof ROWS[0] };
    const char *conditions[N];
    for (size_t i = 0; i < N; i++) {
        conditions[i] = ROWS[i].condition;
        add(k, "stoi_baseline", ROWS[i].what, above(k, ROWS[i].condition), "",
            WZP_GOAL_AT_LEAST, ROWS[i].goal);
    }
    add_wire(k, conditions, N);
}

/* --- rebuilt --- */

static void rebuilt(maker *k)
{
    const double waited =
        mean_of(k, "random 30 %", VOICE_GOOD_DRED, m2e_p95_of) -
        mean_of(k, "clean", VOICE_GOOD_DRED, m2e_p95_of);
    add(k, "rebuilt", "of lost frames with speech, 30 % random, 24k/20 DRED",
        mean_of(k, "random 30 %", VOICE_GOOD_DRED, rebuilt_of), "%",
        WZP_GOAL_AT_LEAST, 95);
    add(k, "rebuilt", "wait added for it, p95", waited, "ms", WZP_GOAL_AT_MOST,
        80);
    add(k, "rebuilt",
        "of lost frames with speech, bursts of 160 ms, 24k/20 DRED",
        mean_of(k, "bursts 160 ms", VOICE_GOOD_DRED, rebuilt_of), "%",
        WZP_GOAL_AT_LEAST, 95);
    add(k, "rebuilt",
        "of lost frames with speech, bursts of 500 ms, 33k/40 LBRR+DRED",
        mean_of(k, "bursts 500 ms", VOICE_RESILIENT, rebuilt_of), "%",
        WZP_GOAL_AT_LEAST, 95);
    add(k, "rebuilt", "wire rate of that",
        mean_of(k, "bursts 500 ms", VOICE_RESILIENT, wire_of), "kbit/s",
        WZP_GOAL_AT_MOST, 51);
}

/* --- m2e --- */

static void m2e(maker *k)
{
    add(k, "m2e", "mouth to ear, 20 ms frames",
        mean_of(k, "no network", VOICE_PLAIN_20, m2e_of), "ms",
        WZP_GOAL_AT_MOST, 55);
    add(k, "m2e", "mouth to ear, 10 ms frames",
        mean_of(k, "no network", VOICE_PLAIN_10, m2e_of), "ms",
        WZP_GOAL_AT_MOST, 42);
    add(k, "m2e", "20 ms frames with noise suppression",
        mean_of(k, "no network", VOICE_DENOISED, m2e_of), "ms",
        WZP_GOAL_AT_MOST, 75);
    for (size_t i = 1; i <= 3; i++) {
        k->out[k->n_out - i].conditions =
            "world simulator, links without delay; from the moment a sample is "
            "spoken until it is played, ticked device of 10 ms";
    }
}

size_t voice_figures_make(const voice_run *runs, size_t n,
                          wzp_result out[VOICE_FIGURES_MAX])
{
    maker k = {.runs = runs, .n = n, .out = out};
    m2e(&k);
    rebuilt(&k);
    stoi(&k);
    baseline(&k);
    return k.n_out;
}

void voice_figures_print(FILE *out, const wzp_result *rows, size_t n)
{
    static const char *const OK[] = {"", "missed", "ok"};
    for (size_t i = 0; i < n; i++) {
        const wzp_result *r = &rows[i];
        fprintf(out, "%-14s %-64s %9.3f %-7s %s %g  %s\n", r->id, r->what,
                r->value, r->unit,
                r->goal_is == WZP_GOAL_AT_MOST ? "<=" : ">=", r->goal,
                OK[wzp_result_ok(r) + 1]);
    }
}
