/* SPDX-License-Identifier: MIT */
/* Nothing that comes out holds a secret: a room in the world, with every level
 * of log, all events, statistics as structs and as text, stores, signals and
 * datagrams as the other end of the hop has them, and packets. And nothing of
 * it is left in the memory of the process afterwards. The secrets are all that
 * are made (tests/support/secrets).
 */
#include "integration/leak.h"

#include "support/world/rng.h"

#include <wzp/crypto/wipe.h>

#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 4 };

typedef struct scene {
    wzp_world *w;
    wzp_node relay, client[CLIENTS];
} scene;

/* The secret of the room: the relay holds one half, its members both. */
static wzp_room_rule rule = {.name = "market", .has_access = true};
static wzp_join terms;

static void make_room_secret(uint64_t seed)
{
    wzp_test_rng rng = {seed};
    for (size_t i = 0; i < WZP_KEY_LEN; i++) {
        terms.access[i] = (uint8_t)wzp_test_rng_next(&rng);
        terms.psk[i] = (uint8_t)wzp_test_rng_next(&rng);
    }
    terms.has_secret = true;
    memcpy(rule.access, terms.access, WZP_KEY_LEN);
    secrets_note("room access", terms.access, WZP_KEY_LEN);
    secrets_note("room psk", terms.psk, WZP_KEY_LEN);
}

static void scene_free(const scene *s)
{
    wzp_world_free(s->w);
    wzp_wipe(&terms, sizeof terms);
    wzp_wipe(rule.access, sizeof rule.access);
}

static void join(const scene *s, int i)
{
    wzp_world_join_with(s->w, s->client[i], "market", s->relay, &terms);
}

static wzp_node add_client(wzp_world *w, int i)
{
    wzp_world_client_config cfg = {.identity = (uint8_t)(20 + i),
                                   .person = 0x9A3C71E5,
                                   .in = hum(),
                                   .in_len = 4800,
                                   .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.log = EVERYTHING;
    return wzp_world_client(w, &cfg);
}

/* Each with a seed of its own, unless it is to be the same: else the secrets of
 * one are the connection ids of another. */
static scene scene_new(uint64_t seed)
{
    scene s = {.w = wzp_world_new(seed)};
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.packets = 4096;
    cfg.log = EVERYTHING;
    cfg.room_rules = &rule;
    cfg.n_room_rules = 1;
    make_room_secret(seed);
    s.relay = wzp_world_relay(s.w, 9, &cfg);
    for (int i = 0; i < CLIENTS; i++) {
        s.client[i] = add_client(s.w, i);
    }
    return s;
}

static void emit_stats(const scene *s)
{
    wzp_relay_stats relay = {.size = sizeof relay};
    wzp_relay_stats_get(wzp_world_relay_machine(s->w, s->relay), &relay);
    secrets_emit(SECRETS_STATS, &relay, sizeof relay);
    for (int i = 0; i < CLIENTS; i++) {
        emit_client_stats(s->w, s->client[i]);
    }
}

static void run(const scene *s, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        wzp_world_run(s->w, WZP_S);
        emit_stats(s);
    }
}

/* They meet, talk, one leaves and others get another key; the relay vanishes
 * and comes back, so that all meet again with tickets. */
static void play(const scene *s)
{
    for (int i = 0; i < 3; i++) {
        join(s, i);
    }
    run(s, 4);
    wzp_world_leave(s->w, s->client[2]);
    run(s, 3);
    join(s, 3);
    run(s, 3);
    wzp_world_kill(s->w, s->relay);
    run(s, 2);
    wzp_world_restart_relay(s->w, s->relay);
    run(s, 30);
    assert_int_equal(wzp_world_stats(s->w, s->client[0]).members_keyed, 2);
    assert_true(wzp_world_stats(s->w, s->client[0]).reconnects > 0);
    for (int i = 0; i < CLIENTS; i++) {
        wzp_world_leave(s->w, s->client[i]);
    }
    run(s, 2);
}

/* What the scenario cannot do without: else it is not looked for. */
static void check_noted(void)
{
    static const char *const kinds[] = {
        "room access",
        "room psk",
        "seed",
        "words of a seed",
        "drawn bytes",
        "wzp-pair-next",
        "shared secret",
        "media key",
        "secret of TLS",
        "shared secret of TLS",
        "extracted key",
        "exporter value",
        "secret of a key package",
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        print_message("%zu %s\n", secrets_count(kinds[i]), kinds[i]);
        assert_true(secrets_count(kinds[i]) > 0);
    }
}

