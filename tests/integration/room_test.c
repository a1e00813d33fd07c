/* SPDX-License-Identifier: MIT */
/* Rooms in the world: members come and go, one vanishes, one is alone. */
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"

#include <string.h>

#define MEMBERS 12

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static wzp_node member(wzp_world *w, int i, bool talks)
{
    wzp_world_client_config cfg = {.is_steady = true,
                                   .identity = (uint8_t)(20 + i),
                                   .in = talks ? hum() : NULL,
                                   .in_len = 4800};
    wzp_node n = wzp_world_client(w, &cfg);
    wzp_link_cfg link = {.loss = 0.05,
                         .delay_ns = (uint64_t)(10 + 5 * i) * WZP_MS,
                         .jitter_ns = 5 * WZP_MS};
    wzp_world_link(w, n, &link, &link);
    return n;
}

static wzp_relay_stats relay_stats(wzp_world *w, wzp_node relay)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(wzp_world_relay_machine(w, relay), &s);
    return s;
}

WZP_TEST(members_that_come_and_go_all_have_each_others_keys_in_the_end)
{
    wzp_world *w = wzp_world_new(11);
    wzp_test_rng rng = {77};
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node n[MEMBERS];
    bool is_in[MEMBERS] = {false};
    for (int i = 0; i < MEMBERS; i++) {
        n[i] = member(w, i, i < 3);
    }
    for (int step = 0; step < 60; step++) {
        int i = (int)(wzp_test_rng_next(&rng) % MEMBERS);
        if (!is_in[i] &&
            wzp_engine_state(wzp_world_engine(w, n[i])) == WZP_CLIENT_IDLE) {
            wzp_world_join(w, n[i], "market", relay);
            is_in[i] = true;
        } else if (is_in[i]) {
            wzp_world_leave(w, n[i]);
            is_in[i] = false;
        }
        wzp_world_run(w, WZP_S / 2);
    }
    wzp_world_run(w, 2 * WZP_S);
    for (int i = 0; i < MEMBERS; i++) {
        if (!is_in[i]) {
            wzp_world_join(w, n[i], "market", relay);
        }
    }
    wzp_world_run(w, 8 * WZP_S);
    /* The three who talk are heard by all; nobody lists a ghost. */
    for (int i = 0; i < MEMBERS; i++) {
        wzp_client_stats s = wzp_world_stats(w, n[i]);
        assert_int_equal(s.members, MEMBERS - 1);
        assert_true(s.members_keyed >= (i < 3 ? 2u : 3u));
        uint64_t before = s.packets_received;
        wzp_world_run(w, WZP_S);
        assert_true(wzp_world_stats(w, n[i]).packets_received >
                    before + (i < 3 ? 70u : 110u));
        assert_int_equal(s.group.bad_tag, 0);
    }
    assert_int_equal(relay_stats(w, relay).members, MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        wzp_world_leave(w, n[i]);
    }
    wzp_world_run(w, 3 * WZP_S);
    assert_int_equal(relay_stats(w, relay).members, 0);
    assert_int_equal(relay_stats(w, relay).rooms, 0);
    wzp_world_free(w);
}

WZP_TEST(a_member_that_vanishes_hurts_nobody_and_is_gone_after_the_idle_time)
{
    wzp_world *w = wzp_world_new(12);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = member(w, 0, true);
    wzp_node b = member(w, 1, false);
    wzp_node c = member(w, 2, false);
    wzp_world_join(w, a, "square", relay);
    wzp_world_join(w, b, "square", relay);
    wzp_world_join(w, c, "square", relay);
    assert_true(wzp_world_await_keyed(w, b, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(w, c, 1, 10 * WZP_S));
    wzp_world_kill(w, c);
    uint64_t before = wzp_world_stats(w, b).packets_received;
    wzp_world_run(w, 40 * WZP_S);
    wzp_client_stats s = wzp_world_stats(w, b);
    assert_true(s.packets_received - before > 40 * 50 * 85 / 100);
    assert_int_equal(s.members, 1);
    assert_int_equal(relay_stats(w, relay).members, 2);
    wzp_world_free(w);
}

WZP_TEST(a_client_alone_encodes_and_sends_no_media)
{
    wzp_world *w = wzp_world_new(13);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = member(w, 0, true);
    wzp_world_join(w, a, "desert", relay);
    wzp_world_run(w, 5 * WZP_S);
    wzp_client_stats s = wzp_world_stats(w, a);
    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_true(s.frames_captured > 200);
    assert_int_equal(s.frames_encoded, 0);
    assert_int_equal(s.packets_sent, 0);
    assert_int_equal(relay_stats(w, relay).media_in, 0);
    wzp_world_free(w);
}

WZP_TEST(a_muted_client_sends_nothing_and_its_pause_is_not_counted_as_loss)
{
    wzp_world *w = wzp_world_new(14);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = member(w, 0, true);
    wzp_node b = member(w, 1, false);
    wzp_link_cfg clean = {.delay_ns = 20 * WZP_MS};
    wzp_world_link(w, a, &clean, &clean);
    wzp_world_link(w, b, &clean, &clean);
    wzp_world_join(w, a, "hall", relay);
    wzp_world_join(w, b, "hall", relay);
    assert_true(wzp_world_await_keyed(w, b, 1, 5 * WZP_S));
    wzp_world_run(w, 3 * WZP_S);
    wzp_engine_mute(wzp_world_engine(w, a), wzp_world_now(w), true);
    wzp_world_run(w, WZP_S);
    uint64_t sent = wzp_world_stats(w, a).packets_sent;
    wzp_world_run(w, 4 * WZP_S);
    assert_int_equal(wzp_world_stats(w, a).packets_sent, sent);
    wzp_engine_mute(wzp_world_engine(w, a), wzp_world_now(w), false);
    wzp_world_run(w, 3 * WZP_S);
    assert_true(wzp_world_stats(w, a).packets_sent > sent + 100);
    assert_int_equal(wzp_world_stats(w, b).packets_lost, 0);
    wzp_world_free(w);
}

WZP_TEST(
    a_relay_that_shows_another_certificate_is_refused_until_the_host_agrees)
{
    wzp_world *w = wzp_world_new(15);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = member(w, 0, false);
    wzp_world_join(w, a, "gate", relay);
    assert_true(wzp_world_await(w, a, WZP_CLIENT_JOINED, 5 * WZP_S));
    wzp_world_leave(w, a);
    assert_true(wzp_world_await(w, a, WZP_CLIENT_IDLE, 5 * WZP_S));
    wzp_world_kill(w, relay);
    wzp_world_swap_identity(w, relay, 10);
    wzp_world_join(w, a, "gate", relay);
    assert_true(wzp_world_await(w, a, WZP_CLIENT_PIN_DECISION, 5 * WZP_S));
    wzp_client_event ev;
    assert_int_equal(wzp_world_events(w, a, WZP_EVENT_PIN, &ev), 2);
    assert_false(ev.u.pin.is_first);
    assert_memory_not_equal(ev.u.pin.pinned, ev.u.pin.seen, WZP_HASH_LEN);
    assert_int_equal(relay_stats(w, relay).joined, 0);
    assert_int_equal(
        wzp_engine_pin_decide(wzp_world_engine(w, a), wzp_world_now(w), true),
        WZP_OK);
    wzp_world_kick(w, a);
    assert_true(wzp_world_await(w, a, WZP_CLIENT_JOINED, 5 * WZP_S));
    wzp_world_free(w);
}
