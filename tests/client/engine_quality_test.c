/* SPDX-License-Identifier: MIT */
/* Quality control in an engine: what is told to it becomes the mode of what is
 * sent, and the host and the relay hear of it.
 */
#include "client/small_call.h"

static sc *call(void)
{
    sc *c = sc_new();
    sc_add_friend(c);
    sc_join(c);
    sc_talk(c, 50);
    return c;
}

static const wzp_client_event *newest(const sc *c)
{
    const wzp_client_event *ev = NULL;
    for (size_t i = 0; i < c->n_events; i++) {
        if (c->events[i].kind == WZP_EVENT_QUALITY) {
            ev = &c->events[i];
        }
    }
    assert_non_null(ev);
    return ev;
}

/* The friend's report about what it hears of us. */
static void report(sc *c, const wzp_receiver_report *r)
{
    uint8_t kph[WZP_HASH_LEN];
    uint8_t plain[64];
    size_t len;
    wzp_control_item item = {.type = WZP_CONTROL_REPORT, .u.report = *r};
    const wzp_media_hdr hdr = voice_hdr((uint16_t)c->said, 0);
    wzp_sha256(c->w->kp, c->w->kp_len, kph);
    item.u.report.sid = (uint16_t)(kph[0] << 8 | kph[1]);
    ASSERT_OK(wzp_control_encode(&item, 1, plain, sizeof plain, &len));
    assert_true(sc_friend_sends(c, &hdr, WZP_FORM_CONTROL, plain, len));
    sc_run(c, 20 * WZP_MS);
}

WZP_TEST(engine_says_in_which_tier_it_will_send_before_it_is_in_a_room)
{
    sc *c = sc_new();
    assert_int_equal(sc_stats(c).tier, WZP_TIER_GOOD);
    sc_free(c);
}

WZP_TEST(engine_sends_a_forced_tier_and_tells_the_host)
{
    sc *c = call();
    ASSERT_OK(wzp_engine_quality_force(c->e, c->w->now, WZP_TIER_STUDIO_48K));
    sc_run(c, 200 * WZP_MS);
    assert_int_equal(newest(c)->u.quality.tier, WZP_TIER_STUDIO_48K);
    assert_int_equal(newest(c)->u.quality.why, WZP_QUALITY_USER);
    assert_true(newest(c)->u.quality.is_forced);
    assert_in_range(newest(c)->u.quality.wire_bps, 70000, 100000);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_48K);
    wzp_client_stats s = sc_stats(c);
    assert_int_equal(s.tier, WZP_TIER_STUDIO_48K);
    assert_int_equal(s.mode.codec, WZP_CODEC_OPUS_48K);
    assert_true(s.is_forced);
    assert_true(s.mode_changes > 0);
    wzp_engine_quality_auto(c->e, c->w->now);
    sc_run(c, 200 * WZP_MS);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_24K);
    assert_false(sc_stats(c).is_forced);
    sc_free(c);
}

WZP_TEST(engine_refuses_a_tier_that_is_none)
{
    sc *c = sc_new();
    assert_int_equal(
        wzp_engine_quality_force(c->e, c->w->now, (wzp_tier)WZP_TIER_COUNT),
        WZP_ERR_ARG);
    assert_int_equal(sc_count(c, WZP_EVENT_QUALITY), 0);
    sc_free(c);
}

WZP_TEST(engine_keeps_under_a_directive_of_the_relay_for_thirty_seconds)
{
    sc *c = call();
    const wzp_signal sig = {
        .kind = WZP_SIG_QUALITY_DIRECTIVE,
        .u.quality_directive = {.recommended_profile =
                                    wzp_tier_profile(WZP_TIER_DEGRADED)}};
    sr_send(c->w, &sig);
    sc_run(c, WZP_S);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_6K);
    assert_int_equal(newest(c)->u.quality.why, WZP_QUALITY_DIRECTIVE);
    sc_run(c, 31 * WZP_S);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_24K);
    sc_free(c);
}

