/* SPDX-License-Identifier: MIT */
/* Each law of the world broken on purpose: the world would notice. */
#include "support/harness.h"
#include "support/world/laws.h"
#include "support/world/world.h"

#include <string.h>

/* --- laws as functions --- */

static const wzp_inside FINE = {
    .pool_free = 90,
    .conns = {1, 2},
    .events = {3, 8},
    .signals = {100, 1000},
    .dgrams = {64, 64},
    .held = {32, 32},
};

WZP_TEST(law_of_bounds_accepts_full_queues)
{
    assert_null(wzp_law_bounds(&FINE, 100));
    const wzp_inside empty = {.pool_free = 100};
    assert_null(wzp_law_empty(&empty, 100));
}

static const size_t QUEUES[] = {
    offsetof(wzp_inside, conns),   offsetof(wzp_inside, events),
    offsetof(wzp_inside, signals), offsetof(wzp_inside, dgrams),
    offsetof(wzp_inside, held),
};

static size_t queue_count(void)
{
    return sizeof QUEUES / sizeof *QUEUES;
}

static void overfull(size_t row)
{
    wzp_inside in = FINE;
    wzp_filled *queue = (wzp_filled *)(void *)((uint8_t *)&in + QUEUES[row]);
    queue->n = queue->most + 1;
    assert_non_null(wzp_law_bounds(&in, 100));
}

WZP_ROWS(law_of_bounds_notices_an_overfull_queue, queue_count, overfull);

WZP_TEST(law_of_bounds_notices_packets_given_back_twice)
{
    wzp_inside in = FINE;
    in.pool_free = 101;
    assert_non_null(wzp_law_bounds(&in, 100));
}

WZP_TEST(law_of_emptiness_notices_what_is_left_behind)
{
    const wzp_inside left[] = {
        {.pool_free = 99},
        {.pool_free = 100, .conns = {1, 2}},
        {.pool_free = 100, .peers = 1},
        {.pool_free = 100, .held = {1, 32}},
    };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        assert_non_null(wzp_law_empty(&left[i], 100));
    }
}

WZP_TEST(law_of_counters_notices_one_that_goes_back)
{
    const wzp_client_stats had = {.packets_sent = 5, .group.opened = 7};
    wzp_client_stats now = had;
    assert_null(wzp_law_client_counters(&had, &now, true));
    now.packets_sent = 4;
    assert_non_null(wzp_law_client_counters(&had, &now, true));
    assert_non_null(wzp_law_client_counters(&had, &now, false));

    now = had;
    now.group.opened = 0; /* a new group begins anew, the old one does not */
    assert_null(wzp_law_client_counters(&had, &now, false));
    assert_non_null(wzp_law_client_counters(&had, &now, true));

    const wzp_relay_stats relay_had = {.media_out = 9};
    const wzp_relay_stats relay_now = {.media_out = 8};
    assert_null(wzp_law_relay_counters(&relay_now, &relay_had));
    assert_non_null(wzp_law_relay_counters(&relay_had, &relay_now));
}

WZP_TEST(law_of_generations_notices_a_roll_back)
{
    const wzp_group_stats had = {.generation = 3, .step = 4};
    const wzp_group_stats next = {.generation = 4, .step = 0};
    const wzp_group_stats step = {.generation = 3, .step = 3};
    const wzp_group_stats old = {.generation = 2, .step = 9};
    assert_null(wzp_law_generation(&had, &had));
    assert_null(wzp_law_generation(&had, &next));
    assert_non_null(wzp_law_generation(&had, &step));
    assert_non_null(wzp_law_generation(&had, &old));
}

/* --- nonces --- */

static const wzp_sealed_seen PACKET = {.node = 1,
                                       .mid = {0xAB, 0xCD},
                                       .generation = 0x102,
                                       .step = 3,
                                       .kid = 0xABCD0203,
                                       .ctr = 10};

WZP_TEST(law_of_nonces_lets_counters_begin_anew_under_a_new_key_only)
{
    wzp_nonces seen = {0};
    wzp_sealed_seen p = PACKET;
    assert_null(wzp_law_nonce(&seen, &p));
    p.ctr++;
    assert_null(wzp_law_nonce(&seen, &p));
    p.step++;
    p.kid++;
    p.ctr = 0;
    assert_null(wzp_law_nonce(&seen, &p));
    p.generation++;
    p.step = 0;
    p.kid = 0xABCD0300;
    assert_null(wzp_law_nonce(&seen, &p));
    wzp_nonces_free(&seen);
}

