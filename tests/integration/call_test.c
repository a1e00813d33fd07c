/* SPDX-License-Identifier: MIT */
/* Calls in the world: real relay, real clients, real QUIC and codec, virtual
 * time, simulated links.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <stdlib.h>
#include <string.h>

#define VOICE_LEN (48000 * 2)

/* Two seconds of something like speech: a pulse train through two resonances,
 * in syllables of 200 ms with pauses. Tests need energy and structure, not
 * words. */
static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    static bool is_made;
    if (is_made) {
        return pcm;
    }
    double y1 = 0, y2 = 0, z1 = 0, z2 = 0;
    for (size_t i = 0; i < VOICE_LEN; i++) {
        size_t period = 320 + (i / 9600) % 5 * 30;
        double x = i % period == 0 ? 6000.0 : 0.0;
        double y = x + 1.95 * y1 - 0.955 * y2; /* near 700 Hz */
        double z = y * 0.2 + 1.80 * z1 - 0.90 * z2;
        y2 = y1;
        y1 = y;
        z2 = z1;
        z1 = z;
        bool on = i / 9600 % 4 != 3;
        double v = on ? z * 0.15 : 0.0;
        pcm[i] = (int16_t)(v > 20000 ? 20000 : v < -20000 ? -20000 : v);
    }
    is_made = true;
    return pcm;
}

static wzp_node talker(wzp_world *w, uint8_t identity)
{
    wzp_world_client_config cfg = {.is_steady = true,
                                   .identity = identity,
                                   .in = voice(),
                                   .in_len = VOICE_LEN,
                                   .keep_heard = true};
    return wzp_world_client(w, &cfg);
}

static wzp_node listener(wzp_world *w, uint8_t identity)
{
    wzp_world_client_config cfg = {
        .is_steady = true, .identity = identity, .keep_heard = true};
    return wzp_world_client(w, &cfg);
}

static void lossy(wzp_world *w, wzp_node n, double loss, uint64_t delay_ms,
                  uint64_t jitter_ms)
{
    wzp_link_cfg link = {.loss = loss,
                         .delay_ns = delay_ms * WZP_MS,
                         .jitter_ns = jitter_ms * WZP_MS};
    wzp_world_link(w, n, &link, &link);
}

/* Mean square of what was heard after `skip` samples. */
static double energy(const wzp_world *w, wzp_node n, size_t skip)
{
    size_t len;
    const int16_t *pcm = wzp_world_heard(w, n, &len);
    double sum = 0;
    for (size_t i = skip; i < len; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return len > skip ? sum / (double)(len - skip) : 0;
}

typedef struct two {
    wzp_world *w;
    wzp_node relay, a, b;
} two;

static two two_party(uint64_t seed, double loss)
{
    two t = {.w = wzp_world_new(seed)};
    t.relay = wzp_world_relay(t.w, 9, NULL);
    t.a = talker(t.w, 1);
    t.b = talker(t.w, 2);
    lossy(t.w, t.a, 0, 10, 0);
    lossy(t.w, t.b, loss, 40, 20);
    wzp_world_join(t.w, t.a, "Blue-Room", t.relay);
    wzp_world_join(t.w, t.b, "blue-room", t.relay);
    return t;
}

static void assert_hears(const two *t, wzp_node from, wzp_node to,
                         double min_share)
{
    wzp_client_stats s = wzp_world_stats(t->w, from);
    wzp_client_stats r = wzp_world_stats(t->w, to);
    assert_true(s.packets_sent > 100);
    assert_true((double)r.packets_received >=
                min_share * (double)s.packets_sent);
    assert_true(energy(t->w, to, 48000) > 1000.0);
    assert_int_equal(r.group.bad_tag, 0);
}

WZP_TEST(two_clients_on_a_clean_path_hear_each_other)
{
    two t = two_party(1, 0);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 5 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 5 * WZP_S));
    wzp_world_run(t.w, 10 * WZP_S);
    assert_hears(&t, t.a, t.b, 0.98);
    assert_hears(&t, t.b, t.a, 0.98);
    wzp_client_stats s = wzp_world_stats(t.w, t.a);
    assert_int_equal(s.members_keyed, 1);
    assert_int_equal(s.packets_lost, 0);
    wzp_world_free(t.w);
}

WZP_TEST(two_clients_at_10_percent_loss_hear_each_other_and_rebuild)
{
    two t = two_party(2, 0.10);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 10 * WZP_S));
    wzp_world_run(t.w, 15 * WZP_S);
    assert_hears(&t, t.a, t.b, 0.80);
    assert_hears(&t, t.b, t.a, 0.80);
    wzp_client_stats s = wzp_world_stats(t.w, t.b);
    assert_true(s.packets_lost > 20);
    assert_true(s.rebuilt_lbrr + s.rebuilt_dred > s.packets_lost / 2);
    wzp_world_free(t.w);
}

