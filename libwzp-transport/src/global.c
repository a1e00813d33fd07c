/* SPDX-License-Identifier: MIT */
/* wolfSSL per process: its life, its heap, and where its randomness comes from.
 * The library is built so that every random byte is asked of
 * wzp_wolfssl_rand_block (scripts/deps.sh): by default the kernel's generator.
 */
#include "quic/wipe.h"

#include <wzp/transport/global.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wzp_hooks.h>

#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static wzp_rng test_rng;

/* --- heap ---
 * wolfSSL frees some of its keys (the AES contexts of records) without wiping
 * them, so every block is wiped here. Its size stands in front of it.
 */

enum { HEAD = alignof(max_align_t) };
_Static_assert(HEAD >= sizeof(size_t), "the size fits in front");

static void *heap_new(size_t size)
{
    uint8_t *block = size > SIZE_MAX - HEAD ? NULL : malloc(HEAD + size);
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof size);
    return block + HEAD;
}

static void heap_free(void *ptr)
{
    if (ptr == NULL) {
        return;
    }
    uint8_t *block = (uint8_t *)ptr - HEAD;
    size_t size;
    memcpy(&size, block, sizeof size);
    wzp__wipe(ptr, size);
    free(block);
}

static void *heap_resize(void *ptr, size_t size)
{
    void *new = heap_new(size);
    if (new != NULL && ptr != NULL) {
        size_t old;
        memcpy(&old, (uint8_t *)ptr - HEAD, sizeof old);
        memcpy(new, ptr, old < size ? old : size);
        heap_free(ptr);
    }
    return new;
}

wzp_err wzp_transport_global_init(void)
{
    /* Before its first allocation; the same functions each time. */
    if (wolfSSL_SetAllocators(heap_new, heap_free, heap_resize) != 0) {
        return WZP_ERR_TLS;
    }
    return wolfSSL_Init() == WOLFSSL_SUCCESS ? WZP_OK : WZP_ERR_TLS;
}

void wzp_transport_global_deinit(void)
{
    (void)wolfSSL_Cleanup();
}

void wzp_transport_set_test_rng(const wzp_rng *rng)
{
    test_rng = rng != NULL ? *rng : (wzp_rng){0};
}

int wzp_wolfssl_rand_block(unsigned char *out, unsigned int n)
{
    if (test_rng.fill != NULL) {
        wzp_rng_fill(&test_rng, out, n);
        return 0;
    }
    size_t have = 0;
    while (have < n) {
        const ssize_t got = getrandom(out + have, n - have, 0);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        have += got > 0 ? (size_t)got : 0;
    }
    return 0;
}
