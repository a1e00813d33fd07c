/* SPDX-License-Identifier: MIT */
/* Rows of the vector files, for tables of tests: the file is read once. */
#ifndef WZP_TEST_PROTO_VECTORS_H
#define WZP_TEST_PROTO_VECTORS_H

#include "support/harness.h"

#include <string.h>

/* A member of vectors.json / securemedia.json. */
static inline const cJSON *legacy_vectors(const char *name)
{
    static cJSON *root;
    if (root == NULL) {
        root = wzp_test_read_json("vectors.json");
    }
    return wzp_test_item(root, name);
}

static inline const cJSON *secure_vectors(const char *name)
{
    static cJSON *root;
    if (root == NULL) {
        root = wzp_test_read_json("securemedia.json");
    }
    return wzp_test_item(root, name);
}

static inline size_t rows_in(const cJSON *list)
{
    return (size_t)cJSON_GetArraySize(list);
}

static inline const cJSON *row_in(const cJSON *list, size_t row)
{
    return cJSON_GetArrayItem(list, (int)row);
}

/* The rows of securemedia.json's must_fail that are about `op`. */
static inline const cJSON *must_fail_row(const char *op, size_t row)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, secure_vectors("must_fail"))
    {
        if (strcmp(wzp_test_str(v, "op"), op) == 0 && row-- == 0) {
            return v;
        }
    }
    return NULL;
}

static inline size_t must_fail_rows(const char *op)
{
    size_t n = 0;
    while (must_fail_row(op, n) != NULL) {
        n++;
    }
    return n;
}

#endif
