/* SPDX-License-Identifier: MIT */
#include "uv/run.h"

#include "support/harness.h"

#include <string.h>

static const uint8_t BYTES[2000];

static wzp_addr host(uint8_t n)
{
    return wzp_addr_v4((const uint8_t[]){10, 0, 0, n}, 1);
}

static bool add(wzp__run *r, uint8_t to, size_t len)
{
    const wzp_addr from = host(1), peer = host(to);
    return wzp__run_add(r, &from, &peer, BYTES, len);
}

WZP_TEST(run_takes_packets_of_one_length_and_one_shorter_at_the_end)
{
    static wzp__run r;
    assert_true(add(&r, 2, 1200));
    assert_true(add(&r, 2, 1200));
    assert_false(add(&r, 2, 1201)); /* longer */
    assert_true(add(&r, 2, 300));
    assert_false(add(&r, 2, 300)); /* after the short one */
    assert_int_equal(r.count, 3);
    assert_int_equal(r.each, 1200);
    assert_int_equal(r.len, 2700);
    wzp__run_clear(&r);
    assert_true(add(&r, 2, 100));
}

WZP_TEST(run_is_between_two_ends)
{
    static wzp__run r;
    const wzp_addr other = host(9), peer = host(2);
    assert_true(add(&r, 2, 100));
    assert_false(add(&r, 3, 100));
    assert_false(wzp__run_add(&r, &other, &peer, BYTES, 100));
    assert_true(add(&r, 2, 100));
}

WZP_TEST(run_is_bounded)
{
    static wzp__run r;
    for (size_t i = 0; i < WZP__RUN_PACKETS; i++) {
        assert_true(add(&r, 2, 100));
    }
    assert_false(add(&r, 2, 100));
    wzp__run_clear(&r);
    size_t n = 0;
    while (add(&r, 2, sizeof BYTES)) {
        n++;
    }
    assert_int_equal(n, WZP__RUN_BYTES / sizeof BYTES);
}

WZP_TEST(run_of_an_empty_packet_takes_no_more)
{
    static wzp__run r;
    assert_true(add(&r, 2, 0));
    assert_false(add(&r, 2, 0));
    assert_false(add(&r, 2, 1));
}
