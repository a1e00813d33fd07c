/* SPDX-License-Identifier: MIT */
/* Clear media with peers of the earlier protocol while one allocation of ours
 * fails; theirs never do. See alloc_stage.h.
 */
#include "torture/alloc_stage.h"

static void with_legacy(stage *s)
{
    s->allows_legacy = true;
}

static void with_old_relay(stage *s)
{
    const uint8_t tls[WZP_KEY_LEN] = {9};
    s->allows_legacy = true;
    s->has_old_relay = true;
    s->relay = wzp_world_actor(s->w);
    const wzp_rng rng = wzp_world_rng(s->w, s->relay);
    wzp_legacy_relay_init(&s->old_relay, 9, tls, &rng, wzp_world_now(s->w));
    const wzp_uv_machine m = wzp_legacy_relay_machine(&s->old_relay);
    wzp_world_act(s->w, s->relay, &m);
}

/* What an application does that was asked: again after an error. */
static void accept_clear(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_engine *e = wzp_world_engine(s->w, s->client[i]);
        if (wzp_engine_state(e) == WZP_CLIENT_CLEAR_DECISION ||
            wzp_world_stats(s->w, s->client[i]).clear == WZP_CLEAR_ASKED) {
            s->hints +=
                wzp_engine_accept_clear(e, wzp_world_now(s->w)) != WZP_OK;
            wzp_world_kick(s->w, s->client[i]);
        }
    }
}

static void come_old(stage *s)
{
    wzp_legacy_client *c = &s->old_client;
    const wzp_node n = wzp_world_actor(s->w);
    const wzp_legacy_client_config cfg = {.identity = 101,
                                          .alias = "Old Phone",
                                          .in = hum(),
                                          .in_len = 4800,
                                          .rng = wzp_world_rng(s->w, n)};
    wzp_legacy_client_init(c, &cfg, wzp_world_now(s->w));
    s->has_old_client = true;
    const wzp_uv_machine m = wzp_legacy_client_machine(c);
    wzp_world_act(s->w, n, &m);
    const wzp_addr local = wzp_world_addr(s->w, n);
    const wzp_addr relay = wzp_world_addr(s->w, s->relay);
    wzp_legacy_client_dial(c, wzp_world_now(s->w), &local, &relay, "torture");
    wzp_world_kick(s->w, n);
}

static void an_old_client_comes(stage *s)
{
    join(s, 0);
    wzp_world_run(s->w, WZP_S / 2);
    come_old(s);
    wzp_world_run(s->w, WZP_S / 2);
    accept_clear(s);
    wzp_world_run(s->w, WZP_S);
    wzp_engine_mute(wzp_world_engine(s->w, s->client[0]), wzp_world_now(s->w),
                    true);
    wzp_world_run(s->w, WZP_S / 4);
}

/* An old client does not come back by itself: its end is an answer. */
static bool old_client_talks(stage *s)
{
    wzp_err why;
    if (has_ended(s, 0, &why)) {
        return true;
    }
    if (s->old_client.is_closed) {
        s->hints += s->old_client.close_code != 0;
        return true;
    }
    const wzp_client_stats st = wzp_world_stats(s->w, s->client[0]);
    return st.clear == WZP_CLEAR_ON && st.clear_received > 0 &&
           s->old_client.received > 0;
}

static void through_an_old_relay(stage *s)
{
    join(s, 0);
    join(s, 1);
    wzp_world_run(s->w, WZP_S);
    accept_clear(s);
    wzp_world_run(s->w, 2 * WZP_S);
}

static bool clear_both_ways(stage *s)
{
    wzp_err why;
    bool is_any_gone = false;
    for (int i = 0; i < s->n; i++) {
        is_any_gone |= has_ended(s, i, &why);
    }
    for (int i = 0; i < s->n; i++) {
        const wzp_client_stats st = wzp_world_stats(s->w, s->client[i]);
        if (!is_any_gone && st.clear_received == 0) {
            return false;
        }
    }
    return true;
}

static bool clear_is_on(stage *s)
{
    wzp_err why;
    return !has_ended(s, 0, &why) && !s->old_client.is_closed &&
           wzp_world_stats(s->w, s->client[0]).clear == WZP_CLEAR_ON;
}

static const scenario SCENARIOS[] = {
    {.name = "an old client comes",
     .clients = 1,
     .prepare = with_legacy,
     .play = an_old_client_comes,
     .nudge = accept_clear,
     .happened = clear_is_on,
     .is_well = old_client_talks},
    {.name = "through an old relay",
     .clients = 2,
     .prepare = with_old_relay,
     .play = through_an_old_relay,
     .nudge = accept_clear,
     .happened = clear_is_on,
     .is_well = clear_both_ways},
};

static size_t count_scenarios(void)
{
    return sizeof SCENARIOS / sizeof *SCENARIOS;
}

static void run_scenario(size_t row)
{
    play_all(&SCENARIOS[row]);
}

WZP_ROWS(any_allocation_may_fail_once_where, count_scenarios, run_scenario);
