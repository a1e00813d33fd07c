/* SPDX-License-Identifier: MIT */
/* A path that becomes narrow and wide again under a call: the whole engine,
 * real QUIC and codec, virtual time.
 */
#include "support/harness.h"
#include "support/world/bottleneck.h"

static wzp_tier tier(const wzp_bottleneck *p)
{
    return wzp_world_stats(p->w, p->a).tier;
}

static void narrow_and_wide(uint64_t seed, bool is_up)
{
    wzp_bottleneck p = wzp_bottleneck_new(seed, is_up);
    wzp_bottleneck_run(&p, 15);
    assert_int_equal(tier(&p), WZP_TIER_GOOD);
    wzp_bottleneck_rate(&p, 20000);
    wzp_bottleneck_run(&p, 5);
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_true(s.tier < WZP_TIER_GOOD);
    assert_true(s.estimate_bps > 0);
    assert_true(wzp_bottleneck_run(&p, 3) <= 100);
    wzp_bottleneck_run(&p, 12);
    wzp_bottleneck_rate(&p, 60000);
    wzp_bottleneck_run(&p, 60);
    assert_true(tier(&p) >= WZP_TIER_GOOD);
    assert_true(p.silent_most_ms < 2000);
    wzp_bottleneck_free(&p);
}

WZP_TEST(speaker_behind_a_path_that_narrows_makes_no_queue_that_stays)
{
    narrow_and_wide(1, true);
}

WZP_TEST(listener_behind_a_path_that_narrows_gets_no_queue_that_stays)
{
    narrow_and_wide(1, false);
}

/* The control: what is forced to stay fills the queue by more than a second
 * for each second. */
WZP_TEST(forced_tier_on_a_narrow_path_makes_a_queue)
{
    wzp_bottleneck p = wzp_bottleneck_new(1, true);
    assert_int_equal(wzp_engine_quality_force(wzp_world_engine(p.w, p.a),
                                              wzp_world_now(p.w),
                                              WZP_TIER_GOOD),
                     WZP_OK);
    wzp_bottleneck_run(&p, 5);
    wzp_bottleneck_rate(&p, 20000);
    assert_true(wzp_bottleneck_run(&p, 5) > 1000);
    assert_int_equal(tier(&p), WZP_TIER_GOOD);
    wzp_bottleneck_free(&p);
}
