/* SPDX-License-Identifier: MIT */
/* A store that holds any bytes under one name, and keeps what is saved.
 */
#ifndef WZP_FUZZ_DISK_H
#define WZP_FUZZ_DISK_H

#include "fuzz/fuzz.h"

#include <wzp/client/store.h>

typedef struct fuzz_disk {
    const char *name;
    const uint8_t *data;
    size_t len;
    uint8_t *saved; /* NULL: nothing was saved. The target's to free */
    size_t saved_len;
} fuzz_disk;

static inline wzp_err fuzz_disk_load(void *user, const char *name,
                                     const wzp_mem *mem, uint8_t **out,
                                     size_t *len)
{
    const fuzz_disk *d = user;
    require(strcmp(name, d->name) == 0);
    *len = d->len;
    *out = wzp_mem_new(mem, d->len);
    require(*out != NULL);
    if (d->len > 0) {
        memcpy(*out, d->data, d->len);
    }
    return WZP_OK;
}

static inline wzp_err fuzz_disk_save(void *user, const char *name,
                                     const uint8_t *data, size_t len)
{
    fuzz_disk *d = user;
    require(strcmp(name, d->name) == 0 && len > 0);
    free(d->saved);
    d->saved = malloc(len);
    require(d->saved != NULL);
    memcpy(d->saved, data, len);
    d->saved_len = len;
    return WZP_OK;
}

static inline wzp_store fuzz_disk_store(fuzz_disk *d)
{
    return (wzp_store){fuzz_disk_load, fuzz_disk_save, d};
}

#endif
