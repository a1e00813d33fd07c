/* SPDX-License-Identifier: MIT */
/* Calls and rooms of ours while one allocation fails, and the making of engines
 * and relays. See alloc_stage.h.
 */
#include "torture/alloc_stage.h"

static void two_talk(stage *s)
{
    join(s, 0);
    join(s, 1);
    wzp_world_run(s->w, 2 * WZP_S);
}

/* Codecs, bundles with windows, the microphone's chain, receivers made anew. */
static void one_changes_all_that_can_be_changed(stage *s)
{
    static const wzp_capture_parts all = {true, true, true, true};
    two_talk(s);
    wzp_engine *e = wzp_world_engine(s->w, s->client[0]);
    wzp_engine_capture_set(e, wzp_world_now(s->w), &all);
    for (int tier = 0; tier < WZP_TIER_COUNT; tier++) {
        s->hints += wzp_engine_quality_force(e, wzp_world_now(s->w),
                                             (wzp_tier)tier) != WZP_OK;
        wzp_world_run(s->w, WZP_S / 2);
    }
    wzp_engine_hold(e, wzp_world_now(s->w), true);
    wzp_world_kick(s->w, s->client[0]);
    wzp_world_run(s->w, WZP_S / 2);
    wzp_engine_hold(e, wzp_world_now(s->w), false);
    wzp_world_kick(s->w, s->client[0]);
    wzp_world_run(s->w, WZP_S);
}

static void three_talk_and_one_leaves(stage *s)
{
    join(s, 0);
    join(s, 1);
    join(s, 2);
    wzp_world_run(s->w, 2 * WZP_S);
    wzp_world_leave(s->w, s->client[2]);
    s->n--;
    wzp_world_run(s->w, WZP_S);
}

static void one_vanishes_and_another_comes(stage *s)
{
    join(s, 0);
    join(s, 1);
    wzp_world_run(s->w, WZP_S);
    wzp_world_kill(s->w, s->client[1]);
    s->client[1] = s->client[--s->n];
    join(s, 1);
    wzp_world_run(s->w, WZP_S);
}

static void the_relay_restarts(stage *s)
{
    two_talk(s);
    wzp_world_restart_relay(s->w, s->relay);
    wzp_world_run(s->w, 2 * WZP_S);
}

static void the_relay_drains_and_comes_back(stage *s)
{
    two_talk(s);
    wzp_relay_drain(wzp_world_relay_machine(s->w, s->relay),
                    wzp_world_now(s->w), "maintenance");
    wzp_world_kick(s->w, s->relay);
    wzp_world_run(s->w, WZP_S);
    wzp_world_restart_relay(s->w, s->relay);
    wzp_world_run(s->w, 2 * WZP_S);
}

static void accept_pins(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        wzp_engine *e = wzp_world_engine(s->w, s->client[i]);
        if (wzp_engine_state(e) == WZP_CLIENT_PIN_DECISION) {
            s->hints +=
                wzp_engine_pin_decide(e, wzp_world_now(s->w), true) != WZP_OK;
            wzp_world_kick(s->w, s->client[i]);
        }
    }
}

static void the_relay_has_a_new_certificate(stage *s)
{
    two_talk(s);
    wzp_relay_drain(wzp_world_relay_machine(s->w, s->relay),
                    wzp_world_now(s->w), "maintenance");
    wzp_world_kick(s->w, s->relay);
    wzp_world_run(s->w, WZP_S / 4);
    wzp_world_swap_identity(s->w, s->relay, 10);
    for (int second = 0; second < 4; second++) {
        wzp_world_run(s->w, WZP_S);
        accept_pins(s);
    }
}

static const scenario SCENARIOS[] = {
    {.name = "two talk", .clients = 2, .play = two_talk},
    {.name = "one changes all that can be changed",
     .clients = 2,
     .play = one_changes_all_that_can_be_changed,
     .stride = 7},
    {.name = "three talk and one leaves",
     .clients = 3,
     .play = three_talk_and_one_leaves},
    {.name = "one vanishes and another comes",
     .clients = 3,
     .play = one_vanishes_and_another_comes},
    {.name = "the relay restarts",
     .clients = 2,
     .play = the_relay_restarts,
     .happened = all_reconnected},
    {.name = "the relay drains and comes back",
     .clients = 2,
     .play = the_relay_drains_and_comes_back,
     .happened = all_reconnected},
    {.name = "the relay has a new certificate",
     .clients = 2,
     .play = the_relay_has_a_new_certificate,
     .nudge = accept_pins,
     .happened = all_reconnected},
};

static size_t count_scenarios(void)
{
    return sizeof SCENARIOS / sizeof *SCENARIOS;
}

static void run_scenario(size_t row)
{
    play_all(&SCENARIOS[row]);
}

WZP_ROWS(any_allocation_may_fail_once_in, count_scenarios, run_scenario);

/* --- making them ---------------------------------------------------------- */

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return 1800000000;
}

static wzp_identity own_identity(void)
{
    static wzp_seed_identity *id;
    if (id == NULL) {
        const uint8_t seed[WZP_SEED_LEN] = {7};
        assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    }
    return wzp_seed_identity_table(id);
}

static wzp_err make_engine(void)
{
    wzp_engine *e = NULL;
    wzp_engine_config cfg;
    wzp_engine_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.identity = own_identity();
    cfg.unix_now = unix_now;
    wzp_alloc_enter();
    const wzp_err err = wzp_engine_new(&e, &cfg, WZP_S);
    wzp_alloc_leave();
    wzp_engine_free(err == WZP_OK ? e : NULL);
    return err;
}

static wzp_err make_relay(void)
{
    wzp_relay *r = NULL;
    char why[160] = "";
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.identity = own_identity();
    cfg.unix_now = unix_now;
    cfg.packets = 64;
    wzp_alloc_enter();
    const wzp_err err = wzp_relay_new(&r, &cfg, WZP_S, why, sizeof why);
    wzp_alloc_leave();
    wzp_relay_free(err == WZP_OK ? r : NULL);
    return err;
}

static void check_making(wzp_err (*make)(void))
{
    assert_int_equal(wzp_global_init(), WZP_OK);
    (void)own_identity();
    wzp_alloc_arm(0);
    assert_int_equal(make(), WZP_OK);
    const size_t all = wzp_alloc_count();
    size_t needless = 0;
    assert_true(all > 10);
    for (size_t n = 1; n <= all; n++) {
        const size_t live = wzp_alloc_live();
        wzp_alloc_arm(n);
        const wzp_err e = make();
        assert_true(wzp_alloc_disarm());
        if (e != WZP_OK && e != WZP_ERR_NOMEM && e != WZP_ERR_TLS) {
            fail_msg("allocation %zu failed: %s", n, wzp_err_name(e));
        }
        needless += e == WZP_OK;
        assert_int_equal(wzp_alloc_live(), live);
    }
    /* Texts of the certificate's name, which wolfSSL makes and nobody reads. */
    assert_true(needless <= 12);
    wzp_global_deinit();
}

WZP_TEST(an_engine_is_made_whole_or_not_at_all)
{
    check_making(make_engine);
}

WZP_TEST(a_relay_is_made_whole_or_not_at_all)
{
    check_making(make_relay);
}