WZP_TEST(nothing_that_comes_out_of_a_room_holds_a_secret)
{
    secrets_clear();
    const scene s = scene_new(401);
    play(&s);
    scene_free(&s);
    check_noted();
    for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
        print_message("%s: %zu bytes\n", secrets_sink_name(k),
                      secrets_emitted(k));
        assert_true(secrets_emitted(k) > 100);
        assert_int_equal(secrets_leaks(k), 0);
    }
}

/* The same room again; of each place where things come out, some bytes are
 * said to be a secret beforehand. */
WZP_TEST(control_a_secret_that_comes_out_is_noticed_wherever_it_does)
{
    uint8_t sample[SECRETS_SINKS][SECRETS_SAMPLE_LEN];
    secrets_clear();
    scene s = scene_new(402);
    play(&s);
    scene_free(&s);
    for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
        assert_true(secrets_sample(k, sample[k]));
    }
    secrets_clear();
    for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
        secrets_note(secrets_sink_name(k), sample[k], sizeof sample[k]);
    }
    s = scene_new(402);
    play(&s);
    scene_free(&s);
    for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
        print_message("%s: noticed %zu times\n", secrets_sink_name(k),
                      secrets_leaks(k));
        assert_true(secrets_leaks(k) > 0);
    }
}

/* Ended in the middle of it all, when everything is held that ever is. */
static void end_after(int seconds)
{
    secrets_clear();
    const scene s = scene_new(410 + (uint64_t)seconds);
    for (int i = 0; i < CLIENTS; i++) {
        join(&s, i);
    }
    run(&s, seconds);
    scene_free(&s);
    assert_int_equal(secrets_in_memory(), 0);
}

WZP_TEST(nothing_secret_is_left_in_memory_after_a_room)
{
    if (WZP_TEST_SANITIZED) {
        WZP_SKIP("a sanitizer keeps what was freed");
    }
    for (int seconds = 1; seconds < 4; seconds++) {
        end_after(seconds);
    }
    secrets_clear();
    const scene s = scene_new(403);
    play(&s);
    scene_free(&s);
    assert_int_equal(secrets_in_memory(), 0);
}

/* Alive, with its identity and its tickets, a process has nothing of a room
 * that is over. */
WZP_TEST(what_is_over_is_forgotten_while_the_process_goes_on)
{
    static const char *const over[] = {"room psk",
                                       "wzp-pair-next",
                                       "wzp-ratchet",
                                       "shared secret",
                                       "exporter value",
                                       "media key",
                                       "secret of a key package"};
    if (WZP_TEST_SANITIZED) {
        WZP_SKIP("a sanitizer keeps what was freed");
    }
    secrets_clear();
    const scene s = scene_new(404);
    join(&s, 0);
    join(&s, 1);
    run(&s, 3);
    (void)secrets_in_memory();
    assert_true(secrets_found("wzp-pair-next") > 0); /* control: it is used */
    assert_int_equal(secrets_found("shared secret"), 0);
    assert_int_equal(secrets_found("exporter value"), 0);
    wzp_world_leave(s.w, s.client[0]);
    wzp_world_leave(s.w, s.client[1]);
    run(&s, 2);
    play(&s);
    wzp_wipe(&terms, sizeof terms);
    run(&s, 12); /* the last connections are forgotten after 10 s */
    (void)secrets_in_memory();
    for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
        assert_true(secrets_count(over[i]) > 0);
        assert_int_equal(secrets_found(over[i]), 0);
    }
    assert_true(secrets_found("seed") > 0); /* control: the search finds */
    scene_free(&s);
}

/* Freed and not wiped. */
WZP_TEST(control_what_is_not_wiped_is_found_in_memory)
{
    if (WZP_TEST_SANITIZED) {
        WZP_SKIP("a sanitizer keeps what was freed");
    }
    secrets_clear();
    uint8_t *secret = malloc(64);
    const wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, secret, 64);
    secrets_note("forgotten", secret, 64);
    free(secret);
    assert_int_equal(secrets_in_memory(), 1);
}
