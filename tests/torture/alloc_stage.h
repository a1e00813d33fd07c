/* SPDX-License-Identifier: MIT */
/* A stage in the world on which the n-th allocation of our machines fails: of
 * ours, of QUIC, of TLS, of the codec. The actors' never do. A program plays
 * its SCENARIOS on it, for every n in make soak, for a sample of them in make
 * test. Each time: no crash, no block left behind, somebody told by name, and
 * in the end all is well again or was told why not.
 */
#ifndef WZP_TEST_ALLOC_STAGE_H
#define WZP_TEST_ALLOC_STAGE_H

#include "support/faults/alloc.h"
#include "support/harness.h"
#include "support/legacy/client.h"
#include "support/legacy/relay.h"
#include "support/liar/exchange.h"
#include "support/world/world.h"

#include <wzp/client/client.h>
#include <wzp/client/probe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLIENTS_MAX = 10, SAMPLES = 3 };

#define RECOVERY (20 * WZP_S) /* a first join's 15 s, and the way back */

/* --- only the machines' allocations fail: their verbs, wrapped ------------ */

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

/* States with a reason, also those that were left again before the end. */
static size_t reasons_told;

static inline bool tells_reason(const wzp_client_event *ev)
{
    switch (ev->kind) {
    case WZP_EVENT_STATE: return ev->u.state.why != WZP_OK;
    case WZP_EVENT_LINE: return ev->u.line.why != WZP_OK;
    case WZP_EVENT_CALL: return ev->u.call.why != WZP_OK;
    default: return false;
    }
}

#define TOLD_VERB(type, name, params, args)                                    \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params                                                  \
    {                                                                          \
        wzp_alloc_enter();                                                     \
        type v = __real_##name args;                                           \
        wzp_alloc_leave();                                                     \
        reasons_told += v && tells_reason(ev);                                 \
        return v;                                                              \
    }

