/* SPDX-License-Identifier: MIT */
/* See wipe.h. */
#include <wzp/crypto/wipe.h>

#include <sodium.h>

#include <string.h>

void wzp_wipe(void *data, size_t len)
{
    sodium_memzero(data, len);
}

void *wzp_guarded_new(size_t len)
{
    void *data = sodium_malloc(len);
    if (data != NULL) {
        memset(data, 0, len);
    }
    return data;
}

void wzp_guarded_free(void *data)
{
    sodium_free(data);
}
