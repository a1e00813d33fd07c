/* SPDX-License-Identifier: MIT */
/* The engine as a whole, alone and with one friend (small_call.h): devices,
 * ticks, what is sent and heard, what the host is told. Whole calls between
 * engines are in tests/integration.
 */
#include "client/small_call.h"

#include <wzp/proto/dgram.h>

/* --- configuration -------------------------------------------------------- */

typedef void spoil(wzp_engine_config *cfg);

static void no_rng(wzp_engine_config *cfg)
{
    cfg->rng.fill = NULL;
}

static void no_clock(wzp_engine_config *cfg)
{
    cfg->unix_now = NULL;
}

static void no_identity(wzp_engine_config *cfg)
{
    cfg->identity.sign = NULL;
}

static void no_audio(wzp_engine_config *cfg)
{
    cfg->audio.start = NULL;
}

static void no_senders(wzp_engine_config *cfg)
{
    cfg->max_senders = 0;
}

static void too_many_senders(wzp_engine_config *cfg)
{
    cfg->max_senders = 65;
}

static void few_events(wzp_engine_config *cfg)
{
    cfg->max_events = 7;
}

static void crossed_delays(wzp_engine_config *cfg)
{
    cfg->playout_min_ms = 200;
    cfg->playout_max_ms = 100;
}

static void absurd_delay(wzp_engine_config *cfg) /* no jitter buffer takes it */
{
    cfg->playout_max_ms = 70000;
}

static spoil *const bad[] = {no_rng,     no_clock,       no_identity,
                             no_audio,   no_senders,     too_many_senders,
                             few_events, crossed_delays, absurd_delay};

static size_t bad_count(void)
{
    return sizeof bad / sizeof bad[0];
}

static void bad_row(size_t row)
{
    sc *c = sc_new();
    wzp_engine_config cfg = sc_config(c);
    wzp_engine *e = NULL;
    bad[row](&cfg);

    wzp_err err = wzp_engine_new(&e, &cfg, c->w->now);

    wzp_engine_free(e);
    sc_free(c);
    assert_int_equal(err, WZP_ERR_CONFIG);
}
WZP_ROWS(engine_refuses_a_configuration_it_cannot_keep, bad_count, bad_row);

WZP_TEST(engine_new_leaves_nothing_behind_at_the_nth_allocation)
{
    sc *c = sc_new();
    fake_mem m = {0};
    wzp_engine_config cfg = sc_config(c);
    cfg.mem = fake_mem_table(&m);
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp_engine *engine = NULL;
        m.fail_at = m.calls + n;
        e = wzp_engine_new(&engine, &cfg, c->w->now);
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp_engine_free(engine);
        assert_int_equal(m.held, 0);
        assert_true(n < 200);
    }
    sc_free(c);
}

/* --- idle ----------------------------------------------------------------- */

WZP_TEST(engine_that_is_idle_does_nothing)
{
    sc *c = sc_new();

    sc_run(c, 60 * WZP_S);

    assert_int_equal(c->n_events, 0);
    assert_int_equal(c->dev.ticks, 0);
    uint8_t room[WZP_HASH_LEN];
    uint8_t keys[4][WZP_KEY_LEN];
    assert_int_equal(wzp_engine_words_input(c->e, room, keys, 4), 0);
    sc_free(c);
}

/* --- the device ----------------------------------------------------------- */

WZP_TEST(engine_runs_the_device_while_in_a_room)
{
    sc *c = sc_new();
    sc_join(c);
    assert_int_equal(c->dev.starts, 1);
    const uint64_t before = c->dev.ticks;

    sc_run(c, WZP_S);
    assert_int_equal(c->dev.ticks - before, 100);
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);

    assert_int_equal(c->dev.stops, 1);
    const uint64_t after = c->dev.ticks;
    sc_run(c, WZP_S);
    assert_int_equal(c->dev.ticks, after);
    assert_int_equal(sc_count(c, WZP_EVENT_ENDED), 1);
    sc_free(c);
}

