/* SPDX-License-Identifier: MIT
 *
 * Forgetting.
 */
#include "vec_impl.h"

#include <wzp/crypto/wipe.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

WZP_TEST(wipe_clears_exactly_what_it_is_given)
{
    uint8_t b[5] = {1, 2, 3, 4, 5};
    wzp_wipe(b + 1, 3);
    WZP_ASSERT_HEX(b, sizeof b, "0100000005");
}

WZP_TEST(guarded_memory_begins_as_zeros_and_may_be_used_to_its_end)
{
    static const uint8_t zeros[100];
    uint8_t *p = wzp_guarded_new(sizeof zeros);
    assert_non_null(p);
    assert_memory_equal(p, zeros, sizeof zeros);
    memset(p, 0xA5, sizeof zeros);
    wzp_guarded_free(p);
    wzp_guarded_free(NULL);
}

/* The page behind it cannot be touched. */
WZP_TEST(guarded_memory_ends_where_it_ends)
{
    uint8_t *p = wzp_guarded_new(64);
    assert_non_null(p);
    const pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0};
        (void)signal(SIGSEGV, SIG_DFL);
        (void)setrlimit(RLIMIT_CORE, &none);
        ((volatile uint8_t *)p)[64] = 1;
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    wzp_guarded_free(p);
}
