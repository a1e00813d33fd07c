/* SPDX-License-Identifier: MIT
 *
 * Guarded memory: where it is, and what happens around it. */
#include "vec_impl.h"

#include <wzp/crypto/guarded.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

WZP_TEST(guarded_memory_begins_as_zeros)
{
    static const uint8_t none[100];
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    uint8_t *secret = wzp_guarded_new(sizeof none);
    assert_non_null(secret);
    assert_memory_equal(secret, none, sizeof none);
    wzp_guarded_free(secret);
    wzp_guarded_free(NULL);
    wzp_crypto_global_deinit();
}

/* Whether a process that reads this byte gets to its end. */
static bool can_read(const volatile uint8_t *at)
{
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* the harness catches it */
        (void)*at;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

WZP_TEST(guarded_memory_ends_where_nothing_can_be_read)
{
    enum { LEN = 100 };
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    uint8_t *secret = wzp_guarded_new(LEN);
    assert_non_null(secret);
    assert_true(can_read(secret + LEN - 1)); /* the control */
    assert_false(can_read(secret + LEN));
    wzp_guarded_free(secret);
    wzp_crypto_global_deinit();
}
