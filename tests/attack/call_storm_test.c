/* SPDX-License-Identifier: MIT */
/* The attacker is the relay, and no plan: every signal of a call is lost,
 * delayed, repeated or overtaken at random, signals of earlier calls come in
 * between, and the two call each other at the same time, answer, reject or hang
 * up when they like. What he hopes for is a state that nobody thought of: two
 * who believe in different calls, or sound before both have agreed.
 *
 * What must hold in every one of some hundred calls, at every moment:
 *   whoever has words has the same words as the other one, if that one has any
 *   in the same call; two who are in sound are in the same call;
 *   a packet is opened only by who agreed, nothing is ever sent in clear;
 * and within a bound the call stands for both, or is over for both and has a
 * name for it.
 */
#include "support/harness.h"
#include "support/liar/couple.h"

#include <string.h>

#define CALLS  8 /* of one world */
#define WORLDS 40
#define STEP   (100 * WZP_MS)
#define BOUND  (150 * WZP_S) /* ringing, the room, and silence in it */

typedef struct storm {
    wzp_couple *c;
    uint64_t state;
    bool is_calm; /* the control */
    uint64_t delivered, repeated;
    /* of all calls */
    unsigned stood, ended, words;
} storm;

static uint32_t any(storm *s, uint32_t n)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(s->state >> 33) % n;
}

static bool shake(void *user, wzp_couple *c, int from, int to, wzp_signal *sig)
{
    storm *s = user;
    (void)from;
    if (s->is_calm) {
        return true;
    }
    wzp_couple_keep(c, to, sig);
    const uint32_t fate = any(s, 10);
    const uint32_t copies = fate == 0 ? 0 : fate < 7 ? 1 : fate - 5;
    for (uint32_t i = 0; i < copies; i++) {
        const wzp_tstamp wait = any(s, 3) == 0 ? any(s, 3000) : any(s, 50);
        wzp_liar_say_at(c->liar, wzp_world_now(c->w) + wait * WZP_MS, to, sig);
        s->delivered++;
    }
    return false;
}

static void say_something_old(storm *s)
{
    wzp_couple *c = s->c;
    if (s->is_calm || c->n_kept == 0 || any(s, 4) != 0) {
        return;
    }
    const size_t i = any(s, (uint32_t)c->n_kept);
    wzp_liar_say(c->liar, c->kept[i].to, wzp_couple_said_at(c, i));
    wzp_world_kick(c->w, c->relay);
    s->repeated++;
}

/* --- what must hold --- */

static bool has_words(const wzp_client_event *ev)
{
    return ev->u.call.digits[0] != '\0';
}

static bool is_same_call(const wzp_client_event *a, const wzp_client_event *b)
{
    return strcmp(a->u.call.call_id, b->u.call.call_id) == 0;
}

static void check(storm *s)
{
    wzp_couple *c = s->c;
    const wzp_client_event a = wzp_couple_last(c, c->a);
    const wzp_client_event b = wzp_couple_last(c, c->b);
    const bool both = has_words(&a) && has_words(&b) && is_same_call(&a, &b);
    if (both) {
        assert_string_equal(a.u.call.digits, b.u.call.digits);
        for (size_t i = 0; i < WZP_CALL_WORDS; i++) {
            assert_string_equal(a.u.call.word[i], b.u.call.word[i]);
        }
        s->words++;
    }
    if (a.u.call.state == WZP_CALL_ACTIVE ||
        b.u.call.state == WZP_CALL_ACTIVE) { /* a packet of the other's */
        assert_true(both);
    }
    assert_true(wzp_couple_is_sealed(c));
}

/* As event.h has it for calls between two who can seal, where nobody changes
 * what a signal says. WZP_OK: somebody hung up. */
static bool is_named(wzp_err why)
{
    static const wzp_err all[] = {WZP_OK,           WZP_ERR_BUSY,
                                  WZP_ERR_DECLINED, WZP_ERR_OFFLINE,
                                  WZP_ERR_ANSWERED, WZP_ERR_NO_ANSWER,
                                  WZP_ERR_TIMEOUT,  WZP_ERR_PEER_CLOSED};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] == why) {
            return true;
        }
    }
    print_message("why: %s\n", wzp_err_name(why));
    return false;
}

