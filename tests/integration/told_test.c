/* SPDX-License-Identifier: MIT */
/* What three members tell each other beside their voices: mute, hold, how they
 * hear; and who talks. Real relay, clients, keys and codecs, virtual time.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <stdlib.h>

enum { LEN = 48000 };

/* A buzz with syllables. */
static const int16_t *voice(void)
{
    static int16_t pcm[LEN];
    for (size_t i = 0; i < LEN; i++) {
        const int high = i / 4800 % 4 == 3 ? 0 : 6000;
        const int saw = (int)(i % 300) - 150;
        pcm[i] = (int16_t)(saw * high / 150);
    }
    return pcm;
}

/* a and b talk, c listens. */
typedef struct three {
    wzp_world *w;
    wzp_node relay, a, b, c;
} three;

static wzp_node member(wzp_world *w, uint8_t identity, bool talks)
{
    const wzp_world_client_config cfg = {.identity = identity,
                                         .in = talks ? voice() : NULL,
                                         .in_len = LEN,
                                         .keep_heard = true};
    const wzp_node n = wzp_world_client(w, &cfg);
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    wzp_world_link(w, n, &link, &link);
    return n;
}

static three meet(uint64_t seed)
{
    three t = {.w = wzp_world_new(seed)};
    t.relay = wzp_world_relay(t.w, 9, NULL);
    t.a = member(t.w, 1, true);
    t.b = member(t.w, 2, true);
    t.c = member(t.w, 3, false);
    wzp_world_join(t.w, t.a, "hall", t.relay);
    wzp_world_join(t.w, t.b, "hall", t.relay);
    wzp_world_join(t.w, t.c, "hall", t.relay);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 5 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 5 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.c, 2, 5 * WZP_S));
    wzp_world_run(t.w, 2 * WZP_S);
    return t;
}

static wzp_engine *engine(const three *t, wzp_node n)
{
    return wzp_world_engine(t->w, n);
}

static void mute(const three *t, wzp_node n, bool is_on)
{
    wzp_engine_mute(engine(t, n), wzp_world_now(t->w), is_on);
    wzp_world_kick(t->w, n);
}

static void hold(const three *t, wzp_node n, bool is_on)
{
    wzp_engine_hold(engine(t, n), wzp_world_now(t->w), is_on);
    wzp_world_kick(t->w, n);
}

static void key(const three *t, wzp_node n, bool is_on, bool is_down)
{
    wzp_engine_push_to_talk(engine(t, n), wzp_world_now(t->w), is_on, is_down);
    wzp_world_kick(t->w, n);
}

static uint64_t events(const three *t, wzp_node n, wzp_client_event_kind kind)
{
    return wzp_world_events(t->w, n, kind, NULL);
}

static wzp_client_event last(const three *t, wzp_node n,
                             wzp_client_event_kind kind)
{
    wzp_client_event ev = {0};
    assert_true(wzp_world_events(t->w, n, kind, &ev) > 0);
    return ev;
}

/* The loudest sample of what was heard in the last so many ms. */
static int loudest(const three *t, wzp_node n, size_t ms)
{
    size_t len;
    const int16_t *pcm = wzp_world_heard(t->w, n, &len);
    int most = 0;
    for (size_t i = len - ms * 48; i < len; i++) {
        most = abs(pcm[i]) > most ? abs(pcm[i]) : most;
    }
    return most;
}

/* --- mute ----------------------------------------------------------------- */

WZP_TEST(a_member_that_mutes_itself_is_told_to_all_and_sends_nothing)
{
    three t = meet(61);
    mute(&t, t.a, true);
    wzp_world_run(t.w, WZP_S / 2);
    const uint64_t before = wzp_world_stats(t.w, t.a).packets_sent;

    wzp_world_run(t.w, 5 * WZP_S);

    assert_int_equal(wzp_world_stats(t.w, t.a).packets_sent, before);
    assert_true(wzp_world_stats(t.w, t.a).is_muted);
    assert_false(wzp_world_stats(t.w, t.a).is_open);
    for (int i = 0; i < 2; i++) {
        const wzp_node n = i == 0 ? t.b : t.c;
        assert_int_equal(events(&t, n, WZP_EVENT_PEER), 1); /* told thrice */
        assert_true(last(&t, n, WZP_EVENT_PEER).u.peer.is_muted);
        assert_false(last(&t, n, WZP_EVENT_PEER).u.peer.is_held);
    }
    assert_int_equal(events(&t, t.a, WZP_EVENT_PEER), 0);
    mute(&t, t.a, false);
    wzp_world_run(t.w, WZP_S);
    assert_int_equal(events(&t, t.b, WZP_EVENT_PEER), 2);
    assert_false(last(&t, t.b, WZP_EVENT_PEER).u.peer.is_muted);
    assert_true(wzp_world_stats(t.w, t.a).packets_sent > before + 20);
    assert_int_equal(wzp_world_stats(t.w, t.b).packets_lost, 0);
    wzp_world_free(t.w);
}

