/* SPDX-License-Identifier: MIT */
/* A store for tests of a table that is kept in one: in memory that counts, with
 * the table's text to put and to read. It can fail.
 */
#ifndef WZP_TEST_CLIENT_FAKE_STORE_H
#define WZP_TEST_CLIENT_FAKE_STORE_H

#include "client/fakes.h"

#include <wzp/client/store.h>

typedef struct fake_store {
    fake_mem m;
    wzp_mem mem;
    wzp_store_memory *disk;
    const char *name;   /* of the table under test */
    wzp_store table;    /* what it is given */
    bool is_unreadable; /* loading fails */
    bool is_broken;     /* saving fails */
    size_t saves;       /* of that name, failed ones too */
} fake_store;

static wzp_err fake_store_load(void *user, const char *name, const wzp_mem *mem,
                               uint8_t **out, size_t *len)
{
    const fake_store *s = user;
    const wzp_store disk = wzp_store_memory_table(s->disk);
    return s->is_unreadable ? WZP_ERR_IO
                            : disk.load(disk.user, name, mem, out, len);
}

static wzp_err fake_store_save(void *user, const char *name,
                               const uint8_t *data, size_t len)
{
    fake_store *s = user;
    const wzp_store disk = wzp_store_memory_table(s->disk);
    s->saves += strcmp(name, s->name) == 0;
    return s->is_broken ? WZP_ERR_IO : disk.save(disk.user, name, data, len);
}

/* It must not move afterwards. */
static inline void fake_store_init(fake_store *s, const char *name)
{
    memset(s, 0, sizeof *s);
    s->mem = fake_mem_table(&s->m);
    s->name = name;
    ASSERT_OK(wzp_store_memory_new(&s->disk, &s->mem));
    s->table = (wzp_store){
        .load = fake_store_load, .save = fake_store_save, .user = s};
}

/* After whatever was made in its memory. */
static inline void fake_store_deinit(fake_store *s)
{
    wzp_store_memory_free(s->disk);
    assert_int_equal(s->m.held, 0);
}

static inline void fake_store_put(fake_store *s, const char *text, size_t len)
{
    const wzp_store disk = wzp_store_memory_table(s->disk);
    ASSERT_OK(disk.save(disk.user, s->name, (const uint8_t *)text, len));
}

/* What was saved, "" where nothing was; valid until the next call. */
static inline const char *fake_store_text(fake_store *s)
{
    static char text[2048];
    const wzp_store disk = wzp_store_memory_table(s->disk);
    uint8_t *data = NULL;
    size_t len = 0;
    const wzp_err e = disk.load(disk.user, s->name, &s->mem, &data, &len);
    assert_true(e == WZP_OK || e == WZP_ERR_NOT_FOUND);
    assert_true(len < sizeof text);
    memcpy(text, len == 0 ? "" : (const char *)data, len);
    text[len] = '\0';
    wzp_mem_free(&s->mem, data, len);
    return text;
}

#endif