/* clang-format off */
#define FROM const wzp_addr *local, const wzp_addr *remote, const uint8_t *data, size_t len
#define OUT  wzp_addr *local, wzp_addr *remote, const uint8_t **data, size_t *len
VERB(wzp_err, wzp_engine_join, (wzp_engine *e, wzp_tstamp now, const wzp_join *j), (e, now, j))
VERB(wzp_err, wzp_engine_pin_decide, (wzp_engine *e, wzp_tstamp now, bool accept), (e, now, accept))
VERB(bool, wzp_engine_poll_send, (wzp_engine *e, wzp_tstamp now, OUT), (e, now, local, remote, data, len))
TOLD_VERB(bool, wzp_engine_next_event_sized, (wzp_engine *e, wzp_client_event *ev, size_t size), (e, ev, size))
VERB(wzp_err, wzp_engine_register, (wzp_engine *e, wzp_tstamp now, const wzp_register *reg), (e, now, reg))
VERB(wzp_err, wzp_engine_call, (wzp_engine *e, wzp_tstamp now, const wzp_call_to *to), (e, now, to))
VERB(wzp_err, wzp_engine_answer, (wzp_engine *e, wzp_tstamp now, const char *id, wzp_accept_mode mode), (e, now, id, mode))
VOID_VERB(wzp_engine_hangup, (wzp_engine *e, wzp_tstamp now, wzp_hangup_reason reason), (e, now, reason))
VERB(wzp_err, wzp_engine_contact_add, (wzp_engine *e, wzp_tstamp now, const uint8_t fp[WZP_FP_LEN], const char *name), (e, now, fp, name))
VERB(wzp_err, wzp_engine_contact_verify, (wzp_engine *e, wzp_tstamp now, const uint8_t fp[WZP_FP_LEN], bool yes), (e, now, fp, yes))
VERB(wzp_err, wzp_engine_contact_forget, (wzp_engine *e, wzp_tstamp now, const uint8_t fp[WZP_FP_LEN]), (e, now, fp))
VERB(wzp_err, wzp_engine_accept_clear, (wzp_engine *e, wzp_tstamp now), (e, now))
VERB(size_t, wzp_engine_words_input, (const wzp_engine *e, uint8_t id[WZP_HASH_LEN], uint8_t (*keys)[WZP_KEY_LEN], size_t cap), (e, id, keys, cap))
VOID_VERB(wzp_engine_mute, (wzp_engine *e, wzp_tstamp now, bool muted), (e, now, muted))
VOID_VERB(wzp_engine_hold, (wzp_engine *e, wzp_tstamp now, bool is_on), (e, now, is_on))
VOID_VERB(wzp_engine_capture_set, (wzp_engine *e, wzp_tstamp now, const wzp_capture_parts *parts), (e, now, parts))
VERB(wzp_err, wzp_engine_quality_force, (wzp_engine *e, wzp_tstamp now, wzp_tier tier), (e, now, tier))
VOID_VERB(wzp_engine_moved, (wzp_engine *e, wzp_tstamp now, const wzp_addr *local), (e, now, local))
VOID_VERB(wzp_engine_leave, (wzp_engine *e, wzp_tstamp now), (e, now))
VOID_VERB(wzp_engine_recv, (wzp_engine *e, wzp_tstamp now, FROM), (e, now, local, remote, data, len))
VOID_VERB(wzp_engine_expire, (wzp_engine *e, wzp_tstamp now), (e, now))
VERB(bool, wzp_relay_poll_send, (wzp_relay *r, wzp_tstamp now, OUT), (r, now, local, remote, data, len))
VOID_VERB(wzp_relay_recv, (wzp_relay *r, wzp_tstamp now, FROM), (r, now, local, remote, data, len))
VOID_VERB(wzp_relay_expire, (wzp_relay *r, wzp_tstamp now), (r, now))
VERB(wzp_err, wzp_relay_rules_set, (wzp_relay *r, const wzp_room_rule *rules, size_t n, char *why, size_t len), (r, rules, n, why, len))
VOID_VERB(wzp_relay_drain, (wzp_relay *r, wzp_tstamp now, const char *reason), (r, now, reason))
VERB(wzp_err, wzp_probe_new, (wzp_probe **p, const wzp_probe_config *cfg, wzp_tstamp now), (p, cfg, now))
VERB(bool, wzp_probe_poll_send, (wzp_probe *p, wzp_tstamp now, OUT), (p, now, local, remote, data, len))
VOID_VERB(wzp_probe_recv, (wzp_probe *p, wzp_tstamp now, FROM), (p, now, local, remote, data, len))
VOID_VERB(wzp_probe_expire, (wzp_probe *p, wzp_tstamp now), (p, now))
/* clang-format on */

/* --- a stage, and what is played on it ------------------------------------ */

typedef struct stage {
    wzp_world *w;
    wzp_node relay;
    wzp_node client[CLIENTS_MAX];
    int n; /* clients that are meant to be in the room in the end */
    uint64_t left[CLIENTS_MAX]; /* ends that were wanted */
    size_t hints;               /* an error named in the log or in an event */
    bool allows_legacy, has_old_relay, has_old_client, has_next, is_probed,
        was_asked;
    wzp_liar *hub; /* in place of a relay of ours */
    const wzp_room_rule *rules;
    size_t n_rules;
    wzp_legacy_relay old_relay;
    wzp_legacy_client old_client;
    wzp_seed_identity *next;
    wzp_probe *probe;
} stage;

typedef struct scenario {
    const char *name;
    int clients;
    void (*play)(stage *s);
    /* Nothing else can be expected to happen. NULL: all hear all. */
    bool (*is_well)(stage *s);
    /* What an application does while it waits; NULL: nothing. */
    void (*nudge)(stage *s);
    /* The control: with no failure, what the name says came about. */
    bool (*happened)(stage *s);
    void (*prepare)(stage *s); /* NULL: a relay of ours */
    size_t stride;             /* in make soak; 0 is 1: all n */
    wzp_tstamp recovery;       /* 0: RECOVERY */
} scenario;

static inline void on_log(void *user, wzp_log_level level, const char *where,
                          const char *event, const char *fields)
{
    stage *s = user;
    (void)level;
    (void)where;
    (void)event;
    s->hints += strstr(fields, "WZP_ERR_") != NULL;
}

