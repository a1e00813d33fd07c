/* SPDX-License-Identifier: MIT */
/* Time-stretch of real speech at speeds around 1: STOI by the exact map, delay
 * at speed 1, cost.
 *
 * The speech goes through in blocks of 10 ms (and once of 20, 40 and 60), as a
 * jitter buffer would have it: what is still missing to the wanted length is
 * asked of each block, at most 100 ms. STOI compares sample by sample, so the
 * stretched speech is put back in place by the map of what was cut and repeated
 * where: 20 ms pieces, half overlapping, each from where its middle went. This
 * adds a fade of its own at every cut, so the number is a lower bound. Where
 * the speech has no period nothing is done, so a speed is not quite reached;
 * 0.88 and 1.18 are asked too, to get at 0.9 and 1.1.
 */
#include "bench/support/results.h"
#include "bench/support/stoi.h"

#include <wzp/codec/codec.h>
#include <wzp/codec/resample.h>
#include <wzp/codec/stretch.h>
#include <wzp/codec/wav.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RATE = 48000,
    SPEECH = 30 * RATE,
    PIECE = 960,
    HOP = PIECE / 2,
    DEBT_MAX = 4800,
    BLOCK_MAX = 2880,
    BLOCKS = SPEECH / 480,
    OUT_MAX = SPEECH + SPEECH / 4,
};

/* --- speech --- */

static size_t append(const char *path, int16_t *pcm, size_t at)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav;
    wzp_resampler *r;
    if (wzp_wav_load(&wav, &mem, path) != WZP_OK) {
        return at;
    }
    if (wzp_resampler_new(&r, &mem, wav.rate_hz, RATE) == WZP_OK) {
        int16_t out[960 * 12];
        size_t n = 0;
        for (size_t i = 0; i < wav.samples && at < SPEECH; i += 960) {
            const size_t take = wav.samples - i < 960 ? wav.samples - i : 960;
            if (wzp_resampler_process(r, wav.pcm + i, take, out,
                                      sizeof out / sizeof *out, &n) != WZP_OK) {
                break;
            }
            n = n < SPEECH - at ? n : SPEECH - at;
            memcpy(pcm + at, out, n * sizeof *out);
            at += n;
        }
        wzp_resampler_free(r);
    }
    wzp_wav_free(&wav, &mem);
    return at;
}

/* False: there is no recorded speech here. */
static bool load(int16_t *pcm)
{
    static const char *const FILES[] = {
        "speech_orig_16k.wav", "Front_Center.wav", "Front_Left.wav",
        "Front_Right.wav",     "Rear_Center.wav",  "Side_Left.wav",
        "david4.wav",
    };
    const char *dir = getenv("WZP_SPEECH_DIR");
    size_t n = 0;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir != NULL ? dir : ".deps/speech",
                 FILES[i]);
        n = append(path, pcm, n);
    }
    return n == SPEECH;
}

/* --- a run --- */

typedef struct run {
    int16_t out[OUT_MAX];
    size_t n;
    int32_t shift[SPEECH / 8]; /* of every eighth sample of the speech */
    double us[BLOCKS];         /* per block */
    size_t blocks;
    unsigned acted;
} run;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Where the block was changed: the first sample that is not as it was. */
static size_t changed_at(const int16_t *in, const int16_t *out, size_t n)
{
    size_t i = 0;
    while (i < n && in[i] == out[i]) {
        i++;
    }
    return i;
}

/* From `at` on, speech is played so much later; where a period was cut, from
 * the middle of the two that became one. */
static void note_shift(run *r, size_t at, int32_t done)
{
    const size_t from = at + (done < 0 ? (size_t)-done : 0);
    for (size_t i = from / 8; i < SPEECH / 8; i++) {
        r->shift[i] += done;
    }
}

static void process(run *r, const int16_t *pcm, size_t block, double speed)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_stretch *s;
    memset(r, 0, sizeof *r);
    if (wzp_stretch_new(&s, &mem) != WZP_OK) {
        abort();
    }
    for (size_t i = 0; i + block <= SPEECH; i += block) {
        double want = (double)(i + block) / speed - (double)(r->n + block);
        want = fmin(fmax(want, -DEBT_MAX), DEBT_MAX);
        int32_t done = 0;
        size_t n = 0;
        const double from = now_us();
        if (wzp_stretch_process(
                s, pcm + i, block,
                fabs(want) < WZP_STRETCH_LAG_MIN ? 0 : (int32_t)want,
                r->out + r->n, OUT_MAX - r->n, &n, &done) != WZP_OK) {
            abort();
        }
        r->us[r->blocks++] = now_us() - from;
        r->acted += done != 0;
        if (done != 0) {
            note_shift(r, i + changed_at(pcm + i, r->out + r->n, block), done);
        }
        r->n += n;
    }
    wzp_stretch_free(s);
}

