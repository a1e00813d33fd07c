/* SPDX-License-Identifier: MIT */
/* A relay's pin, name and addresses on their way to an engine. */
#include "uv/lookup.h"

#include "client/fakes.h"

#include <netdb.h>
#include <netinet/in.h>

static const struct {
    const char *text;
    bool is_good;
} pins[] = {
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", true},
    {"00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff", true},
    {"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"
     "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
     true},
    {"", false},
    {":", false},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddee", false},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0",
     false},
    {"xx112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", false},
};

static size_t pins_count(void)
{
    return sizeof pins / sizeof pins[0];
}

static void pin_row(size_t i)
{
    static const uint8_t want[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                     0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                     0xcc, 0xdd, 0xee, 0xff};
    uint8_t pin[WZP_HASH_LEN];
    const wzp_err e = wzp__lookup_pin(pins[i].text, pin);
    assert_int_equal(e == WZP_OK, pins[i].is_good);
    if (pins[i].is_good) {
        assert_memory_equal(pin, want, 16);
        assert_memory_equal(pin + 16, want, 16);
    }
}
WZP_ROWS(lookup_takes_a_pin_of_64_digits_with_or_without_colons, pins_count,
         pin_row);

WZP_TEST(lookup_writes_a_relay_as_people_do)
{
    wzp__relay_name name;
    char text[WZP__RELAY_TEXT_MAX];
    ASSERT_OK(wzp__relay_name_decode("Relay.Example", &name));
    wzp__lookup_text(&name, text);
    assert_string_equal(text, "relay.example:4433");
    ASSERT_OK(wzp__relay_name_decode("[2001:db8::1]:99", &name));
    wzp__lookup_text(&name, text);
    assert_string_equal(text, "[2001:db8::1]:99");
}

WZP_TEST(lookup_takes_addresses_of_both_families_and_no_more_than_fit)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(7)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(8)};
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct addrinfo list[2 * WZP_RELAY_ADDRS_MAX] = {{0}};
    wzp_addr out[WZP_RELAY_ADDRS_MAX];
    enum { N = sizeof list / sizeof list[0] };
    for (size_t i = 0; i < N; i++) {
        list[i].ai_addr = i == 0   ? &other
                          : i == 1 ? (struct sockaddr *)&v4
                                   : (struct sockaddr *)&v6;
        list[i].ai_next = i + 1 < N ? &list[i + 1] : NULL;
    }

    assert_int_equal(wzp__lookup_addresses(list, out), WZP_RELAY_ADDRS_MAX);
    assert_int_equal(out[0].family, WZP_FAMILY_V4);
    assert_int_equal(out[0].port, 7);
    assert_int_equal(out[1].family, WZP_FAMILY_V6);
    assert_int_equal(out[1].port, 8);
    assert_int_equal(wzp__lookup_addresses(NULL, out), 0);
}
