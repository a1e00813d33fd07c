/* SPDX-License-Identifier: MIT */
/* Calls and rooms in the world, while the n-th allocation of the machines
 * fails: of ours, of QUIC, of TLS, of the codec. For every n in make soak, for
 * a sample of them in make test. Each time: no crash, no block left behind,
 * somebody told by name, and in the end everybody hears everybody or was told
 * why not.
 */
#include "support/faults/alloc.h"

#include "support/harness.h"
#include "support/world/world.h"

#include <wzp/client/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 4, SAMPLES = 7 };

#define RECOVERY (20 * WZP_S) /* a first join's 15 s, and the way back */

/* --- only the machines' allocations fail: their verbs, wrapped -------------
 */

#define VERB(type, name, params, args)                                         \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params                                                  \
    {                                                                          \
        wzp_alloc_enter();                                                     \
        type v = __real_##name args;                                           \
        wzp_alloc_leave();                                                     \
        return v;                                                              \
    }
#define VOID_VERB(name, params, args)                                          \
    void __real_##name params;                                                 \
    void __wrap_##name params;                                                 \
    void __wrap_##name params                                                  \
    {                                                                          \
        wzp_alloc_enter();                                                     \
        __real_##name args;                                                    \
        wzp_alloc_leave();                                                     \
    }

/* clang-format off */
#define FROM const wzp_addr *local, const wzp_addr *remote, const uint8_t *data, size_t len
#define OUT  wzp_addr *local, wzp_addr *remote, const uint8_t **data, size_t *len
VERB(wzp_err, wzp_engine_join, (wzp_engine *e, wzp_tstamp now, const wzp_join *j), (e, now, j))
VERB(wzp_err, wzp_engine_pin_decide, (wzp_engine *e, wzp_tstamp now, bool accept), (e, now, accept))
VERB(bool, wzp_engine_poll_send, (wzp_engine *e, wzp_tstamp now, OUT), (e, now, local, remote, data, len))
VERB(bool, wzp_engine_next_event_sized, (wzp_engine *e, wzp_client_event *ev, size_t size), (e, ev, size))
VOID_VERB(wzp_engine_leave, (wzp_engine *e, wzp_tstamp now), (e, now))
VOID_VERB(wzp_engine_recv, (wzp_engine *e, wzp_tstamp now, FROM), (e, now, local, remote, data, len))
VOID_VERB(wzp_engine_expire, (wzp_engine *e, wzp_tstamp now), (e, now))
VERB(bool, wzp_relay_poll_send, (wzp_relay *r, wzp_tstamp now, OUT), (r, now, local, remote, data, len))
VOID_VERB(wzp_relay_recv, (wzp_relay *r, wzp_tstamp now, FROM), (r, now, local, remote, data, len))
VOID_VERB(wzp_relay_expire, (wzp_relay *r, wzp_tstamp now), (r, now))
VOID_VERB(wzp_relay_drain, (wzp_relay *r, wzp_tstamp now, const char *reason), (r, now, reason))
/* clang-format on */

/* --- a stage, and what is played on it -------------------------------------
 */

typedef struct stage {
    wzp_world *w;
    wzp_node relay;
    wzp_node client[CLIENTS_MAX];
    int n;        /* clients that are meant to be in the room in the end */
    size_t hints; /* an error named in the log or in an event */
} stage;

