/* SPDX-License-Identifier: MIT */
/* Who left opens nothing any more soon after, and nobody misses a frame for
 * it. design/secure-media.md 5.
 */
#include "support/ears/rekey.h"

#include "support/harness.h"

#define FRAME (20 * WZP_MS)

WZP_TEST(fifty_change_their_keys_within_650_ms_of_a_leave)
{
    const wzp_rekey cfg = {.members = 50, .speakers = 5, .rtt = 50 * WZP_MS};
    const wzp_rekey_seen s = wzp_rekey_measure(&cfg, 71);
    assert_true(s.old > 0 && s.fresh > 0); /* both were seen */
    assert_true(s.old_until <= 650 * WZP_MS);
    assert_true(s.longest <= 2 * FRAME); /* one frame at most is missing */
}
