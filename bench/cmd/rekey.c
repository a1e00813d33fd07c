/* SPDX-License-Identifier: MIT */
/* Fifty members, one leaves: until no packet is sealed with a key it has, and
 * the longest time a speaker is not heard. In virtual time, so the machine does
 * not matter; tests/integration/rekey_test.c asserts the same.
 */
#include "support/ears/rekey.h"

#include "bench/support/results.h"

#include <math.h>
#include <stdio.h>

enum { ROUNDS = 5 };

#define FRAME_MS 20.0

static double ms(wzp_tstamp t)
{
    return (double)t / (double)WZP_MS;
}

int main(void)
{
    const wzp_rekey cfg = {.members = 50, .speakers = 5, .rtt = 50 * WZP_MS};
    double until[ROUNDS], missing[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        const wzp_rekey_seen s = wzp_rekey_measure(&cfg, 100 + (uint64_t)i);
        until[i] = s.old > 0 && s.fresh > 0 ? ms(s.old_until) : NAN;
        missing[i] = ms(s.longest) / FRAME_MS - 1;
    }
    const wzp_runs of_until = wzp_runs_of(until, ROUNDS);
    const wzp_runs of_missing = wzp_runs_of(missing, ROUNDS);
    const char *how = "50 members, 5 of them speak, one of those leaves; 50 ms "
                      "round trip, no loss; virtual time; greatest of 5 seeds";
    const wzp_result rows[] = {
        {.id = "rekey_50",
         .what = "from a leave until every packet has a new key",
         .value = of_until.greatest,
         .unit = "ms",
         .baseline = NAN,
         .goal_is = WZP_GOAL_AT_MOST,
         .goal = 650,
         .spread = NAN,
         .conditions = how},
        {.id = "rekey_50",
         .what = "longest gap of a speaker at a receiver meanwhile",
         .value = of_missing.greatest,
         .unit = "frames",
         .baseline = NAN,
         .goal_is = WZP_GOAL_AT_MOST,
         .goal = 1,
         .spread = NAN,
         .conditions = how},
    };
    printf("rekey_50 %.0f ms, %.1f frames\n", rows[0].value, rows[1].value);
    char error[WZP_RESULTS_ERROR_LEN] = "";
    if (!wzp_results_put("build/bench/results.json", rows, 2, error)) {
        fprintf(stderr, "rekey: %s\n", error);
        return 1;
    }
    return 0;
}
