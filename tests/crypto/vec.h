/* SPDX-License-Identifier: MIT
 *
 * Reading the vectors for the tests of libwzp-crypto: trees by path, rows,
 * hex, the identities and packages they name, error classes.
 */
#ifndef WZP_TEST_CRYPTO_VEC_H
#define WZP_TEST_CRYPTO_VEC_H

#include "support/harness.h"

#include <wzp/crypto/package.h>

#include <string.h>

#define SM  "securemedia.json"
#define OLD "vectors.json"

/* A file of ours; read once, never freed before the end. */
const cJSON *vec_file(const char *name);

/* Member at "a.b.c" of one of our files. */
const cJSON *vec(const char *file, const char *path);

/* Rows of an array or members of an object. */
size_t vec_count(const cJSON *list);
const cJSON *vec_row(const cJSON *list, size_t row);

/* Rows of must_fail with this op. */
size_t vec_fail_count(const char *op);
const cJSON *vec_fail_row(const char *op, size_t row);

/* The error a must_fail row wants, checked with its `or`. */
void vec_assert_error(const cJSON *row, wzp_err got);

/* Hex member; `len` bytes exactly. */
void vec_bytes(const cJSON *object, const char *key, uint8_t *out, size_t len);
/* Hex member of any length up to cap. */
size_t vec_hex(const cJSON *object, const char *key, uint8_t *out, size_t cap);
uint64_t vec_u64(const cJSON *object, const char *key);

/* Fingerprint text to bytes. */
void vec_fingerprint(const char *text, uint8_t out[WZP_FP_LEN]);

/* "alice" … of securemedia.json: seed identity, kept to the end. */
wzp_identity vec_identity(const char *name);
/* "alice_room" …: the package, 1388 bytes. */
void vec_package(const char *name, uint8_t out[WZP_KP_LEN]);
void vec_kph(const char *name, uint8_t out[WZP_HASH_LEN]);

/* A random source that gives these bytes, then zeros. */
typedef struct vec_rng {
    uint8_t bytes[64];
    size_t len;
    size_t at;
} vec_rng;
wzp_rng vec_rng_table(vec_rng *r);

#define ASSERT_BYTES(data, len, object, key)                                   \
    wzp_test_assert_hex(data, len, wzp_test_str(object, key), __FILE__,        \
                        __LINE__)
#define ASSERT_OK(expr) assert_string_equal(wzp_err_name(expr), "WZP_OK")
#define ASSERT_ERR(expr, want)                                                 \
    assert_string_equal(wzp_err_name(expr), wzp_err_name(want))

#endif
