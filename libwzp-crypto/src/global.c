/* SPDX-License-Identifier: MIT */
/* What libsodium keeps per process: its choice of CPU features and its random
 * source. The only mutable global of this library is the count of users.
 */
#include <wzp/crypto/identity.h>

#include <sodium.h>

#include <stdatomic.h>

static atomic_int users;

wzp_err wzp_crypto_global_init(void)
{
    if (sodium_init() < 0) { /* thread-safe; 1 when done before */
        return WZP_ERR_INTERNAL;
    }
    atomic_fetch_add(&users, 1);
    return WZP_OK;
}

/* libsodium has nothing to give back; the count is there for the pairing. */
void wzp_crypto_global_deinit(void)
{
    atomic_fetch_sub(&users, 1);
}

static void fill(void *user, uint8_t *out, size_t len)
{
    (void)user;
    randombytes_buf(out, len);
}

wzp_rng wzp_rng_system(void)
{
    return (wzp_rng){.fill = fill, .user = NULL};
}
