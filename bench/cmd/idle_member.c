/* SPDX-License-Identifier: MIT */
/* Memory of the relay for each idle member: growth of its resident set from no
 * connection at all to 1,000 members in rooms of 10, settled.
 */
#include "fanout_load.h"

enum { MEMBERS = 1000, PER_ROOM = 10, ROUNDS = 5 };

static double round_of(double *total)
{
    load l;
    const load_relay relay = load_relay_start();
    load_open(&l, MEMBERS, &relay);
    load_run(&l, 0.3);
    const double before = load_rss(relay.pid);
    load_join_all(&l, PER_ROOM);
    load_run(&l, 3.0);
    *total = load_rss(relay.pid);
    load_relay_stop(&relay);
    return (*total - before) / MEMBERS;
}

/* A process for each round, so that nothing is left of the one before. */
static void run_alone(double out[2])
{
    int tell[2];
    if (pipe(tell) != 0) {
        load_die("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        double v[2];
        v[0] = round_of(&v[1]);
        _exit(write(tell[1], v, sizeof v) == sizeof v ? 0 : 1);
    }
    (void)close(tell[1]);
    if (read(tell[0], out, 2 * sizeof *out) != 2 * sizeof *out) {
        load_die("a round failed");
    }
    (void)close(tell[0]);
    (void)waitpid(pid, NULL, 0);
}

int main(void)
{
    double each[ROUNDS], total[ROUNDS];
    char conditions[200];
    for (int i = 0; i < ROUNDS; i++) {
        double v[2];
        run_alone(v);
        each[i] = v[0];
        total[i] = v[1];
    }
    const wzp_runs r = wzp_runs_of(each, ROUNDS);
    (void)snprintf(conditions, sizeof conditions,
                   "1,000 members in rooms of 10, no traffic but keep-alives, "
                   "3 s after the last join; resident set then %.0f KiB in all",
                   wzp_runs_of(total, ROUNDS).median);
    const wzp_result row = {.id = "idle_member",
                            .what = "relay memory per idle member",
                            .value = r.median,
                            .unit = "KiB",
                            .baseline = NAN,
                            .goal_is = WZP_GOAL_AT_MOST,
                            .goal = 64,
                            .runs = ROUNDS,
                            .spread = r.spread,
                            .conditions = conditions};
    load_put(&row, 1);
    return 0;
}
