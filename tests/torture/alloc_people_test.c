/* SPDX-License-Identifier: MIT */
/* Who may come, who can be called, and who is known, while one allocation
 * fails. See alloc_stage.h.
 */
#include "support/world/inside.h"
#include "torture/alloc_stage.h"

static const wzp_client_event *last(stage *s, int i, wzp_client_event_kind kind)
{
    static wzp_client_event ev;
    return wzp_world_events(s->w, s->client[i], kind, &ev) > 0 ? &ev : NULL;
}

static wzp_engine *engine(stage *s, int i)
{
    return wzp_world_engine(s->w, s->client[i]);
}

static void try_again(stage *s, int i, wzp_err e)
{
    s->hints += e != WZP_OK;
    wzp_world_kick(s->w, s->client[i]);
}

/* --- registration --------------------------------------------------------- */

static void both_register(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_world_register(s->w, s->client[i], s->relay);
    }
    wzp_world_run(s->w, 2 * WZP_S);
}

static bool is_registered(stage *s, int i)
{
    return wzp_engine_line_state(engine(s, i)) == WZP_LINE_REGISTERED;
}

/* One that ended with a reason is begun again, as a user does. */
static void register_again(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        if (wzp_engine_line_state(engine(s, i)) == WZP_LINE_IDLE) {
            wzp_world_register(s->w, s->client[i], s->relay);
        }
    }
}

static bool all_registered(stage *s)
{
    wzp_relay_stats r = {.size = sizeof r};
    wzp_relay_stats_get(wzp_world_relay_machine(s->w, s->relay), &r);
    bool all = r.registered_verified == (size_t)s->n;
    for (int i = 0; i < s->n; i++) {
        all &= is_registered(s, i);
    }
    return all;
}

/* --- a call --------------------------------------------------------------- */

static void with_hub(stage *s)
{
    s->hub = wzp_liar_new(s->w, 9);
    s->relay = wzp_liar_node(s->hub);
}

static wzp_call_state call_state(stage *s, int i)
{
    const wzp_client_event *ev = last(s, i, WZP_EVENT_CALL);
    return ev == NULL ? WZP_CALL_ENDED : ev->u.call.state;
}

static void call(stage *s)
{
    wzp_call_to to;
    wzp_world_fingerprint(s->w, s->client[1], to.fingerprint);
    try_again(s, 0, wzp_engine_call(engine(s, 0), wzp_world_now(s->w), &to));
}

static void answer(stage *s)
{
    const wzp_client_event *ev = last(s, 1, WZP_EVENT_CALL);
    if (ev != NULL && ev->u.call.state == WZP_CALL_RINGING_IN) {
        try_again(s, 1,
                  wzp_engine_answer(engine(s, 1), wzp_world_now(s->w),
                                    ev->u.call.call_id, WZP_ACCEPT_GENERIC));
    }
}

static void hang_up(stage *s, int i)
{
    wzp_engine_hangup(engine(s, i), wzp_world_now(s->w), WZP_HANGUP_NORMAL);
    wzp_world_kick(s->w, s->client[i]);
}

/* Registered, called, answered, heard; and hung up: what failed shows with the
 * next call. */
static void one_is_called(stage *s)
{
    s->left[0] = s->left[1] = UINT64_MAX; /* rooms of calls end */
    both_register(s);
    call(s);
    wzp_world_run(s->w, WZP_S);
    answer(s);
    wzp_world_run(s->w, 2 * WZP_S);
    hang_up(s, 0);
    wzp_world_run(s->w, WZP_S);
    call(s);
    wzp_world_run(s->w, WZP_S);
}

static void call_again(stage *s)
{
    register_again(s);
    answer(s);
    if (is_registered(s, 0) && is_registered(s, 1) &&
        call_state(s, 0) == WZP_CALL_ENDED &&
        call_state(s, 1) == WZP_CALL_ENDED) {
        call(s);
    }
}

