/* SPDX-License-Identifier: MIT */
/* The sweep: real speech over bad networks, through the whole of two clients
 * and a relay in the simulated world, and through two baselines over the same
 * links. `make bench-voice` runs it.
 */
#include "bench/voice/condition.h"
#include "bench/voice/figures.h"
#include "bench/voice/page.h"
#include "bench/voice/pool.h"
#include "bench/voice/table.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEDS_AUTO 3 /* runs of each condition that figures are made of */

typedef struct options {
    const char *speech, *out, *only;
    unsigned jobs, seed, seeds;
    bool no_tiers;
} options;

static int usage(FILE *out, int status)
{
    fputs("usage: sweep [--speech DIR] [--out DIR] [--jobs N] [--seed N] "
          "[--seeds N] [--only CONDITION] [--no-tiers]\n"
          "  --speech DIR   recordings (.deps/speech)\n"
          "  --out DIR      where results.json, voice.txt and voice.html go "
          "(build/bench)\n"
          "  --jobs N       processes (2)\n"
          "  --seed N       of everything (1)\n"
          "  --seeds N      runs on auto and of the baselines, each (3)\n"
          "  --only NAME    one condition, no figures\n"
          "  --no-tiers     without the runs at forced tiers\n",
          out);
    return status;
}

/* --- what to run --- */

typedef struct plan {
    voice_run *runs;
    size_t n;
} plan;

static void add(plan *p, size_t condition, unsigned who, uint64_t seed,
                bool wants_clip)
{
    if (p->runs != NULL) {
        p->runs[p->n] = (voice_run){.condition = condition,
                                    .who = who,
                                    .seed = seed,
                                    .wants_clip = wants_clip};
    }
    p->n++;
}

static void plan_condition(plan *p, const options *o, size_t condition)
{
    const bool is_trace = voice_condition_at(condition)->is_trace;
    const unsigned seeds = is_trace ? 1 : o->seeds;
    for (unsigned s = 0; s < seeds; s++) {
        for (unsigned who = VOICE_AUTO; who <= VOICE_SPEEX; who++) {
            add(p, condition, who, o->seed + s, s == 0 && !is_trace);
        }
    }
    for (unsigned t = 0; t < WZP_TIER_COUNT && !o->no_tiers; t++) {
        add(p, condition, VOICE_TIER + t, o->seed, false);
    }
}

/* What single figures need beside. */
static const struct {
    const char *condition;
    unsigned who;
} SINGLE[] = {
    {"clean", VOICE_GOOD_DRED},         {"random 30 %", VOICE_GOOD_DRED},
    {"bursts 160 ms", VOICE_GOOD_DRED}, {"bursts 500 ms", VOICE_RESILIENT},
    {"no network", VOICE_PLAIN_20},     {"no network", VOICE_PLAIN_10},
    {"no network", VOICE_DENOISED},
};

static void plan_single(plan *p, const options *o, size_t condition)
{
    const voice_condition *c = voice_condition_at(condition);
    const unsigned seeds = c->has_no_hop ? 1 : o->seeds;
    for (size_t i = 0; i < sizeof SINGLE / sizeof SINGLE[0]; i++) {
        for (unsigned s = 0;
             s < seeds && strcmp(SINGLE[i].condition, c->name) == 0; s++) {
            add(p, condition, SINGLE[i].who, o->seed + s, false);
        }
    }
}

static void plan_all(plan *p, const options *o)
{
    for (size_t i = 0; i < voice_condition_count(); i++) {
        if (o->only == NULL ||
            strcmp(voice_condition_at(i)->name, o->only) == 0) {
            if (!voice_condition_at(i)->is_extra) {
                plan_condition(p, o, i);
            }
            plan_single(p, o, i);
        }
    }
}

/* --- what to write --- */

typedef struct outcome {
    wzp_result rows[VOICE_FIGURES_MAX];
    size_t n_rows;
} outcome;

static void write_all(FILE *out, const plan *p, const outcome *of)
{
    voice_table_write(out, p->runs, p->n);
    if (of->n_rows > 0) {
        fputc('\n', out);
        voice_figures_print(out, of->rows, of->n_rows);
    }
}

static bool write_text(const options *o, const plan *p, const outcome *of)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/voice.txt", o->out);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        return false;
    }
    write_all(f, p, of);
    return fclose(f) == 0;
}

static bool write_rows(const options *o, const outcome *of)
{
    char path[1024];
    char error[WZP_RESULTS_ERROR_LEN];
    (void)snprintf(path, sizeof path, "%s/results.json", o->out);
    if (of->n_rows > 0 && !wzp_results_put(path, of->rows, of->n_rows, error)) {
        fprintf(stderr, "sweep: %s\n", error);
        return false;
    }
    return true;
}

static bool write_page(const options *o, const plan *p, const outcome *of,
                       const voice_material *m)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/voice.html", o->out);
    return voice_page_write(path, p->runs, p->n, of->rows, of->n_rows, m);
}

static int sweep(const options *o, const voice_material *m)
{
    static outcome of;
    plan p = {0};
    plan_all(&p, o); /* counts */
    const size_t n = p.n;
    p = (plan){.runs = voice_pool_new(n == 0 ? 1 : n)};
    if (n == 0 || p.runs == NULL) {
        fputs("sweep: nothing to run, or no memory\n", stderr);
        return 1;
    }
    plan_all(&p, o);
    bool ok = voice_pool_work(p.runs, p.n, m, o->jobs);
    if (o->only == NULL) {
        of.n_rows = voice_figures_make(p.runs, p.n, of.rows);
    }
    write_all(stdout, &p, &of);
    ok = write_text(o, &p, &of) && write_rows(o, &of) && ok;
    ok = write_page(o, &p, &of, m) && ok;
    voice_pool_free(p.runs, n);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"speech", required_argument, NULL, 's'},
        {"out", required_argument, NULL, 'o'},
        {"jobs", required_argument, NULL, 'j'},
        {"seed", required_argument, NULL, 'e'},
        {"seeds", required_argument, NULL, 'n'},
        {"only", required_argument, NULL, 'y'},
        {"no-tiers", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    options o = {.speech = ".deps/speech",
                 .out = "build/bench",
                 .jobs = 2,
                 .seed = 1,
                 .seeds = SEEDS_AUTO};
    int option;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 's': o.speech = optarg; break;
        case 'o': o.out = optarg; break;
        case 'j': o.jobs = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'e': o.seed = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'n': o.seeds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'y': o.only = optarg; break;
        case 't': o.no_tiers = true; break;
        case 'h': return usage(stdout, 0);
        default: return usage(stderr, 2);
        }
    }
    voice_material m;
    if (!voice_material_load(o.speech, &m)) {
        return 1;
    }
    printf("%.1f s of speech\n", (double)(m.end - VOICE_LEAD) / VOICE_RATE);
    const int status = sweep(&o, &m);
    voice_material_free(&m);
    return status;
}