/* What was played, put back to when it was spoken. */
static void put_back(const run *r, int16_t *back)
{
    for (size_t i = 0; i + PIECE <= SPEECH; i += HOP) {
        const int64_t from = (int64_t)i + r->shift[(i + HOP) / 8];
        for (size_t k = 0; k < PIECE; k++) {
            const int64_t at = from + (int64_t)k;
            if (at < 0 || at >= (int64_t)r->n) {
                continue;
            }
            const double tau = 6.283185307179586;
            const double w = 0.5 - 0.5 * cos(tau * ((double)k + 0.5) / PIECE);
            back[i + k] =
                (int16_t)(back[i + k] + lrint(w * (double)r->out[at]));
        }
    }
}

static double stoi_of(const run *r, const int16_t *pcm)
{
    int16_t *back = calloc(SPEECH, sizeof *back);
    if (back == NULL) {
        return NAN;
    }
    put_back(r, back);
    const double v = wzp_stoi(pcm + HOP, back + HOP, SPEECH - PIECE, RATE);
    free(back);
    return v;
}

/* The mean of what a block took, per 10 ms. */
static double mean_us(const run *r, size_t block)
{
    double sum = 0;
    for (size_t i = 0; i < r->blocks; i++) {
        sum += r->us[i];
    }
    return sum / (double)r->blocks * 480 / (double)block;
}

/* --- all --- */

static bool is_copy(const run *r, const int16_t *pcm)
{
    return r->n == SPEECH && memcmp(r->out, pcm, sizeof *pcm * SPEECH) == 0;
}

static double worst_stoi(run *r, const int16_t *pcm, double *us)
{
    static const double SPEEDS[] = {0.88, 0.9, 0.95, 1.05, 1.1, 1.18};
    static const size_t SIZES[] = {480, 960, 1920, 2880};
    double worst = 1;
    *us = 0;
    for (size_t k = 0; k < 24; k++) {
        const size_t block = SIZES[k / 6];
        const double speed = SPEEDS[k % 6];
        process(r, pcm, block, speed);
        const double stoi = stoi_of(r, pcm);
        const double mean = mean_us(r, block);
        printf("blocks of %2zu ms, speed %.2f (got %.3f): STOI %.4f, "
               "%4u changes, %.1f us per 10 ms\n",
               block / 48, speed, SPEECH / (double)r->n, stoi, r->acted, mean);
        worst = stoi >= worst ? worst : stoi;
        *us = fmax(*us, mean);
    }
    return worst;
}

int main(void)
{
    static int16_t pcm[SPEECH];
    static run r;
    if (!load(pcm)) {
        fprintf(stderr, "stretch: no recorded speech: run `make deps`\n");
        return 1;
    }
    double us;
    const double stoi = worst_stoi(&r, pcm, &us);
    process(&r, pcm, 480, 1.0);
    const double latency = is_copy(&r, pcm) ? 0 : NAN;
    printf("speed 1.00: %s\n", latency == 0 ? "a copy" : "not a copy");
    const wzp_result rows[] = {
        {"stretch", "STOI at 0.9 ... 1.1, the least", stoi, "", NAN,
         WZP_GOAL_AT_LEAST, 0.98, 1, NAN,
         "30 s of speech, blocks of 10, 20, 40, 60 ms, exact map"},
        {"stretch", "delay at speed 1.0", latency, "ms", NAN, WZP_GOAL_AT_MOST,
         0, 1, NAN, "every sample as it was"},
        {"stretch", "CPU per 10 ms while stretching", us, "us", NAN,
         WZP_GOAL_AT_MOST, 20, 1, NAN,
         "30 s of speech, the dearest of 24 runs"},
    };
    char error[WZP_RESULTS_ERROR_LEN];
    if (!wzp_results_put("build/bench/results.json", rows, 3, error)) {
        fprintf(stderr, "stretch: %s\n", error);
        return 1;
    }
    return 0;
}
