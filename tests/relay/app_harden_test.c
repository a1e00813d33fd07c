/* SPDX-License-Identifier: MIT */
/* What the programs ask of the system at their start (apps/common): done in
 * children, as none of it can be taken back.
 */
#include "apps/common/harden.c"
#include "support/harness.h"
#include "support/sanitized.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/identity.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct told {
    int status;
    char text[600]; /* its stderr */
} told;

/* Runs `what` in a child. */
static told in_child(int (*what)(void))
{
    told t = {.text = ""};
    FILE *into = tmpfile();
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(into), 2);
        const int status = what();
        fflush(stderr);
        _exit(status);
    }
    assert_int_equal(waitpid(child, &t.status, 0), child);
    rewind(into);
    t.text[fread(t.text, 1, sizeof t.text - 1, into)] = '\0';
    fclose(into);
    return t;
}

/* Nobody with a small limit; root would lock without one. */
static void become_nobody(rlim_t may_lock)
{
    const struct rlimit lock = {may_lock, may_lock};
    if (setrlimit(RLIMIT_MEMLOCK, &lock) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)) {
        _exit(99);
    }
}

static int hardened(void)
{
    struct rlimit core;
    const struct rlimit some = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_CORE, &some); /* as where cores are on */
    app_harden("prog");
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
                   core.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
               ? 0
               : 1;
}

WZP_TEST(a_hardened_program_leaves_no_core)
{
    const told t = in_child(hardened);
    assert_int_equal(t.status, 0);
    assert_null(strstr(t.text, "core"));
}

static char folder[] = "/tmp/wzp-core-XXXXXX"; /* where they crash */

static int crash(bool is_hardened)
{
    const struct rlimit some = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &some);
    if (chdir(folder) != 0) {
        return 99;
    }
    if (is_hardened) {
        app_harden("prog");
    }
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
    return 98;
}

static int crash_hardened(void)
{
    return crash(true);
}

static int crash_plainly(void)
{
    return crash(false);
}

WZP_TEST(a_crash_dumps_no_core_and_control_an_unhardened_one_does)
{
    assert_non_null(mkdtemp(folder));
    const told t = in_child(crash_hardened);
    assert_true(WIFSIGNALED(t.status));
    assert_int_equal(WTERMSIG(t.status), SIGABRT);
    assert_false(WCOREDUMP(t.status));
    assert_int_equal(rmdir(folder), 0); /* empty */
    assert_int_equal(mkdir(folder, 0700), 0);
    const told control = in_child(crash_plainly);
    char command[100];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (!WIFSIGNALED(control.status) || !WCOREDUMP(control.status)) {
        WZP_SKIP("this system dumps no cores at all");
    }
}

static int with_nothing_to_lock(void)
{
    become_nobody(0);
    app_harden("prog");
    if (wzp_crypto_global_init() != WZP_OK) {
        return 2;
    }
    /* Had all the same, and usable. */
    const uint8_t seed[WZP_SEED_LEN] = {1};
    wzp_seed_identity *id;
    uint8_t sig[WZP_SIG_LEN];
    if (wzp_seed_identity_new(&id, seed) != WZP_OK) {
        return 3;
    }
    const wzp_identity t = wzp_seed_identity_table(id);
    const wzp_err e = t.sign(t.user, seed, sizeof seed, sig);
    wzp_seed_identity_free(id);
    char *secret = wzp_guarded_new(5000);
    wzp_guarded_free(secret);
    return e == WZP_OK && secret != NULL ? 0 : 4;
}

WZP_TEST(where_nothing_can_be_locked_it_works_and_a_warning_says_so)
{
    if (WZP_TEST_SANITIZED) { /* mlock does nothing, and says it did */
        WZP_SKIP("a sanitizer takes mlock's place");
    }
    const told t = in_child(with_nothing_to_lock);
    assert_int_equal(t.status, 0);
    assert_non_null(strstr(t.text, "prog: warning: cannot lock memory "
                                   "(RLIMIT_MEMLOCK)"));
}

static int with_enough_to_lock(void)
{
    become_nobody(256 << 10);
    app_harden("prog");
    return 0;
}

WZP_TEST(control_where_it_can_be_locked_nothing_is_said)
{
    struct rlimit have;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &have), 0);
    if (geteuid() != 0 && have.rlim_max < 256 << 10) {
        WZP_SKIP("RLIMIT_MEMLOCK is below 256 KiB here");
    }
    const told t = in_child(with_enough_to_lock);
    assert_int_equal(t.status, 0);
    assert_string_equal(t.text, "");
}