static bool is_heard(stage *s, int i)
{
    return call_state(s, i) == WZP_CALL_ACTIVE &&
           wzp_world_stats(s->w, s->client[i]).members_keyed == 1;
}

/* The end of a call's room is not waited for: a good-bye that could not be
 * kept is counted, and no more. */
static void count_silent(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_inside in;
        wzp_inside_client(engine(s, i), &in);
        s->hints += in.no_memory;
    }
}

static bool both_in_a_call(stage *s)
{
    count_silent(s);
    return is_heard(s, 0) && is_heard(s, 1);
}

static bool two_calls(stage *s)
{
    return both_in_a_call(s) &&
           wzp_world_stats(s->w, s->client[0]).calls_agreed == 2;
}

/* --- a room with terms ---------------------------------------------------- */

static wzp_room_rule den = {.name = "torture", .has_access = true, {0xAC}};
static const wzp_join SECRET = {
    .has_secret = true, .access = {0xAC}, .psk = {0x95}};

static void with_rule(stage *s)
{
    s->rules = &den;
    s->n_rules = 1;
}

static void join_on_terms(stage *s, int i, const wzp_join *terms)
{
    wzp_err e = WZP_ERR_NOMEM;
    for (int k = 0; k < 2 && e != WZP_OK; k++) {
        e = wzp_world_try_join(s->w, s->client[i], "torture", s->relay, terms);
        s->hints += e != WZP_OK;
    }
    assert_int_equal(e, WZP_OK);
}

static void both_come_on_terms(stage *s)
{
    uint8_t list[2][WZP_FP_LEN];
    wzp_join terms = SECRET;
    for (int i = 0; i < 2; i++) {
        wzp_world_fingerprint(s->w, s->client[i], list[i]);
    }
    terms.policy = WZP_POLICY_LIST;
    terms.allowed = (const uint8_t(*)[WZP_FP_LEN])list;
    terms.n_allowed = 2;
    join_on_terms(s, 0, &terms);
    join_on_terms(s, 1, &terms);
    wzp_world_run(s->w, 2 * WZP_S);
}

/* --- contacts ------------------------------------------------------------- */

static wzp_contact contact(stage *s)
{
    wzp_contact c = {.size = sizeof c};
    uint8_t fp[WZP_FP_LEN];
    wzp_world_fingerprint(s->w, s->client[1], fp);
    return wzp_contacts_find(wzp_engine_contacts_view(engine(s, 0)), fp, &c) ==
                   WZP_OK
               ? c
               : (wzp_contact){.size = 0};
}

/* What there was no memory for is asked for again: who is there already is let
 * in by that. */
static void add_contact(stage *s, const uint8_t fp[WZP_FP_LEN],
                        const char *name)
{
    wzp_err e = WZP_ERR_NOMEM;
    for (int k = 0; k < 2 && e == WZP_ERR_NOMEM; k++) {
        e = wzp_engine_contact_add(engine(s, 0), wzp_world_now(s->w), fp, name);
        try_again(s, 0, e);
    }
}

/* The first one adds the second, and when its key was seen verifies it. */
static void know(stage *s)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_world_fingerprint(s->w, s->client[1], fp);
    const wzp_contact c = contact(s);
    if (c.size == 0) {
        add_contact(s, fp, "Ben");
    } else if (!c.is_verified) {
        try_again(s, 0,
                  wzp_engine_contact_verify(engine(s, 0), wzp_world_now(s->w),
                                            fp, true));
    }
}

static void forget_somebody(stage *s)
{
    const uint8_t fp[WZP_FP_LEN] = {1, 2, 3};
    add_contact(s, fp, "Cid");
    const wzp_err e =
        wzp_engine_contact_forget(engine(s, 0), wzp_world_now(s->w), fp);
    try_again(s, 0, e);
}

