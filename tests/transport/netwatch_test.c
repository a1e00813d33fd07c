/* SPDX-License-Identifier: MIT */
#include "uv/netwatch.h"

#include "support/harness.h"

#include <errno.h>

static const int GONE[] = {ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, ENODEV};

WZP_TEST(netwatch_wants_another_socket_after_a_second_of_refusals)
{
    for (size_t i = 0; i < sizeof GONE / sizeof *GONE; i++) {
        wzp__netwatch w = {0};
        assert_false(wzp__netwatch_sent(&w, 5 * WZP_S, GONE[i]));
        assert_false(wzp__netwatch_sent(&w, 5 * WZP_S + 999 * WZP_MS, GONE[i]));
        assert_true(wzp__netwatch_sent(&w, 6 * WZP_S, GONE[i]));
        /* and then at most once a second */
        assert_false(wzp__netwatch_sent(&w, 6 * WZP_S, GONE[i]));
        assert_false(wzp__netwatch_sent(&w, 6 * WZP_S + 999 * WZP_MS, GONE[i]));
        assert_true(wzp__netwatch_sent(&w, 7 * WZP_S, GONE[i]));
    }
}

WZP_TEST(netwatch_forgets_refusals_when_something_leaves)
{
    wzp__netwatch w = {0};
    for (int i = 0; i < 100; i++) {
        const wzp_tstamp now = (wzp_tstamp)i * 500 * WZP_MS;
        assert_false(wzp__netwatch_sent(&w, now, ENETUNREACH));
        assert_false(wzp__netwatch_sent(&w, now + WZP_MS, 0));
    }
}

WZP_TEST(netwatch_stays_for_what_another_socket_would_not_mend)
{
    static const int OTHERS[] = {EAGAIN, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE,
                                 EPERM,  ENOBUFS,      EINVAL};
    wzp__netwatch w = {0};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        for (wzp_tstamp s = 0; s < 10; s++) {
            assert_false(wzp__netwatch_sent(&w, s * WZP_S, OTHERS[i]));
        }
    }
}