static bool is_over(const wzp_couple *c)
{
    return wzp_couple_last(c, c->a).u.call.state == WZP_CALL_ENDED &&
           wzp_couple_last(c, c->b).u.call.state == WZP_CALL_ENDED;
}

static bool stands(const wzp_couple *c)
{
    return wzp_couple_last(c, c->a).u.call.state == WZP_CALL_ACTIVE &&
           wzp_couple_last(c, c->b).u.call.state == WZP_CALL_ACTIVE;
}

/* --- what the two do --- */

static void act(storm *s, wzp_node n)
{
    const wzp_call_state state = wzp_couple_last(s->c, n).u.call.state;
    const uint32_t mood = s->is_calm ? 0 : any(s, 20);
    if (state == WZP_CALL_RINGING_IN && mood < 6) {
        wzp_ignore(wzp_couple_answer(s->c, n), "it may be over just now");
    } else if (state != WZP_CALL_ENDED && mood == 19 && any(s, 15) == 0) {
        wzp_couple_hang_up(s->c, n);
    }
}

static void begin(storm *s)
{
    wzp_couple *c = s->c;
    const uint32_t who = any(s, s->is_calm ? 3 : 5);
    if (who != 1) {
        assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    }
    if (who != 0) {
        assert_int_equal(wzp_couple_call(c, c->b, WZP_ANNA), WZP_OK);
    }
}

/* Everybody out, whatever is still on its way. */
static void clear_up(storm *s)
{
    const bool is_calm = s->is_calm;
    s->is_calm = true;
    for (int i = 0; i < 2; i++) {
        wzp_couple_hang_up(s->c, s->c->a);
        wzp_couple_hang_up(s->c, s->c->b);
        wzp_world_run(s->c->w, 4 * WZP_S);
    }
    s->is_calm = is_calm;
    assert_true(is_over(s->c));
}

static void one_call(storm *s)
{
    wzp_couple *c = s->c;
    wzp_tstamp since = WZP_NEVER; /* it stands */
    const wzp_tstamp until = wzp_world_now(c->w) + BOUND;
    begin(s);
    do {
        wzp_world_run(c->w, STEP);
        say_something_old(s);
        act(s, c->a);
        act(s, c->b);
        check(s);
        const wzp_tstamp now = wzp_world_now(c->w);
        since = !stands(c) ? WZP_NEVER : since == WZP_NEVER ? now : since;
        if (since != WZP_NEVER && now - since > 4 * WZP_S) {
            break; /* and all that was said has come */
        }
    } while (!is_over(c) && wzp_world_now(c->w) < until);
    assert_true(stands(c) || is_over(c));
    s->stood += stands(c);
    s->ended += is_over(c);
    assert_true(is_named(wzp_couple_last(c, c->a).u.call.why));
    assert_true(is_named(wzp_couple_last(c, c->b).u.call.why));
    clear_up(s);
}

static void world(storm *s, uint64_t seed)
{
    s->state = seed * 77 + 1;
    s->c = wzp_couple_silent(seed);
    s->c->user = s;
    s->c->signal = shake;
    wzp_liar_let_all_pass(s->c->liar, !s->is_calm && seed % 2 == 0);
    for (int i = 0; i < CALLS; i++) {
        one_call(s);
    }
    wzp_couple_free(s->c);
}

WZP_TEST(whatever_becomes_of_the_signals_it_is_one_call_or_none)
{
    storm s = {.is_calm = false};
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world(&s, seed);
    }
    /* Both ways were gone, and often. */
    assert_int_equal(s.stood + s.ended, WORLDS * CALLS);
    assert_true(s.stood > WORLDS && s.ended > WORLDS);
    assert_true(s.repeated > 1000);
    print_message("%u stood, %u ended, %llu signals, %llu old ones\n", s.stood,
                  s.ended, (unsigned long long)s.delivered,
                  (unsigned long long)s.repeated);
}

WZP_TEST(control_in_calm_weather_every_call_stands)
{
    storm s = {.is_calm = true};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        world(&s, seed);
    }
    assert_int_equal(s.stood, 3 * CALLS);
}
