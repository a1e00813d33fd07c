/* SPDX-License-Identifier: MIT */
/* Repeatable random bytes for tests: SplitMix64. Never for keys that matter. */
#ifndef WZP_TEST_RNG_H
#define WZP_TEST_RNG_H

#include <wzp/proto/env.h>

typedef struct wzp_test_rng {
    uint64_t state;
} wzp_test_rng;

uint64_t wzp_test_rng_next(wzp_test_rng *rng);
/* rng must outlive the table. */
wzp_rng wzp_test_rng_table(wzp_test_rng *rng);

#endif
