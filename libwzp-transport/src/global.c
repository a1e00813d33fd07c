/* SPDX-License-Identifier: MIT */
/* wolfSSL per process: its life, and where its randomness comes from. The
 * library is built so that every random byte is asked of
 * wzp_wolfssl_rand_block (scripts/deps.sh): by default the kernel's generator.
 */
#include <wzp/transport/global.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wzp_hooks.h>

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

static wzp_rng test_rng;

wzp_err wzp_transport_global_init(void)
{
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
