/* SPDX-License-Identifier: MIT */
/* See harden.h. RLIMIT_CORE alone does not keep a core from a program that the
 * kernel pipes it to (core(5)); not being dumpable does, and keeps ptrace and
 * /proc/PID/mem from other processes of the user as well.
 */
#include "harden.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* chosen: identities, passphrase and group, a few pages each, with room. It is
 * also what older systems let anybody lock. */
#define LOCKED_LEN (64u << 10)

static void warn(const char *program, const char *what, const char *so)
{
    fprintf(stderr, "%s: warning: %s: %s; %s\n", program, what, strerror(errno),
            so);
}

static bool has_no_core(void)
{
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* libsodium locks without saying whether it could: try it here. */
static bool can_lock(void)
{
    void *page = mmap(NULL, LOCKED_LEN, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    bool ok = mlock(page, LOCKED_LEN) == 0;
    int error = errno;
    (void)munmap(page, LOCKED_LEN);
    errno = error;
    return ok;
}

void app_harden(const char *program)
{
    if (!has_no_core()) {
        warn(program, "cannot switch core dumps off",
             "a crash may leave keys on the disk");
    }
    if (!can_lock()) {
        warn(program, "cannot lock memory (RLIMIT_MEMLOCK)",
             "keys may be written to swap space");
    }
}