/* Whatever is lost: keep-alives and reports say it again. */
WZP_TEST(a_mute_is_told_over_a_path_that_loses_two_thirds)
{
    three t = meet(62);
    const wzp_link_cfg bad = {.loss = 0.42, .delay_ns = 20 * WZP_MS};
    wzp_world_link(t.w, t.a, &bad, &bad);
    wzp_world_link(t.w, t.b, &bad, &bad);

    mute(&t, t.a, true);
    wzp_world_run(t.w, 12 * WZP_S);

    assert_true(last(&t, t.b, WZP_EVENT_PEER).u.peer.is_muted);
    assert_true(last(&t, t.c, WZP_EVENT_PEER).u.peer.is_muted);
    wzp_world_free(t.w);
}

WZP_TEST(who_comes_later_is_told_that_somebody_is_muted)
{
    three t = meet(63);
    mute(&t, t.a, true);
    wzp_world_run(t.w, 2 * WZP_S);
    const wzp_node d = member(t.w, 4, true); /* somebody to hear of a */
    wzp_world_join(t.w, d, "hall", t.relay);
    assert_true(wzp_world_await_keyed(t.w, d, 2, 10 * WZP_S));

    wzp_world_run(t.w, 6 * WZP_S);

    assert_true(last(&t, d, WZP_EVENT_PEER).u.peer.is_muted);
    wzp_world_free(t.w);
}

/* --- hold ----------------------------------------------------------------- */

WZP_TEST(a_member_on_hold_neither_sends_nor_hears_and_is_told_to_all)
{
    three t = meet(64);
    assert_true(loudest(&t, t.a, 500) > 500);

    hold(&t, t.a, true);
    wzp_world_run(t.w, WZP_S);
    const uint64_t before = wzp_world_stats(t.w, t.a).packets_sent;
    wzp_world_run(t.w, 4 * WZP_S);

    assert_int_equal(loudest(&t, t.a, 4500), 0);
    assert_int_equal(wzp_world_stats(t.w, t.a).packets_sent, before);
    assert_true(wzp_world_stats(t.w, t.a).is_held);
    assert_int_equal(wzp_world_stats(t.w, t.a).voices, 0);
    assert_true(last(&t, t.b, WZP_EVENT_PEER).u.peer.is_held);
    assert_true(last(&t, t.c, WZP_EVENT_PEER).u.peer.is_held);
    assert_true(loudest(&t, t.c, 500) > 500); /* b goes on */
    hold(&t, t.a, false);
    wzp_world_run(t.w, 2 * WZP_S);
    assert_true(loudest(&t, t.a, 500) > 500);
    assert_false(last(&t, t.b, WZP_EVENT_PEER).u.peer.is_held);
    assert_true(wzp_world_stats(t.w, t.a).packets_sent > before + 50);
    wzp_world_free(t.w);
}

WZP_TEST(a_hold_ends_with_the_room)
{
    three t = meet(65);
    hold(&t, t.a, true);
    wzp_world_run(t.w, WZP_S);
    wzp_world_leave(t.w, t.a);
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_IDLE, 5 * WZP_S));

    wzp_world_join(t.w, t.a, "hall", t.relay);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 5 * WZP_S));
    wzp_world_run(t.w, 2 * WZP_S);

    assert_false(wzp_world_stats(t.w, t.a).is_held);
    assert_true(loudest(&t, t.a, 500) > 500);
    wzp_world_free(t.w);
}

/* --- push-to-talk --------------------------------------------------------- */

