/* SPDX-License-Identifier: MIT */
/* Waits between attempts. */
#include "path/backoff.h"

#include "client/fakes.h"

static const uint32_t TABLE[] = {250, 1000, 2000, 4000, 8000, 15000, 30000};
enum { ROWS = sizeof TABLE / sizeof TABLE[0] };

WZP_TEST(backoff_grows_by_the_table_and_stays_at_its_last_row)
{
    uint32_t seed = 1;
    const wzp_rng rng = fake_rng(&seed);
    wzp__backoff b = {0};

    for (size_t i = 0; i < ROWS + 5; i++) {
        const uint32_t base = TABLE[i < ROWS ? i : ROWS - 1];
        assert_in_range(wzp__backoff_next(&b, &rng), base - base / 5,
                        base + base / 5);
    }
}

WZP_TEST(backoff_uses_all_of_the_fifth_around_a_row)
{
    uint32_t seed = 1;
    const wzp_rng rng = fake_rng(&seed);
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    for (int i = 0; i < 2000; i++) {
        wzp__backoff b = {0};
        const uint32_t ms = wzp__backoff_next(&b, &rng);
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }

    assert_in_range(least, 200, 205);
    assert_in_range(most, 295, 300);
}
