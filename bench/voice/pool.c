/* SPDX-License-Identifier: MIT */
/* See pool.h. */
#include "bench/voice/pool.h"

#include "bench/voice/condition.h"

#include <stdio.h>
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

/* In a process of its own: what was run before leaves no trace in it. */
static bool start(voice_run *run, const voice_material *m)
{
    const pid_t pid = fork();
    if (pid == 0) {
        make(run, m);
        _exit(0);
    }
    return pid > 0;
}

bool voice_pool_work(voice_run *runs, size_t n, const voice_material *m,
                     unsigned jobs)
{
    bool ok = true;
    size_t next = 0;
    unsigned running = 0;
    while (running > 0 || (ok && next < n)) {
        int status = 0;
        if (ok && next < n && running < jobs) {
            ok = start(&runs[next], m);
            next++;
            running += ok;
        } else {
            ok = wait(&status) > 0 && status == 0 && ok;
            running--;
        }
    }
    return ok;
}
