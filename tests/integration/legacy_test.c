/* SPDX-License-Identifier: MIT */
/* Old clients in our relay, and ours among them. */
#include "integration/legacy_place.h"

/* --- our relay ------------------------------------------------------------ */

WZP_TEST(clear_media_waits_for_the_application_and_then_flows_both_ways)
{
    place p;
    wzp_node a;
    wzp_legacy_client *c;
    pair(&p, 1, &a, &c);
    assert_true(c->is_joined);
    assert_clear(&p, a, WZP_CLEAR_ASKED, WZP_OK);
    assert_string_equal(clear_event(&p, a).u.clear.who, "Old Phone");
    assert_sent_nothing_clear(&p, a);
    assert_int_equal(c->received, 0);
    assert_true(stats(&p, a).group.not_sealed > 50); /* it came, unheard */
    assert_int_equal(stats(&p, a).frames_encoded, 0);
    assert_true(heard_by_ours(&p, a, 2) < 1.0);

    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 10);

    assert_clear(&p, a, WZP_CLEAR_ON, WZP_OK);
    assert_talk(&p, a, c);
    assert_int_equal(c->not_plain, 0);
    assert_int_equal(c->gaps, 0); /* numbers and packets agree */
    assert_true(c->received > 480);
    assert_int_equal(c->reports, c->received / 50);
    assert_int_equal(stats(&p, a).packets_lost, 0);
    assert_int_equal(stats(&p, a).members_legacy, 1);
    end(&p);
}

WZP_TEST(without_allow_legacy_nothing_is_sent_played_or_accepted)
{
    place p;
    with_own_relay(&p, 2, true);
    wzp_node a = ours(&p, 1, false);
    join(&p, a);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 3);

    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_LEGACY);
    assert_int_equal(accept_clear(&p, a), WZP_ERR_LEGACY);
    run(&p, 3);
    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_LEGACY);
    assert_sent_nothing_clear(&p, a);
    assert_int_equal(c->received, 0);
    assert_true(heard_by_ours(&p, a, 6) < 1.0);
    end(&p);
}

/* An old client cannot prove that it is on a list, or that it knows a secret.
 * What happens in an open room is the first test. */
static void kept_out(const wzp_join *terms, uint64_t seed)
{
    place p;
    with_own_relay(&p, seed, true);
    wzp_node a = ours(&p, 1, true); /* clear media allowed */
    wzp_world_join_with(p.w, a, "Blue-Room", p.relay, terms);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 3);
    assert_true(c->is_joined);
    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_LEGACY);
    assert_int_equal(accept_clear(&p, a), WZP_ERR_LEGACY);
    run(&p, 3);
    assert_sent_nothing_clear(&p, a);
    assert_int_equal(c->received, 0);
    assert_true(heard_by_ours(&p, a, 6) < 1.0);

    wzp_world_leave(p.w, a); /* in the next room it is possible again */
    run(&p, 1);
    join(&p, a);
    run(&p, 3);
    assert_clear(&p, a, WZP_CLEAR_ASKED, WZP_OK);
    end(&p);
}

WZP_TEST(where_not_everybody_gets_keys_an_old_client_gets_nothing)
{
    const wzp_join list = {.policy = WZP_POLICY_LIST};
    const wzp_join contacts = {.policy = WZP_POLICY_CONTACTS};
    const wzp_join secret = {.has_secret = true, .access = {1}, .psk = {2}};
    kept_out(&list, 51);
    kept_out(&contacts, 52);
    kept_out(&secret, 53);
}

WZP_TEST(our_relay_refuses_old_clients_unless_it_allows_them)
{
    place p;
    with_own_relay(&p, 3, false);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 1);
    assert_true(c->is_closed);
    assert_false(c->is_joined);
    assert_int_equal(c->close_code, WZP_CLOSE_LEGACY);
    assert_non_null(strstr(c->close_reason, "seal"));
    end(&p);
}

WZP_TEST(among_two_of_ours_everything_stays_sealed_and_an_old_client_gets_none)
{
    place p;
    with_own_relay(&p, 4, true);
    wzp_node a = ours(&p, 1, true);
    wzp_node b = ours(&p, 2, true);
    join(&p, a);
    join(&p, b);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    wzp_legacy_client *c = old_client(&p);
    run(&p, 5);

    for (int i = 0; i < 2; i++) {
        wzp_node n = i == 0 ? a : b;
        assert_clear(&p, n, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
        assert_int_equal(accept_clear(&p, n), WZP_ERR_DOWNGRADE);
        assert_int_equal(stats(&p, n).members_legacy, 1);
    }
    run(&p, 5);
    assert_sent_nothing_clear(&p, a);
    assert_sent_nothing_clear(&p, b);
    assert_int_equal(c->received, 0);
    assert_true(heard_by_ours(&p, a, 4) > LOUD); /* b, sealed */
    assert_true(stats(&p, a).group.opened > 200);
    /* The room was sealed: it stays so when the other of ours has gone. */
    wzp_world_leave(p.w, b);
    run(&p, 5);
    assert_int_equal(stats(&p, a).members, 1);
    assert_int_equal(accept_clear(&p, a), WZP_ERR_DOWNGRADE);
    run(&p, 2);
    assert_int_equal(c->received, 0);
    end(&p);
}

WZP_TEST(a_capable_member_that_joins_a_clear_call_ends_the_clear_media)
{
    place p;
    wzp_node a;
    wzp_legacy_client *c;
    pair(&p, 5, &a, &c);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 3);
    assert_true(c->received > 100);

    wzp_node b = ours(&p, 2, true);
    join(&p, b);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    const uint64_t got = c->received;
    const uint64_t played = stats(&p, a).clear_received;
    run(&p, 5);

    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
    assert_int_equal(c->received, got);
    assert_int_equal(stats(&p, a).clear_received, played);
    assert_sent_nothing_clear(&p, b);
    assert_true(heard_by_ours(&p, b, 3) > LOUD);
    /* Nor does it begin again when that member has gone. */
    wzp_world_leave(p.w, b);
    run(&p, 5);
    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
    assert_int_equal(c->received, got);
    end(&p);
}

