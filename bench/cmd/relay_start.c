/* SPDX-License-Identifier: MIT */
/* The program wzp-relay: from exec to its "ready" line, resident memory when
 * idle, size when stripped. Only reported.
 */
#include "fanout_load.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

enum { ROUNDS = 5 };

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static pid_t spawn(const char *program, const char *identity, int out)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(out, STDOUT_FILENO);
        (void)execl(program, program, "--listen", "127.0.0.1:0", "--identity",
                    identity, "--log-level", "error", (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Milliseconds until "ready"; KiB one second later. */
static double start_once(const char *program, const char *identity, double *rss)
{
    int out[2];
    char line[200];
    bool is_ready = false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        load_die("pipe");
    }
    const double from = now_s();
    const pid_t pid = spawn(program, identity, out[1]);
    (void)close(out[1]);
    FILE *f = fdopen(out[0], "r");
    while (f != NULL && !is_ready && fgets(line, sizeof line, f) != NULL) {
        is_ready = strncmp(line, "ready ", 6) == 0;
    }
    const double ms = (now_s() - from) * 1e3;
    if (!is_ready) {
        load_die("wzp-relay did not get ready");
    }
    (void)sleep(1);
    *rss = load_rss(pid);
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    (void)fclose(f);
    return ms;
}

static double stripped_kib(const char *program, const char *folder)
{
    char to[PATH_MAX];
    struct stat st;
    (void)snprintf(to, sizeof to, "%s/stripped", folder);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp("strip", "strip", "-o", to, program, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
    const bool ok = stat(to, &st) == 0;
    (void)unlink(to);
    return ok ? (double)st.st_size / 1024 : NAN;
}

int main(void)
{
    const char *bin = getenv("WZP_BIN");
    char program[PATH_MAX], identity[PATH_MAX];
    char folder[] = "/tmp/wzp-bench-XXXXXX";
    double ms[ROUNDS], rss[ROUNDS];
    (void)snprintf(program, sizeof program, "%s/wzp-relay",
                   bin != NULL ? bin : "build/release/bin");
    if (mkdtemp(folder) == NULL) {
        load_die("no temporary folder");
    }
    (void)snprintf(identity, sizeof identity, "%s/identity", folder);
    for (int i = 0; i < ROUNDS; i++) {
        ms[i] = start_once(program, identity, &rss[i]);
    }
    const wzp_runs start = wzp_runs_of(ms, ROUNDS);
    const wzp_runs idle = wzp_runs_of(rss, ROUNDS);
    const wzp_result rows[] = {
        {.id = "start",
         .what = "wzp-relay: start to ready",
         .value = start.median,
         .unit = "ms",
         .baseline = NAN,
         .runs = ROUNDS,
         .spread = start.spread,
         .conditions = "exec to the ready line, identity file there"},
        {.id = "rss",
         .what = "wzp-relay: resident memory, idle",
         .value = idle.median,
         .unit = "KiB",
         .baseline = NAN,
         .runs = ROUNDS,
         .spread = idle.spread,
         .conditions = "1 s after the start, no connection, all defaults"},
        {.id = "size",
         .what = "wzp-relay: program, stripped",
         .value = stripped_kib(program, folder),
         .unit = "KiB",
         .baseline = NAN,
         .runs = 1,
         .spread = NAN,
         .conditions = "release variant, third parties linked statically"},
    };
    load_put(rows, 3);
    (void)unlink(identity);
    (void)rmdir(folder);
    return 0;
}
