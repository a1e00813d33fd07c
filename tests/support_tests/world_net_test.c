/* SPDX-License-Identifier: MIT */
/* The network of the world: translators, moves, clocks and timers. */
#include "support/harness.h"
#include "support/world/timers.h"
#include "support/world/world.h"

/* --- timers --- */

WZP_TEST(timers_give_the_earliest_and_of_equals_the_lowest_node)
{
    static wzp_timers t;
    int node = -1;
    wzp_timers_init(&t);
    assert_true(wzp_timers_first(&t, &node) == UINT64_MAX);
    wzp_timers_set(&t, 700, 50);
    wzp_timers_set(&t, 3, 60);
    assert_int_equal(wzp_timers_first(&t, &node), 50);
    assert_int_equal(node, 700);
    wzp_timers_set(&t, 41, 50);
    wzp_timers_set(&t, 700, 50);
    assert_int_equal(wzp_timers_first(&t, &node), 50);
    assert_int_equal(node, 41);
    wzp_timers_set(&t, 41, UINT64_MAX);
    wzp_timers_set(&t, 700, 61);
    assert_int_equal(wzp_timers_first(&t, &node), 60);
    assert_int_equal(node, 3);
}

/* --- translators --- */

static const wzp_addr OUTER = {
    .ip = {192, 0, 0, 5}, .port = 20000, .family = WZP_FAMILY_V4};
static const wzp_addr RELAY = {
    .ip = {10, 0, 0, 1}, .port = 4433, .family = WZP_FAMILY_V4};
static const wzp_addr RELAY_2 = {
    .ip = {10, 0, 0, 1}, .port = 5555, .family = WZP_FAMILY_V4};
static const wzp_addr OTHER = {
    .ip = {10, 0, 0, 2}, .port = 4433, .family = WZP_FAMILY_V4};

static wzp_nat nat_of(wzp_nat_kind kind, uint64_t idle_ns)
{
    wzp_nat nat;
    const wzp_nat_cfg cfg = {.kind = kind, .idle_ns = idle_ns};
    wzp_nat_init(&nat, &cfg, &OUTER);
    return nat;
}

static const struct {
    wzp_nat_kind kind;
    bool same_port, same_host_in, stranger_in;
} KINDS[] = {
    {WZP_NAT_OPEN, true, true, true},
    {WZP_NAT_BY_ADDRESS, true, true, false},
    {WZP_NAT_SYMMETRIC, false, false, false},
};

static size_t kind_count(void)
{
    return sizeof KINDS / sizeof *KINDS;
}

static void kind_run(size_t row)
{
    wzp_nat nat = nat_of(KINDS[row].kind, 0);
    const wzp_addr from = wzp_nat_out(&nat, 1, &RELAY);
    assert_true(wzp_nat_in(&nat, 2, &RELAY, &from));
    assert_int_equal(wzp_nat_in(&nat, 2, &RELAY_2, &from),
                     KINDS[row].same_host_in);
    assert_int_equal(wzp_nat_in(&nat, 2, &OTHER, &from),
                     KINDS[row].stranger_in);
    const wzp_addr again = wzp_nat_out(&nat, 3, &RELAY);
    const wzp_addr second = wzp_nat_out(&nat, 3, &OTHER);
    assert_int_equal(again.port, from.port);
    assert_int_equal(second.port == from.port, KINDS[row].same_port);
    wzp_nat_forget(&nat);
    assert_false(wzp_nat_in(&nat, 4, &RELAY, &from));
    assert_int_not_equal(wzp_nat_out(&nat, 5, &RELAY).port, from.port);
}

WZP_ROWS(nat_of_each_kind_maps_and_filters_as_it_says, kind_count, kind_run);

WZP_TEST(nat_mapping_not_sent_on_is_gone_after_its_idle_time)
{
    wzp_nat nat = nat_of(WZP_NAT_OPEN, 30 * WZP_S);
    const wzp_addr from = wzp_nat_out(&nat, WZP_S, &RELAY);
    assert_true(wzp_nat_in(&nat, 20 * WZP_S, &RELAY, &from));
    /* what comes in does not keep it */
    assert_false(wzp_nat_in(&nat, 31 * WZP_S, &RELAY, &from));
    assert_int_equal(nat.refused, 1);
    assert_int_not_equal(wzp_nat_out(&nat, 32 * WZP_S, &RELAY).port, from.port);
}

WZP_TEST(nat_with_more_peers_than_places_forgets_the_one_not_used_for_longest)
{
    wzp_nat nat = nat_of(WZP_NAT_SYMMETRIC, 0);
    wzp_addr peer = RELAY, from[WZP_NAT_MAPPINGS + 1];
    for (int i = 0; i <= WZP_NAT_MAPPINGS; i++) {
        peer.port = (uint16_t)(1000 + i);
        from[i] = wzp_nat_out(&nat, (uint64_t)i + 1, &peer);
    }
    assert_true(wzp_nat_in(&nat, 100, &peer, &from[WZP_NAT_MAPPINGS]));
    peer.port = 1000;
    assert_false(wzp_nat_in(&nat, 100, &peer, &from[0]));
    peer.port = 1001;
    assert_true(wzp_nat_in(&nat, 100, &peer, &from[1]));
}