WZP_TEST(an_identity_that_could_seal_before_is_never_talked_to_in_clear)
{
    place p;
    with_own_relay(&p, 6, true);
    wzp_node a = ours(&p, 1, true);
    wzp_node b = ours(&p, 101, true); /* the first old client's identity */
    join(&p, a);
    join(&p, b);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    wzp_world_leave(p.w, a);
    wzp_world_leave(p.w, b);
    run(&p, 2);

    join(&p, a); /* a new session: nothing in it was ever sealed */
    wzp_legacy_client *c = old_client(&p);
    run(&p, 2);
    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
    assert_int_equal(accept_clear(&p, a), WZP_ERR_DOWNGRADE);
    run(&p, 2);
    assert_int_equal(c->received, 0);
    /* The control: another identity in its place is asked about. */
    wzp_legacy_client_leave(c, wzp_world_now(p.w));
    wzp_world_kick(p.w, p.old_node[0]);
    old_client(&p);
    run(&p, 2);
    assert_clear(&p, a, WZP_CLEAR_ASKED, WZP_OK);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    end(&p);
}

WZP_TEST(a_muted_client_sends_an_old_one_silence_without_gaps)
{
    place p;
    wzp_node a;
    wzp_legacy_client *c;
    pair(&p, 7, &a, &c);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 2);
    wzp_engine_mute(wzp_world_engine(p.w, a), wzp_world_now(p.w), true);
    run(&p, 1);
    const size_t from = c->n_heard;
    run(&p, 3);
    assert_true(c->n_heard > from + 48000 * 2);
    assert_true(energy(c->heard, from, c->n_heard) < 10.0);
    assert_int_equal(c->gaps, 0);
    end(&p);
}

WZP_TEST(an_old_client_sees_who_is_there_in_the_old_words)
{
    place p;
    wzp_node a;
    wzp_legacy_client *c;
    pair(&p, 8, &a, &c);
    assert_int_equal(c->n_listed, 2);
    assert_int_equal(strlen(c->listed[0].fingerprint), 39);
    assert_string_equal(c->listed[1].alias, "Old Phone");
    assert_int_equal(c->strange, 0);
    wzp_world_leave(p.w, a);
    run(&p, 2);
    assert_int_equal(c->n_listed, 1);
    end(&p);
}

/* --- what old clients send ------------------------------------------------ */

static wzp_node listen_to(place *p, uint64_t seed, wzp_legacy_client_config cfg,
                          wzp_legacy_client **c)
{
    with_own_relay(p, seed, true);
    wzp_node a = ours(p, 1, true);
    join(p, a);
    run(p, 1);
    assert_int_equal(accept_clear(p, a), WZP_OK); /* before anybody comes */
    *c = old_with(p, cfg, "blue-room");
    run(p, 10);
    return a;
}

WZP_TEST(every_opus_rate_of_old_clients_is_heard)
{
    static const wzp_codec_id ids[] = {WZP_CODEC_OPUS_16K, WZP_CODEC_OPUS_6K,
                                       WZP_CODEC_OPUS_32K, WZP_CODEC_OPUS_48K,
                                       WZP_CODEC_OPUS_64K};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        place p;
        wzp_legacy_client *c;
        wzp_legacy_client_config cfg = talk();
        cfg.codec = ids[i];
        wzp_node a = listen_to(&p, 20 + i, cfg, &c);
        assert_talk(&p, a, c);
        assert_int_equal(stats(&p, a).packets_lost, 0);
        end(&p);
    }
}

WZP_TEST(a_switch_of_the_rate_in_the_middle_is_no_loss)
{
    static const wzp_codec_id ids[] = {WZP_CODEC_OPUS_6K, WZP_CODEC_OPUS_64K,
                                       WZP_CODEC_OPUS_24K};
    place p;
    wzp_legacy_client *c;
    wzp_node a = listen_to(&p, 29, talk(), &c);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        wzp_legacy_client_switch(c, ids[i]);
        run(&p, 5);
        assert_talk(&p, a, c);
    }
    assert_int_equal(stats(&p, a).packets_lost, 0);
    assert_int_equal(stats(&p, a).packets_late, 0);
    end(&p);
}

