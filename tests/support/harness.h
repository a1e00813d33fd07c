/* SPDX-License-Identifier: MIT
 *
 * Test harness: tests that register themselves, rows of a table counted as
 * tests, and the vectors as cJSON trees. Built on cmocka, whose assert_*
 * macros are used in the bodies. main() is in harness.c; a name or a part of
 * one as the only argument runs what matches.
 *
 * Not here: fakes of clock, memory and randomness (their own files beside
 * this one), the world (support/world/).
 */
#ifndef WZP_TEST_HARNESS_H
#define WZP_TEST_HARNESS_H

/* cmocka.h wants the four system headers before itself. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
/* clang-format on */

/* A test is a sentence:
 *
 *   WZP_TEST(jitter_late_packet_is_counted_and_dropped) { … }
 */
#define WZP_TEST(name)                                                         \
    static void name(void **cmocka_state);                                     \
    __attribute__((constructor)) static void name##_register(void)             \
    {                                                                          \
        wzp_test_register(#name, name);                                        \
    }                                                                          \
    static void name(void **cmocka_state __attribute__((unused)))

/* A table: `run(row)` for every row below `count()`, each one a test called
 * "name[row]". No rows at all is a failure, except where the folder of
 * external vectors is absent: then it is one skipped test. */
#define WZP_ROWS(name, count, run)                                             \
    __attribute__((constructor)) static void name##_register(void)             \
    {                                                                          \
        wzp_test_register_rows(#name, count, run);                             \
    }                                                                          \
    typedef int name##_rows_semicolon

/* End this test as skipped; `why` is printed. Does not return. */
#define WZP_SKIP(why) wzp_test_skip(why, __FILE__, __LINE__)

/* Vectors. The tree is the caller's: cJSON_Delete, or keep it in a static.
 * read_json: tests/vectors/<name>, ends the program where it is missing.
 * read_external: NULL where the folder of external vectors is absent. */
cJSON *wzp_test_read_json(const char *name);
cJSON *wzp_test_read_external(const char *name);

/* Members of an object; a missing one or one of another type fails the test.
 * The string is borrowed from the tree. */
const cJSON *wzp_test_item(const cJSON *object, const char *key);
const char *wzp_test_str(const cJSON *object, const char *key);
double wzp_test_num(const cJSON *object, const char *key);

/* Hex digits to bytes. Fails the test where `hex` is not hex or is longer than
 * `cap` bytes. hex_of: the string member `key` of `object`. */
void wzp_test_hex(const char *hex, uint8_t *buf, size_t cap, size_t *len);
void wzp_test_hex_of(const cJSON *object, const char *key, uint8_t *buf,
                     size_t cap, size_t *len);

/* Fails and prints both where `data` is not the bytes written in `hex`. */
#define WZP_ASSERT_HEX(data, len, hex)                                         \
    wzp_test_assert_hex(data, len, hex, __FILE__, __LINE__)

/* Behind the macros. */
typedef size_t wzp_test_count_fn(void);
typedef void wzp_test_row_fn(size_t row);

void wzp_test_register(const char *name, CMUnitTestFunction run);
void wzp_test_register_rows(const char *name, wzp_test_count_fn *count,
                            wzp_test_row_fn *run);
void wzp_test_skip(const char *why, const char *file, int line)
    __attribute__((noreturn));
void wzp_test_assert_hex(const uint8_t *data, size_t len, const char *hex,
                         const char *file, int line);

#endif
