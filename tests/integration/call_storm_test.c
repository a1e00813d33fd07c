/* SPDX-License-Identifier: MIT */
/* The storm of direct calls: eight people who call, answer, decline, hang up
 * and call each other at once, over links that lose, repeat and reorder, while
 * their registrations break and the hub restarts. Looked at ten times a second:
 *
 *   two in one call see the same words, and each has the other's key;
 *   nobody waits alone in a state of a call longer than its timer says;
 *   and in the end nothing is left.
 */
#include "support/harness.h"
#include "support/liar/exchange.h"
#include "support/world/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK (100 * WZP_MS)

enum { PEOPLE = 8, RELAY = 9 };

typedef struct storm {
    wzp_world *w;
    wzp_liar *liar;
    wzp_test_rng rng;
    wzp_node relay, node[PEOPLE];
    uint8_t fp[PEOPLE][WZP_FP_LEN];
    wzp_client_event call[PEOPLE]; /* as of the last look */
    wzp_tstamp alone_since[PEOPLE];
    /* result */
    uint64_t calls, glares, answers, declines, hangups, restarts, breaks;
    uint64_t compared, both_active;
    wzp_tstamp max_alone;
} storm;

/* Calls that nobody else knows of; calls.c has the timers. */
static wzp_tstamp longest(wzp_call_state state)
{
    switch (state) {
    case WZP_CALL_RINGING_OUT:
    case WZP_CALL_RINGING_IN: return (45 + 10) * WZP_S; /* and the reveal */
    case WZP_CALL_CONNECTING: return 30 * WZP_S;
    default: return 60 * WZP_S;
    }
}

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static uint64_t below(storm *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

static wzp_engine *engine(storm *s, int i)
{
    return wzp_world_engine(s->w, s->node[i]);
}

static void begin(storm *s, uint64_t seed)
{
    *s = (storm){.w = wzp_world_new(seed), .rng = {seed * 7919 + 1}};
    s->liar = wzp_liar_new(s->w, RELAY);
    s->relay = wzp_liar_node(s->liar);
    wzp_world_no_codec(s->w);
    for (int i = 0; i < PEOPLE; i++) {
        const wzp_world_client_config cfg = {
            .identity = (uint8_t)(20 + i), .in = hum(), .in_len = 4800};
        const wzp_link_cfg link = {.loss = 0.10,
                                   .delay_ns = (10 + below(s, 50)) * WZP_MS,
                                   .jitter_ns = 5 * WZP_MS,
                                   .reorder = 0.02,
                                   .dup = 0.02};
        s->node[i] = wzp_world_client(s->w, &cfg);
        wzp_world_link(s->w, s->node[i], &link, &link);
        wzp_world_fingerprint(s->w, s->node[i], s->fp[i]);
        wzp_world_register(s->w, s->node[i], s->relay);
    }
    wzp_world_run(s->w, 5 * WZP_S);
}

/* --- laws ----------------------------------------------------------------- */

static wzp_call_state state(const storm *s, int i)
{
    return s->call[i].u.call.state;
}

static bool is_in(const storm *s, int i)
{
    return s->call[i].kind == WZP_EVENT_CALL && state(s, i) != WZP_CALL_ENDED;
}

static bool is_agreed(const storm *s, int i)
{
    return is_in(s, i) && (state(s, i) == WZP_CALL_CONNECTING ||
                           state(s, i) == WZP_CALL_ACTIVE);
}

static bool is_same_call(const storm *s, int a, int b)
{
    return a != b && is_in(s, a) && is_in(s, b) &&
           strcmp(s->call[a].u.call.call_id, s->call[b].u.call.call_id) == 0;
}

static void check_key(const storm *s, int i)
{
    uint8_t fp[WZP_FP_LEN];
    assert_true(s->call[i].u.call.has_key);
    wzp_identity_fingerprint(s->call[i].u.call.key, fp);
    assert_memory_equal(fp, s->call[i].u.call.fingerprint, sizeof fp);
}

static void check_pair(storm *s, int a, int b)
{
    assert_memory_equal(s->call[a].u.call.fingerprint, s->fp[b], WZP_FP_LEN);
    if (!is_agreed(s, a) || !is_agreed(s, b)) {
        return;
    }
    for (size_t k = 0; k < WZP_CALL_WORDS; k++) {
        assert_string_equal(s->call[a].u.call.word[k],
                            s->call[b].u.call.word[k]);
    }
    assert_string_equal(s->call[a].u.call.digits, s->call[b].u.call.digits);
    s->compared++;
    s->both_active +=
        state(s, a) == WZP_CALL_ACTIVE && state(s, b) == WZP_CALL_ACTIVE;
}

static void check_alone(storm *s, int i, bool is_new)
{
    const wzp_tstamp now = wzp_world_now(s->w);
    bool is_alone = is_in(s, i);
    for (int k = 0; k < PEOPLE; k++) {
        is_alone &= !is_same_call(s, i, k);
    }
    if (!is_alone || is_new) {
        s->alone_since[i] = now;
    }
    const wzp_tstamp alone = now - s->alone_since[i];
    s->max_alone = alone > s->max_alone ? alone : s->max_alone;
    if (is_alone && alone > longest(state(s, i)) + LOOK) {
        fail_msg("%d is alone in a call (%s) for %llu s", i,
                 wzp_call_state_name(state(s, i)),
                 (unsigned long long)(alone / WZP_S));
    }
}

static void look(storm *s)
{
    bool is_new[PEOPLE];
    for (int i = 0; i < PEOPLE; i++) {
        const wzp_client_event before = s->call[i];
        s->call[i].kind = WZP_EVENT_STATS;
        (void)wzp_world_events(s->w, s->node[i], WZP_EVENT_CALL, &s->call[i]);
        is_new[i] =
            before.kind != s->call[i].kind ||
            before.u.call.state != state(s, i) ||
            strcmp(before.u.call.call_id, s->call[i].u.call.call_id) != 0;
    }
    for (int i = 0; i < PEOPLE; i++) {
        if (is_agreed(s, i)) {
            check_key(s, i);
        }
        for (int k = 0; k < PEOPLE; k++) {
            if (is_same_call(s, i, k)) {
                check_pair(s, i, k);
            }
        }
        check_alone(s, i, is_new[i]);
    }
    assert_true(wzp_liar_calls(s->liar) <= PEOPLE);
}

/* --- weather -------------------------------------------------------------- */

/* WZP_ERR_STATE while the registration is being made, or one rings meanwhile.
 */
static bool call(storm *s, int from, int to)
{
    wzp_call_to whom;
    memcpy(whom.fingerprint, s->fp[to], WZP_FP_LEN);
    const wzp_err e =
        wzp_engine_call(engine(s, from), wzp_world_now(s->w), &whom);
    assert_true(e == WZP_OK || e == WZP_ERR_STATE);
    wzp_world_kick(s->w, s->node[from]);
    return e == WZP_OK;
}

static void answer(storm *s, int i, wzp_accept_mode mode)
{
    const wzp_err e = wzp_engine_answer(engine(s, i), wzp_world_now(s->w),
                                        s->call[i].u.call.call_id, mode);
    assert_true(e == WZP_OK || e == WZP_ERR_STATE || e == WZP_ERR_NOT_FOUND);
    s->answers += e == WZP_OK && mode != WZP_ACCEPT_REJECT;
    s->declines += e == WZP_OK && mode == WZP_ACCEPT_REJECT;
    wzp_world_kick(s->w, s->node[i]);
}

static void hang_up(storm *s, int i)
{
    wzp_engine_hangup(engine(s, i), wzp_world_now(s->w), WZP_HANGUP_NORMAL);
    wzp_world_kick(s->w, s->node[i]);
    s->hangups++;
}

static void begin_call(storm *s, int i)
{
    const int to = (i + 1 + (int)below(s, PEOPLE - 1)) % PEOPLE;
    s->calls += call(s, i, to);
    if (below(s, 4) == 0) {
        s->glares += call(s, to, i);
    }
}

static void somebody_acts(storm *s)
{
    const int i = (int)below(s, PEOPLE);
    const uint64_t dice = below(s, 10);
    if (!is_in(s, i)) {
        begin_call(s, i);
        return;
    }
    switch (state(s, i)) {
    case WZP_CALL_RINGING_IN:
        if (dice < 9) {
            answer(s, i, dice < 7 ? WZP_ACCEPT_GENERIC : WZP_ACCEPT_REJECT);
        }
        break;
    case WZP_CALL_ACTIVE:
        if (dice < 4) {
            hang_up(s, i);
        }
        break;
    default:
        if (dice < 1) {
            hang_up(s, i);
        }
        break;
    }
}

/* A connection ends: a line, or somebody's way into the room of a call. */
static void one_breaks(storm *s)
{
    const int i = wzp_liar_count(s->liar) - 1 - (int)below(s, PEOPLE);
    wzp_liar_drop(s->liar, i);
    wzp_world_kick(s->w, s->relay);
    s->breaks++;
}

static void the_hub_restarts(storm *s)
{
    wzp_world_kill(s->w, s->relay);
    wzp_world_run(s->w, below(s, 4) * WZP_S);
    wzp_liar_restart(s->liar, RELAY);
    wzp_world_kick(s->w, s->relay);
    s->restarts++;
}

static void blow(storm *s, wzp_tstamp duration)
{
    const wzp_tstamp end = wzp_world_now(s->w) + duration;
    wzp_tstamp act_at = 0;
    wzp_tstamp restart_at = wzp_world_now(s->w) + 20 * WZP_S;
    while (wzp_world_now(s->w) < end) {
        wzp_world_run(s->w, LOOK);
        look(s);
        const wzp_tstamp now = wzp_world_now(s->w);
        if (now >= act_at) {
            somebody_acts(s);
            act_at = now + 100 * WZP_MS + below(s, 400) * WZP_MS;
        }
        if (now >= restart_at) {
            the_hub_restarts(s);
            restart_at = now + (30 + below(s, 30)) * WZP_S;
        } else if (below(s, 100) == 0) {
            one_breaks(s);
        }
    }
}

static void calm(storm *s)
{
    for (int i = 0; i < PEOPLE; i++) {
        hang_up(s, i);
    }
    wzp_world_run(s->w, 2 * WZP_S);
    look(s);
    for (int i = 0; i < PEOPLE; i++) {
        assert_false(is_in(s, i));
        wzp_world_unregister(s->w, s->node[i]);
    }
    wzp_world_run(s->w, 45 * WZP_S); /* time-outs of whom nobody answers */
    for (int i = 0; i < PEOPLE; i++) {
        assert_int_equal(wzp_engine_state(engine(s, i)), WZP_CLIENT_IDLE);
        assert_int_equal(wzp_engine_line_state(engine(s, i)), WZP_LINE_IDLE);
    }
    assert_int_equal(wzp_liar_calls(s->liar), 0);
    wzp_world_check_empty(s->w);
}

static void end(storm *s)
{
    wzp_world_free(s->w);
    wzp_liar_free(s->liar);
}

static void print(const storm *s)
{
    print_message(
        "%llu calls, %llu at once, %llu answered, %llu declined, "
        "%llu hang-ups, %llu restarts, %llu breaks; %llu looks at "
        "two in one call, %llu of them active; longest alone %llu "
        "ms\n",
        (unsigned long long)s->calls, (unsigned long long)s->glares,
        (unsigned long long)s->answers, (unsigned long long)s->declines,
        (unsigned long long)s->hangups, (unsigned long long)s->restarts,
        (unsigned long long)s->breaks, (unsigned long long)s->compared,
        (unsigned long long)s->both_active,
        (unsigned long long)(s->max_alone / WZP_MS));
}

/* Seeds; each for as many minutes as WZP_SOAK says, at most sixty: the hub has
 * places for so many connections. */
static size_t seed_count(void)
{
    return getenv("WZP_SOAK") != NULL ? 8 : 4;
}

static void seed_run(size_t row)
{
    static storm s;
    const char *soak = getenv("WZP_SOAK");
    const uint64_t wanted = soak == NULL ? 2 : strtoul(soak, NULL, 10);
    begin(&s, 600 + row);
    blow(&s, (wanted < 60 ? wanted : 60) * 60 * WZP_S);
    print(&s);
    calm(&s);
    end(&s);
    assert_true(s.calls > 20 && s.glares > 0 && s.answers > 5);
    assert_true(s.declines > 0 && s.restarts > 0 && s.breaks > 0);
    assert_true(s.both_active > 100);
}

WZP_ROWS(in_a_storm_of_calls_the_words_are_the_same_and_nobody_is_left_alone,
         seed_count, seed_run);

/* --- control -------------------------------------------------------------- */

static bool drop_hangups(void *user, wzp_liar *liar, int from, int to,
                         wzp_signal *sig)
{
    (void)user;
    (void)liar;
    (void)from;
    (void)to;
    return sig->kind != WZP_SIG_HANGUP;
}

/* A hub that keeps hang-ups to itself leaves people alone, as long as their
 * timers let it and no longer. */
WZP_TEST(control_who_is_left_alone_in_a_call_is_noticed)
{
    static storm s;
    const wzp_liar_hooks hooks = {.signal = drop_hangups};
    begin(&s, 700);
    wzp_liar_hook(s.liar, &hooks);
    (void)call(&s, 0, 1);
    wzp_world_run(s.w, 2 * WZP_S);
    look(&s);
    answer(&s, 1, WZP_ACCEPT_GENERIC);
    for (int i = 0; i < 50; i++) {
        wzp_world_run(s.w, LOOK);
        look(&s);
    }
    assert_true(s.both_active > 0);
    hang_up(&s, 0);
    for (int i = 0; i < 650; i++) {
        wzp_world_run(s.w, LOOK);
        look(&s);
    }
    assert_in_range(s.max_alone, 50 * WZP_S, 60 * WZP_S + LOOK);
    assert_false(is_in(&s, 1));
    end(&s);
}