WZP_TEST(two_clients_at_30_percent_loss_still_talk)
{
    two t = two_party(3, 0.30);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 30 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 30 * WZP_S));
    wzp_world_run(t.w, 15 * WZP_S);
    assert_hears(&t, t.a, t.b, 0.55);
    assert_hears(&t, t.b, t.a, 0.55);
    wzp_world_free(t.w);
}

WZP_TEST(of_three_members_each_hears_the_two_others)
{
    two t = two_party(4, 0);
    wzp_node c = listener(t.w, 3);
    lossy(t.w, c, 0.05, 30, 5);
    wzp_world_run(t.w, 3 * WZP_S);
    wzp_world_join(t.w, c, "blue-room", t.relay);
    assert_true(wzp_world_await_keyed(t.w, c, 2, 10 * WZP_S));
    wzp_world_run(t.w, 8 * WZP_S);
    wzp_client_stats s = wzp_world_stats(t.w, c);
    assert_int_equal(s.members, 2);
    assert_true(s.packets_received > 2 * 300);
    assert_true(energy(t.w, c, 48000) > 1000.0);
    assert_hears(&t, t.a, t.b, 0.95);
    wzp_world_free(t.w);
}

WZP_TEST(a_restarted_relay_is_found_again_and_the_call_goes_on)
{
    two t = two_party(5, 0);
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 5 * WZP_S));
    wzp_world_run(t.w, 3 * WZP_S);
    wzp_world_kill(t.w, t.relay);
    wzp_world_run(t.w, 5 * WZP_S);
    wzp_world_restart_relay(t.w, t.relay);
    wzp_world_run(t.w, 45 * WZP_S); /* idle time-out 30 s, then back-off */
    assert_int_equal(wzp_engine_state(wzp_world_engine(t.w, t.a)),
                     WZP_CLIENT_JOINED);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 20 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 20 * WZP_S));
    uint64_t before = wzp_world_stats(t.w, t.b).packets_received;
    wzp_world_run(t.w, 5 * WZP_S);
    assert_true(wzp_world_stats(t.w, t.b).packets_received > before + 200);
    assert_true(wzp_world_stats(t.w, t.a).reconnects > 0);
    wzp_world_free(t.w);
}

WZP_TEST(who_leaves_is_gone_for_the_others_and_the_relay_is_empty)
{
    two t = two_party(6, 0);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 5 * WZP_S));
    wzp_world_leave(t.w, t.b);
    assert_true(wzp_world_await(t.w, t.b, WZP_CLIENT_IDLE, 2 * WZP_S));
    wzp_world_run(t.w, 2 * WZP_S);
    assert_int_equal(wzp_world_stats(t.w, t.a).members, 0);
    wzp_world_leave(t.w, t.a);
    wzp_world_run(t.w, 2 * WZP_S);
    wzp_relay_stats rs = {.size = sizeof rs};
    wzp_relay_stats_get(wzp_world_relay_machine(t.w, t.relay), &rs);
    assert_int_equal(rs.rooms, 0);
    assert_int_equal(rs.members, 0);
    wzp_world_free(t.w);
}

WZP_TEST(both_sides_have_the_same_members_for_the_check_words)
{
    two t = two_party(7, 0.1);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 10 * WZP_S));
    uint8_t room[2][WZP_HASH_LEN];
    uint8_t keys[2][8][WZP_KEY_LEN];
    size_t na =
        wzp_engine_words_input(wzp_world_engine(t.w, t.a), room[0], keys[0], 8);
    size_t nb =
        wzp_engine_words_input(wzp_world_engine(t.w, t.b), room[1], keys[1], 8);
    assert_int_equal(na, 2);
    assert_int_equal(nb, 2);
    assert_memory_equal(room[0], room[1], WZP_HASH_LEN);
    wzp_world_free(t.w);
}

WZP_TEST(the_same_seed_gives_the_same_packets_bit_for_bit)
{
    uint64_t trace[3];
    uint64_t packets[3];
    for (int i = 0; i < 3; i++) {
        two t = two_party(i < 2 ? 8 : 9, 0.1);
        wzp_world_run(t.w, 5 * WZP_S);
        trace[i] = wzp_world_trace(t.w);
        packets[i] = wzp_world_packets(t.w);
        wzp_world_free(t.w);
    }
    assert_true(packets[0] > 500);
    assert_int_equal(packets[0], packets[1]);
    assert_true(trace[0] == trace[1]);
    assert_true(trace[0] != trace[2]);
}