WZP_TEST(engine_answers_a_report_of_loss_with_redundancy)
{
    sc *c = call();
    report(c, &(wzp_receiver_report){.expected = 50, .lost = 20});
    assert_int_equal(newest(c)->u.quality.why, WZP_QUALITY_LOSS);
    assert_int_equal(sc_stats(c).peer_loss_permille, 400);
    assert_true(newest(c)->u.quality.mode.frame_ms == 40 ||
                newest(c)->u.quality.mode.redundancy == WZP_REDUNDANCY_LBRR);
    sc_free(c);
}

/* Members are numbered anew: what one said is none of the next one's. */
WZP_TEST(engine_that_joins_anew_forgets_what_listeners_said)
{
    sc *c = call();
    report(c, &(wzp_receiver_report){.expected = 50, .lost = 20});
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);
    sc_join(c);
    sc_talk(c, 50);
    report(c, &(wzp_receiver_report){.expected = 50});
    assert_int_equal(sc_stats(c).reports_received, 2);
    assert_int_equal(sc_stats(c).peer_loss_permille, 0);
    sc_free(c);
}

/* The control: reports about somebody else's stream say nothing of ours. */
WZP_TEST(engine_takes_no_report_about_another_stream)
{
    sc *c = call();
    uint8_t plain[64];
    size_t len;
    const wzp_control_item item = {
        .type = WZP_CONTROL_REPORT,
        .u.report = {.sid = 1, .expected = 50, .lost = 20}};
    const wzp_media_hdr hdr = voice_hdr((uint16_t)c->said, 0);
    ASSERT_OK(wzp_control_encode(&item, 1, plain, sizeof plain, &len));
    assert_true(sc_friend_sends(c, &hdr, WZP_FORM_CONTROL, plain, len));
    sc_run(c, 20 * WZP_MS);
    assert_int_equal(sc_stats(c).peer_loss_permille, 0);
    sc_free(c);
}

typedef struct repairs {
    sc *c;
    size_t n;
    wzp_sig_loss_recovery_update last;
} repairs;

static repairs seen;

static void note_repairs(void *user, const wzp_signal *sig)
{
    if (sig->kind == WZP_SIG_LOSS_RECOVERY_UPDATE) {
        seen.n++;
        seen.last = sig->u.loss_recovery_update;
    }
    sc_on_signal(user, sig);
}

WZP_TEST(engine_tells_the_relay_every_five_seconds_what_it_repaired_if_anything)
{
    sc *c = call();
    seen = (repairs){.c = c};
    c->w->on_signal = note_repairs;
    sc_talk(c, 500); /* 10 s, and nothing is lost */
    assert_int_equal(seen.n, 0);
    for (int i = 0; i < 75; i++) { /* 15 s */
        sc_talk(c, 9);
        c->said++;
        sc_run(c, 20 * WZP_MS);
    }
    assert_in_range(seen.n, 2, 3);
    assert_true(seen.last.dred_reconstructions +
                    seen.last.classical_plc_invocations >
                20);
    assert_true(seen.last.frames_decoded > 100);
    assert_true(seen.last.frames_decoded <= sc_stats(c).frames_played);
    sc_free(c);
}

/* Another relay learns nothing of calls before. */
WZP_TEST(engine_tells_the_relay_of_this_connection_only)
{
    sc *c = call();
    for (int i = 0; i < 75; i++) { /* 15 s with loss */
        sc_talk(c, 9);
        c->said++;
        sc_run(c, 20 * WZP_MS);
    }
    const uint64_t before = sc_stats(c).frames_played;
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);
    seen = (repairs){.c = c};
    c->w->on_signal = note_repairs;
    sc_join(c);
    sc_run(c, WZP_S);
    sc_talk(c, 300); /* 6 s, and nothing is lost */
    const uint64_t whole = sc_stats(c).frames_played - before;
    assert_true(whole > 200);
    assert_true(seen.n <= 1); /* where speech began it may have waited */
    for (int i = 0; i < 50; i++) {
        sc_talk(c, 9);
        c->said++;
        sc_run(c, 20 * WZP_MS);
    }
    assert_true(seen.n > 0);
    assert_true(seen.last.frames_decoded > 100);
    assert_true(seen.last.frames_decoded <= sc_stats(c).frames_played - before);
    sc_free(c);
}

