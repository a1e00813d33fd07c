/* SPDX-License-Identifier: MIT */
/* Quality control and the path, on the model of support/path_model.h: ten
 * networks that change, and what must not be taken for a full path. The bounds
 * are looser than the figures of bench/cmd/tiers.c.
 */
#include "support/harness.h"
#include "support/path_script.h"

#include <wzp/proto/signal.h>

#define ALL                                                                    \
    (WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2 | WZP_CAP_PARITY1 |    \
     WZP_CAP_DRED_10)
#define SEEDS 3

static void run_script(size_t row)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const wzp_path_figures f = wzp_path_script_run(row, seed * 77);
        assert_true(f.changes_10s <= 1.2);
        assert_true(f.down_s <= 5);
        assert_true(f.up_s <= 60);
        assert_true(f.queue_5s_ms <= 150);
        assert_true(f.silence_s <= 2);
    }
}
WZP_ROWS(quality_over_a_network_that_changes, wzp_path_script_count,
         run_script);

static wzp_path_model m;

static void begin(const wzp_link_cfg *up, const wzp_link_cfg *down)
{
    wzp_path_model_init(&m, NULL, ALL, 5);
    wzp_path_model_up(&m, up);
    wzp_path_model_down(&m, down);
}

WZP_TEST(quality_pays_nothing_for_a_long_way)
{
    const wzp_link_cfg link = {.delay_ns = 400 * WZP_MS};
    begin(&link, &link);
    m.back_ns = 400 * WZP_MS;
    wzp_path_model_run(&m, 60 * WZP_S);
    assert_true(wzp_path_model_state(&m).tier > WZP_TIER_GOOD);
    wzp_path_model_deinit(&m);
}

/* Frames that do not come for 500 ms and go on as before are lost, not late. */
WZP_TEST(quality_takes_holes_for_loss_and_not_for_a_queue)
{
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg holes = {
        .delay_ns = 20 * WZP_MS, .loss = 0.1, .burst_ms = 500};
    begin(&link, &holes);
    for (int i = 0; i < 60; i++) {
        wzp_path_model_run(&m, WZP_S);
        assert_int_equal(wzp_path_model_state(&m).tier, WZP_TIER_GOOD);
    }
    assert_int_equal(wzp_path_model_state(&m).mode.redundancy,
                     WZP_REDUNDANCY_BOTH);
    wzp_path_model_deinit(&m);
}

/* The way back is full, which is not our doing: what was taken away for it
 * comes back within some seconds. */
WZP_TEST(quality_that_sent_less_for_nothing_takes_it_back)
{
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    begin(&link, &link);
    wzp_path_model_run(&m, 20 * WZP_S);
    m.back_ns = 300 * WZP_MS;
    wzp_path_model_run(&m, WZP_S);
    assert_true(wzp_path_model_state(&m).tier < WZP_TIER_GOOD);
    wzp_path_model_run(&m, 9 * WZP_S);
    assert_int_equal(wzp_path_model_state(&m).tier, WZP_TIER_GOOD);
    wzp_path_model_run(&m, 30 * WZP_S);
    assert_true(wzp_path_model_state(&m).tier >= WZP_TIER_GOOD);
    wzp_path_model_deinit(&m);
}

WZP_TEST(quality_of_a_new_connection_knows_nothing_of_the_one_before)
{
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg dead = {.loss = 1};
    const wzp_link_cfg longer = {.delay_ns = 150 * WZP_MS};
    begin(&link, &link);
    wzp_path_model_run(&m, 20 * WZP_S);
    wzp_path_model_up(&m, &dead);
    wzp_path_model_run(&m, 2 * WZP_S);
    wzp_path_model_up(&m, &longer);
    wzp_path_model_down(&m, &longer);
    wzp_quality_begin(m.q, m.now);
    for (int i = 0; i < 100; i++) {
        wzp_path_model_run(&m, WZP_S / 10);
        assert_true(wzp_path_model_state(&m).tier >= WZP_TIER_GOOD);
    }
    wzp_path_model_deinit(&m);
}

WZP_TEST(quality_that_probes_too_high_comes_back_at_once)
{
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS,
                               .rate_bps = 52000, /* GOOD, and no more */
                               .queue_bytes = 1 << 20};
    const wzp_link_cfg wide = {.delay_ns = 20 * WZP_MS};
    begin(&link, &wide);
    wzp_path_model_run(&m, 28 * WZP_S);
    assert_int_equal(wzp_path_model_state(&m).tier, WZP_TIER_GOOD);
    unsigned above = 0; /* tenths of a second */
    for (int i = 0; i < 600; i++) {
        wzp_path_model_run(&m, WZP_S / 10);
        above += wzp_path_model_state(&m).tier > WZP_TIER_GOOD;
        assert_true(m.queue_ns < WZP_S);
    }
    assert_in_range(above, 1, 50);
    wzp_path_model_deinit(&m);
}

