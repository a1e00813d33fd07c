/* SPDX-License-Identifier: MIT */
/* Our clients and relay among peers of the earlier protocol, in the world. The
 * old side (tests/support/legacy) is written from spec/wire.md and shares no
 * encoding with the libraries; QUIC and Opus are common.
 */
#include "codec/speech.h"
#include "support/harness.h"
#include "support/legacy/client.h"
#include "support/legacy/relay.h"
#include "support/world/world.h"

#include <wzp/client/probe.h>
#include <wzp/crypto/room.h>

#include <string.h>

#define VOICE_LEN (48000 * 4)
#define LOUD      1000.0 /* mean square: speech, not noise or silence */

static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    static bool is_made;
    if (!is_made) {
        speech_make(pcm, VOICE_LEN);
        speech_level(pcm, VOICE_LEN);
        is_made = true;
    }
    return pcm;
}

static double energy(const int16_t *pcm, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return to > from ? sum / (double)(to - from) : 0;
}

/* --- a world with both kinds ---------------------------------------------- */

enum { OLD_MAX = 4 };

typedef struct place {
    wzp_world *w;
    wzp_node relay; /* ours or the old one */
    bool is_old_relay;
    wzp_legacy_relay old_relay;
    wzp_legacy_client old[OLD_MAX];
    wzp_node old_node[OLD_MAX];
    size_t n_old;
} place;

static void init(place *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->w = wzp_world_new(seed);
}

static void with_own_relay(place *p, uint64_t seed, bool allow)
{
    wzp_relay_config cfg;
    init(p, seed);
    wzp_relay_config_default(&cfg);
    cfg.packets = 4096;
    cfg.allow_legacy = allow;
    p->relay = wzp_world_relay(p->w, 9, &cfg);
}

