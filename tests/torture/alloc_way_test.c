/* SPDX-License-Identifier: MIT */
/* Clients that move, come back with a ticket, meet a successor, crowd a room or
 * only ask, while one allocation fails. See alloc_stage.h.
 */
#include "support/world/inside.h"
#include "torture/alloc_stage.h"

static bool relay_followed(stage *s)
{
    wzp_relay_stats r = {.size = sizeof r};
    wzp_relay_stats_get(wzp_world_relay_machine(s->w, s->relay), &r);
    return r.path_changes == 1;
}

static bool has_resumed(stage *s)
{
    wzp_inside in;
    wzp_inside_client(wzp_world_engine(s->w, s->client[0]), &in);
    return in.resumed == 1;
}

static void both_in(stage *s)
{
    join(s, 0);
    join(s, 1);
    wzp_world_run(s->w, 2 * WZP_S);
}

static void one_is_moved_and_told(stage *s)
{
    uint8_t id[WZP_HASH_LEN];
    uint8_t keys[4][WZP_KEY_LEN];
    both_in(s);
    (void)wzp_engine_words_input(wzp_world_engine(s->w, s->client[0]), id, keys,
                                 4);
    wzp_world_move(s->w, s->client[0]);
    const wzp_addr at = wzp_world_addr(s->w, s->client[0]);
    wzp_engine_moved(wzp_world_engine(s->w, s->client[0]), wzp_world_now(s->w),
                     &at);
    wzp_world_kick(s->w, s->client[0]);
    wzp_world_run(s->w, WZP_S);
}

static void a_translator_forgets(stage *s)
{
    const wzp_nat_cfg nat = {.kind = WZP_NAT_SYMMETRIC};
    wzp_world_nat(s->w, s->client[0], &nat);
    both_in(s);
    wzp_world_rebind(s->w, s->client[0]);
    wzp_world_run(s->w, WZP_S);
}

static void one_comes_back_with_a_ticket(stage *s)
{
    both_in(s);
    wzp_world_leave(s->w, s->client[0]);
    wzp_world_run(s->w, WZP_S / 2);
    wzp_err why;
    if (!has_ended(s, 0, &why)) { /* a good-bye that was not answered */
        wzp_world_run(s->w, 10 * WZP_S);
    }
    s->left[0] = wzp_world_events(s->w, s->client[0], WZP_EVENT_ENDED, NULL);
    join(s, 0);
    wzp_world_run(s->w, 2 * WZP_S);
}

static void with_next(stage *s)
{
    s->has_next = true;
}

/* Only a failure may bring the question: then it is answered. */
static void accept_pins(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_engine *e = wzp_world_engine(s->w, s->client[i]);
        if (wzp_engine_state(e) == WZP_CLIENT_PIN_DECISION) {
            s->was_asked = true;
            s->hints++;
            wzp_ignore(wzp_engine_pin_decide(e, wzp_world_now(s->w), true),
                       "asked again");
            wzp_world_kick(s->w, s->client[i]);
        }
    }
}

static void the_successor_takes_over(stage *s)
{
    both_in(s);
    wzp_relay_drain(wzp_world_relay_machine(s->w, s->relay),
                    wzp_world_now(s->w), "maintenance");
    wzp_world_kick(s->w, s->relay);
    wzp_world_run(s->w, WZP_S / 4);
    wzp_world_swap_identity(s->w, s->relay, 10);
    wzp_world_run(s->w, 4 * WZP_S);
    accept_pins(s);
}

static bool was_not_asked(stage *s)
{
    return all_reconnected(s) && !s->was_asked;
}

static void eight_come_and_go(stage *s)
{
    for (int i = 0; i < 8; i++) {
        join(s, i);
    }
    wzp_world_run(s->w, WZP_S);
    wzp_engine_mute(wzp_world_engine(s->w, s->client[0]), wzp_world_now(s->w),
                    true);
    wzp_world_leave(s->w, s->client[7]);
    wzp_world_kill(s->w, s->client[6]);
    s->n = 6;
    wzp_world_run(s->w, WZP_S);
}

/* --- a probe --- */

static void a_relay_is_probed(stage *s)
{
    const wzp_node n = wzp_world_actor(s->w);
    if (wzp_world_probe(s->w, n, s->relay, WZP_PROBE_VERSION, &s->probe) !=
        WZP_OK) {
        s->hints++;
        s->is_probed = true;
        return;
    }
    wzp_world_run(s->w, WZP_S);
}

static bool probe_answered(stage *s)
{
    wzp_probe_result r = {.size = sizeof r};
    if (s->is_probed) {
        return true;
    }
    if (!wzp_probe_result_get(s->probe, &r)) {
        return false;
    }
    s->hints += r.err != WZP_OK && r.text[0] != '\0';
    return true;
}

static const scenario SCENARIOS[] = {
    {.name = "one is moved and told",
     .clients = 2,
     .play = one_is_moved_and_told,
     .happened = relay_followed},
    {.name = "a translator forgets",
     .clients = 2,
     .play = a_translator_forgets,
     .happened = relay_followed},
    {.name = "one comes back with a ticket",
     .clients = 2,
     .play = one_comes_back_with_a_ticket,
     .happened = has_resumed},
    {.name = "the successor takes over",
     .clients = 2,
     .prepare = with_next,
     .play = the_successor_takes_over,
     .happened = was_not_asked,
     .nudge = accept_pins},
    {.name = "eight come and go",
     .clients = 8,
     .play = eight_come_and_go,
     .stride = 32},
    {.name = "a relay is probed",
     .clients = 0,
     .play = a_relay_is_probed,
     .is_well = probe_answered},
};

static size_t count_scenarios(void)
{
    return sizeof SCENARIOS / sizeof *SCENARIOS;
}

static void run_scenario(size_t row)
{
    play_all(&SCENARIOS[row]);
}

WZP_ROWS(any_allocation_may_fail_once_while, count_scenarios, run_scenario);
