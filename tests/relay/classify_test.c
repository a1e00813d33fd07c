/* SPDX-License-Identifier: MIT */
/* Server name → role. */
#include "classify.h"

#include "support/harness.h"

#include <string.h>

static const struct {
    const char *sni;
    wzp__role role;
    const char *name;
} ROWS[] = {
    {"", WZP__ROLE_ROOM, "default"},
    {"ping", WZP__ROLE_PING, ""},
    {"version", WZP__ROLE_VERSION, ""},
    {"_signal", WZP__ROLE_SIGNAL, "_signal"},
    {"_signals", WZP__ROLE_RESERVED, ""},
    {"_probe", WZP__ROLE_RESERVED, ""},
    {"_federation", WZP__ROLE_RESERVED, ""},
    {"_relay", WZP__ROLE_RESERVED, ""},
    {"_anything", WZP__ROLE_RESERVED, ""},
    {"call-0123456789abcdef", WZP__ROLE_CALL, "call-0123456789abcdef"},
    {"call-call-12", WZP__ROLE_CALL, "call-call-12"},
    {"lobby", WZP__ROLE_ROOM, "lobby"},
    {"Lobby", WZP__ROLE_ROOM, "lobby"},
    {"default", WZP__ROLE_ROOM, "default"},
    {"android", WZP__ROLE_ROOM, "android"},
    {"localhost", WZP__ROLE_ROOM, "localhost"},
    {"pinging", WZP__ROLE_ROOM, "pinging"},
    {"a.b-c_d", WZP__ROLE_ROOM, "a.b-c_d"},
    {"00112233445566778899aabbccddeeff", WZP__ROLE_ROOM,
     "00112233445566778899aabbccddeeff"},
    {"two words", WZP__ROLE_BAD_NAME, ""},
    {"a..b", WZP__ROLE_BAD_NAME, ""},
    {"trailing-", WZP__ROLE_BAD_NAME, ""},
    {"12345", WZP__ROLE_BAD_NAME, ""},
    {"caf\xc3\xa9", WZP__ROLE_BAD_NAME, ""},
};

static size_t count_roles(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_role(size_t row)
{
    char name[WZP_ROOM_NAME_MAX + 1];
    assert_int_equal(wzp__classify(ROWS[row].sni, name), ROWS[row].role);
    assert_string_equal(name, ROWS[row].name);
}

WZP_ROWS(server_name_has_this_role, count_roles, run_role);

WZP_TEST(the_longest_server_name_is_refused_as_a_room)
{
    char sni[256];
    char name[WZP_ROOM_NAME_MAX + 1];
    memset(sni, 'a', 255);
    sni[255] = '\0';
    assert_int_equal(wzp__classify(sni, name), WZP__ROLE_BAD_NAME);
}