/* With the key, hence the certificate, that one of ours would have. */
static void start_old_relay(place *p)
{
    const wzp_rng rng = wzp_world_rng(p->w, p->relay);
    uint8_t seed[WZP_SEED_LEN];
    uint8_t tls[WZP_KEY_LEN];
    wzp_seed_identity *id;
    memset(seed, 9, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    const wzp_identity table = wzp_seed_identity_table(id);
    assert_int_equal(table.derive(table.user, "wzp-tls-ed25519", tls), WZP_OK);
    wzp_seed_identity_free(id);
    wzp_legacy_relay_init(&p->old_relay, 9, tls, &rng, wzp_world_now(p->w));
    p->is_old_relay = true;
    const wzp_uv_machine m = wzp_legacy_relay_machine(&p->old_relay);
    wzp_world_act(p->w, p->relay, &m);
}

static void with_old_relay(place *p, uint64_t seed)
{
    init(p, seed);
    p->relay = wzp_world_actor(p->w);
    start_old_relay(p);
}

static void end(place *p)
{
    wzp_world_free(p->w);
    for (size_t i = 0; i < p->n_old; i++) {
        wzp_legacy_client_deinit(&p->old[i]);
    }
    if (p->is_old_relay) {
        wzp_legacy_relay_deinit(&p->old_relay);
    }
}

/* One of ours, who talks and keeps what it hears. */
static wzp_node ours(place *p, uint8_t identity, bool allow)
{
    wzp_world_client_config cfg = {.identity = identity,
                                   .in = voice(),
                                   .in_len = VOICE_LEN,
                                   .keep_heard = true,
                                   .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.allow_legacy = allow;
    return wzp_world_client(p->w, &cfg);
}

static void join(place *p, wzp_node n)
{
    wzp_world_join(p->w, n, "Blue-Room", p->relay);
}

static wzp_legacy_client *old_with(place *p, wzp_legacy_client_config cfg,
                                   const char *sni)
{
    wzp_legacy_client *c = &p->old[p->n_old];
    wzp_node n = wzp_world_actor(p->w);
    p->old_node[p->n_old++] = n;
    cfg.identity = (uint8_t)(100 + p->n_old);
    cfg.rng = wzp_world_rng(p->w, n);
    wzp_legacy_client_init(c, &cfg, wzp_world_now(p->w));
    const wzp_uv_machine m = wzp_legacy_client_machine(c);
    wzp_world_act(p->w, n, &m);
    const wzp_addr local = wzp_world_addr(p->w, n);
    const wzp_addr relay = wzp_world_addr(p->w, p->relay);
    wzp_legacy_client_dial(c, wzp_world_now(p->w), &local, &relay, sni);
    wzp_world_kick(p->w, n);
    return c;
}

static wzp_legacy_client_config talk(void)
{
    return (wzp_legacy_client_config){
        .alias = "Old Phone", .in = voice(), .in_len = VOICE_LEN};
}

/* An old client in the room, talking. */
static wzp_legacy_client *old_client(place *p)
{
    return old_with(p, talk(), "blue-room");
}

static wzp_err accept_clear(place *p, wzp_node n)
{
    wzp_err e =
        wzp_engine_accept_clear(wzp_world_engine(p->w, n), wzp_world_now(p->w));
    wzp_world_kick(p->w, n);
    return e;
}

static void run(place *p, unsigned seconds)
{
    wzp_world_run(p->w, seconds * WZP_S);
}

static wzp_client_stats stats(place *p, wzp_node n)
{
    return wzp_world_stats(p->w, n);
}

/* The last of the CLEAR events. */
static wzp_client_event clear_event(place *p, wzp_node n)
{
    wzp_client_event ev = {0};
    assert_true(wzp_world_events(p->w, n, WZP_EVENT_CLEAR, &ev) > 0);
    return ev;
}

static void assert_clear(place *p, wzp_node n, wzp_clear_state state,
                         wzp_err why)
{
    const wzp_client_event ev = clear_event(p, n);
    assert_int_equal(ev.u.clear.state, state);
    assert_int_equal(ev.u.clear.why, why);
    assert_int_equal(stats(p, n).clear, state);
}

static void assert_sent_nothing_clear(place *p, wzp_node n)
{
    assert_int_equal(stats(p, n).clear_sent, 0);
    assert_int_equal(stats(p, n).clear_received, 0);
}

/* Energy of the last seconds of what one of ours heard. */
static double heard_by_ours(place *p, wzp_node n, size_t seconds)
{
    size_t len;
    const int16_t *pcm = wzp_world_heard(p->w, n, &len);
    size_t most = seconds * 48000;
    return energy(pcm, len > most ? len - most : 0, len);
}

static void assert_talk(place *p, wzp_node n, const wzp_legacy_client *c)
{
    const double said = energy(voice(), 0, VOICE_LEN);
    const double up = energy(c->heard, c->n_heard / 2, c->n_heard);
    const double down = heard_by_ours(p, n, 4);
    assert_true(up > said / 4 && up < said * 4);
    assert_true(down > said / 4 && down < said * 4);
    assert_int_equal(c->malformed, 0);
    assert_int_equal(c->strange, 0);
}

/* Ours, alone with an old client in our relay, after the question. */
static void pair(place *p, uint64_t seed, wzp_node *a, wzp_legacy_client **c)
{
    with_own_relay(p, seed, true);
    *a = ours(p, 1, true);
    join(p, *a);
    *c = old_client(p);
    run(p, 2);
}

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

/* --- what old clients send -------------------------------------------------
 */

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

WZP_TEST(codec2_is_counted_and_silent)
{
    place p;
    wzp_legacy_client *c;
    wzp_legacy_client_config cfg = talk();
    cfg.sends_codec2 = true;
    wzp_node a = listen_to(&p, 31, cfg, &c);
    assert_true(stats(&p, a).clear_unplayable > 400);
    assert_int_equal(stats(&p, a).clear_received, 0);
    assert_true(heard_by_ours(&p, a, 4) < 1.0);
    end(&p);
}

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

/* --- an old relay -----------------------------------------------------------
 */

/* Ours has joined through an old relay after the question. */
static wzp_node through(place *p, uint64_t seed)
{
    with_old_relay(p, seed);
    wzp_node a = ours(p, 1, true);
    join(p, a);
    assert_true(wzp_world_await(p->w, a, WZP_CLIENT_CLEAR_DECISION, 5 * WZP_S));
    return a;
}

WZP_TEST(through_an_old_relay_ours_and_an_old_client_talk_once_accepted)
{
    place p;
    wzp_node a = through(&p, 40);
    char hash[33];
    wzp_room_hash((wzp_str){"blue-room", 9}, hash);
    assert_string_equal(p.old_relay.last_sni, hash); /* not the name itself */
    assert_clear(&p, a, WZP_CLEAR_ASKED, WZP_OK);
    assert_true(clear_event(&p, a).u.clear.is_relay);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 20); /* and it waits for as long as it takes */
    assert_int_equal(c->received, 0);
    assert_int_equal(c->n_listed, 1);

    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 10);

    assert_string_equal(p.old_relay.last_sni, "blue-room");
    assert_clear(&p, a, WZP_CLEAR_ON, WZP_OK);
    assert_talk(&p, a, c);
    assert_int_equal(stats(&p, a).members, 1); /* the own entry is not one */
    assert_int_equal(stats(&p, a).members_legacy, 1);
    assert_int_equal(p.old_relay.signals_after, 0);
    assert_int_equal(p.old_relay.not_plain, 0);
    assert_int_equal(p.old_relay.malformed, 0);
    assert_int_equal(p.old_relay.bad_offers, 0);
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_PIN, NULL), 1);
    wzp_world_leave(p.w, a);
    run(&p, 1);
    assert_int_equal(p.old_relay.close_code, 0);
    assert_int_equal(c->n_listed, 1);
    end(&p);
}

