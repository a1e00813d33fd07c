/* SPDX-License-Identifier: MIT */
/* Quality control: what limits, what the user wants, what loss asks for. The
 * path is in quality_path_test.c.
 */
#include "support/harness.h"

#include <wzp/proto/quality.h>
#include <wzp/proto/signal.h>

#define ALL                                                                    \
    (WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2 | WZP_CAP_PARITY1 |    \
     WZP_CAP_DRED_10)

typedef struct control {
    wzp_quality *q;
    wzp_tstamp now;
    uint16_t seq;
} control;

static control begin_with(const wzp_quality_config *cfg)
{
    control c = {.now = WZP_S};
    const wzp_mem mem = wzp_mem_default();
    assert_int_equal(wzp_quality_new(&c.q, &mem, cfg, c.now), WZP_OK);
    wzp_quality_caps(c.q, c.now, ALL);
    return c;
}

static control begin(void)
{
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    return begin_with(&cfg);
}

static wzp_quality_state get(const control *c)
{
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(c->q, &s);
    return s;
}

static void pass(control *c, wzp_tstamp ns)
{
    const wzp_tstamp end = c->now + ns;
    while (wzp_quality_deadline(c->q) <= end) {
        c->now = wzp_quality_deadline(c->q) > c->now
                     ? wzp_quality_deadline(c->q)
                     : c->now;
        wzp_quality_expire(c->q, c->now);
    }
    c->now = end;
}

/* A second of packets of the mode in force, all heard but `lost` of them. */
static void second(control *c, uint16_t lost)
{
    const wzp_media_mode mode = get(c).mode;
    const uint32_t ms = wzp_media_mode_delay_ms(&mode);
    const uint32_t len = wzp_media_mode_wire_bps(&mode) * ms / 8000 - 50;
    wzp_receiver_report r = {.lost = lost};
    for (uint32_t t = 0; t < 1000; t += ms) {
        pass(c, ms * WZP_MS);
        wzp_quality_sent(c->q, c->now, c->seq, len);
        c->seq = (uint16_t)(c->seq + mode.n_new);
        r.expected++;
    }
    r.highest_seq = (uint16_t)(c->seq - 1);
    wzp_quality_heard(c->q, c->now + 40 * WZP_MS, 7, &r);
}

static void seconds(control *c, unsigned n, uint16_t lost)
{
    for (unsigned i = 0; i < n; i++) {
        second(c, lost);
    }
}

WZP_TEST(quality_begins_with_good_and_lbrr)
{
    control c = begin();
    const wzp_quality_state s = get(&c);
    assert_int_equal(s.tier, WZP_TIER_GOOD);
    assert_int_equal(s.mode.codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(s.mode.frame_ms, 20);
    assert_int_equal(s.mode.redundancy, WZP_REDUNDANCY_LBRR);
    assert_int_equal(s.changes, 0);
    assert_int_equal(s.why, WZP_QUALITY_START);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_refuses_a_config_that_makes_no_sense)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_quality *q;
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    cfg.start_tier = WZP_TIER_STUDIO_32K;
    cfg.max_tier = WZP_TIER_GOOD;
    assert_int_equal(wzp_quality_new(&q, &mem, &cfg, 0), WZP_ERR_CONFIG);
    wzp_quality_config_default(&cfg);
    cfg.max_tier = (wzp_tier)WZP_TIER_COUNT;
    assert_int_equal(wzp_quality_new(&q, &mem, &cfg, 0), WZP_ERR_CONFIG);
    wzp_quality_config_default(&cfg);
    cfg.network = (wzp_network)9;
    assert_int_equal(wzp_quality_new(&q, &mem, &cfg, 0), WZP_ERR_CONFIG);
}