/* What the device took in one room's last moments is not said in the next. */
WZP_TEST(engine_takes_no_samples_from_one_room_into_another)
{
    sc *c = sc_new();
    sc_join(c);
    const int16_t pcm[SC_TICK] = {0};
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);
    assert_int_equal(c->dev.stops, 1);
    assert_int_equal(wzp_audio_capture(c->dev.port, pcm, SC_TICK), SC_TICK);

    sc_join(c);

    assert_int_equal(c->dev.starts, 2);
    assert_int_equal(c->dev.waiting, 0);
    sc_free(c);
}

WZP_TEST(engine_that_slept_does_not_race_after_the_time)
{
    sc *c = sc_new();
    sc_join(c);
    const uint64_t before = c->dev.ticks;

    c->w->now += 5 * WZP_S; /* nobody called */
    sc_wake(c);

    assert_in_range(c->dev.ticks - before, 10, 12);
    sc_run(c, WZP_S);
    assert_in_range(c->dev.ticks - before, 110, 112);
    sc_free(c);
}

WZP_TEST(engine_tells_the_end_of_the_input_once)
{
    sc *c = sc_new();
    c->dev.ends_at = 150;

    sc_join(c);
    sc_run(c, 5 * WZP_S);

    assert_int_equal(sc_count(c, WZP_EVENT_INPUT_ENDED), 1);
    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    sc_free(c);
}

WZP_TEST(engine_keeps_the_device_running_while_it_comes_back)
{
    sc *c = sc_new();
    sc_join(c);

    ASSERT_OK(wzp_endpoint_close(c->w->relay, c->w->now, c->w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sc_run(c, 3 * WZP_S);

    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    assert_int_equal(c->dev.starts, 1);
    assert_int_equal(c->dev.stops, 0);
    sc_free(c);
}

/* --- commands ------------------------------------------------------------- */

WZP_TEST(engine_in_a_room_refuses_another)
{
    sc *c = sc_new();
    sc_join(c);
    const wzp_join join = sr_join_of(c->w, "other");

    assert_int_equal(wzp_engine_join(c->e, c->w->now, &join), WZP_ERR_STATE);

    sc_run(c, WZP_S);
    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    assert_int_equal(sc_count(c, WZP_EVENT_ENDED), 0);
    sc_free(c);
}

WZP_TEST(engine_asks_its_host_about_a_changed_certificate)
{
    sc *c = sc_new();
    sc_join(c);
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);
    sr_replace_relay(c->w, 66);
    c->n_events = 0;
    const wzp_join join = sr_join_of(c->w, "room");

    ASSERT_OK(wzp_engine_join(c->e, c->w->now, &join));
    sc_run(c, WZP_S);
    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_PIN_DECISION);
    assert_int_equal(sc_count(c, WZP_EVENT_PIN), 1);
    ASSERT_OK(wzp_engine_pin_decide(c->e, c->w->now, true));
    sc_run(c, WZP_S);

    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    sc_free(c);
}

/* --- alone ---------------------------------------------------------------- */

WZP_TEST(engine_alone_in_a_room_encodes_nothing)
{
    sc *c = sc_new();

    sc_join(c);
    sc_run(c, 5 * WZP_S);

    assert_int_equal(sc_stats(c).frames_encoded, 0);
    assert_int_equal(sc_stats(c).packets_sent, 0);
    assert_true(sc_stats(c).frames_captured >= 250);
    sc_free(c);
}

/* --- with a friend -------------------------------------------------------- */

