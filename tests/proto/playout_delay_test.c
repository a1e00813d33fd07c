/* SPDX-License-Identifier: MIT */
/* The reference's playout rule against all its vectors. */
#include "media/playout_delay.h"

#include "vectors.h"

#include <math.h>

static size_t count_vectors(void)
{
    return rows_in(legacy_vectors("playout_delay"));
}

static void run_vector(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("playout_delay"), row);
    const cJSON *arrivals = wzp_test_item(v, "arrivals_expected");
    const cJSON *target = wzp_test_item(v, "target");
    wzp__playout_delay p;
    wzp__playout_delay_init(&p, (uint16_t)wzp_test_item(v, "min")->valueint,
                            (uint16_t)wzp_test_item(v, "max")->valueint);
    assert_true(rows_in(arrivals) > 1);
    assert_int_equal(rows_in(arrivals), rows_in(target));
    for (size_t i = 0; i < rows_in(arrivals); i++) {
        const cJSON *pair = row_in(arrivals, i);
        wzp__playout_delay_add(&p, row_in(pair, 0)->valueint,
                               row_in(pair, 1)->valueint);
        assert_int_equal(p.target, row_in(target, i)->valueint);
    }
    const double ema = wzp_test_item(v, "final_ema")->valuedouble;
    assert_true(fabs(p.jitter_ms - ema) < 1e-9);
}
WZP_ROWS(playout_delay_follows_the_vectors, count_vectors, run_vector);

WZP_TEST(playout_delay_lets_a_spike_go_after_two_seconds)
{
    wzp__playout_delay p;
    wzp__playout_delay_init(&p, 3, 50);
    for (int64_t i = 0; i < 200; i++) {
        const int64_t late = i == 10 ? 1 : i == 50 ? 90 : 0;
        wzp__playout_delay_add(&p, 20 * i + late, 20 * i);
        if (i >= 50) {
            /* It is a spike coming and going: 2 s from packet 51. */
            assert_int_equal(p.target, i < 151 ? 50 : 3);
        }
    }
}
