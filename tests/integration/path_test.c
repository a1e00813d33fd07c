/* SPDX-License-Identifier: MIT */
/* A call whose client is suddenly somewhere else: behind another NAT mapping,
 * of which it knows nothing, or on another network, of which the host told it.
 */
#include "support/harness.h"
#include "support/world/world.h"

enum {
    HUM_LEN = 48000,
};

/* A buzz without pauses, so that every 20 ms give a packet. */
static const int16_t *hum(void)
{
    static int16_t pcm[HUM_LEN];
    for (size_t i = 0; i < HUM_LEN; i++) {
        pcm[i] = (int16_t)(i % 240 < 40 ? 6000 : -1200);
    }
    return pcm;
}

typedef struct call {
    wzp_world *w;
    wzp_node relay, a, b; /* a is the one that moves */
} call;

static call hold_call(uint64_t seed, double loss, uint64_t delay_ms)
{
    call t = {.w = wzp_world_new(seed)};
    t.relay = wzp_world_relay(t.w, 9, NULL);
    const wzp_world_client_config one = {
        .identity = 1, .in = hum(), .in_len = HUM_LEN};
    const wzp_world_client_config two = {
        .identity = 2, .in = hum(), .in_len = HUM_LEN};
    t.a = wzp_world_client(t.w, &one);
    t.b = wzp_world_client(t.w, &two);
    const wzp_link_cfg link = {.loss = loss, .delay_ns = delay_ms * WZP_MS};
    wzp_world_link(t.w, t.a, &link, &link);
    wzp_world_join(t.w, t.a, "blue-room", t.relay);
    wzp_world_join(t.w, t.b, "blue-room", t.relay);
    assert_true(wzp_world_await_keyed(t.w, t.a, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(t.w, t.b, 1, 10 * WZP_S));
    wzp_world_run(t.w, 5 * WZP_S);
    return t;
}

static void tell(call *t)
{
    const wzp_addr now = wzp_world_addr(t->w, t->a);
    wzp_engine_moved(wzp_world_engine(t->w, t->a), wzp_world_now(t->w), &now);
    wzp_world_kick(t->w, t->a);
}

typedef struct change {
    const char *name;
    bool is_told;
    double loss;
    uint64_t delay_ms;
    uint64_t limit; /* of 500 frames, each way */
} change;

static const change CHANGES[] = {
    {"NAT, 40 ms", false, 0, 20, 8},
    {"NAT, 300 ms", false, 0, 150, 25},
    {"NAT, 10 % loss", false, 0.1, 20, 80},
    {"told, 40 ms", true, 0, 20, 8},
    {"told, 300 ms", true, 0, 150, 25},
    {"told, 10 % loss", true, 0.1, 20, 80},
};

static size_t change_rows(void)
{
    return sizeof CHANGES / sizeof *CHANGES;
}

static void goes_on(size_t row)
{
    const change *k = &CHANGES[row];
    call t = hold_call(100 + row, k->loss, k->delay_ms);
    for (int i = 0; i < 3; i++) {
        wzp_world_move(t.w, t.a);
        if (k->is_told) {
            tell(&t);
        }
        const uint64_t up_before = wzp_world_stats(t.w, t.b).packets_lost;
        const uint64_t down_before = wzp_world_stats(t.w, t.a).packets_lost;
        wzp_world_run(t.w, 10 * WZP_S);
        const uint64_t up = wzp_world_stats(t.w, t.b).packets_lost - up_before;
        const uint64_t down =
            wzp_world_stats(t.w, t.a).packets_lost - down_before;
        print_message("%s: gaps of %llu frames down, %llu up\n", k->name,
                      (unsigned long long)down, (unsigned long long)up);
        assert_true(down <= k->limit);
        assert_true(up <= k->limit);
    }
    const wzp_client_stats s = wzp_world_stats(t.w, t.a);
    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_int_equal(s.reconnects, 0);
    assert_true(s.rtt_us < (2 * k->delay_ms + 60) * 1000);
    assert_int_equal(wzp_world_stats(t.w, t.b).group.bad_tag, 0);
    wzp_relay_stats r = {.size = sizeof r};
    wzp_relay_stats_get(wzp_world_relay_machine(t.w, t.relay), &r);
    assert_int_equal(r.path_changes, 3);
    wzp_world_free(t.w);
}

WZP_ROWS(a_call_goes_on_when_a_client_is_elsewhere, change_rows, goes_on);

WZP_TEST(a_call_is_silent_while_packets_go_to_where_the_client_was)
{
    /* Control: moved, but all it says is lost, so nobody can follow. */
    call t = hold_call(110, 0, 20);
    wzp_world_move(t.w, t.a);
    const wzp_link_cfg dead = {.loss = 1};
    const wzp_link_cfg good = {.delay_ns = 20 * WZP_MS};
    wzp_world_link(t.w, t.a, &dead, &good);
    const uint64_t before = wzp_world_stats(t.w, t.a).packets_received;
    wzp_world_run(t.w, 5 * WZP_S);
    const uint64_t heard = wzp_world_stats(t.w, t.a).packets_received - before;
    print_message("heard %llu\n", (unsigned long long)heard);
    assert_true(heard <= 5); /* what was on its way */
    wzp_world_free(t.w);
}

/* Packets that come in the second half of the ten seconds after an outage, in
 * which the client moved without knowing it. The relay must first know that the
 * new address is its own, and sends no more than three bytes for each that
 * comes from there until then. A muted client sends few. */
static uint64_t heard_after_outage(unsigned outage_s)
{
    const wzp_link_cfg clean = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg dead = {.loss = 1};
    call t = hold_call(160 + outage_s, 0, 20);
    wzp_engine_mute(wzp_world_engine(t.w, t.a), wzp_world_now(t.w), true);
    wzp_world_run(t.w, 2 * WZP_S);
    wzp_world_link(t.w, t.a, &clean, &dead);
    wzp_world_move(t.w, t.a);
    wzp_world_run(t.w, outage_s * WZP_S);
    wzp_world_link(t.w, t.a, &clean, &clean);
    wzp_world_run(t.w, 5 * WZP_S);
    const uint64_t before = wzp_world_stats(t.w, t.a).packets_received;
    wzp_world_run(t.w, 5 * WZP_S);
    const uint64_t n = wzp_world_stats(t.w, t.a).packets_received - before;
    wzp_world_free(t.w);
    return n;
}

/* Of frames of 40 ms at most. */
WZP_TEST(a_muted_client_that_moved_in_an_outage_hears_everything_again)
{
    for (unsigned s = 2; s <= 9; s++) {
        const uint64_t n = heard_after_outage(s);
        print_message("outage of %u s: %u packets\n", s, (unsigned)n);
        assert_true(n >= 120);
    }
}

WZP_TEST(a_client_that_changes_networks_while_it_joins_is_in_the_room_soon)
{
    call t = {.w = wzp_world_new(111)};
    t.relay = wzp_world_relay(t.w, 9, NULL);
    const wzp_world_client_config one = {.identity = 1};
    t.a = wzp_world_client(t.w, &one);
    const wzp_link_cfg link = {.delay_ns = 50 * WZP_MS};
    wzp_world_link(t.w, t.a, &link, &link);
    wzp_world_join(t.w, t.a, "blue-room", t.relay);
    wzp_world_run(t.w, 70 * WZP_MS); /* in the middle of the handshake */
    wzp_world_move(t.w, t.a);
    tell(&t);
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_JOINED, WZP_S));
    wzp_client_event ev;
    assert_int_equal(wzp_world_events(t.w, t.a, WZP_EVENT_ENDED, &ev), 0);
    wzp_world_free(t.w);
}