WZP_TEST(a_member_with_push_to_talk_sends_while_the_key_is_down_and_a_bit)
{
    three t = meet(66);
    key(&t, t.a, true, false);
    wzp_world_run(t.w, WZP_S / 2);
    const uint64_t up = wzp_world_stats(t.w, t.a).packets_sent;
    wzp_world_run(t.w, 3 * WZP_S);
    assert_int_equal(wzp_world_stats(t.w, t.a).packets_sent, up);

    key(&t, t.a, true, true);
    wzp_world_run(t.w, 2 * WZP_S);
    const uint64_t down = wzp_world_stats(t.w, t.a).packets_sent;
    assert_true(down > up + 50);
    key(&t, t.a, true, false);
    wzp_world_run(t.w, 150 * WZP_MS);
    const uint64_t tail = wzp_world_stats(t.w, t.a).packets_sent;
    assert_true(tail > down);
    wzp_world_run(t.w, 150 * WZP_MS);
    const uint64_t end = wzp_world_stats(t.w, t.a).packets_sent;
    wzp_world_run(t.w, 3 * WZP_S);

    assert_int_equal(wzp_world_stats(t.w, t.a).packets_sent, end);
    assert_int_equal(events(&t, t.b, WZP_EVENT_PEER), 0); /* nobody's matter */
    key(&t, t.a, false, false);
    wzp_world_run(t.w, WZP_S);
    assert_true(wzp_world_stats(t.w, t.a).packets_sent > end + 20);
    wzp_world_free(t.w);
}

/* --- talkers -------------------------------------------------------------- */

WZP_TEST(a_listener_is_told_who_talks_and_when_nobody_does)
{
    three t = meet(67);
    assert_int_equal(last(&t, t.c, WZP_EVENT_TALKERS).u.talkers.n, 2);

    mute(&t, t.a, true);
    wzp_world_run(t.w, 3 * WZP_S);
    assert_int_equal(last(&t, t.c, WZP_EVENT_TALKERS).u.talkers.n, 1);
    const wzp_talker b = last(&t, t.c, WZP_EVENT_TALKERS).u.talkers.of[0];
    assert_true(b.level_db < 45);
    mute(&t, t.b, true);
    wzp_world_run(t.w, 3 * WZP_S);
    assert_int_equal(last(&t, t.c, WZP_EVENT_TALKERS).u.talkers.n, 0);

    const uint64_t before = events(&t, t.c, WZP_EVENT_TALKERS);
    wzp_world_run(t.w, 10 * WZP_S);
    assert_int_equal(events(&t, t.c, WZP_EVENT_TALKERS), before);
    wzp_world_free(t.w);
}

WZP_TEST(talkers_are_told_at_most_five_times_a_second)
{
    three t = meet(68);
    const uint64_t before = events(&t, t.c, WZP_EVENT_TALKERS);

    wzp_world_run(t.w, 20 * WZP_S);

    assert_true(events(&t, t.c, WZP_EVENT_TALKERS) - before <= 100);
    wzp_world_free(t.w);
}

/* --- volume --------------------------------------------------------------- */

WZP_TEST(a_member_turned_down_to_nothing_is_not_heard_by_us_alone)
{
    three t = meet(69);
    const wzp_client_event ev = last(&t, t.c, WZP_EVENT_TALKERS);
    for (size_t i = 0; i < ev.u.talkers.n; i++) {
        assert_int_equal(wzp_engine_volume(engine(&t, t.c), wzp_world_now(t.w),
                                           ev.u.talkers.of[i].member, 0),
                         WZP_OK);
    }
    wzp_world_run(t.w, WZP_S);
    assert_int_equal(loudest(&t, t.c, 900), 0);
    assert_true(loudest(&t, t.a, 900) > 500);

    assert_int_equal(wzp_engine_volume(engine(&t, t.c), wzp_world_now(t.w),
                                       ev.u.talkers.of[0].member, 100),
                     WZP_OK);
    wzp_world_run(t.w, WZP_S);
    assert_true(loudest(&t, t.c, 900) > 500);
    assert_int_equal(
        wzp_engine_volume(engine(&t, t.c), wzp_world_now(t.w), 999, 50),
        WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_engine_volume(engine(&t, t.c), wzp_world_now(t.w),
                                       ev.u.talkers.of[0].member, 401),
                     WZP_ERR_ARG);
    wzp_world_free(t.w);
}

/* Members are numbered anew with a connection; who they are stays. */
WZP_TEST(a_member_stays_turned_down_after_the_relay_restarted)
{
    three t = meet(74);
    mute(&t, t.b, true);
    wzp_world_run(t.w, 3 * WZP_S);
    const wzp_client_event a = last(&t, t.c, WZP_EVENT_TALKERS);
    assert_int_equal(a.u.talkers.n, 1);
    assert_int_equal(wzp_engine_volume(engine(&t, t.c), wzp_world_now(t.w),
                                       a.u.talkers.of[0].member, 0),
                     WZP_OK);

    wzp_world_restart_relay(t.w, t.relay);
    wzp_world_run(t.w, 20 * WZP_S);

    const wzp_client_stats s = wzp_world_stats(t.w, t.c);
    assert_int_equal(s.reconnects, 1);
    assert_true(s.members_keyed >= 1);
    assert_int_equal(loudest(&t, t.c, 3000), 0);
    mute(&t, t.b, false); /* the control: who was not turned down is heard */
    wzp_world_run(t.w, 3 * WZP_S);
    assert_true(loudest(&t, t.c, 900) > 500);
    wzp_world_leave(t.w, t.c);
    assert_true(wzp_world_await(t.w, t.c, WZP_CLIENT_IDLE, 5 * WZP_S));
    mute(&t, t.b, true);
    wzp_world_join(t.w, t.c, "hall", t.relay); /* and it ends with the room */
    wzp_world_run(t.w, 5 * WZP_S);
    assert_true(loudest(&t, t.c, 900) > 500);
    wzp_world_free(t.w);
}

