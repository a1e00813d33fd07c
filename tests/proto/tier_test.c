/* SPDX-License-Identifier: MIT */
/* The earlier protocol's rule of tiers. */
#include "vectors.h"

#include <wzp/proto/tier.h>

static wzp_tier tier_named(const char *name)
{
    for (int t = 0; t < WZP_TIER_COUNT; t++) {
        if (strcmp(wzp_tier_name((wzp_tier)t), name) == 0) {
            return (wzp_tier)t;
        }
    }
    fail_msg("no tier is called %s", name);
    return WZP_TIER_GOOD;
}

static size_t tier_rows(void)
{
    return rows_in(legacy_vectors("tier"));
}

static void run_tier(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("tier"), row);
    const wzp_quality_report r = {.loss = (uint8_t)wzp_test_num(v, "loss_raw"),
                                  .rtt_4ms =
                                      (uint8_t)wzp_test_num(v, "rtt_raw")};
    assert_int_equal(wzp_tier_of_report(&r, false),
                     tier_named(wzp_test_str(v, "wifi")));
    assert_int_equal(wzp_tier_of_report(&r, true),
                     tier_named(wzp_test_str(v, "cellular")));
}
WZP_ROWS(report_asks_for_the_tier_of_the_vectors, tier_rows, run_tier);

static size_t hysteresis_rows(void)
{
    return rows_in(legacy_vectors("tier_hysteresis"));
}

static void run_hysteresis(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("tier_hysteresis"), row);
    const cJSON *observed = wzp_test_item(v, "observed");
    const cJSON *result = wzp_test_item(v, "result");
    wzp_tier_hysteresis h = {.tier = tier_named(wzp_test_str(v, "start")),
                             .is_cellular =
                                 cJSON_IsTrue(wzp_test_item(v, "cellular"))};
    assert_true(rows_in(observed) > 0);
    for (size_t i = 0; i < rows_in(observed); i++) {
        const cJSON *want = row_in(result, i);
        const bool has_changed = wzp_tier_hysteresis_note(
            &h, tier_named(row_in(observed, i)->valuestring));
        assert_int_equal(has_changed, cJSON_IsTrue(row_in(want, 0)));
        assert_int_equal(h.tier, tier_named(row_in(want, 1)->valuestring));
    }
}
WZP_ROWS(hysteresis_goes_the_way_of_the_vectors, hysteresis_rows,
         run_hysteresis);