static void on_log(void *user, wzp_log_level level, const char *where,
                   const char *event, const char *fields)
{
    stage *s = user;
    (void)level;
    (void)where;
    (void)event;
    s->hints += strstr(fields, "WZP_ERR_") != NULL;
}

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static void add_client(stage *s)
{
    wzp_world_client_config cfg = {.identity = (uint8_t)(20 + s->n),
                                   .in = hum(),
                                   .in_len = 4800,
                                   .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.log =
        (wzp_log){.write = on_log, .user = s, .level = WZP_LOG_DEBUG};
    const wzp_node node = wzp_world_client(s->w, &cfg);
    const wzp_link_cfg link = {.loss = 0.05, .delay_ns = 20 * WZP_MS};
    wzp_world_link(s->w, node, &link, &link);
    s->client[s->n++] = node;
}

static void join(stage *s, int i)
{
    wzp_world_join(s->w, s->client[i], "torture", s->relay);
}

static void two_talk(stage *s)
{
    join(s, 0);
    join(s, 1);
    wzp_world_run(s->w, 2 * WZP_S);
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

static void accept_pin(stage *s, int i)
{
    wzp_engine *e = wzp_world_engine(s->w, s->client[i]);
    if (wzp_engine_state(e) == WZP_CLIENT_PIN_DECISION) {
        s->hints +=
            wzp_engine_pin_decide(e, wzp_world_now(s->w), true) != WZP_OK;
        wzp_world_kick(s->w, s->client[i]);
    }
}

static void the_relay_has_a_new_certificate(stage *s)
{
    two_talk(s);
    wzp_world_swap_identity(s->w, s->relay, 10);
    for (int second = 0; second < 40; second++) {
        wzp_world_run(s->w, WZP_S);
        accept_pin(s, 0);
        accept_pin(s, 1);
    }
}

static const struct {
    const char *name;
    int clients;
    void (*play)(stage *s);
} SCENARIOS[] = {
    {"two talk", 2, two_talk},
    {"three talk and one leaves", 3, three_talk_and_one_leaves},
    {"one vanishes and another comes", 3, one_vanishes_and_another_comes},
    {"the relay restarts", 2, the_relay_restarts},
    {"the relay drains and comes back", 2, the_relay_drains_and_comes_back},
    {"the relay has a new certificate", 2, the_relay_has_a_new_certificate},
};

/* --- in the end ------------------------------------------------------------
 */

static bool has_ended(stage *s, int i, wzp_err *why)
{
    wzp_client_event ev;
    if (wzp_world_events(s->w, s->client[i], WZP_EVENT_ENDED, &ev) == 0) {
        return false;
    }
    *why = ev.u.ended.why;
    return true;
}

static bool all_hear_all(wzp_world *w, void *user)
{
    stage *s = user;
    uint32_t in = 0;
    wzp_err why;
    for (int i = 0; i < s->n; i++) {
        in += !has_ended(s, i, &why);
    }
    for (int i = 0; i < s->n; i++) {
        if (!has_ended(s, i, &why) &&
            wzp_world_stats(w, s->client[i]).members_keyed + 1 < in) {
            return false;
        }
    }
    return true;
}

static void check_told(stage *s)
{
    wzp_err why;
    wzp_client_event ev;
    for (int i = 0; i < s->n; i++) {
        if (has_ended(s, i, &why)) {
            assert_int_not_equal(why, WZP_OK);
            assert_int_not_equal(wzp_err_class(why), WZP_CLASS_BUG);
            s->hints++;
        }
        if (wzp_world_events(s->w, s->client[i], WZP_EVENT_STATE, &ev) > 0) {
            s->hints += ev.u.state.why != WZP_OK;
        }
        const wzp_client_stats stats = wzp_world_stats(s->w, s->client[i]);
        s->hints += stats.packets_unsent > 0 || stats.events_dropped > 0;
    }
}

/* Every one is named before the test fails. */
static size_t complaints;

static void complain(bool is_wrong, size_t scenario, size_t n, const char *what)
{
    if (is_wrong) {
        complaints++;
        print_error("%s, allocation %zu failed: %s\n", SCENARIOS[scenario].name,
                    n, what);
    }
}

/* Play with allocation n failing; the number of allocations there were. */
static size_t play(size_t scenario, size_t n, bool *has_failed)
{
    const size_t live = wzp_alloc_live();
    stage s = {.w = wzp_world_new(77)};
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.packets = 512;
    cfg.max_conns = 64;
    cfg.log = (wzp_log){.write = on_log, .user = &s, .level = WZP_LOG_DEBUG};
    s.relay = wzp_world_relay(s.w, 9, &cfg);
    for (int i = 0; i < SCENARIOS[scenario].clients; i++) {
        add_client(&s);
    }
    wzp_alloc_arm(n);
    SCENARIOS[scenario].play(&s);
    const size_t count = wzp_alloc_count();
    const bool is_well = wzp_world_run_until(s.w, RECOVERY, all_hear_all, &s);
    *has_failed = wzp_alloc_disarm();
    check_told(&s);
    wzp_world_free(s.w);
    complain(!is_well, scenario, n, "not all hear all");
    complain(*has_failed && s.hints == 0, scenario, n, "nobody was told");
    complain(wzp_alloc_live() != live, scenario, n, "blocks are left behind");
    return count;
}

static size_t count_scenarios(void)
{
    return sizeof SCENARIOS / sizeof *SCENARIOS;
}

static void run_scenario(size_t row)
{
    bool has_failed;
    (void)play(row, 0, &has_failed); /* what is made once per process */
    const size_t all = play(row, 0, &has_failed);
    assert_false(has_failed);
    assert_true(all > 100);
    const size_t step =
        getenv("WZP_SOAK") != NULL ? 1 : (all + SAMPLES - 1) / SAMPLES;
    print_message("%s: %zu allocations, every %zu.\n", SCENARIOS[row].name, all,
                  step);
    const char *at = getenv("WZP_TORTURE_AT"); /* this one alone, to look at */
    if (at != NULL) {
        complaints = 0;
        (void)play(row, strtoul(at, NULL, 10), &has_failed);
        assert_int_equal(complaints, 0);
        return;
    }
    complaints = 0;
    for (size_t n = 1; n <= all; n += step) {
        (void)play(row, n, &has_failed);
        assert_true(has_failed);
    }
    assert_int_equal(complaints, 0);
}

WZP_ROWS(any_allocation_may_fail_once_in, count_scenarios, run_scenario);

/* --- making them ------------------------------------------------------------
 */

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
