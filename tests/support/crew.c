/* SPDX-License-Identifier: MIT */
/* See crew.h. */
#include "support/crew.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    JOBS_MAX = 64,
    HANGS_S = 600, /* chosen: a piece of work takes seconds */
    TELL_S = 60,   /* chosen: of progress */
};

typedef struct place {
    pid_t pid; /* 0: free */
    uint64_t number;
    FILE *said; /* standard error of the child */
} place;

typedef struct shift {
    const wzp_crew *crew;
    place places[JOBS_MAX];
    unsigned busy, jobs;
    uint64_t done, next;
    uint64_t *failed;
    size_t n_failed;
    time_t told_at;
} shift;

static void *need(void *p, const char *what)
{
    if (p == NULL) {
        perror(what);
        abort();
    }
    return p;
}

static void start(shift *s)
{
    place *p = s->places;
    while (p->pid != 0) {
        p++;
    }
    p->number = s->next++;
    p->said = need(tmpfile(), "tmpfile");
    (void)fflush(NULL); /* or the child writes it again */
    p->pid = fork();
    if (p->pid == 0) {
        (void)dup2(fileno(p->said), STDERR_FILENO);
        /* Or cmocka would go on with the next test. */
        (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
        (void)alarm(HANGS_S);
        const bool ok = s->crew->work(s->crew->user, p->number);
        (void)fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    if (p->pid < 0) {
        perror("fork");
        abort();
    }
    s->busy++;
}

static void show(FILE *said)
{
    char text[4096];
    rewind(said);
    for (size_t n; (n = fread(text, 1, sizeof text, said)) > 0;) {
        (void)fwrite(text, 1, n, stderr);
    }
}

static void note_failure(shift *s, const place *p, int status)
{
    show(p->said);
    fprintf(stderr, "%s: %" PRIu64 " failed", s->crew->what, p->number);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, ", signal %d", WTERMSIG(status));
    }
    fprintf(stderr, "\n");
    s->failed = need(realloc(s->failed, (s->n_failed + 1) * sizeof *s->failed),
                     "realloc");
    s->failed[s->n_failed++] = p->number;
}

static void finish_one(shift *s)
{
    int status = 0;
    const pid_t pid = wait(&status);
    if (pid < 0) {
        perror("wait");
        abort();
    }
    for (place *p = s->places; p < s->places + s->jobs; p++) {
        if (p->pid != pid) {
            continue;
        }
        if (status != 0) {
            note_failure(s, p, status);
        }
        (void)fclose(p->said);
        *p = (place){0};
        s->busy--;
        s->done++;
    }
}

static void tell(const shift *s)
{
    fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " done, %zu failed",
            s->crew->what, s->done, s->crew->n, s->n_failed);
    for (size_t i = 0; i < s->n_failed; i++) {
        fprintf(stderr, "%s %" PRIu64, i == 0 ? ":" : "", s->failed[i]);
    }
    fprintf(stderr, "\n");
}

static void tell_sometimes(shift *s)
{
    const time_t now = time(NULL);
    if (now - s->told_at >= TELL_S) {
        s->told_at = now;
        tell(s);
    }
}

static unsigned processors(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (unsigned)n;
}

size_t wzp_crew_run(const wzp_crew *crew)
{
    const unsigned jobs = crew->jobs == 0 ? processors() : crew->jobs;
    shift s = {.crew = crew,
               .jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX,
               .next = crew->first,
               .told_at = time(NULL)};
    while (s.done < crew->n) {
        if (s.busy < s.jobs && s.next < crew->first + crew->n) {
            start(&s);
        } else {
            finish_one(&s);
            tell_sometimes(&s);
        }
    }
    tell(&s);
    free(s.failed);
    return s.n_failed;
}
