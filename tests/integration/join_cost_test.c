/* SPDX-License-Identifier: MIT */
/* What a join costs a room: signals and their bytes, of the relay and all
 * members together, grow with the members and not with their square. Counted
 * where every signal passes, before wzp_endpoint_send_signal (mk/tests.mk).
 * design/secure-media.md 5.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <wzp/transport/endpoint.h>

#include <stdio.h>
#include <stdlib.h>

static uint64_t signals, bytes;

wzp_err __real_wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                        wzp_conn_id conn, const char *json,
                                        size_t len);
wzp_err __wrap_wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                        wzp_conn_id conn, const char *json,
                                        size_t len);
wzp_err __wrap_wzp_endpoint_send_signal(wzp_endpoint *ep, wzp_tstamp now,
                                        wzp_conn_id conn, const char *json,
                                        size_t len)
{
    signals++;
    bytes += len;
    return __real_wzp_endpoint_send_signal(ep, now, conn, json, len);
}

typedef struct cost {
    double signals, bytes; /* for each member */
} cost;

static wzp_node join(wzp_world *w, int i, wzp_node relay)
{
    const wzp_world_client_config cfg = {.identity = (uint8_t)i};
    const wzp_node n = wzp_world_client(w, &cfg);
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    wzp_world_link(w, n, &link, &link);
    wzp_world_join(w, n, "crowd", relay);
    return n;
}

/* Until nobody has said anything for two seconds. */
static void settle(wzp_world *w)
{
    uint64_t before;
    do {
        before = signals;
        wzp_world_run(w, 2 * WZP_S);
    } while (signals != before);
}

/* One more joins a room of n that has nothing left to say. */
static cost join_of(int n)
{
    wzp_world *w = wzp_world_new(61);
    const wzp_node relay = wzp_world_relay(w, 250, NULL);
    wzp_node last = relay;
    for (int i = 0; i < n; i++) {
        last = join(w, i, relay);
        wzp_world_run(w, 50 * WZP_MS);
    }
    settle(w);
    assert_int_equal(wzp_world_stats(w, last).members, n - 1);
    signals = 0;
    bytes = 0;
    last = join(w, n, relay);
    settle(w);
    const cost c = {.signals = (double)signals / n, .bytes = (double)bytes / n};
    fprintf(stderr, "room of %d: %.2f signals, %.0f bytes a member\n", n,
            c.signals, c.bytes);
    assert_int_equal(wzp_world_stats(w, last).members, n);
    wzp_world_free(w);
    return c;
}

static void assert_linear(int small, int large)
{
    const cost a = join_of(small);
    const cost b = join_of(large);
    assert_true(a.signals > 1); /* each member is told */
    assert_true(b.signals < a.signals * 1.15);
    assert_true(b.bytes < a.bytes * 1.15);
}

WZP_TEST(join_costs_each_member_as_much_in_a_room_of_25_as_in_one_of_50)
{
    assert_linear(25, 50);
}

WZP_TEST(join_costs_each_member_as_much_in_a_room_of_100_as_in_one_of_200)
{
    if (getenv("WZP_SOAK") == NULL) {
        WZP_SKIP("long: make soak runs it");
        return;
    }
    assert_linear(100, 200);
}