WZP_TEST(a_client_that_waits_to_reconnect_dials_at_once_on_another_network)
{
    call t = hold_call(112, 0, 20);
    wzp_world_kill(t.w, t.relay);
    wzp_world_run(t.w, 50 * WZP_S); /* idle after 30 s, then back-off */
    wzp_world_restart_relay(t.w, t.relay);
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_RECONNECTING, 20 * WZP_S));
    wzp_world_move(t.w, t.a);
    tell(&t);
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_JOINED, WZP_S));
    wzp_world_free(t.w);
}

WZP_TEST(the_measured_round_trip_is_right_soon_after_a_reconnect)
{
    call t = hold_call(113, 0, 20);
    wzp_world_kill(t.w, t.relay);
    wzp_world_run(t.w, 5 * WZP_S);
    wzp_world_restart_relay(t.w, t.relay);
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_RECONNECTING, 60 * WZP_S));
    assert_true(wzp_world_await(t.w, t.a, WZP_CLIENT_JOINED, 60 * WZP_S));
    for (int i = 0; i < 20; i++) {
        wzp_world_run(t.w, 250 * WZP_MS);
        print_message("%d ms: a %llu us, b %llu us\n", 250 * (i + 1),
                      (unsigned long long)wzp_world_stats(t.w, t.a).rtt_us,
                      (unsigned long long)wzp_world_stats(t.w, t.b).rtt_us);
    }
    assert_true(wzp_world_stats(t.w, t.a).rtt_us < 60000);
    wzp_world_free(t.w);
}