static inline const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static inline void add_client(stage *s)
{
    wzp_world_client_config cfg = {.identity = (uint8_t)(20 + s->n),
                                   .in = hum(),
                                   .in_len = 4800,
                                   .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.log =
        (wzp_log){.write = on_log, .user = s, .level = WZP_LOG_DEBUG};
    cfg.engine.allow_legacy = s->allows_legacy;
    const wzp_node node = wzp_world_client(s->w, &cfg);
    const wzp_link_cfg link = {.loss = 0.05, .delay_ns = 20 * WZP_MS};
    wzp_world_link(s->w, node, &link, &link);
    s->client[s->n++] = node;
}

static inline void join(stage *s, int i)
{
    wzp_world_join(s->w, s->client[i], "torture", s->relay);
}

/* --- in the end ----------------------------------------------------------- */

static inline bool has_ended(stage *s, int i, wzp_err *why)
{
    wzp_client_event ev;
    if (wzp_world_events(s->w, s->client[i], WZP_EVENT_ENDED, &ev) <=
        s->left[i]) {
        return false;
    }
    *why = ev.u.ended.why;
    return true;
}

static inline bool all_hear_all(stage *s)
{
    uint32_t in = 0;
    wzp_err why;
    for (int i = 0; i < s->n; i++) {
        in += !has_ended(s, i, &why);
    }
    for (int i = 0; i < s->n; i++) {
        if (!has_ended(s, i, &why) &&
            wzp_world_stats(s->w, s->client[i]).members_keyed + 1 < in) {
            return false;
        }
    }
    return true;
}

/* A stranger for whom there was no memory is counted, and comes again. */
static inline void check_relay_told(stage *s)
{
    if (!s->has_old_relay && s->hub == NULL) {
        wzp_relay_stats r = {.size = sizeof r};
        wzp_relay_stats_get(wzp_world_relay_machine(s->w, s->relay), &r);
        s->hints += r.handshakes_refused + r.handshakes_failed;
    }
}

static inline void check_told(stage *s)
{
    wzp_err why;
    s->hints += reasons_told;
    check_relay_told(s);
    for (int i = 0; i < s->n; i++) {
        if (has_ended(s, i, &why)) {
            assert_int_not_equal(why, WZP_OK);
            assert_int_not_equal(wzp_err_class(why), WZP_CLASS_BUG);
            s->hints++;
        }
        const wzp_client_stats stats = wzp_world_stats(s->w, s->client[i]);
        s->hints += stats.packets_unsent > 0 || stats.events_dropped > 0;
    }
}

/* Everybody noticed that the relay was gone. */
static inline bool all_reconnected(stage *s)
{
    for (int i = 0; i < s->n; i++) {
        if (wzp_world_stats(s->w, s->client[i]).reconnects == 0) {
            return false;
        }
    }
    return true;
}

/* Every one is named before the test fails. */
static size_t complaints;

static inline void complain(bool is_wrong, const scenario *sc, size_t n,
                            const char *what)
{
    if (is_wrong) {
        complaints++;
        print_error("%s, allocation %zu failed: %s\n", sc->name, n, what);
    }
}

static inline bool comes_to_rest(stage *s, const scenario *sc)
{
    bool (*is_well)(stage *) = sc->is_well != NULL ? sc->is_well : all_hear_all;
    const wzp_tstamp limit = sc->recovery == 0 ? RECOVERY : sc->recovery;
    for (wzp_tstamp t = 0; t < limit && !is_well(s); t += WZP_S / 2) {
        wzp_world_run(s->w, WZP_S / 2);
        if (sc->nudge != NULL) {
            sc->nudge(s);
        }
    }
    return is_well(s);
}

static inline void set_relay(stage *s)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.packets = 512;
    cfg.max_conns = 64;
    cfg.allow_legacy = s->allows_legacy;
    cfg.room_rules = s->rules;
    cfg.n_room_rules = s->n_rules;
    cfg.log = (wzp_log){.write = on_log, .user = s, .level = WZP_LOG_DEBUG};
    if (s->has_next) {
        uint8_t seed[WZP_SEED_LEN];
        memset(seed, 10, sizeof seed);
        assert_int_equal(wzp_seed_identity_new(&s->next, seed), WZP_OK);
        cfg.next_identity = wzp_seed_identity_table(s->next);
        cfg.next_not_before = 1800000000; /* when the world begins */
    }
    s->relay = wzp_world_relay(s->w, 9, &cfg);
}