WZP_TEST(an_old_relay_without_allow_legacy_ends_the_join_with_a_sentence)
{
    place p;
    with_old_relay(&p, 41);
    wzp_node a = ours(&p, 1, false);
    join(&p, a);
    run(&p, 5);
    wzp_client_event ev;
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_ENDED, &ev), 1);
    assert_int_equal(ev.u.ended.why, WZP_ERR_LEGACY);
    assert_non_null(strstr(ev.u.ended.text, "relay0:4433 is an old relay"));
    assert_int_equal(p.old_relay.media, 0);
    assert_int_equal(p.old_relay.close_code, 0);
    end(&p);
}

WZP_TEST(two_of_ours_who_never_met_talk_through_an_old_relay)
{
    place p;
    wzp_node a = through(&p, 42);
    wzp_node b = ours(&p, 2, true);
    join(&p, b);
    run(&p, 2);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    assert_int_equal(accept_clear(&p, b), WZP_OK);
    run(&p, 10);
    assert_true(heard_by_ours(&p, a, 4) > LOUD);
    assert_true(heard_by_ours(&p, b, 4) > LOUD);
    assert_int_equal(stats(&p, a).members_legacy, 1);
    assert_int_equal(p.old_relay.signals_after, 0);
    assert_int_equal(p.old_relay.not_plain, 0);
    end(&p);
}

WZP_TEST(an_old_relay_that_restarts_is_found_again_and_asked_nothing)
{
    place p;
    wzp_node a = through(&p, 43);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 3);
    wzp_world_kill(p.w, p.relay);
    run(&p, 5);
    wzp_legacy_relay_deinit(&p.old_relay);
    start_old_relay(&p);
    run(&p, 40);
    assert_int_equal(stats(&p, a).state, WZP_CLIENT_JOINED);
    assert_true(stats(&p, a).reconnects > 0);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 8);
    assert_talk(&p, a, c);
    assert_int_equal(p.old_relay.signals_after, 0);
    end(&p);
}

