/* SPDX-License-Identifier: MIT */
/* SplitMix64 (Steele, Lea, Flood 2014) behind wzp_rng. */
#include "rng.h"

uint64_t wzp_test_rng_next(wzp_test_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void fill(void *user, uint8_t *out, size_t len)
{
    wzp_test_rng *rng = user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(wzp_test_rng_next(rng) >> 32);
    }
}

wzp_rng wzp_test_rng_table(wzp_test_rng *rng)
{
    return (wzp_rng){.fill = fill, .user = rng};
}
