/* SPDX-License-Identifier: MIT */
/* The two copies of the `size` rule, see sized.h. */
#include <wzp/proto/sized.h>

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void wzp_sized_give(void *out, size_t size, const void *full, size_t full_size)
{
    size_t n = smaller(size, full_size);
    if (n >= sizeof n) {
        memcpy(out, full, n);
        memcpy(out, &n, sizeof n);
    }
}

void wzp_sized_take(void *full, size_t full_size, const void *given)
{
    size_t size;
    memcpy(&size, given, sizeof size);
    size_t n = smaller(size, full_size);
    if (n > sizeof n) {
        memcpy((uint8_t *)full + sizeof n, (const uint8_t *)given + sizeof n,
               n - sizeof n);
    }
}
