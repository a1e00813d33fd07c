/* SPDX-License-Identifier: MIT */
#include "quic/sockaddr.h"

#include "support/harness.h"

#include <string.h>

static const char *const ADDRS[] = {
    "192.0.2.1:4433", "0.0.0.0:0", "[2001:db8::1]:65535", "[::]:1", "[::1]:80",
};

static size_t addr_rows(void)
{
    return sizeof ADDRS / sizeof *ADDRS;
}

static void there_and_back(size_t row)
{
    wzp_addr a, b;
    assert_int_equal(wzp_addr_decode(ADDRS[row], strlen(ADDRS[row]), &a),
                     WZP_OK);
    wzp__sockaddr sa;
    const socklen_t len = wzp__sockaddr_from(&a, &sa);
    assert_true(wzp__sockaddr_to(&sa.any, len, &b));
    assert_true(wzp_addr_equal(&a, &b));
    assert_false(wzp__sockaddr_to(&sa.any, len - 1, &b));
}

WZP_ROWS(sockaddr_and_back_is_the_same_address, addr_rows, there_and_back);

WZP_TEST(sockaddr_of_no_family_is_none)
{
    const wzp_addr none = {.family = WZP_FAMILY_NONE};
    wzp__sockaddr sa;
    assert_int_equal(wzp__sockaddr_from(&none, &sa), 0);
    wzp_addr back;
    assert_false(wzp__sockaddr_to(&sa.any, sizeof sa, &back));
}

WZP_TEST(sockaddr_of_a_dual_stack_socket_is_named_like_its_peer)
{
    const uint8_t any[16] = {0}, one[16] = {1}, ip[4] = {192, 0, 2, 1};
    const wzp_addr v4 = wzp_addr_v4(ip, 9), wild = wzp_addr_v6(any, 7);
    const wzp_addr fixed = wzp_addr_v6(one, 7);
    const wzp_addr own = wzp__sockaddr_own(&wild, &v4);
    assert_int_equal(own.family, WZP_FAMILY_V4);
    assert_int_equal(own.port, 7);
    assert_int_equal(wzp__sockaddr_own(&wild, &fixed).family, WZP_FAMILY_V6);
    assert_int_equal(wzp__sockaddr_own(&fixed, &v4).family, WZP_FAMILY_V6);
}
