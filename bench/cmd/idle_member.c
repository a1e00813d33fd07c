/* SPDX-License-Identifier: MIT */
/* Memory of the relay for each idle member: growth of its resident set from no
 * connection at all to rooms of 10, and to one room of 200, settled; and again
 * after one member of each room has spoken to the others, so that queues, pools
 * and header contexts have what they need.
 */
#include "fanout_load.h"

enum { ROUNDS = 5, FRAMES = 20, FRAME_MS = 100 };

typedef struct scene {
    size_t members, per_room;
    const char *rooms;
} scene;

static const scene SCENES[] = {
    {1000, 10, "rooms of 10"},
    {200, 200, "a room of 200"},
};

typedef struct figures {
    double idle, spoken, total; /* KiB a member, a member, in all */
} figures;

typedef struct talk {
    load *l;
    size_t per_room;
} talk;

static void on_tick(uv_timer_t *timer)
{
    const talk *t = timer->data;
    for (size_t i = 0; i < t->l->n; i += t->per_room) {
        load_speak(&t->l->c[i]);
    }
}

static void speak(load *l, size_t per_room)
{
    talk t = {l, per_room};
    uv_timer_t tick;
    (void)uv_timer_init(&l->loop, &tick);
    tick.data = &t;
    (void)uv_timer_start(&tick, on_tick, 0, FRAME_MS);
    load_run(l, FRAMES * FRAME_MS / 1000.0);
    (void)uv_timer_stop(&tick);
    uv_close((uv_handle_t *)&tick, NULL);
    load_run(l, 3.0);
    if (l->received < (l->n - l->n / per_room) * FRAMES / 2) {
        load_die("nobody heard the speakers");
    }
}

static figures round_of(const scene *s)
{
    load l;
    figures f;
    const double n = (double)s->members;
    const load_relay relay = load_relay_start();
    load_open(&l, s->members, &relay);
    load_run(&l, 0.3);
    const double before = load_rss(relay.pid);
    load_join_all(&l, s->per_room);
    load_run(&l, 3.0);
    f.total = load_rss(relay.pid);
    f.idle = (f.total - before) / n;
    speak(&l, s->per_room);
    f.spoken = (load_rss(relay.pid) - before) / n;
    load_relay_stop(&relay);
    return f;
}

/* A process for each round, so that nothing is left of the one before. */
static figures run_alone(const scene *s)
{
    int tell[2];
    figures f;
    if (pipe(tell) != 0) {
        load_die("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        f = round_of(s);
        _exit(write(tell[1], &f, sizeof f) == sizeof f ? 0 : 1);
    }
    (void)close(tell[1]);
    if (read(tell[0], &f, sizeof f) != sizeof f) {
        load_die("a round failed");
    }
    (void)close(tell[0]);
    (void)waitpid(pid, NULL, 0);
    return f;
}

static void put(const char *what, const double *each, const char *conditions)
{
    const wzp_runs r = wzp_runs_of(each, ROUNDS);
    const wzp_result row = {.id = "idle_member",
                            .what = what,
                            .value = r.median,
                            .unit = "KiB",
                            .baseline = NAN,
                            .goal_is = WZP_GOAL_AT_MOST,
                            .goal = 48,
                            .runs = ROUNDS,
                            .spread = r.spread,
                            .conditions = conditions};
    load_put(&row, 1);
}

static void measure(const scene *s)
{
    double idle[ROUNDS], spoken[ROUNDS], total[ROUNDS];
    char conditions[200], what[80];
    for (int i = 0; i < ROUNDS; i++) {
        const figures f = run_alone(s);
        idle[i] = f.idle;
        spoken[i] = f.spoken;
        total[i] = f.total;
    }
    (void)snprintf(conditions, sizeof conditions,
                   "%zu members in %s, no traffic but keep-alives, 3 s after "
                   "the last join; resident set then %.0f KiB in all",
                   s->members, s->rooms, wzp_runs_of(total, ROUNDS).median);
    (void)snprintf(what, sizeof what, "relay memory per idle member, %s",
                   s->rooms);
    put(what, idle, conditions);
    (void)snprintf(conditions, sizeof conditions,
                   "the same, 3 s after one member of each room has sent %d "
                   "sealed frames to the others",
                   FRAMES);
    (void)snprintf(what, sizeof what, "relay memory per member that heard, %s",
                   s->rooms);
    put(what, spoken, conditions);
}

int main(void)
{
    for (size_t i = 0; i < sizeof SCENES / sizeof SCENES[0]; i++) {
        measure(&SCENES[i]);
    }
    return 0;
}
