/* SPDX-License-Identifier: MIT */
/* Address text: tables of what is read, how it is written, and what is
 * refused.
 */
#include "support/harness.h"

#include <wzp/proto/addr.h>

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    const char *canonical;
} GOOD[] = {
    {"192.0.2.1:4433", "192.0.2.1:4433"},
    {"0.0.0.0:0", "0.0.0.0:0"},
    {"255.255.255.255:65535", "255.255.255.255:65535"},
    {"127.0.0.1:00080", "127.0.0.1:80"},
    {"[::]:1", "[::]:1"},
    {"[::1]:1", "[::1]:1"},
    {"[1::]:1", "[1::]:1"},
    {"[2001:DB8::0:1]:4433", "[2001:db8::1]:4433"},
    {"[2001:db8:0:0:1:0:0:1]:5", "[2001:db8::1:0:0:1]:5"},
    {"[2001:0:0:1:0:0:0:1]:5", "[2001:0:0:1::1]:5"},
    {"[2001:db8:0:1:1:1:1:1]:5", "[2001:db8:0:1:1:1:1:1]:5"},
    {"[1:2:3:4:5:6:7:8]:5", "[1:2:3:4:5:6:7:8]:5"},
    {"[1:2:3:4:5:6:7::]:5", "[1:2:3:4:5:6:7:0]:5"},
    {"[::2:3:4:5:6:7:8]:5", "[0:2:3:4:5:6:7:8]:5"},
    {"[::ffff:192.0.2.1]:5", "[::ffff:192.0.2.1]:5"},
    {"[::192.0.2.1]:5", "[::c000:201]:5"},
    {"[64:ff9b::192.0.2.1]:5", "[64:ff9b::c000:201]:5"},
    {"[1:2:3:4:5:6:1.2.3.4]:5", "[1:2:3:4:5:6:102:304]:5"},
    {"[fe80::1234:5678:9abc:def0]:9", "[fe80::1234:5678:9abc:def0]:9"},
};

static size_t count_good(void)
{
    return sizeof GOOD / sizeof GOOD[0];
}

static void run_good(size_t row)
{
    wzp_addr a;
    assert_int_equal(
        wzp_addr_decode(GOOD[row].text, strlen(GOOD[row].text), &a), WZP_OK);
    char text[WZP_ADDR_TEXT_MAX];
    const size_t len = wzp_addr_encode(&a, text);
    assert_string_equal(text, GOOD[row].canonical);
    assert_int_equal(len, strlen(text));

    wzp_addr again;
    assert_int_equal(wzp_addr_decode(text, len, &again), WZP_OK);
    assert_true(wzp_addr_equal(&a, &again));
    assert_memory_equal(&a, &again, sizeof a);
}
WZP_ROWS(address_is_read_and_written, count_good, run_good);

static const char *const BAD[] = {
    "",
    "192.0.2.1",
    "192.0.2.1:",
    "192.0.2.1:65536",
    "192.0.2.1:100000",
    "192.0.2.1:-1",
    "192.0.2.1:1 ",
    " 192.0.2.1:1",
    "192.0.2:1",
    "192.0.2.256:1",
    "192.0.2.1.5:1",
    "192.0.02.1:1",
    "192.0.2.1:+1",
    "192.0..1:1",
    "::1:1",
    "[::1]",
    "[::1]1",
    "[::1:1",
    "[:1]:1",
    "[1:]:1",
    "[:::]:1",
    "[1::2::3]:1",
    "[1:2:3:4:5:6:7]:1",
    "[1:2:3:4:5:6:7:8:9]:1",
    "[1:2:3:4:5:6:7:8::]:1",
    "[12345::]:1",
    "[fe80::1%eth0]:1",
    "[::1.2.3]:1",
    "[::1.2.3.4:5]:1",
    "[1:2:3:4:5:6:7:1.2.3.4]:1",
    "[192.0.2.1]:1",
    "localhost:1",
    "[]:1",
};

static size_t count_bad(void)
{
    return sizeof BAD / sizeof BAD[0];
}

static void run_bad(size_t row)
{
    wzp_addr a;
    assert_int_equal(wzp_addr_decode(BAD[row], strlen(BAD[row]), &a),
                     WZP_ERR_ADDRESS);
}
WZP_ROWS(address_is_refused, count_bad, run_bad);

WZP_TEST(address_cut_at_any_length_is_read_within_its_bounds)
{
    static const char text[] = "[2001:db8::1:1.2.3.4]:44";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *cut = malloc(len + 1);
        memcpy(cut, text, len);
        wzp_addr a;
        const wzp_err e = wzp_addr_decode(cut, len, &a);
        assert_int_equal(e,
                         (len == sizeof text - 2) ? WZP_OK : WZP_ERR_ADDRESS);
        free(cut);
    }
}

WZP_TEST(address_without_port_takes_the_port_given)
{
    wzp_addr a;
    char text[WZP_ADDR_TEXT_MAX];
    assert_int_equal(wzp_addr_decode_ip("192.0.2.1", 9, 5, &a), WZP_OK);
    wzp_addr_encode(&a, text);
    assert_string_equal(text, "192.0.2.1:5");
    assert_int_equal(wzp_addr_decode_ip("::1", 3, 5, &a), WZP_OK);
    wzp_addr_encode_ip(&a, text);
    assert_string_equal(text, "::1");
    assert_int_equal(wzp_addr_decode_ip("[::1]", 5, 5, &a), WZP_OK);
    assert_int_equal(wzp_addr_decode_ip("[::1", 4, 5, &a), WZP_ERR_ADDRESS);
    assert_int_equal(wzp_addr_decode_ip("192.0.2.1:5", 11, 5, &a),
                     WZP_ERR_ADDRESS);
}

WZP_TEST(address_compares_all_of_itself)
{
    const uint8_t ip4[4] = {127, 0, 0, 1};
    const uint8_t ip6[16] = {127, 0, 0, 1};
    const wzp_addr a = wzp_addr_v4(ip4, 1);
    const wzp_addr b = wzp_addr_v6(ip6, 1);
    const wzp_addr c = wzp_addr_v4(ip4, 2);
    assert_true(wzp_addr_equal(&a, &a));
    assert_false(wzp_addr_equal(&a, &b));
    assert_false(wzp_addr_equal(&a, &c));
    assert_true(wzp_addr_is_loopback(&a));
    assert_false(wzp_addr_is_loopback(&b));
    char text[WZP_ADDR_TEXT_MAX];
    wzp_addr_encode(&(wzp_addr){.family = WZP_FAMILY_NONE}, text);
    assert_string_equal(text, "-");
}
WZP_TEST(address_of_ipv4_in_ipv6_is_the_ipv4_one_when_unmapped)
{
    static const char *const same[] = {"192.0.2.1:5", "[2001:db8::1]:5",
                                       "[::1]:5", "[::127.0.0.1]:5",
                                       "[::fffe:127.0.0.1]:5"};
    wzp_addr a, b;
    assert_int_equal(wzp_addr_decode("[::ffff:127.0.0.1]:5", 20, &a), WZP_OK);
    assert_int_equal(wzp_addr_decode("127.0.0.1:5", 11, &b), WZP_OK);
    assert_false(wzp_addr_is_loopback(&a));
    a = wzp_addr_unmapped(&a);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(wzp_addr_is_loopback(&a));
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(wzp_addr_decode(same[i], strlen(same[i]), &a), WZP_OK);
        b = wzp_addr_unmapped(&a);
        assert_memory_equal(&a, &b, sizeof a);
    }
}