/* The tier a call begins with is not one that the path has proved to hold: what
 * was left before it was held is tried after 30 s, then after 60 s. What a path
 * holds is learnt while a queue drains, not from the second in which it is
 * gone; and a try is seen to be too much by its first report. */
WZP_TEST(quality_that_begins_on_a_narrow_path_seldom_tries_more)
{
    const wzp_link_cfg wide = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg narrow = {
        .delay_ns = 20 * WZP_MS, .rate_bps = 14500, .queue_bytes = 1 << 20};
    begin(&wide, &narrow);
    wzp_path_model_run(&m, 10 * WZP_S);
    unsigned tries = 0, trying = 0, lowest = 0; /* times; tenths of a second */
    bool was_trying = false;
    for (int i = 0; i < 800; i++) {
        wzp_path_model_run(&m, WZP_S / 10);
        const wzp_quality_state s = wzp_path_model_state(&m);
        lowest += s.tier == WZP_TIER_CATASTROPHIC;
        tries += s.is_probing && !was_trying;
        trying += s.is_probing;
        was_trying = s.is_probing;
    }
    assert_in_range(tries, 1, 2);
    assert_true(trying <= tries * 12);
    assert_true(lowest <= tries * 25);
    wzp_path_model_deinit(&m);
}

WZP_TEST(quality_knows_an_estimate_once_it_was_too_much)
{
    const wzp_link_cfg wide = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg narrow = {
        .delay_ns = 20 * WZP_MS, .rate_bps = 30000, .queue_bytes = 1 << 20};
    begin(&wide, &wide);
    wzp_path_model_run(&m, 10 * WZP_S);
    assert_int_equal(wzp_path_model_state(&m).estimate_bps, 0);
    wzp_path_model_up(&m, &narrow);
    wzp_path_model_run(&m, 5 * WZP_S);
    assert_in_range(wzp_path_model_state(&m).estimate_bps, 22000, 45000);
    wzp_path_model_deinit(&m);
}

/* A listener that says every half second that it got one packet more, of those
 * sent five seconds ago; then that all is well. */
static void lie(void)
{
    wzp_receiver_report r = {.expected = 1};
    const uint16_t from = (uint16_t)(m.seq - 250);
    for (uint16_t i = 0; i < 6; i++) {
        wzp_path_model_run(&m, WZP_S / 2);
        r.highest_seq = (uint16_t)(from + i);
        wzp_quality_heard(m.q, m.now, 99, &r);
    }
    for (int i = 0; i < 5; i++) {
        wzp_path_model_run(&m, WZP_S);
        r.highest_seq = (uint16_t)(m.seq - 1);
        wzp_quality_heard(m.q, m.now, 99, &r);
    }
}

/* The longest queue of 10 s when the path becomes narrow, in ms. */
static uint64_t queue_of_a_dip(bool is_lied_to)
{
    const wzp_link_cfg wide = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg narrow = {
        .delay_ns = 20 * WZP_MS, .rate_bps = 30000, .queue_bytes = 1 << 20};
    uint64_t most = 0;
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    cfg.max_tier = WZP_TIER_GOOD; /* both begin from there */
    wzp_path_model_init(&m, &cfg, ALL, 5);
    wzp_path_model_up(&m, &wide);
    wzp_path_model_down(&m, &wide);
    wzp_path_model_run(&m, 10 * WZP_S);
    if (is_lied_to) {
        lie();
        assert_true(wzp_path_model_state(&m).tier < WZP_TIER_GOOD);
    }
    wzp_path_model_run(&m, 60 * WZP_S);
    assert_true(wzp_path_model_state(&m).tier >= WZP_TIER_GOOD);
    wzp_path_model_up(&m, &narrow);
    for (int i = 0; i < 100; i++) {
        wzp_path_model_run(&m, WZP_S / 10);
        most = m.queue_ns > most ? m.queue_ns : most;
    }
    wzp_path_model_deinit(&m);
    return most / WZP_MS;
}

/* What a path was believed to hold says nothing any more once it held more. */
WZP_TEST(quality_is_not_made_blind_by_a_listener_that_lies)
{
    const uint64_t honest = queue_of_a_dip(false);
    const uint64_t lied_to = queue_of_a_dip(true);
    assert_in_range(honest, 100, 1500);
    assert_true(lied_to <= honest + 100);
}