WZP_TEST(engine_is_heard_by_its_friend)
{
    sc *c = sc_call();
    const uint64_t before = c->heard;

    sc_run(c, 2 * WZP_S);

    assert_in_range(c->heard - before, 99, 101);
    assert_int_equal(c->last.codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(sc_stats(c).members, 1);
    sc_free(c);
}

typedef struct wire {
    size_t bare, opens, minis;
} wire;

static void note_wire(void *user, const wzp_pkt *pkt)
{
    wire *n = user;
    const wzp_dgram_kind kind = wzp_dgram_classify(pkt->data[0]);
    n->bare += kind == WZP_DGRAM_BARE;
    n->opens += kind == WZP_DGRAM_OPEN;
    n->minis += kind == WZP_DGRAM_MINI;
}

/* What the relay gets of a call; it does not read types itself. */
static wire wire_of(uint32_t caps_of_relay)
{
    wire n = {0};
    sc *c = sc_new();
    c->w->more_caps = caps_of_relay;
    sc_add_friend(c);
    sc_join(c);
    sc_run(c, WZP_S); /* keys */
    c->w->on_dgram = note_wire;
    c->w->user = &n;
    c->w->on_signal = NULL;
    sc_run(c, 2 * WZP_S);
    sc_free(c);
    return n;
}

WZP_TEST(engine_compresses_headers_for_a_relay_that_announced_it)
{
    const wire n = wire_of(WZP_CAP_DGRAM1);
    assert_in_range(n.minis, 95, 101);
    assert_true(n.bare <= 2); /* keep-alives */
}

WZP_TEST(engine_sends_an_old_relay_bare_datagrams_only)
{
    const wire n = wire_of(0);
    assert_in_range(n.bare, 99, 103);
    assert_int_equal(n.opens + n.minis, 0);
}

WZP_TEST(engine_hears_its_friend)
{
    sc *c = sc_call();

    const size_t sealed = sc_talk(c, 150);

    assert_true(sealed > 130); /* the first wait for keys */
    const wzp_client_stats s = sc_stats(c);
    assert_true(s.frames_played + 10 >= sealed);
    assert_int_equal(s.packets_lost, 0);
    assert_true(c->dev.loudest > 500.0);
    assert_int_equal(s.members_keyed, 1);
    sc_free(c);
}

WZP_TEST(engine_that_is_muted_sends_no_frames)
{
    sc *c = sc_call();
    wzp_engine_mute(c->e, c->w->now, true);
    sc_run(c, 100 * WZP_MS); /* what was under way */
    const uint64_t before = c->heard;
    const uint32_t then = c->last.timestamp;
    const uint16_t seq = c->last.seq;

    sc_run(c, 2 * WZP_S);
    assert_int_equal(c->heard, before);
    wzp_engine_mute(c->e, c->w->now, false);
    sc_run(c, 30 * WZP_MS);

    assert_true(c->heard > before);
    assert_true(c->last.timestamp - then >= 2000); /* time went on */
    assert_in_range((uint16_t)(c->last.seq - seq), 1, 3);
    sc_free(c);
}

WZP_TEST(engine_plays_packets_that_came_before_their_key)
{
    sc *c = sc_new();
    sc_add_friend(c);
    c->holds_keys = true; /* the friend begins to speak; its key waits */
    sc_join(c);
    sc_talk(c, 12);
    assert_int_equal(sc_stats(c).packets_received, 0);
    assert_true(sc_stats(c).group.unknown_key > 0);

    sc_release_keys(c);
    sc_run(c, 300 * WZP_MS);

    assert_true(sc_stats(c).packets_received > 0);
    assert_true(sc_stats(c).frames_played > 0);
    sc_free(c);
}

WZP_TEST(engine_loses_its_relay_while_packets_wait_for_their_key)
{
    sc *c = sc_new();
    sc_add_friend(c);
    c->holds_keys = true;
    sc_join(c);
    c->n_events = 0;
    while (sc_count(c, WZP_EVENT_STATS) == 0) {
        sc_run(c, 10 * WZP_MS);
    }
    sc_run(c, 780 * WZP_MS); /* the next look at what waits is near */
    sc_talk(c, 5);
    assert_true(sc_stats(c).group.unknown_key > 0);

    ASSERT_OK(wzp_endpoint_close(c->w->relay, c->w->now, c->w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sc_run(c, 3 * WZP_S);

    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    assert_int_equal(sc_stats(c).packets_received, 0);
    sc_free(c);
}

WZP_TEST(engine_gives_the_words_input_of_everybody)
{
    sc *c = sc_call();
    uint8_t room[WZP_HASH_LEN];
    uint8_t want[WZP_HASH_LEN];
    uint8_t keys[4][WZP_KEY_LEN];
    wzp_room_id(WZP_STR("room"), want);

    assert_int_equal(wzp_engine_words_input(c->e, room, keys, 4), 2);

    assert_memory_equal(room, want, WZP_HASH_LEN);
    assert_memory_not_equal(keys[0], keys[1], WZP_KEY_LEN);
    sc_free(c);
}

WZP_TEST(engine_tells_when_somebody_comes_and_goes)
{
    sc *c = sc_call();
    sc_talk(c, 50);
    bool is_keyed = false;
    for (size_t i = 0; i < c->n_events; i++) {
        const wzp_client_event *ev = &c->events[i];
        is_keyed = is_keyed || (ev->kind == WZP_EVENT_MEMBER &&
                                ev->u.member.info.state == WZP_MEMBER_KEYED);
    }
    assert_true(is_keyed);
    c->n_events = 0;

    wzp_group_free(c->friend);
    c->friend = NULL;
    sc_send_roster(c);
    sc_run(c, WZP_S);

    assert_int_equal(sc_count(c, WZP_EVENT_MEMBER), 1);
    for (size_t i = 0; i < c->n_events; i++) {
        if (c->events[i].kind == WZP_EVENT_MEMBER) {
            assert_true(c->events[i].u.member.is_gone);
        }
    }
    assert_int_equal(sc_stats(c).members, 0);
    sc_free(c);
}

WZP_TEST(engine_tells_when_one_with_an_old_client_goes)
{
    sc *c = sc_new();
    sc_join(c);
    const wzp_participant old = {.fingerprint = WZP_STR("?"),
                                 .alias = WZP_STR("Olga")};
    wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                      .u.room_update = {.count = 1,
                                        .participants = {&old, 1},
                                        .rev = {true, 2}}};
    sr_send(c->w, &sig);
    sc_run(c, WZP_S);
    c->n_events = 0;

    sig.u.room_update.participants.n = 0;
    sr_send(c->w, &sig);
    sc_run(c, WZP_S);

    assert_int_equal(sc_count(c, WZP_EVENT_MEMBER), 1);
    for (size_t i = 0; i < c->n_events; i++) {
        if (c->events[i].kind == WZP_EVENT_MEMBER) {
            assert_true(c->events[i].u.member.is_gone);
            assert_string_equal(c->events[i].u.member.info.alias, "Olga");
        }
    }
    sc_free(c);
}

WZP_TEST(engine_survives_datagrams_of_random_bytes)
{
    sc *c = sc_call();
    uint32_t seed = 9;
    for (size_t i = 0; i < 200; i++) {
        wzp_pkt *pkt = wzp_pkt_get(c->w->relay_pool);
        assert_non_null(pkt);
        pkt->len = fake_number(&seed) % 1100;
        fake_fill(&seed, pkt->data, pkt->len);
        wzp_ignore(wzp_endpoint_send_dgram(c->w->relay, c->w->now,
                                           c->w->relay_conn, pkt),
                   "some are too long");
        wzp_pkt_unref(pkt);
        sc_run(c, 5 * WZP_MS);
    }

    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
    assert_int_equal(sc_stats(c).packets_received, 0);
    sc_talk(c, 100);
    assert_true(sc_stats(c).frames_played > 50); /* and hears on */
    sc_free(c);
}
