/* SPDX-License-Identifier: MIT */
/* The time wolfSSL is told is the machine's. */
#include "quic/clock.h"

#include "net.h"

#include <wolfssl/options.h>
#include <wolfssl/wzp_hooks.h>

WZP_TEST(clock_is_the_one_that_was_told)
{
    wzp__clock_at(0);
    const long long start = wzp_wolfssl_time_ms();
    assert_true(start != 0); /* an error to wolfSSL */
    wzp__clock_at(5 * WZP_S + 999999);
    assert_int_equal(wzp_wolfssl_time_ms() - start, 5000);
}