WZP_TEST(repair_packets_are_ignored_and_leave_holes_that_are_filled)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.sends_repair = true;
    wzp_node a = listen_to(&p, 30, cfg, &c);
    assert_true(stats(&p, a).clear_repair > 80);
    assert_true(heard_by_ours(&p, a, 4) > LOUD);
    end(&p);
}

WZP_TEST(packets_that_come_twice_are_played_once)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.sends_twice = true;
    wzp_node a = listen_to(&p, 36, cfg, &c);
    assert_talk(&p, a, c);
    assert_true(stats(&p, a).packets_dup > 400);
    assert_true(stats(&p, a).frames_played <= c->frames);
    assert_int_equal(stats(&p, a).packets_lost, 0);
    end(&p);
}

static void codec2_row(size_t row)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.codec = row == 0 ? WZP_CODEC_CODEC2_3200 : WZP_CODEC_CODEC2_1200;
    wzp_node a = listen_to(&p, 31 + row, cfg, &c);
    const wzp_client_stats s = stats(&p, a);
    assert_true(s.clear_received > 200);
    assert_int_equal(s.frames_undecodable + s.media_malformed + s.packets_lost,
                     0);
    assert_true(heard_by_ours(&p, a, 8) > LOUD / 4);
    end(&p);
}

static size_t codec2_count(void)
{
    return 2;
}
WZP_ROWS(codec2_of_an_old_client_is_heard, codec2_count, codec2_row);

/* Old clients have no such packets: what looks like one is of somebody else. */
static void bundle_row(size_t row)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.codec = WZP_CODEC_CODEC2_3200;
    cfg.sends_bundles = row == 0;
    wzp_node a = listen_to(&p, 35, cfg, &c);
    const wzp_client_stats s = stats(&p, a);
    assert_true(s.clear_received > 200);
    assert_int_equal(s.media_malformed > 200, row == 0);
    assert_int_equal(s.frames_played == 0, row == 0);
    assert_int_equal(heard_by_ours(&p, a, 8) < 1.0, row == 0);
    end(&p);
}
WZP_ROWS(a_bundle_in_clear_is_refused, codec2_count, bundle_row);

WZP_TEST(silence_of_an_old_client_is_comfort_noise_and_no_loss)
{
    static int16_t pcm[48000 * 6]; /* two seconds of speech, four of nothing */
    memcpy(pcm, voice(), 48000 * 2 * sizeof *pcm);
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.in = pcm;
    cfg.in_len = sizeof pcm / sizeof *pcm;
    cfg.suppresses = true;
    wzp_node a = listen_to(&p, 32, cfg, &c);
    assert_true(c->noise_sent > 15);
    assert_int_equal(stats(&p, a).packets_lost, 0);
    assert_int_equal(stats(&p, a).packets_late, 0);
    assert_true(heard_by_ours(&p, a, 10) > LOUD / 4);
    end(&p);
}

/* Their own rules, for them: three reports in a row, then Opus 6k in frames of
 * 40 ms, one to a packet. */
WZP_TEST(old_client_that_reports_loss_is_sent_less)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.reports_loss = 25; /* 9.8 % */
    wzp_node a = listen_to(&p, 34, cfg, &c);
    assert_int_equal(stats(&p, a).tier, WZP_TIER_DEGRADED);
    assert_int_equal(stats(&p, a).mode.codec, WZP_CODEC_OPUS_6K);
    assert_int_equal(stats(&p, a).mode.frame_ms, 40);
    const uint64_t before = c->received;
    run(&p, 4);
    assert_in_range(c->received - before, 95, 105);
    assert_int_equal(c->not_plain, 0);
    assert_int_equal(c->malformed, 0);
    assert_true(energy(c->heard, c->n_heard / 2, c->n_heard) > LOUD / 4);
    end(&p);
}

WZP_TEST(two_old_clients_are_both_heard_and_hear_each_other)
{
    place p;
    wzp_legacy_client *c;
    wzp_node a = listen_to(&p, 33, talk(), &c);
    const wzp_legacy_client *d = old_client(&p);
    run(&p, 10);
    wzp_client_stats s = stats(&p, a);
    assert_int_equal(s.members_legacy, 2);
    assert_int_equal(s.packets_lost, 0);
    assert_int_equal(s.packets_late, 0);
    assert_int_equal(s.packets_dup, 0);
    assert_true(s.frames_played > 48 * 10 + 48 * 20);
    assert_true(d->received > 2 * 480); /* both others */
    end(&p);
}

WZP_TEST(clear_media_survives_ten_percent_of_loss)
{
    place p;
    wzp_node a;
    wzp_legacy_client *c;
    pair(&p, 34, &a, &c);
    const wzp_link_cfg link = {
        .loss = 0.1, .delay_ns = 40 * WZP_MS, .jitter_ns = 20 * WZP_MS};
    wzp_world_link(p.w, a, &link, &link);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 15);
    assert_talk(&p, a, c);
    assert_true(stats(&p, a).packets_lost > 20);
    assert_true(stats(&p, a).packets_lost < 200);
    end(&p);
}