/* --- reports -------------------------------------------------------------- */

WZP_TEST(who_talks_is_told_once_a_second_by_each_who_hears)
{
    three t = meet(70);
    const wzp_client_stats a = wzp_world_stats(t.w, t.a);
    const wzp_client_stats c = wzp_world_stats(t.w, t.c);

    wzp_world_run(t.w, 10 * WZP_S);

    const wzp_client_stats a2 = wzp_world_stats(t.w, t.a);
    const wzp_client_stats c2 = wzp_world_stats(t.w, t.c);
    assert_in_range(a2.reports_received - a.reports_received, 18, 21);
    assert_in_range(c2.reports_sent - c.reports_sent, 19, 21); /* two voices */
    assert_in_range(c2.control_sent - c.control_sent, 9, 12); /* in one frame */
    assert_int_equal(c2.reports_received, 0); /* nobody hears a listener */
    assert_int_equal(a2.peer_loss_permille, 0);
    assert_int_equal(a2.control_malformed + c2.control_malformed, 0);
    wzp_world_free(t.w);
}

WZP_TEST(nobody_reports_where_nobody_talks)
{
    three t = meet(71);
    mute(&t, t.a, true);
    mute(&t, t.b, true);
    wzp_world_run(t.w, 3 * WZP_S);
    const uint64_t before = wzp_world_stats(t.w, t.c).reports_sent;

    wzp_world_run(t.w, 10 * WZP_S);

    assert_int_equal(wzp_world_stats(t.w, t.c).reports_sent, before);
    wzp_world_free(t.w);
}

WZP_TEST(who_talks_learns_what_its_worst_listener_loses)
{
    three t = meet(72);
    const wzp_link_cfg up = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg down = {.loss = 0.10, .delay_ns = 20 * WZP_MS};
    wzp_world_link(t.w, t.c, &up, &down);

    wzp_world_run(t.w, 10 * WZP_S);

    assert_in_range(wzp_world_stats(t.w, t.a).peer_loss_permille, 40, 250);
    assert_in_range(wzp_world_stats(t.w, t.b).peer_loss_permille, 40, 250);
    wzp_world_free(t.w);
}

/* --- a large room --------------------------------------------------------- */

enum { MEMBERS = 50, SPEAKERS = 3 };

/* The others have a microphone in which nothing is said, and say so. */
WZP_TEST(a_room_of_50_with_3_speaking_costs_each_3_decoders_at_most)
{
    static const int16_t quiet[480];
    wzp_world *w = wzp_world_new(73);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node n[MEMBERS];
    for (int i = 0; i < MEMBERS; i++) {
        wzp_world_client_config cfg = {.identity = (uint8_t)(20 + i),
                                       .in = i < SPEAKERS ? voice() : quiet,
                                       .in_len = i < SPEAKERS ? LEN : 480,
                                       .has_engine = true};
        wzp_engine_config_default(&cfg.engine);
        cfg.engine.capture.vad = i >= SPEAKERS;
        n[i] = wzp_world_client(w, &cfg);
        wzp_world_join(w, n[i], "market", relay);
    }
    wzp_world_run(w, 6 * WZP_S);
    assert_true(wzp_world_stats(w, n[MEMBERS - 1]).packets_sent > 3);
    uint32_t most = 0;
    for (int s = 0; s < 6; s++) {
        wzp_world_run(w, WZP_S);
        for (int i = 0; i < MEMBERS; i++) {
            const uint32_t voices = wzp_world_stats(w, n[i]).voices;
            most = voices > most ? voices : most;
            assert_true(voices >= (i < SPEAKERS ? 2u : 3u));
        }
    }
    assert_int_equal(most, SPEAKERS);
    for (int i = 0; i < MEMBERS; i++) {
        const wzp_client_stats s = wzp_world_stats(w, n[i]);
        assert_true(s.packets_received > 50 * 5 * (SPEAKERS - 1));
        assert_int_equal(s.packets_no_room, 0);
    }
    wzp_world_free(w);
}