WZP_TEST(quality_lets_redundancy_follow_the_loss)
{
    control c = begin();
    seconds(&c, 12, 0);
    assert_int_equal(get(&c).mode.redundancy, WZP_REDUNDANCY_NONE);
    second(&c, 2); /* 4 %: with the first report */
    assert_int_equal(get(&c).mode.redundancy, WZP_REDUNDANCY_LBRR);
    assert_int_equal(get(&c).why, WZP_QUALITY_LOSS);
    seconds(&c, 5, 10);
    assert_int_equal(get(&c).mode.redundancy, WZP_REDUNDANCY_BOTH);
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    assert_in_range(get(&c).loss_permille, 150, 450);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_hears_the_worst_listener_until_it_is_gone)
{
    control c = begin();
    const wzp_receiver_report bad = {.expected = 50, .lost = 20};
    const wzp_receiver_report good = {.expected = 50};
    wzp_quality_heard(c.q, c.now, 1, &bad);
    wzp_quality_heard(c.q, c.now, 2, &good);
    assert_int_equal(get(&c).loss_permille, 400);
    wzp_quality_forget(c.q, 1);
    wzp_quality_heard(c.q, c.now, 2, &good);
    assert_int_equal(get(&c).loss_permille, 0);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_takes_more_listeners_than_it_has_places_for)
{
    control c = begin();
    const wzp_receiver_report good = {.expected = 50};
    for (uint32_t id = 0; id < 1000; id++) {
        wzp_quality_heard(c.q, c.now, id, &good);
    }
    pass(&c, 6 * WZP_S); /* they have said nothing since */
    const wzp_receiver_report bad = {.expected = 50, .lost = 20};
    wzp_quality_heard(c.q, c.now, 2000, &bad);
    assert_int_equal(get(&c).loss_permille, 400);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_keeps_under_a_directive_for_thirty_seconds)
{
    control c = begin();
    wzp_quality_directive(c.q, c.now, WZP_TIER_DEGRADED);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED);
    assert_int_equal(get(&c).why, WZP_QUALITY_DIRECTIVE);
    pass(&c, 29 * WZP_S);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED);
    pass(&c, WZP_S);
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    assert_int_equal(get(&c).why, WZP_QUALITY_DIRECTIVE);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_is_not_raised_by_a_directive)
{
    control c = begin();
    wzp_quality_directive(c.q, c.now, WZP_TIER_STUDIO_64K);
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    assert_int_equal(get(&c).changes, 0);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_forced_stays_whatever_happens_but_for_redundancy)
{
    control c = begin();
    wzp_quality_force(c.q, c.now, WZP_TIER_DEGRADED);
    wzp_quality_directive(c.q, c.now, WZP_TIER_CATASTROPHIC);
    wzp_quality_network(c.q, c.now, WZP_NETWORK_CELLULAR);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED);
    assert_true(get(&c).is_forced);
    pass(&c, 11 * WZP_S);
    assert_int_equal(get(&c).mode.n_old, 0);
    seconds(&c, 2, 3);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED);
    assert_true(get(&c).mode.n_old > 0);
    wzp_quality_auto(c.q, c.now);
    assert_false(get(&c).is_forced);
    assert_int_equal(get(&c).why, WZP_QUALITY_USER);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_fixed_is_one_mode_and_nothing_else)
{
    const wzp_media_mode mode = {.codec = WZP_CODEC_OPUS_48K,
                                 .frame_ms = 20,
                                 .redundancy = WZP_REDUNDANCY_DRED,
                                 .n_new = 1};
    control c = begin();
    wzp_quality_fix(c.q, c.now, &mode);
    seconds(&c, 5, 20);
    const wzp_media_mode is = get(&c).mode;
    assert_true(wzp_media_mode_is_equal(&is, &mode));
    assert_int_equal(get(&c).tier, WZP_TIER_STUDIO_48K);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_sends_nothing_that_listeners_cannot_read)
{
    control c = begin();
    wzp_quality_force(c.q, c.now, WZP_TIER_CATASTROPHIC);
    assert_int_equal(get(&c).mode.n_new, 4);
    wzp_quality_caps(c.q, c.now, ALL & ~(WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2));
    assert_int_equal(get(&c).mode.n_new, 1);
    assert_int_equal(get(&c).why, WZP_QUALITY_PEERS);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_drops_a_tier_at_once_from_wifi_to_cellular)
{
    control c = begin();
    wzp_quality_network(c.q, c.now, WZP_NETWORK_CELLULAR);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED);
    assert_int_equal(get(&c).why, WZP_QUALITY_NETWORK);
    wzp_quality_network(c.q, c.now, WZP_NETWORK_WIFI);
    assert_int_equal(get(&c).tier, WZP_TIER_DEGRADED); /* it climbs by itself */
    wzp_quality_free(c.q);
}

