/* SPDX-License-Identifier: MIT */
/* The sweep: real speech over bad networks, through the whole of two clients
 * and a relay in the simulated world, and through two baselines over the same
 * links. `make bench-voice` runs it.
 */
#include "bench/voice/condition.h"
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
        for (unsigned who = VOICE_AUTO; who < VOICE_TIER; who++) {
            add(p, condition, who, o->seed + s, s == 0 && !is_trace);
        }
    }
    for (unsigned t = 0; t < WZP_TIER_COUNT && !o->no_tiers; t++) {
        add(p, condition, VOICE_TIER + t, o->seed, false);
    }
}

static void plan_all(plan *p, const options *o)
{
    for (size_t i = 0; i < voice_condition_count(); i++) {
        if (o->only == NULL ||
            strcmp(voice_condition_at(i)->name, o->only) == 0) {
            plan_condition(p, o, i);
        }
    }
}

/* --- what to write --- */

static bool write_text(const options *o, const plan *p)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/voice.txt", o->out);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        return false;
    }
    voice_table_write(f, p->runs, p->n);
    return fclose(f) == 0;
}

static int sweep(const options *o, const voice_material *m)
{
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
    voice_table_write(stdout, p.runs, p.n);
    ok = write_text(o, &p) && ok;
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