/* A ceiling, whatever it says: neither raised nor lowered below the least. */
WZP_TEST(engine_is_not_raised_by_a_directive)
{
    sc *c = call();
    const wzp_signal sig = {
        .kind = WZP_SIG_QUALITY_DIRECTIVE,
        .u.quality_directive = {.recommended_profile =
                                    wzp_tier_profile(WZP_TIER_STUDIO_64K)}};
    for (int i = 0; i < 50; i++) {
        sr_send(c->w, &sig);
        sc_run(c, 100 * WZP_MS);
        assert_int_equal(c->last.codec, WZP_CODEC_OPUS_24K);
    }
    assert_int_equal(sc_stats(c).tier, WZP_TIER_GOOD);
    sc_free(c);
}

static const wzp_receiver_report absurd[] = {
    {.expected = 0, .lost = UINT16_MAX},
    {.expected = 1, .lost = UINT16_MAX, .late = UINT16_MAX},
    {.expected = UINT32_MAX,
     .jitter_ms = UINT16_MAX,
     .playout_delay_ms = UINT16_MAX,
     .gradient_us_s = INT16_MAX},
    {.expected = UINT32_MAX,
     .lost = UINT16_MAX,
     .highest_seq = 30000,
     .rate_kbps = UINT16_MAX,
     .gradient_us_s = INT16_MIN,
     .loss_after_permille = UINT16_MAX},
};

static size_t absurd_count(void)
{
    return sizeof absurd / sizeof absurd[0];
}

/* One that lies may make us send less, and no worse than that. */
static void absurd_row(size_t row)
{
    sc *c = call();
    for (int i = 0; i < 20; i++) {
        report(c, &absurd[row]);
        assert_true(sc_stats(c).peer_loss_permille <= 1000);
    }
    sc_run(c, WZP_S);
    assert_true(sc_stats(c).mode_changes <= 10);
    assert_true((uint32_t)sc_stats(c).tier < WZP_TIER_COUNT);
    const uint64_t before = sc_stats(c).packets_sent;
    sc_run(c, 2 * WZP_S);
    assert_true(sc_stats(c).packets_sent > before + 10);
    sc_free(c);
}
WZP_ROWS(engine_bears_reports_with_absurd_numbers, absurd_count, absurd_row);

WZP_TEST(engine_with_a_fixed_mode_sends_in_it)
{
    sc *c = sc_new();
    wzp_engine_config cfg = sc_config(c);
    cfg.has_fixed_mode = true;
    cfg.fixed_mode = (wzp_media_mode){
        .codec = WZP_CODEC_OPUS_32K, .frame_ms = 20, .n_new = 1};
    wzp_engine_free(c->e);
    ASSERT_OK(wzp_engine_new(&c->e, &cfg, c->w->now));
    sc_add_friend(c);
    sc_join(c);
    sc_talk(c, 100);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_32K);
    assert_true(sc_stats(c).is_forced);
    sc_free(c);
}

WZP_TEST(engine_drops_a_tier_on_a_cellular_network)
{
    sc *c = call();
    wzp_engine_quality_network(c->e, c->w->now, WZP_NETWORK_CELLULAR);
    sc_run(c, 500 * WZP_MS);
    assert_int_equal(newest(c)->u.quality.why, WZP_QUALITY_NETWORK);
    assert_int_equal(sc_stats(c).tier, WZP_TIER_DEGRADED);
    sc_free(c);
}