/* --- in a world --- */

typedef struct pair {
    wzp_world *w;
    wzp_node relay, a, b;
} pair;

static pair pair_of(uint64_t seed, const wzp_nat_cfg *nat)
{
    const wzp_world_client_config cfg[2] = {{.identity = 1}, {.identity = 2}};
    pair p = {.w = wzp_world_new(seed)};
    p.relay = wzp_world_relay(p.w, 9, NULL);
    p.a = wzp_world_client(p.w, &cfg[0]);
    p.b = wzp_world_client(p.w, &cfg[1]);
    if (nat != NULL) {
        wzp_world_nat(p.w, p.a, nat);
    }
    wzp_world_join(p.w, p.a, "room", p.relay);
    wzp_world_join(p.w, p.b, "room", p.relay);
    wzp_world_run(p.w, 3 * WZP_S);
    return p;
}

WZP_TEST(client_behind_a_translator_joins_and_is_seen_from_outside)
{
    const wzp_nat_cfg nat = {.kind = WZP_NAT_SYMMETRIC};
    pair p = pair_of(1, &nat);
    uint64_t refused;
    wzp_world_check_settled(p.w);
    wzp_relay_event ev;
    bool is_seen = false;
    while (wzp_relay_next_event(wzp_world_relay_machine(p.w, p.relay), &ev)) {
        is_seen |= ev.kind == WZP_RELAY_JOINED && ev.remote.ip[0] == 192 &&
                   ev.remote.port == 20000;
    }
    assert_true(is_seen);
    wzp_world_link_stats(p.w, p.a, NULL, NULL, &refused);
    assert_int_equal(refused, 0);
    wzp_world_free(p.w);
}

WZP_TEST(rebound_client_is_not_reached_by_its_old_port)
{
    const wzp_nat_cfg nat = {.kind = WZP_NAT_OPEN};
    pair p = pair_of(2, &nat);
    wzp_link_stats before, after;
    uint64_t refused;
    wzp_world_rebind(p.w, p.a);
    wzp_world_link_stats(p.w, p.a, NULL, &before, NULL);
    wzp_world_leave(p.w, p.b); /* the relay tells a, at the port it knows */
    wzp_world_run(p.w, 50 * WZP_MS);
    wzp_world_link_stats(p.w, p.a, NULL, &after, &refused);
    assert_true(refused > 0 || after.packets > before.packets);
    assert_true(refused > 0);
    wzp_world_free(p.w);
}

WZP_TEST(moved_client_is_not_reached_at_its_old_address)
{
    pair p = pair_of(3, NULL);
    wzp_link_stats before, after;
    const wzp_addr old = wzp_world_addr(p.w, p.a);
    wzp_world_move(p.w, p.a);
    const wzp_addr moved = wzp_world_addr(p.w, p.a);
    assert_false(wzp_addr_equal(&old, &moved));
    wzp_world_link_stats(p.w, p.a, NULL, &before, NULL);
    wzp_world_leave(p.w, p.b);
    wzp_world_run(p.w, 50 * WZP_MS);
    wzp_world_link_stats(p.w, p.a, NULL, &after, NULL);
    assert_int_equal(after.packets, before.packets);
    wzp_world_free(p.w);
}

WZP_TEST(skewed_clock_runs_by_so_many_millionths_too_fast)
{
    pair p = pair_of(4, NULL);
    uint64_t captured[2];
    wzp_world_skew(p.w, p.a, 10000); /* one per cent, to see it soon */
    assert_int_equal(wzp_world_now_at(p.w, p.a), wzp_world_now(p.w));
    captured[0] = wzp_world_stats(p.w, p.a).tx_packets;
    wzp_world_run(p.w, 100 * WZP_S);
    captured[1] = wzp_world_stats(p.w, p.a).tx_packets;
    assert_true(captured[1] > captured[0]); /* it lives */
    assert_int_equal(wzp_world_now_at(p.w, p.a) - wzp_world_now(p.w), WZP_S);
    wzp_world_skew(p.w, p.a, -10000);
    wzp_world_run(p.w, 100 * WZP_S);
    assert_int_equal(wzp_world_now_at(p.w, p.a), wzp_world_now(p.w));
    wzp_world_free(p.w);
}

WZP_TEST(restarted_client_comes_back_with_its_identity_and_store)
{
    pair p = pair_of(5, NULL);
    wzp_client_event ev;
    wzp_world_kill(p.w, p.a);
    wzp_world_run(p.w, WZP_S);
    wzp_world_restart_client(p.w, p.a);
    wzp_world_join(p.w, p.a, "room", p.relay);
    assert_true(wzp_world_await(p.w, p.a, WZP_CLIENT_JOINED, 5 * WZP_S));
    assert_int_equal(wzp_world_events(p.w, p.a, WZP_EVENT_PIN, &ev), 1);
    wzp_world_free(p.w);
}
