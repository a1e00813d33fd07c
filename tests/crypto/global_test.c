/* SPDX-License-Identifier: MIT
 *
 * Process state and the random source.
 */
#include "vec_impl.h"

WZP_TEST(global_init_is_counted_and_may_repeat)
{
    ASSERT_OK(wzp_crypto_global_init());
    ASSERT_OK(wzp_crypto_global_init());
    wzp_crypto_global_deinit();
    wzp_crypto_global_deinit();
}

WZP_TEST(global_system_randomness_differs_from_call_to_call)
{
    const wzp_rng rng = wzp_rng_system();
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    wzp_rng_fill(&rng, a, sizeof a);
    wzp_rng_fill(&rng, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}
