/* SPDX-License-Identifier: MIT */
/* What the client tests share: memory that counts, checks the sizes it is
 * given back and can fail; numbers that repeat; a folder of one's own.
 *
 * Everything is static: a header, since each test is one program.
 */
#ifndef WZP_TEST_CLIENT_FAKES_H
#define WZP_TEST_CLIENT_FAKES_H

#include "support/harness.h"

#include <wzp/proto/env.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASSERT_OK(expr) assert_int_equal((expr), WZP_OK)

/* --- memory --------------------------------------------------------------- */

/* Fails from the call number `fail_at` on (0: never). */
typedef struct fake_mem {
    size_t calls;
    size_t held; /* bytes */
    size_t fail_at;
} fake_mem;

enum { FAKE_HEAD = 16 }; /* the size, before each block; keeps alignment */

/* The C library's call, as it is meant: size 0 frees. */
static void *fake_resize(void *user, void *ptr, size_t old, size_t size)
{
    fake_mem *m = user;
    uint8_t *block = ptr == NULL ? NULL : (uint8_t *)ptr - FAKE_HEAD;
    size_t was = 0;
    if (block != NULL) {
        memcpy(&was, block, sizeof was);
        /* wzp_mem_new makes one byte of none. */
        assert_true(was == old || (was == 1 && old == 0));
    }
    if (size == 0) {
        m->held -= was;
        free(block);
        return NULL;
    }
    m->calls++;
    if (m->fail_at != 0 && m->calls >= m->fail_at) {
        return NULL;
    }
    block = realloc(block, size + FAKE_HEAD);
    assert_non_null(block);
    memcpy(block, &size, sizeof size);
    m->held += size - was;
    return block + FAKE_HEAD;
}

static inline wzp_mem fake_mem_table(fake_mem *m)
{
    return (wzp_mem){.resize = fake_resize, .user = m};
}

/* --- numbers -------------------------------------------------------------- */

static inline uint32_t fake_number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void fake_fill(void *user, uint8_t *out, size_t len)
{
    uint32_t *seed = user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)fake_number(seed);
    }
}

static inline wzp_rng fake_rng(uint32_t *seed)
{
    return (wzp_rng){.fill = fake_fill, .user = seed};
}

/* --- folders -------------------------------------------------------------- */

typedef struct fake_dir {
    char path[64];
} fake_dir;

static inline fake_dir fake_dir_new(void)
{
    fake_dir d = {.path = "/tmp/wzp-client-test-XXXXXX"};
    assert_non_null(mkdtemp(d.path));
    return d;
}

static int fake_remove(const char *path, const struct stat *st, int flag,
                       struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

static inline void fake_dir_free(fake_dir *d)
{
    assert_int_equal(nftw(d->path, fake_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* "<folder>/<name>"; valid until the next call but seven. */
static inline const char *fake_path(const fake_dir *d, const char *name)
{
    static char text[8][256];
    static size_t next;
    char *out = text[next++ % 8];
    snprintf(out, sizeof text[0], "%s/%s", d->path, name);
    return out;
}

#endif
