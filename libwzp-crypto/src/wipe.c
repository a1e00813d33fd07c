/* SPDX-License-Identifier: MIT */
/* See wipe.h. */
#include <wzp/crypto/wipe.h>

#include <sodium.h>

void wzp_wipe(void *data, size_t len)
{
    sodium_memzero(data, len);
}
