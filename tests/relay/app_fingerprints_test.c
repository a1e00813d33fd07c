/* SPDX-License-Identifier: MIT */
/* Lists of fingerprints (apps/common): as people write them, and nothing that
 * only looks like one. The sources are taken in here.
 */
#include "apps/common/fingerprints.c"
#include "apps/common/text_file.c"
#include "support/harness.h"

#include <wzp/crypto/identity.h>

#define FP_1       "0011:2233:4455:6677:8899:aabb:ccdd:eeff"
#define FP_1_PLAIN "00112233445566778899AABBCCDDEEFF"
#define FP_2       "ffff:2233:4455:6677:8899:aabb:ccdd:eeff"

static const struct {
    const char *text;
    size_t n; /* 0: refused */
} LISTS[] = {
    {FP_1, 1},
    {FP_1_PLAIN, 1},
    {FP_1 "," FP_2, 2},
    {FP_2 "," FP_1_PLAIN "," FP_1, 3},
    {"", 0},
    {",", 0},
    {FP_1 ",", 0},
    {"," FP_1, 0},
    {FP_1 ", " FP_2, 0},
    {FP_1 "0", 0},
    {"0011:2233:4455:6677:8899:aabb:ccdd:eef", 0},
    {"0011:2233:4455:6677:8899:aabb:ccdd:eefg", 0},
    {"001:12233:4455:6677:8899:aabb:ccdd:eeff", 0},
    {"0011-2233-4455-6677-8899-aabb-ccdd-eeff", 0},
    {"0011223344556677:8899AABBCCDDEEF", 0},
    {"z0112233445566778899AABBCCDDEEFF", 0},
};

static size_t count_lists(void)
{
    return sizeof LISTS / sizeof LISTS[0];
}

static void run_list(size_t row)
{
    uint8_t out[4][WZP_FP_LEN];
    size_t n = 0;
    const char *text = LISTS[row].text;
    const bool ok = app_fingerprints_add(text, strlen(text), out, 4, &n);
    assert_int_equal(ok, LISTS[row].n > 0);
    if (ok) {
        assert_int_equal(n, LISTS[row].n);
        assert_true(n <= app_fingerprints_most(strlen(text)));
        assert_int_equal(out[0][2], 0x22);
        assert_int_equal(out[n - 1][15], 0xFF);
    }
}

WZP_ROWS(a_list_is_of_whole_fingerprints_only, count_lists, run_list);

WZP_TEST(a_list_longer_than_there_is_room_for_is_refused)
{
    uint8_t out[2][WZP_FP_LEN];
    size_t n = 0;
    const char *two = FP_1 "," FP_2;
    assert_true(app_fingerprints_add(two, strlen(two), out, 2, &n));
    assert_false(app_fingerprints_add(FP_1, strlen(FP_1), out, 2, &n));
    assert_int_equal(n, 2);
}

static char path[] = "/tmp/wzp-fingerprints-XXXXXX";

static void write_file(const char *text)
{
    memset(path + strlen(path) - 6, 'X', 6);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

WZP_TEST(a_file_of_fingerprints_has_lists_and_comments)
{
    uint8_t(*list)[WZP_FP_LEN] = NULL;
    size_t n = 0;
    char why[200] = "";
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    write_file("# friends\n\n  " FP_1 "  # Ann\r\n" FP_2 "," FP_1_PLAIN);
    assert_true(app_fingerprints_load(path, &list, &n, why, sizeof why));
    assert_int_equal(n, 3);
    assert_int_equal(list[1][0], 0xFF);
    free(list);
    assert_int_equal(unlink(path), 0);
    wzp_crypto_global_deinit();
}

static const struct {
    const char *text, *why;
} FILES[] = {
    {"", "holds no fingerprint"},
    {"# nobody\n \n", "holds no fingerprint"},
    {FP_1 "\nAnn\n", "line 2 is not a fingerprint"},
    {FP_1 " " FP_2 "\n", "line 1 is not a fingerprint"},
};

static size_t count_files(void)
{
    return sizeof FILES / sizeof FILES[0];
}

static void run_file(size_t row)
{
    uint8_t(*list)[WZP_FP_LEN] = NULL;
    size_t n = 0;
    char why[200] = "";
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    write_file(FILES[row].text);
    assert_false(app_fingerprints_load(path, &list, &n, why, sizeof why));
    assert_non_null(strstr(why, FILES[row].why));
    assert_non_null(strstr(why, path));
    assert_null(list);
    assert_int_equal(unlink(path), 0);
    wzp_crypto_global_deinit();
}

WZP_ROWS(a_file_without_a_fingerprint_is_refused_by_line, count_files,
         run_file);

WZP_TEST(what_is_no_file_is_refused)
{
    app_text_file f;
    char why[200] = "";
    assert_false(app_text_file_read(&f, "/nowhere/at/all", why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/at/all: No such file"));
    assert_false(app_text_file_read(&f, "/tmp", why, sizeof why));
    assert_string_equal(why, "cannot read /tmp: it is not a file");
}

WZP_TEST(a_text_file_says_who_may_read_it)
{
    app_text_file f;
    char why[200] = "";
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    write_file("abc");
    assert_true(app_text_file_read(&f, path, why, sizeof why));
    assert_false(f.is_exposed); /* mkstemp: 0600 */
    assert_string_equal(f.text, "abc");
    app_text_file_free(&f);
    assert_int_equal(chmod(path, 0640), 0);
    assert_true(app_text_file_read(&f, path, why, sizeof why));
    assert_true(f.is_exposed);
    app_text_file_free(&f);
    assert_int_equal(unlink(path), 0);
    wzp_crypto_global_deinit();
}
