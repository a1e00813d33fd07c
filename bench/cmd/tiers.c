/* SPDX-License-Identifier: MIT */
/* How quality control behaves where networks change: the ten networks of
 * tests/support/path_script.c on the model of path_model.h, then a whole call
 * through a link of 100, 20 and 60 kbit/s in the world. Virtual time: one run
 * gives what every run gives.
 */
#include "bench/support/results.h"
#include "support/path_script.h"
#include "support/world/bottleneck.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 5, ROWS_MAX = 40, NAME_MAX_LEN = 96 };

static wzp_result rows[ROWS_MAX];
static char names[ROWS_MAX][NAME_MAX_LEN];
static size_t n_rows;

static void put(const char *id, const char *what, double value,
                const char *unit, double goal, const char *conditions)
{
    if (n_rows == ROWS_MAX) {
        abort();
    }
    (void)snprintf(names[n_rows], NAME_MAX_LEN, "%s", what);
    rows[n_rows] =
        (wzp_result){.id = id,
                     .what = names[n_rows],
                     .value = value,
                     .unit = unit,
                     .baseline = NAN,
                     .goal_is = isnan(goal) ? WZP_GOAL_NONE : WZP_GOAL_AT_MOST,
                     .goal = isnan(goal) ? 0 : goal,
                     .spread = NAN,
                     .conditions = conditions};
    n_rows++;
    printf("%-12s %-64s %8.2f %s\n", id, what, value, unit);
}

/* --- ten networks --- */

static double worse(double a, double b)
{
    return a > b ? a : b;
}

/* The worst of the seeds. */
static wzp_path_figures measure(size_t i)
{
    wzp_path_figures w = wzp_path_script_run(i, 77);
    for (uint64_t seed = 2; seed <= SEEDS; seed++) {
        const wzp_path_figures f = wzp_path_script_run(i, seed * 77);
        w.changes_10s = worse(w.changes_10s, f.changes_10s);
        w.down_s = worse(w.down_s, f.down_s);
        w.up_s = worse(w.up_s, f.up_s);
        w.silence_s = worse(w.silence_s, f.silence_s);
    }
    return w;
}

static void networks(void)
{
    static const char conditions[] =
        "model of a path, 5 seeds, the worst; changes of the tier from 15 s on";
    char what[NAME_MAX_LEN];
    double changes = 0, down = 0, up = 0, silence = 0;
    for (size_t i = 0; i < wzp_path_script_count(); i++) {
        const wzp_path_figures f = measure(i);
        (void)snprintf(what, sizeof what, "changes: %s",
                       wzp_path_script_name(i));
        put("tiers", what, f.changes_10s, "/10 s", NAN, conditions);
        changes = worse(changes, f.changes_10s);
        down = worse(down, f.down_s);
        up = worse(up, f.up_s);
        silence = worse(silence, f.silence_s);
    }
    put("tiers", "changes, worst of ten networks", changes, "/10 s", 1,
        conditions);
    put("tiers", "time down, worst of three", down, "s", 4,
        "until what is sent fits the path that became less");
    put("tiers", "time back up, worst of three", up, "s", 60,
        "until the tier of before is back on the path that became more");
    put("tiers", "longest silence, worst of ten networks", silence, "s", 2,
        conditions);
}

/* --- a whole call --- */

static void whole_call(bool is_up)
{
    const char *where = is_up ? "speaker's up link" : "listener's down link";
    static const char conditions[] =
        "two clients and a relay in the world, 40 ms there and back, a queue "
        "of 1 MiB before the bottleneck";
    char what[NAME_MAX_LEN];
    wzp_bottleneck p = wzp_bottleneck_new(1, is_up);
    wzp_bottleneck_run(&p, 15);
    wzp_bottleneck_rate(&p, 20000);
    const double peak = wzp_bottleneck_run(&p, 5);
    const double after = wzp_bottleneck_run(&p, 3);
    wzp_bottleneck_run(&p, 12);
    wzp_bottleneck_rate(&p, 60000);
    unsigned up_s = 0;
    while (up_s < 120 && wzp_world_stats(p.w, p.a).tier < WZP_TIER_GOOD) {
        wzp_bottleneck_run(&p, 1);
        up_s++;
    }
    (void)snprintf(what, sizeof what, "queue 5 … 8 s after 100 → 20, %s",
                   where);
    put("congestion", what, after, "ms", 100, conditions);
    (void)snprintf(what, sizeof what, "longest queue before that, %s", where);
    put("congestion", what, peak, "ms", NAN, conditions);
    (void)snprintf(what, sizeof what, "GOOD again after 20 → 60, %s", where);
    put("congestion", what, up_s, "s", 60, conditions);
    (void)snprintf(what, sizeof what, "longest silence, %s", where);
    put("congestion", what, p.silent_most_ms / 1000.0, "s", 2, conditions);
    wzp_bottleneck_free(&p);
}

int main(void)
{
    char error[WZP_RESULTS_ERROR_LEN];
    networks();
    whole_call(true);
    whole_call(false);
    if (!wzp_results_put("build/bench/results.json", rows, n_rows, error)) {
        (void)fprintf(stderr, "tiers: %s\n", error);
        return 1;
    }
    return 0;
}
