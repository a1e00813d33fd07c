/* SPDX-License-Identifier: MIT */
#include "support/harness.h"

#include <wzp/transport/global.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/memory.h>
#include <wolfssl/wolfcrypt/random.h>

#include <stdlib.h>
#include <string.h>

/* What is in a block when it is freed (--wrap=free, mk/tests.mk). */
static const uint8_t *watched;
static size_t watched_len, secrets_freed;

void __real_free(void *ptr);
void __wrap_free(void *ptr);
void __wrap_free(void *ptr)
{
    const uint8_t *at = ptr;
    if (ptr != NULL && watched > at && watched - at <= 64) {
        for (size_t i = 0; i < watched_len; i++) {
            secrets_freed += watched[i] == 0xA7;
        }
        watched = NULL;
    }
    __real_free(ptr);
}

static uint8_t *new_secret(size_t len)
{
    uint8_t *p = wolfSSL_Malloc(len);
    assert_non_null(p);
    memset(p, 0xA7, len);
    watched = p;
    watched_len = len;
    secrets_freed = 0;
    return p;
}

WZP_TEST(global_what_wolfssl_frees_is_wiped_before)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    wolfSSL_Free(new_secret(100));
    assert_null(watched);
    assert_int_equal(secrets_freed, 0);

    uint8_t *grown = wolfSSL_Realloc(new_secret(100), 5000);
    assert_non_null(grown);
    assert_null(watched);
    assert_int_equal(secrets_freed, 0);
    assert_int_equal(grown[99], 0xA7);
    wolfSSL_Free(grown);
    wolfSSL_Free(NULL);
    wzp_transport_global_deinit();
}

WZP_TEST(global_control_the_heap_of_the_system_does_not_wipe)
{
    uint8_t *block = malloc(200);
    assert_non_null(block);
    watched = block + 16;
    watched_len = 100;
    secrets_freed = 0;
    memset(block, 0xA7, 200);
    __asm__ __volatile__("" : : "r"(block) : "memory");
    free(block);
    assert_int_equal(secrets_freed, 100);
}

static void count(void *user, uint8_t *out, size_t len)
{
    uint8_t *next = user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
}

static void draw(uint8_t *out, word32 len)
{
    WC_RNG rng;
    assert_int_equal(wc_InitRng(&rng), 0);
    assert_int_equal(wc_RNG_GenerateBlock(&rng, out, len), 0);
    assert_int_equal(wc_FreeRng(&rng), 0);
}

WZP_TEST(global_test_rng_is_where_all_tls_randomness_comes_from)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uint8_t next = 5;
    const wzp_rng rng = {count, &next};
    wzp_transport_set_test_rng(&rng);
    uint8_t out[4];
    draw(out, sizeof out);
    const uint8_t from = out[0];
    const uint8_t want[4] = {from, (uint8_t)(from + 1), (uint8_t)(from + 2),
                             (uint8_t)(from + 3)};
    assert_memory_equal(out, want, 4);
    wzp_transport_set_test_rng(NULL);
    wzp_transport_global_deinit();
}

WZP_TEST(global_system_rng_is_back_without_a_test_rng)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    uint8_t a[32], b[32];
    draw(a, sizeof a);
    draw(b, sizeof b);
    assert_memory_not_equal(a, b, 32);
    wzp_transport_global_deinit();
}

WZP_TEST(global_init_counts)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    wzp_transport_global_deinit();
    uint8_t a[8];
    draw(a, sizeof a);
    wzp_transport_global_deinit();
}