WZP_TEST(anonymous_and_shouted_names_of_an_old_relay_are_members_all_the_same)
{
    for (int i = 0; i < 2; i++) {
        place p;
        wzp_node a = through(&p, 44 + (uint64_t)i);
        p.old_relay.hides_names = i == 0;
        p.old_relay.shouts_names = i == 1;
        assert_int_equal(accept_clear(&p, a), WZP_OK);
        wzp_legacy_client *c = old_client(&p);
        run(&p, 8);
        assert_talk(&p, a, c);
        /* Without names the own entry cannot be told from another's. */
        assert_int_equal(stats(&p, a).members_legacy, i == 0 ? 2 : 1);
        end(&p);
    }
}

WZP_TEST(a_relay_that_forgets_how_to_seal_ends_a_room_that_was_sealed)
{
    place p;
    with_own_relay(&p, 46, true);
    wzp_node a = ours(&p, 1, true);
    wzp_node b = ours(&p, 2, true);
    join(&p, a);
    join(&p, b);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    wzp_world_kill(p.w, p.relay);
    start_old_relay(&p); /* the same certificate: the relay itself lies */
    run(&p, 40);

    wzp_client_event ev;
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_ENDED, &ev), 1);
    assert_int_equal(ev.u.ended.why, WZP_ERR_DOWNGRADE);
    assert_true(p.old_relay.joins > 0);
    assert_int_equal(p.old_relay.media, 0);
    end(&p);
}

/* --- ping and version -------------------------------------------------------
 */

static void probe_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_probe_recv(m, now, local, remote, data, len);
}
static void probe_expire(void *m, wzp_tstamp now)
{
    wzp_probe_expire(m, now);
}
static wzp_tstamp probe_deadline(void *m)
{
    return wzp_probe_deadline(m);
}
static bool probe_poll(void *m, wzp_tstamp now, wzp_addr *local,
                       wzp_addr *remote, const uint8_t **data, size_t *len)
{
    return wzp_probe_poll_send(m, now, local, remote, data, len);
}

static wzp_probe_result probe(place *p, wzp_probe_kind kind)
{
    wzp_node n = wzp_world_actor(p->w);
    wzp_probe_config cfg;
    wzp_probe *pr;
    wzp_probe_config_default(&cfg);
    cfg.rng = wzp_world_rng(p->w, n);
    cfg.kind = kind;
    cfg.local = wzp_world_addr(p->w, n);
    cfg.addrs[0] = wzp_world_addr(p->w, p->relay);
    cfg.n_addrs = 1;
    assert_int_equal(wzp_probe_new(&pr, &cfg, wzp_world_now(p->w)), WZP_OK);
    const wzp_uv_machine m = {.recv = probe_recv,
                              .expire = probe_expire,
                              .deadline = probe_deadline,
                              .poll_send = probe_poll,
                              .machine = pr};
    wzp_world_act(p->w, n, &m);
    wzp_world_kick(p->w, n);
    run(p, 6);
    wzp_probe_result r = {.size = sizeof r};
    assert_true(wzp_probe_result_get(pr, &r));
    wzp_world_kill(p->w, n);
    wzp_probe_free(pr);
    return r;
}

WZP_TEST(our_probe_understands_an_old_relay)
{
    place p;
    with_old_relay(&p, 50);
    wzp_probe_result r = probe(&p, WZP_PROBE_PING);
    assert_int_equal(r.err, WZP_OK);
    assert_true(r.handshake_us > 0 || r.err == WZP_OK);
    r = probe(&p, WZP_PROBE_VERSION);
    assert_int_equal(r.err, WZP_OK);
    assert_string_equal(r.text, "9377a90");
    end(&p);
}

WZP_TEST(an_old_client_can_ping_our_relay_and_ask_its_version)
{
    place p;
    with_own_relay(&p, 51, false);
    wzp_legacy_client_config cfg = {0}; /* a role: no CallOffer */
    wzp_legacy_client *c = old_with(&p, cfg, "version");
    wzp_legacy_client *d = old_with(&p, cfg, "ping");
    run(&p, 2);
    assert_true(strlen(c->version) > 0);
    assert_true(c->is_closed && d->is_closed);
    assert_int_equal(c->close_code, 0);
    assert_int_equal(d->close_code, 0);
    end(&p);
}
