/* SPDX-License-Identifier: MIT */
/* Worlds made up by a seed: who there is, over which links, behind which
 * translators, with which clocks, and what befalls them. Whatever that is, the
 * laws hold (laws.h), afterwards everybody finds everybody, and in the end
 * nothing is left in any machine. WZP_SOAK=n runs 20 n seeds.
 */
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"

#include <stdlib.h>

#define MOST    8
#define HUM_LEN 4800
#define LENGTH  (40 * WZP_S)

typedef struct scene {
    wzp_world *w;
    wzp_test_rng rng;
    wzp_node relay;
    wzp_node node[MOST];
    int n;
    wzp_trace trace;
} scene;

static uint64_t below(scene *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

static double share(scene *s, double most)
{
    return (double)below(s, 1001) / 1000 * most;
}

static const int16_t *hum(void)
{
    static int16_t pcm[HUM_LEN];
    for (size_t i = 0; i < HUM_LEN; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static wzp_link_cfg some_link(scene *s)
{
    wzp_link_cfg link = {
        .loss = share(s, 0.2),
        .burst_ms = below(s, 3) == 0 ? share(s, 300) : 0,
        .delay_ns = below(s, 150) * WZP_MS,
        .jitter_ns = below(s, 40) * WZP_MS,
        .rate_bps = below(s, 3) == 0 ? 200000 + below(s, 1000000) : 0,
        .dup = share(s, 0.1),
        .keep_order = below(s, 2) == 0,
        .reorder = share(s, 0.1),
        .mtu = below(s, 3) == 0 ? 1200 + below(s, 300) : 0,
        .corrupt = share(s, 0.02),
    };
    if (below(s, 4) == 0) {
        link.trace = &s->trace;
    }
    return link;
}

static void change_links(scene *s, int i)
{
    const wzp_link_cfg up = some_link(s), down = some_link(s);
    wzp_world_link(s->w, s->node[i], &up, &down);
}

static void begin(scene *s, uint64_t seed)
{
    *s = (scene){.w = wzp_world_new(seed), .rng = {seed * 31 + 7}};
    const char *trace = wzp_trace_name(below(s, wzp_trace_count()));
    assert_true(wzp_trace_make(trace, &s->trace));
    s->relay = wzp_world_relay(s->w, 9, NULL);
    s->n = 3 + (int)below(s, MOST - 2);
    wzp_world_silence(s->w, true);
    for (int i = 0; i < s->n; i++) {
        const wzp_world_client_config client = {
            .identity = (uint8_t)(20 + i),
            .in = below(s, 2) == 0 ? hum() : NULL,
            .in_len = HUM_LEN,
        };
        const wzp_nat_cfg nat = {.kind = (wzp_nat_kind)below(s, 4),
                                 .idle_ns = (30 + below(s, 90)) * WZP_S};
        s->node[i] = wzp_world_client(s->w, &client);
        change_links(s, i);
        wzp_world_nat(s->w, s->node[i], &nat);
        wzp_world_skew(s->w, s->node[i], (int32_t)below(s, 401) - 200);
    }
}

static wzp_client_state state_of(scene *s, int i)
{
    return wzp_engine_state(wzp_world_engine(s->w, s->node[i]));
}

/* Out of the room, or back into it, from wherever it is. */
static void come_or_go(scene *s, int i)
{
    if (!wzp_world_is_alive(s->w, s->node[i])) {
        wzp_world_restart_client(s->w, s->node[i]);
    }
    if (state_of(s, i) != WZP_CLIENT_IDLE) {
        wzp_world_leave(s->w, s->node[i]);
    } else {
        wzp_world_join(s->w, s->node[i], "scene", s->relay);
    }
}

static void mute(scene *s, int i)
{
    if (wzp_world_is_alive(s->w, s->node[i])) {
        wzp_engine_mute(wzp_world_engine(s->w, s->node[i]),
                        wzp_world_now_at(s->w, s->node[i]), below(s, 2) == 0);
    }
}

static void something_happens(scene *s)
{
    const int i = (int)below(s, (uint64_t)s->n);
    switch (below(s, 20)) {
    case 0: wzp_world_kill(s->w, s->node[i]); break;
    case 1: wzp_world_restart_client(s->w, s->node[i]); break;
    case 2: wzp_world_rebind(s->w, s->node[i]); break;
    case 3: wzp_world_readdress(s->w, s->node[i]); break;
    case 4:
    case 5: change_links(s, i); break;
    case 6: mute(s, i); break;
    case 7:
        if (below(s, 3) == 0) {
            wzp_world_restart_relay(s->w, s->relay);
        }
        break;
    default: come_or_go(s, i); break;
    }
}

/* Clean links; who is out comes back. */
static void calm_down(scene *s)
{
    const wzp_link_cfg clean = {.delay_ns = 10 * WZP_MS};
    for (int i = 0; i < s->n; i++) {
        wzp_world_link(s->w, s->node[i], &clean, &clean);
    }
    for (int second = 0; second < 60; second++) {
        for (int i = 0; i < s->n; i++) {
            if (!wzp_world_is_alive(s->w, s->node[i]) ||
                state_of(s, i) == WZP_CLIENT_IDLE) {
                come_or_go(s, i);
            }
        }
        wzp_world_run(s->w, WZP_S);
    }
}

static void everybody_leaves(scene *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_world_leave(s->w, s->node[i]);
    }
    wzp_world_run(s->w, 40 * WZP_S);
    wzp_world_check_empty(s->w);
}

static size_t seed_count(void)
{
    const char *soak = getenv("WZP_SOAK");
    return soak == NULL ? 3 : 20 * strtoul(soak, NULL, 10);
}

static void seed_run(size_t row)
{
    static scene s;
    begin(&s, 1000 + row);
    const wzp_tstamp end = wzp_world_now(s.w) + LENGTH;
    while (wzp_world_now(s.w) < end) {
        something_happens(&s);
        wzp_world_run(s.w, below(&s, WZP_S));
    }
    calm_down(&s);
    for (int i = 0; i < s.n; i++) {
        assert_int_equal(state_of(&s, i), WZP_CLIENT_JOINED);
    }
    wzp_world_check_settled(s.w);
    everybody_leaves(&s);
    wzp_world_free(s.w);
}

WZP_ROWS(whatever_befalls_a_world_its_laws_hold, seed_count, seed_run);