WZP_TEST(law_of_nonces_notices_a_counter_used_twice)
{
    wzp_nonces seen = {0};
    assert_null(wzp_law_nonce(&seen, &PACKET));
    for (uint32_t i = 0; i < 1000; i++) { /* others in between */
        wzp_sealed_seen other = PACKET;
        other.node = 2;
        memcpy(other.mid, &i, sizeof i);
        other.mid[15] = 1;
        assert_null(wzp_law_nonce(&seen, &other));
    }
    assert_non_null(wzp_law_nonce(&seen, &PACKET));
    wzp_sealed_seen old = PACKET; /* back under an old key */
    old.generation--;
    old.kid = 0xABCD0103;
    old.ctr = 99;
    assert_non_null(wzp_law_nonce(&seen, &old));
    wzp_nonces_free(&seen);
}

WZP_TEST(law_of_nonces_notices_a_member_id_taken_up_again)
{
    wzp_nonces seen = {0};
    assert_int_equal(wzp_nonces_node(&seen, PACKET.mid), -1);
    assert_null(wzp_law_nonce(&seen, &PACKET));
    assert_int_equal(wzp_nonces_node(&seen, PACKET.mid), 1);
    wzp_sealed_seen p = PACKET;
    p.ctr++;
    p.node = 2;
    assert_non_null(wzp_law_nonce(&seen, &p));
    p.node = 1; /* a restart with the same package */
    p.generation = 0;
    p.kid = 0xABCD0000;
    p.step = 0;
    p.ctr = 0;
    assert_non_null(wzp_law_nonce(&seen, &p));
    wzp_nonces_free(&seen);
}

WZP_TEST(law_of_nonces_notices_a_packet_that_names_another_key)
{
    wzp_nonces seen = {0};
    wzp_sealed_seen p = PACKET;
    p.kid = 0xABCD0202;
    assert_non_null(wzp_law_nonce(&seen, &p));
    wzp_nonces_free(&seen);
}

/* --- laws in a world --- */

static void deaf_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                      const wzp_addr *remote, const uint8_t *data, size_t len)
{
    (void)m;
    (void)now;
    (void)local;
    (void)remote;
    (void)data;
    (void)len;
}

static void idle_expire(void *m, wzp_tstamp now)
{
    (void)m;
    (void)now;
}

static wzp_tstamp past_deadline(void *m)
{
    return *(const wzp_tstamp *)m;
}

static bool silent_poll(void *m, wzp_tstamp now, wzp_addr *local,
                        wzp_addr *remote, const uint8_t **data, size_t *len)
{
    (void)m;
    (void)now;
    (void)local;
    (void)remote;
    (void)data;
    (void)len;
    return false;
}

WZP_TEST(world_notices_a_machine_whose_deadline_stays_in_the_past)
{
    wzp_world *w = wzp_world_new(1);
    wzp_world_broken broken;
    wzp_world_catch(w, &broken);
    wzp_tstamp deadline = WZP_NEVER;
    const wzp_uv_machine machine = {.recv = deaf_recv,
                                    .expire = idle_expire,
                                    .deadline = past_deadline,
                                    .poll_send = silent_poll,
                                    .machine = &deadline};
    wzp_node actor = wzp_world_actor(w);
    wzp_world_act(w, actor, &machine);
    wzp_world_run(w, WZP_S);
    assert_null(broken.what);
    deadline = wzp_world_now(w) - 1;
    wzp_world_run(w, 100);
    assert_non_null(broken.what);
    assert_int_equal(broken.node, actor);
    wzp_world_free(w);
}

static wzp_node plain_client(wzp_world *w, uint8_t identity)
{
    const wzp_world_client_config cfg = {.identity = identity};
    return wzp_world_client(w, &cfg);
}

WZP_TEST(world_notices_a_member_that_the_relay_lists_and_is_gone)
{
    wzp_world *w = wzp_world_new(2);
    wzp_world_broken broken;
    wzp_world_catch(w, &broken);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = plain_client(w, 1), b = plain_client(w, 2);
    wzp_world_join(w, a, "room", relay);
    wzp_world_join(w, b, "room", relay);
    wzp_world_run(w, 3 * WZP_S);
    wzp_world_check_settled(w);
    assert_null(broken.what);
    wzp_world_kill(w, b); /* the relay does not know yet */
    wzp_world_check_settled(w);
    assert_non_null(broken.what);
    assert_int_equal(broken.node, relay);
    wzp_world_free(w);
}

WZP_TEST(world_notices_connections_that_are_left)
{
    wzp_world *w = wzp_world_new(3);
    wzp_world_broken broken;
    wzp_world_catch(w, &broken);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = plain_client(w, 1);
    wzp_world_join(w, a, "room", relay);
    wzp_world_run(w, 3 * WZP_S);
    wzp_world_check_empty(w);
    assert_string_equal(broken.what, "a connection was left behind");

    wzp_world_leave(w, a);
    wzp_world_run(w, 10 * WZP_S);
    wzp_world_catch(w, &broken);
    wzp_world_check_empty(w);
    assert_null(broken.what);
    wzp_world_free(w);
}
