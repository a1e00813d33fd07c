/* SPDX-License-Identifier: MIT
 *
 * Rows of a Wycheproof file, which is groups of tests; where the published
 * vectors are absent there are none.
 */
#ifndef WZP_TEST_CRYPTO_WYCHEPROOF_H
#define WZP_TEST_CRYPTO_WYCHEPROOF_H

#include "vec.h"

typedef struct wycheproof {
    const char *file;
    /* Of an AEAD: only with this nonce, 256-bit keys and 128-bit tags, as
     * others are not in use. 0: every group. */
    unsigned iv_bits;
    cJSON *tree;
} wycheproof;

typedef struct wycheproof_row {
    const cJSON *group;
    const cJSON *test;
} wycheproof_row;

/* Row `want`, or nothing; *n: rows looked at. */
static inline wycheproof_row wycheproof_find(wycheproof *w, size_t want,
                                             size_t *n)
{
    const cJSON *g;
    const cJSON *t;
    *n = 0;
    if (w->tree == NULL) {
        w->tree = wzp_test_read_external(w->file);
    }
    if (w->tree == NULL) {
        return (wycheproof_row){NULL, NULL};
    }
    cJSON_ArrayForEach(g, wzp_test_item(w->tree, "testGroups"))
    {
        if (w->iv_bits != 0 &&
            (vec_u64(g, "ivSize") != w->iv_bits ||
             vec_u64(g, "keySize") != 256 || vec_u64(g, "tagSize") != 128)) {
            continue;
        }
        cJSON_ArrayForEach(t, wzp_test_item(g, "tests"))
        {
            if ((*n)++ == want) {
                return (wycheproof_row){g, t};
            }
        }
    }
    return (wycheproof_row){NULL, NULL};
}

static inline wycheproof_row wycheproof_at(wycheproof *w, size_t row)
{
    size_t n;
    return wycheproof_find(w, row, &n);
}

static inline size_t wycheproof_rows(wycheproof *w)
{
    size_t n;
    wycheproof_find(w, SIZE_MAX, &n);
    return n;
}

#endif
