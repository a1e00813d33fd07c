/* SPDX-License-Identifier: MIT
 *
 * The functions of vec.h; each test program includes this once. (Test programs
 * of this folder are one source file each.)
 */
#ifndef WZP_TEST_CRYPTO_VEC_IMPL_H
#define WZP_TEST_CRYPTO_VEC_IMPL_H

#include "vec.h"

__attribute__((constructor)) static void vec_begin(void)
{
    if (wzp_crypto_global_init() != WZP_OK) {
        __builtin_abort();
    }
}

const cJSON *vec_file(const char *name)
{
    static cJSON *sm;
    static cJSON *old;
    cJSON **tree = strcmp(name, SM) == 0 ? &sm : &old;
    if (*tree == NULL) {
        *tree = wzp_test_read_json(name);
    }
    return *tree;
}

const cJSON *vec(const char *file, const char *path)
{
    char part[64];
    const cJSON *at = vec_file(file);
    while (*path != '\0') {
        const size_t n = strcspn(path, ".");
        memcpy(part, path, n);
        part[n] = '\0';
        at = wzp_test_item(at, part);
        path += n + (path[n] == '.');
    }
    return at;
}

size_t vec_count(const cJSON *list)
{
    return (size_t)cJSON_GetArraySize(list);
}

const cJSON *vec_row(const cJSON *list, size_t row)
{
    return cJSON_GetArrayItem(list, (int)row);
}

static const cJSON *fail_scan(const char *op, size_t row, size_t *n)
{
    const cJSON *r;
    *n = 0;
    cJSON_ArrayForEach(r, vec(SM, "must_fail"))
    {
        if (strcmp(wzp_test_str(r, "op"), op) == 0 && (*n)++ == row) {
            return r;
        }
    }
    return NULL;
}

size_t vec_fail_count(const char *op)
{
    size_t n;
    fail_scan(op, SIZE_MAX, &n);
    return n;
}

const cJSON *vec_fail_row(const char *op, size_t row)
{
    size_t n;
    return fail_scan(op, row, &n);
}

static wzp_err class_error(const char *name)
{
    static const struct {
        const char *name;
        wzp_err e;
    } table[] = {
        {"bad_length", WZP_ERR_LENGTH},
        {"bad_version", WZP_ERR_KP_VERSION},
        {"bad_signature", WZP_ERR_SIGNATURE},
        {"expired", WZP_ERR_KP_EXPIRED},
        {"exp_too_far", WZP_ERR_KP_TOO_FAR},
        {"wrong_ctx", WZP_ERR_KP_CONTEXT},
        {"no_common_suite", WZP_ERR_KP_SUITE},
        {"fingerprint_mismatch", WZP_ERR_FINGERPRINT},
        {"commit_mismatch", WZP_ERR_COMMIT},
        {"rollback", WZP_ERR_ROLLBACK},
        {"key_replayed", WZP_ERR_KEY_REPLAYED},
        {"too_far_ahead", WZP_ERR_KEY_AHEAD},
        {"bad_tag", WZP_ERR_TAG},
        {"not_sealed", WZP_ERR_NOT_SEALED},
        {"unknown_key", WZP_ERR_KEY_UNKNOWN},
        {"bad_header", WZP_ERR_HEADER},
        {"bad_padding", WZP_ERR_PADDING},
        {"bad_form", WZP_ERR_FORM},
        {"oversize", WZP_ERR_OVERSIZE},
        {"replay", WZP_ERR_REPLAY},
        {"bad_proof", WZP_ERR_ROOM_PROOF},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return table[i].e;
        }
    }
    fail_msg("no error for class %s", name);
    return WZP_OK;
}

void vec_assert_error(const cJSON *row, wzp_err got)
{
    const cJSON *other = cJSON_GetObjectItemCaseSensitive(row, "or");
    if (other != NULL && got == class_error(other->valuestring)) {
        return;
    }
    ASSERT_ERR(got, class_error(wzp_test_str(row, "error")));
}

void vec_bytes(const cJSON *object, const char *key, uint8_t *out, size_t len)
{
    size_t got;
    wzp_test_hex_of(object, key, out, len, &got);
    assert_int_equal(got, len);
}

size_t vec_hex(const cJSON *object, const char *key, uint8_t *out, size_t cap)
{
    size_t got;
    wzp_test_hex_of(object, key, out, cap, &got);
    return got;
}

uint64_t vec_u64(const cJSON *object, const char *key)
{
    return (uint64_t)wzp_test_num(object, key);
}

void vec_fingerprint(const char *text, uint8_t out[WZP_FP_LEN])
{
    char hex[2 * WZP_FP_LEN + 1];
    size_t n = 0;
    size_t len;
    for (; *text != '\0' && n < sizeof hex - 1; text++) {
        if (*text != ':') {
            hex[n++] = *text;
        }
    }
    hex[n] = '\0';
    wzp_test_hex(hex, out, WZP_FP_LEN, &len);
    assert_int_equal(len, WZP_FP_LEN);
}

wzp_identity vec_identity(const char *name)
{
    enum { KEPT = 8 };
    static struct {
        const char *name;
        wzp_seed_identity *id;
    } kept[KEPT];
    for (size_t i = 0; i < KEPT; i++) {
        if (kept[i].name == NULL) {
            uint8_t seed[WZP_SEED_LEN];
            const cJSON *list = vec(SM, "identities");
            vec_bytes(wzp_test_item(list, name), "seed", seed, sizeof seed);
            ASSERT_OK(wzp_seed_identity_new(&kept[i].id, seed));
            kept[i].name = wzp_test_item(list, name)->string;
        }
        if (strcmp(kept[i].name, name) == 0) {
            return wzp_seed_identity_table(kept[i].id);
        }
    }
    fail_msg("too many identities");
    return (wzp_identity){.user = NULL};
}

void vec_package(const char *name, uint8_t out[WZP_KP_LEN])
{
    vec_bytes(wzp_test_item(vec(SM, "packages"), name), "kp", out, WZP_KP_LEN);
}

void vec_kph(const char *name, uint8_t out[WZP_HASH_LEN])
{
    vec_bytes(wzp_test_item(vec(SM, "packages"), name), "kph", out,
              WZP_HASH_LEN);
}

static void vec_rng_fill(void *user, uint8_t *out, size_t len)
{
    vec_rng *r = user;
    for (size_t i = 0; i < len; i++) {
        out[i] = r->at < r->len ? r->bytes[r->at++] : 0;
    }
}

wzp_rng vec_rng_table(vec_rng *r)
{
    return (wzp_rng){.fill = vec_rng_fill, .user = r};
}

#endif
