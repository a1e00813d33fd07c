/* SPDX-License-Identifier: MIT */
#include "support/harness.h"

#include <wzp/transport/global.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/random.h>

#include <string.h>

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
