/* SPDX-License-Identifier: MIT */
/* The relay's file of rooms: what it may say, and the line that is named when
 * it says anything else. The sources are taken in here.
 */
#include "apps/common/fingerprints.c"
#include "apps/common/text_file.c"
#include "apps/wzp-relay/rooms_file.c"
#include "support/harness.h"

#include <wzp/crypto/identity.h>

#define KEY "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define FP  "0011:2233:4455:6677:8899:aabb:ccdd:eeff"

static bool parse(rooms_file *f, const char *text, char why[100])
{
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    const bool ok = rooms_file_parse(f, text, strlen(text), why, 100);
    wzp_crypto_global_deinit();
    return ok;
}

WZP_TEST(a_file_of_rooms_has_a_rule_a_line)
{
    char why[100] = "";
    rooms_file f;
    assert_true(parse(&f,
                      "# rooms of this relay\n"
                      "\n"
                      "Lobby\n"
                      "board-room access=" KEY " # six words\n"
                      "  attic\tallow=" FP "," FP "   access=" KEY "\r\n"
                      "7a8b allow=" FP,
                      why));
    assert_int_equal(f.n, 4);
    assert_string_equal(f.rules[0].name, "Lobby");
    assert_false(f.rules[0].has_access);
    assert_int_equal(f.rules[0].n_allowed, 0);
    assert_string_equal(f.rules[1].name, "board-room");
    assert_true(f.rules[1].has_access);
    assert_int_equal(f.rules[1].access[1], 0x11);
    assert_int_equal(f.rules[2].n_allowed, 2);
    assert_int_equal(f.rules[2].access[31], 0xFF);
    assert_int_equal(f.rules[2].allowed[1][15], 0xFF);
    assert_int_equal(f.rules[3].n_allowed, 1);
    rooms_file_free(&f);
}

static const struct {
    const char *text, *why;
} WRONGS[] = {
    {"_signal", "line 1: the first word cannot be the name of a room"},
    {"a\ncall-1", "line 2: the first word cannot be the name of a room"},
    {"a acess=" KEY, "line 1: after the name stand access= and allow= only"},
    {"a b", "line 1: after the name stand access= and allow= only"},
    {"a access", "line 1: after the name stand access= and allow= only"},
    {"\n\na access=", "line 3: access= takes 64 hexadecimal digits"},
    {"a access=" KEY "0", "line 1: access= takes 64 hexadecimal digits"},
    {"a access=" KEY " access=" KEY, "line 1: access= stands there twice"},
    {"a allow=", "line 1: allow= takes fingerprints, divided by commas"},
    {"a allow=" FP ",", "line 1: allow= takes fingerprints, divided by commas"},
    {"a allow=" FP ", " FP,
     "line 1: allow= takes fingerprints, divided by commas"},
    {"a allow=" FP " allow=" FP, "line 1: allow= stands there twice"},
};

static size_t count_wrongs(void)
{
    return sizeof WRONGS / sizeof WRONGS[0];
}

static void run_wrong(size_t row)
{
    char why[100] = "";
    rooms_file f = {0};
    assert_false(parse(&f, WRONGS[row].text, why));
    assert_string_equal(why, WRONGS[row].why);
    assert_null(f.rules);
}

WZP_ROWS(a_wrong_line_is_named_by_its_number, count_wrongs, run_wrong);

WZP_TEST(a_key_in_the_wrong_place_is_not_repeated)
{
    char why[100] = "";
    rooms_file f;
    assert_false(parse(&f, "a " KEY, why));
    assert_null(strstr(why, "0011"));
    assert_false(parse(&f, "a key=" KEY, why));
    assert_null(strstr(why, "0011"));
}

WZP_TEST(a_file_of_rooms_holds_no_nul)
{
    static const char text[] = "a\nb\0 access=" KEY;
    char why[100] = "";
    rooms_file f;
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    assert_false(rooms_file_parse(&f, text, sizeof text - 1, why, sizeof why));
    assert_string_equal(why, "line 2: there is a NUL byte");
    wzp_crypto_global_deinit();
}

WZP_TEST(an_empty_file_of_rooms_has_no_rules)
{
    char why[100] = "";
    rooms_file f;
    assert_true(parse(&f, "", why));
    assert_int_equal(f.n, 0);
    rooms_file_free(&f);
}

WZP_TEST(a_file_of_rooms_that_is_not_there_is_named)
{
    char why[100] = "";
    bool is_exposed = false;
    rooms_file f;
    assert_false(
        rooms_file_load(&f, "/nowhere/rooms", &is_exposed, why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/rooms: No such file"));
}