static void somebody_becomes_a_contact(stage *s)
{
    const wzp_join terms = {.policy = WZP_POLICY_CONTACTS};
    join_on_terms(s, 0, &terms);
    join(s, 1);
    wzp_world_run(s->w, WZP_S);
    for (int i = 0; i < 2; i++) { /* added; verified */
        know(s);
        wzp_world_run(s->w, WZP_S / 2);
    }
    forget_somebody(s);
    wzp_world_run(s->w, WZP_S);
}

static bool is_known(stage *s)
{
    wzp_err why;
    const wzp_contact c = contact(s);
    if (has_ended(s, 0, &why) || has_ended(s, 1, &why)) {
        return c.size > 0; /* they did not meet */
    }
    return c.size > 0 && c.is_verified && all_hear_all(s);
}

static bool is_kept(stage *s)
{
    const wzp_contact c = contact(s);
    return is_known(s) && c.has_key &&
           wzp_world_stats(s->w, s->client[0]).members_keyed == 1;
}

/* --- rules ---------------------------------------------------------------- */

static void set_rules(stage *s, const wzp_room_rule *rules, size_t n)
{
    char why[160];
    wzp_err e = WZP_ERR_NOMEM;
    for (int i = 0; i < 2 && e != WZP_OK; i++) { /* SIGHUP, once more */
        e = wzp_relay_rules_set(wzp_world_relay_machine(s->w, s->relay), rules,
                                n, why, sizeof why);
        s->hints += e != WZP_OK;
    }
    assert_int_equal(e, WZP_OK);
    wzp_world_kick(s->w, s->relay);
}

/* First the room has a list that nobody here is on, then it has a secret. The
 * second one has none. */
static void rules_are_set_and_replaced(stage *s)
{
    const uint8_t nobody[1][WZP_FP_LEN] = {{7}};
    const wzp_room_rule first[] = {
        {.name = "attic"},
        {.name = "torture",
         .allowed = (const uint8_t(*)[WZP_FP_LEN])nobody,
         .n_allowed = 1}};
    set_rules(s, first, 2);
    set_rules(s, &den, 1);
    join_on_terms(s, 0, &SECRET);
    join(s, 1);
    wzp_world_run(s->w, 2 * WZP_S);
}

static bool secret_holds(stage *s)
{
    wzp_err why;
    assert_int_not_equal(wzp_engine_state(engine(s, 1)), WZP_CLIENT_JOINED);
    return has_ended(s, 1, &why) &&
           (has_ended(s, 0, &why) ||
            wzp_engine_state(engine(s, 0)) == WZP_CLIENT_JOINED);
}

/* -------------------------------------------------------------------------- */

static const scenario SCENARIOS[] = {
    {.name = "both register",
     .clients = 2,
     .play = both_register,
     .nudge = register_again,
     .happened = all_registered,
     .is_well = all_registered,
     .recovery = 60 * WZP_S},
    {.name = "one is called",
     .clients = 2,
     .prepare = with_hub,
     .play = one_is_called,
     .nudge = call_again,
     .happened = two_calls,
     .is_well = both_in_a_call,
     .recovery = 120 * WZP_S},
    {.name = "both come on terms",
     .clients = 2,
     .prepare = with_rule,
     .play = both_come_on_terms},
    {.name = "somebody becomes a contact",
     .clients = 2,
     .play = somebody_becomes_a_contact,
     .nudge = know,
     .happened = is_kept,
     .is_well = is_known},
    {.name = "rules are set and replaced",
     .clients = 2,
     .play = rules_are_set_and_replaced,
     .happened = secret_holds,
     .is_well = secret_holds},
};

static size_t count_scenarios(void)
{
    return sizeof SCENARIOS / sizeof *SCENARIOS;
}

static void run_scenario(size_t row)
{
    play_all(&SCENARIOS[row]);
}

WZP_ROWS(any_allocation_may_fail_once_when, count_scenarios, run_scenario);