static inline void end_stage(stage *s)
{
    wzp_world_free(s->w);
    wzp_liar_free(s->hub);
    wzp_probe_free(s->probe);
    if (s->has_old_relay) {
        wzp_legacy_relay_deinit(&s->old_relay);
    }
    if (s->has_old_client) {
        wzp_legacy_client_deinit(&s->old_client);
    }
    wzp_seed_identity_free(s->next);
}

/* The packets of the play without a failure. Where they are the same bit for
 * bit, nobody felt it and there is nothing to tell: wolfSSL makes texts of
 * certificates' names that nobody reads. */
static uint64_t calm_trace;

/* Play with allocation n failing; the number of allocations there were. */
static inline size_t play(const scenario *sc, size_t n, bool *has_failed)
{
    const size_t live = wzp_alloc_live();
    reasons_told = 0;
    stage s = {.w = wzp_world_new(77)};
    if (sc->prepare != NULL) {
        sc->prepare(&s);
    }
    if (!s.has_old_relay && s.hub == NULL) {
        set_relay(&s);
    }
    for (int i = 0; i < sc->clients; i++) {
        add_client(&s);
    }
    wzp_alloc_arm(n);
    sc->play(&s);
    const size_t count = wzp_alloc_count();
    const bool is_well = comes_to_rest(&s, sc);
    *has_failed = wzp_alloc_disarm();
    if (n == 0 && sc->happened != NULL) {
        complain(!sc->happened(&s), sc, n, "the scenario is not what it says");
    }
    check_told(&s);
    const uint64_t trace = wzp_world_trace(s.w);
    calm_trace = n == 0 ? trace : calm_trace;
    end_stage(&s);
    complain(!is_well, sc, n, "not all is well in the end");
    complain(*has_failed && s.hints == 0 && trace != calm_trace, sc, n,
             "nobody was told");
    complain(wzp_alloc_live() != live, sc, n, "blocks are left behind");
    return count;
}

/* The first n and the step to the next: a sample in make test; in make soak
 * all, or every stride-th (WZP_TORTURE_STEP) from a place that is another one
 * each time. */
static inline size_t first_and_step(const scenario *sc, size_t all,
                                    size_t *step)
{
    const char *wanted = getenv("WZP_TORTURE_STEP");
    if (wanted != NULL && strtoul(wanted, NULL, 10) > 0) {
        *step = strtoul(wanted, NULL, 10);
    } else if (getenv("WZP_SOAK") == NULL) {
        *step = (all + SAMPLES - 1) / SAMPLES;
        return 1;
    } else {
        *step = sc->stride == 0 ? 1 : sc->stride;
    }
    const size_t first = 1 + (size_t)time(NULL) % *step;
    return first < all ? first : 1;
}

static inline void play_all(const scenario *sc)
{
    bool has_failed;
    (void)play(sc, 0, &has_failed); /* what is made once per process */
    complaints = 0;
    const size_t all = play(sc, 0, &has_failed);
    assert_int_equal(complaints, 0);
    assert_false(has_failed);
    assert_true(all > 10);
    const char *at = getenv("WZP_TORTURE_AT"); /* this one alone, to look at */
    if (at != NULL) {
        (void)play(sc, strtoul(at, NULL, 10), &has_failed);
        assert_int_equal(complaints, 0);
        return;
    }
    size_t step;
    size_t n = first_and_step(sc, all, &step);
    print_message("%s: %zu allocations, from %zu every %zu.\n", sc->name, all,
                  n, step);
    for (; n <= all; n += step) {
        (void)play(sc, n, &has_failed);
        assert_true(has_failed);
    }
    assert_int_equal(complaints, 0);
}

#endif
