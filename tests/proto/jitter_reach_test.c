/* SPDX-License-Identifier: MIT */
/* The jitter buffer and redundancy: what can be rebuilt is played late rather
 * than passed over, and the delay stays where repairs need it.
 */
#include "jitter_sim.h"

enum { BURST = 25, FIRST_LOST = 200 };

/* 40 s of packets of which 25 are lost at 4 s, and again every `every` packets
 * where that is not 0. */
static sim bursts(unsigned every, uint16_t reach_ms)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 2000; n++) {
        const bool is_lost =
            n >= FIRST_LOST && (every == 0 ? n - FIRST_LOST < BURST
                                           : (n - FIRST_LOST) % every < BURST);
        sim_send(&s, n, is_lost ? SIM_LOST : 0);
    }
    wzp_jitter_set_reach(s.jb, reach_ms);
    return s;
}

WZP_TEST(jitter_plays_a_first_burst_within_reach_whole_and_late)
{
    sim s = bursts(0, 600);
    sim_run(&s, 3900000);
    assert_int_equal(sim_stats(&s).wait_ms, 0);
    const int64_t before = s.delay;
    sim_run(&s, 5200000);
    assert_int_equal(s.holes, BURST);
    assert_in_range(s.delay, before + 490000, before + 530000);
    wzp_jitter_stats stats = sim_stats(&s);
    assert_in_range(stats.wait_ms, 480, 520); /* it says so */
    assert_int_equal(stats.lost, BURST);
    assert_int_equal(stats.never_came, BURST);
    assert_int_equal(stats.dropped, 0);
    sim_run(&s, 30000000);
    assert_int_equal(sim_stats(&s).wait_ms, 0); /* and lets go */
    assert_in_range(s.delay, 0, before + 10000);
    sim_free(&s);
}

WZP_TEST(jitter_passes_over_a_burst_that_nothing_reaches)
{
    sim s = bursts(0, 0);
    sim_run(&s, 3900000);
    const int64_t before = s.delay;
    sim_run(&s, 5200000);
    assert_int_equal(s.holes, 0);
    assert_int_equal(sim_stats(&s).lost, BURST);
    assert_in_range(s.delay, 0, before + 10000);
    assert_int_equal(sim_stats(&s).wait_ms, 0);
    sim_free(&s);
}

WZP_TEST(jitter_plays_the_part_of_a_burst_that_is_in_reach)
{
    sim s = bursts(0, 175);
    sim_run(&s, 5200000);
    assert_int_equal(s.holes, 8); /* of 20 ms, in 175 */
    assert_int_equal(sim_stats(&s).lost, BURST);
    assert_in_range(sim_stats(&s).wait_ms, 150, 175);
    sim_free(&s);
}

WZP_TEST(jitter_has_the_delay_for_the_second_burst)
{
    sim s = bursts(250, 600);
    sim_run(&s, 8900000);
    const unsigned empty = s.empty;
    assert_true(empty > 40);
    sim_run(&s, 39000000); /* six more */
    assert_int_equal(s.empty, empty);
    assert_int_equal(s.holes, 7 * BURST);
    sim_free(&s);
}

WZP_TEST(jitter_lets_go_at_once_of_redundancy_that_ends)
{
    sim s = bursts(250, 600);
    sim_run(&s, 10000000);
    assert_true(sim_stats(&s).wait_ms > 400);
    wzp_jitter_set_reach(s.jb, 0);
    assert_int_equal(sim_stats(&s).wait_ms, 0);
    sim_free(&s);
}

WZP_TEST(jitter_of_random_loss_waits_for_nearly_all_frames_to_be_rebuilt)
{
    sim s = sim_new(NULL);
    uint32_t random = 3;
    unsigned lost = 0;
    for (uint32_t n = 0; n < 3000; n++) {
        const bool is_lost = n > 10 && sim_random(&random) % 100 < 30;
        sim_send(&s, n, is_lost ? SIM_LOST : 0);
        lost += is_lost && n < 2900;
    }
    wzp_jitter_set_reach(s.jb, 200);
    sim_run(&s, 58000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_in_range(stats.wait_ms, 40, 100); /* voice-facts 3: three frames */
    assert_in_range(s.holes, lost * 97 / 100, lost + 1);
    assert_true(s.empty < 80);
    sim_free(&s);
}

/* Every tenth packet is lost, and comes again 150 ms later as a repair. */
WZP_TEST(jitter_learns_how_long_repairs_take)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 1000; n++) {
        const bool is_lost = n % 10 == 9;
        sim_send(&s, n, is_lost ? SIM_LOST : 0);
        if (is_lost) {
            sim_add(&s, (sim_packet){.at = (int64_t)n * 20000 + 150000,
                                     .n = n,
                                     .ts_ms = n * 20,
                                     .frame_ms = 20,
                                     .is_repair = true});
        }
    }
    wzp_jitter_set_reach(s.jb, 300);
    sim_run(&s, 10000000);
    const unsigned holes = s.holes;
    assert_in_range(sim_stats(&s).wait_ms, 140, 170);
    sim_run(&s, 19000000);
    assert_int_equal(s.holes, holes); /* all repairs are in time */
    assert_int_equal(sim_stats(&s).late, 0);
    assert_int_equal(sim_stats(&s).never_came, 0);
    sim_free(&s);
}

/* Of repairs one in forty takes 100 ms longer. Waiting for all but three in a
 * hundred, it would be lost: there is no other that could be played late. */
WZP_TEST(jitter_waits_for_a_repair_that_seldom_takes_so_long)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 3000; n++) {
        const bool is_lost = n % 10 == 9;
        const int64_t takes = n % 400 == 9 ? 250000 : 150000;
        sim_send(&s, n, is_lost ? SIM_LOST : 0);
        if (is_lost) {
            sim_add(&s, (sim_packet){.at = (int64_t)n * 20000 + takes,
                                     .n = n,
                                     .ts_ms = n * 20,
                                     .frame_ms = 20,
                                     .is_repair = true});
        }
    }
    wzp_jitter_set_reach(s.jb, 300);
    sim_run(&s, 20000000);
    const unsigned holes = s.holes;
    sim_run(&s, 59000000);
    assert_in_range(sim_stats(&s).wait_ms, 240, 270);
    assert_int_equal(s.holes, holes);
    assert_int_equal(sim_stats(&s).never_came, 0);
    sim_free(&s);
}

/* --- packets of several frames --- */

/* 4 frames of 40 ms a packet; the packet comes when its last frame is done. */
static sim bundles(bool are_followers_told)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 400; n++) {
        const int64_t last = (int64_t)(n | 3) * 40000;
        sim_add(&s,
                (sim_packet){.at = last,
                             .n = n,
                             .ts_ms = n * 40,
                             .frame_ms = 40,
                             .is_follower = are_followers_told && n % 4 != 0});
    }
    return s;
}

WZP_TEST(jitter_of_bundles_is_what_the_first_frame_needs_and_no_jitter)
{
    sim s = bundles(true);
    sim_run(&s, 15000000);
    assert_int_equal(s.holes + s.empty + s.expands, 0);
    assert_in_range(s.delay, 120000, 135000);
    assert_int_equal(sim_stats(&s).jitter_ms, 0);
    assert_true(sim_stats(&s).target_ms <= 12);
    sim_free(&s);
    s = bundles(false); /* the control */
    sim_run(&s, 15000000);
    assert_true(sim_stats(&s).jitter_ms > 20);
    sim_free(&s);
}
