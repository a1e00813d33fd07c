/* SPDX-License-Identifier: MIT */
/* The clock comparison: finds a skew under jitter and past changes of the path,
 * and sees none where there is none.
 */
#include "media/skew.h"

#include "support/harness.h"

static uint32_t step(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 16;
}

typedef struct case_ {
    int ppm;
    unsigned jitter_us;
    int64_t change_us; /* of the path, half way */
} case_;

static const case_ CASES[] = {
    {0, 0, 0},       {500, 0, 0},          {-500, 0, 0},
    {500, 20000, 0}, {-500, 20000, 0},     {0, 60000, 0},
    {100, 0, 80000}, {-100, 5000, -80000}, {50, 2000, 0},
};

static size_t count_cases(void)
{
    return sizeof CASES / sizeof CASES[0];
}

static void run_case(size_t row)
{
    const case_ *c = &CASES[row];
    wzp__skew k = {.ppm = 0};
    uint32_t random = 3;
    for (int64_t i = 0; i < 180 * 50; i++) {
        const int64_t drift = -i * 20000 * c->ppm / 1000000;
        const int64_t path = (i > 90 * 50 ? c->change_us : 0) +
                             (c->jitter_us ? step(&random) % c->jitter_us : 0);
        wzp__skew_add(&k, i * 20000 + path, drift + path);
    }
    assert_in_range(k.ppm + 1000, 1000 + c->ppm - 25, 1000 + c->ppm + 25);
}
WZP_ROWS(skew_is_found, count_cases, run_case);

WZP_TEST(skew_base_is_the_least_transit_of_the_last_seconds)
{
    wzp__skew k = {.ppm = 0};
    for (int64_t i = 0; i < 1000; i++) {
        wzp__skew_add(&k, i * 20000, i == 0 ? 5 : 50);
    }
    assert_int_equal(wzp__skew_base(&k), 50);
    wzp__skew_add(&k, 20000000, 40);
    assert_int_equal(wzp__skew_base(&k), 40);
    wzp__skew_add(&k, 25000000, 60);
    wzp__skew_add(&k, 27000000, 60);
    assert_int_equal(wzp__skew_base(&k), 40);
}

WZP_TEST(skew_survives_silence_of_any_length)
{
    wzp__skew k = {.ppm = 0};
    wzp__skew_add(&k, 0, 10);
    wzp__skew_add(&k, 30000000, 20);
    assert_int_equal(wzp__skew_base(&k), 10);
    wzp__skew_add(&k, INT64_C(3600000000), 90);
    assert_int_equal(wzp__skew_base(&k), 90);
    assert_int_equal(k.ppm, 0);
}
