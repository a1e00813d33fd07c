/* SPDX-License-Identifier: MIT */
/* See pool.h. */
#include "bench/voice/pool.h"

#include "bench/voice/condition.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

voice_run *voice_pool_new(size_t n)
{
    void *p = mmap(NULL, n * sizeof(voice_run), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void voice_pool_free(voice_run *runs, size_t n)
{
    munmap(runs, n * sizeof *runs);
}

static void make(voice_run *run, const voice_material *m)
{
    switch (run->who) {
    case VOICE_FIXED: voice_fixed_run(run, m); break;
    case VOICE_SPEEX: voice_speex_run(run, m); break;
    default: voice_call_run(run, m); break;
    }
    printf("%-24s %-28s %.4f  %s\n", voice_condition_at(run->condition)->name,
           voice_who_name(run->who), run->score.stoi, run->broken);
    (void)fflush(stdout);
}

static void work(voice_run *runs, size_t n, const voice_material *m,
                 atomic_size_t *next)
{
    for (;;) {
        const size_t i = atomic_fetch_add(next, 1);
        if (i >= n) {
            return;
        }
        make(&runs[i], m);
    }
}

bool voice_pool_work(voice_run *runs, size_t n, const voice_material *m,
                     unsigned jobs)
{
    atomic_size_t *next = mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool ok = next != MAP_FAILED;
    unsigned started = 0;
    for (; ok && started < jobs; started++) {
        const pid_t pid = fork();
        if (pid == 0) {
            work(runs, n, m, next);
            _exit(0);
        }
        ok = pid > 0;
    }
    while (started-- > 0) {
        int status = 0;
        ok = wait(&status) > 0 && status == 0 && ok;
    }
    munmap(next, sizeof *next);
    return ok;
}