WZP_TEST(quality_has_more_redundancy_for_ten_seconds_after_a_network_change)
{
    control c = begin();
    wzp_quality_force(c.q, c.now, WZP_TIER_CATASTROPHIC);
    assert_int_equal(get(&c).mode.window_q, 0);
    wzp_quality_network(c.q, c.now, WZP_NETWORK_WIFI);
    assert_int_equal(get(&c).mode.window_q, 1);
    pass(&c, 10 * WZP_S - 1);
    assert_int_equal(get(&c).mode.window_q, 1);
    pass(&c, 1);
    assert_int_equal(get(&c).mode.window_q, 0);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_says_what_it_would_try_were_the_other_side_to_take_it)
{
    control c = begin();
    wzp_quality_peer_max(c.q, c.now, WZP_TIER_GOOD);
    seconds(&c, 29, 0);
    assert_int_equal(get(&c).wanted, WZP_TIER_GOOD);
    seconds(&c, 3, 0);
    assert_int_equal(get(&c).wanted, WZP_TIER_STUDIO_32K);
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    wzp_quality_peer_max(c.q, c.now, WZP_TIER_STUDIO_32K);
    second(&c, 0);
    assert_int_equal(get(&c).tier, WZP_TIER_STUDIO_32K);
    assert_true(get(&c).is_probing);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_tries_nothing_while_nobody_speaks)
{
    control c = begin();
    for (int i = 0; i < 120; i++) {
        const wzp_receiver_report silence = {.highest_seq = 5};
        pass(&c, WZP_S);
        wzp_quality_heard(c.q, c.now, 7, &silence);
    }
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    assert_int_equal(get(&c).wanted, WZP_TIER_GOOD);
    wzp_quality_free(c.q);
}

WZP_TEST(quality_leaves_a_studio_tier_after_three_reports_of_loss)
{
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    cfg.start_tier = WZP_TIER_STUDIO_48K;
    control c = begin_with(&cfg);
    seconds(&c, 12, 0);
    seconds(&c, 2, 6);
    assert_int_equal(get(&c).tier, WZP_TIER_STUDIO_48K);
    second(&c, 6);
    assert_int_equal(get(&c).tier, WZP_TIER_GOOD);
    wzp_quality_free(c.q);
}

/* --- listeners that lie, and worse --- */

static uint32_t random_of(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % n;
}

static wzp_receiver_report random_report(const control *c, uint32_t *state)
{
    static const uint32_t expected[] = {0, 1, 50, 500, UINT32_MAX};
    static const uint16_t some[] = {0, 1, 20, 300, UINT16_MAX};
    static const int16_t gradients[] = {0, 6000, INT16_MIN, INT16_MAX};
    return (wzp_receiver_report){
        .expected = expected[random_of(state, 5)],
        .lost = some[random_of(state, 5)],
        .loss_after_permille = some[random_of(state, 5)],
        .gradient_us_s = gradients[random_of(state, 4)],
        .highest_seq = (uint16_t)(c->seq - some[random_of(state, 5)])};
}

static void random_event(control *c, uint32_t *state)
{
    const wzp_tier tier = (wzp_tier)random_of(state, WZP_TIER_COUNT);
    const wzp_receiver_report r = random_report(c, state);
    const wzp_quality_path path = {.rtt_us = random_of(state, 3) * 700000,
                                   .arrived_bytes = random_of(state, 100000),
                                   .in_flight_bytes = random_of(state, 9999),
                                   .loss_permille = random_of(state, 1001)};
    switch (random_of(state, 40)) {
    case 0: wzp_quality_force(c->q, c->now, tier); break;
    case 1: wzp_quality_auto(c->q, c->now); break;
    case 2: wzp_quality_directive(c->q, c->now, tier); break;
    case 3: wzp_quality_peer_max(c->q, c->now, tier); break;
    case 4: wzp_quality_caps(c->q, c->now, random_of(state, 64)); break;
    case 5: wzp_quality_forget(c->q, random_of(state, 40)); break;
    case 6: wzp_quality_network(c->q, c->now, (wzp_network)(tier % 3)); break;
    case 7:
    case 8: wzp_quality_path_note(c->q, c->now, &path); break;
    default: wzp_quality_heard(c->q, c->now, random_of(state, 40), &r);
    }
}

/* Something is always sent, of what the ladder has, and nobody can make us ask
 * for a deadline that has passed. */
WZP_TEST(quality_withstands_whatever_it_is_told)
{
    static const wzp_tstamp steps[] = {0, 1, WZP_MS / 2, 20 * WZP_MS, WZP_S};
    uint32_t state = 7;
    uint64_t modes = 0;
    control c = begin();
    for (int i = 0; i < 200000; i++) {
        c.now += steps[random_of(&state, 5)];
        wzp_quality_sent(c.q, c.now, c.seq++, 100);
        random_event(&c, &state);
        wzp_quality_expire(c.q, c.now);
        assert_true(wzp_quality_deadline(c.q) > c.now);
        const wzp_quality_state s = get(&c);
        const uint32_t bps = wzp_media_mode_wire_bps(&s.mode);
        assert_in_range(bps, 4000, 110000);
        assert_in_range(s.loss_permille, 0, 1000);
        modes |= UINT64_C(1) << (s.mode.codec * 4 + s.mode.redundancy);
    }
    assert_true(modes & (modes - 1)); /* it did not stand still */
    wzp_quality_free(c.q);
}
