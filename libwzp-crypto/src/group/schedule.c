/* SPDX-License-Identifier: MIT */
/* The own key: who gets it, when it changes: see state.h.
 *
 *   a newcomer    next step by ratchet, boxed to newcomers only
 *   a leaver      next generation, boxed to all who stay
 *
 * A new key waits in `next` until it is with the others, then becomes
 * `current`. The old one is wiped there and then: nothing is sealed with it any
 * more. A key under which nothing was sealed yet is given to a newcomer as it
 * is. When all who hold the key went silent it is kept for control frames
 * alone: they tell, authenticated, that we are back after an outage. A newcomer
 * ends that: the silent ones are called once more, then the key changes
 * without them.
 */
#include "state.h"

#include <sodium.h>

#include <string.h>

/* Timers of this file, all of secure-media.md 5 unless said:
 *   join      200 ms: newcomers within it share a step
 *   leave     max(200 ms, members × 5 ms): leavers within it share a generation
 *   switch    250 ms after the boxes went out (at most 300 ms), 100 ms for a
 *             step (chosen: only newcomers wait for a box)
 *   rekey     60 min
 *   control   max(5 s, members × 0.1 s), a third of it for own frames
 *   silence   three of those
 *   copy      100 ms, twice: a box is repeated in rooms up to 64 (chosen: lost
 *             boxes come before the key is used; larger rooms ask)
 *   answer    250 ms: requests of one member closer together are one (chosen)
 *   call      1 s, a control frame every 200 ms: silent holders may still
 *             answer before a newcomer's key leaves them behind (chosen: he
 *             is to be deaf no longer than 2 s)
 */
static const wzp_tstamp JOIN_WAIT = 200 * WZP_MS;
static const wzp_tstamp LEAVE_WAIT = 200 * WZP_MS;
static const wzp_tstamp LEAVE_WAIT_EACH = 5 * WZP_MS;
static const wzp_tstamp SWITCH_GENERATION = 250 * WZP_MS;
static const wzp_tstamp SWITCH_STEP = 100 * WZP_MS;
static const wzp_tstamp REKEY = 3600 * WZP_S;
static const wzp_tstamp CONTROL = 5 * WZP_S;
static const wzp_tstamp CONTROL_EACH = 100 * WZP_MS;
static const wzp_tstamp COPY_STEP = 100 * WZP_MS;
static const wzp_tstamp ANSWER_STEP = 250 * WZP_MS;
static const wzp_tstamp CALL = 1 * WZP_S;
static const wzp_tstamp CALL_STEP = 200 * WZP_MS;
enum {
    SILENT_AFTER = 3, /* intervals */
    COPIES = 2,
    COPIES_MEMBERS_MAX = 64,
    /* A receiver does not step its chain for a repeat, and goes forward 1024 at
     * most: a new generation long before that lets it follow (chosen). */
    REPEATS_MAX = 512,
    /* Own control frames per interval. One would do by the rule, but three
     * lost in a row look like a leave, which at 10 % loss on both links is
     * once in 150 windows; nine are not lost (chosen). */
    CONTROL_REPEATS = 3,
    STEP_MAX = 255,
    SUITE_AES_BIT = 2,
};

wzp_tstamp wzp__control_interval(const wzp_group *g)
{
    const wzp_tstamp each = (g->n_capable + 1) * CONTROL_EACH;
    return each > CONTROL ? each : CONTROL;
}

/* All who hold the key went silent. */
static bool is_kept(const wzp_group *g)
{
    return g->owes_rotation && g->n_holders == 0;
}

/* A newcomer waits meanwhile. */
static bool is_calling(const wzp_group *g)
{
    return is_kept(g) && g->rotate_at != WZP_NEVER;
}

wzp_tstamp wzp__control_every(const wzp_group *g)
{
    if (is_calling(g)) {
        return CALL_STEP;
    }
    return wzp__control_interval(g) / CONTROL_REPEATS;
}

wzp__own_key *wzp__own_newest(wzp_group *g)
{
    if (g->has_next) {
        return &g->secret->next;
    }
    return g->has_current ? &g->secret->current : NULL;
}

/* --- making keys --- */

/* 0x0005 while every present member who gets keys lists it. */
static uint16_t best_suite(const wzp_group *g)
{
    if ((g->own_suites & SUITE_AES_BIT) == 0) {
        return WZP_SUITE_CHACHA;
    }
    for (size_t i = 0; i < g->n_listed; i++) {
        const wzp__member *m = g->list[i];
        if (wzp__member_counts(m) && (m->suites & SUITE_AES_BIT) == 0) {
            return WZP_SUITE_CHACHA;
        }
    }
    return WZP_SUITE_AES;
}

/* generation, step, suite and base are set; the rest follows. */
static void complete(wzp_group *g, wzp__own_key *k, wzp_tstamp now)
{
    k->made_at = now;
    k->is_out = false;
    wzp_ignore(
        wzp__sframe_key_init(&k->sframe, k->suite, k->base,
                             wzp_sframe_kid(g->sid, k->generation, k->step)),
        "best_suite chose one that is there");
}

static void make_first(wzp_group *g, wzp_tstamp now)
{
    wzp__own_key *k = &g->secret->current;
    k->generation = 0;
    k->step = 0;
    k->suite = best_suite(g);
    wzp_rng_fill(&g->rng, k->base, WZP_KEY_LEN);
    complete(g, k, now);
    g->has_current = true;
}

void wzp__own_agreed(wzp_group *g, wzp_tstamp now, wzp__member *m,
                     uint16_t suite, const uint8_t base[WZP_KEY_LEN])
{
    wzp__own_key *k = &g->secret->current;
    k->suite = suite;
    memcpy(k->base, base, WZP_KEY_LEN);
    complete(g, k, now);
    k->is_out = true;
    g->has_current = true;
    m->holds = true;
    g->n_holders = 1;
    g->control_at = now;
}

/* `next` takes the place of `current`. */
static void promote(wzp_group *g)
{
    g->secret->current = g->secret->next;
    sodium_memzero(&g->secret->next, sizeof g->secret->next);
    g->has_next = false;
    g->switch_at = WZP_NEVER;
}

/* A box that is not a repeat. */
static void want_box(wzp_group *g, wzp__member *m)
{
    m->is_copy = false;
    wzp__todo_set(g, m, WZP__TODO_BOX);
}

static void box_waiting(wzp_group *g)
{
    for (size_t i = 0; i < g->n_listed; i++) {
        wzp__member *m = g->list[i];
        if (m->is_waiting) {
            m->is_waiting = false;
            want_box(g, m);
        }
    }
    g->join_at = WZP_NEVER;
}

/* Nobody to wait for: the new key is in use from here. */
static void promote_if_alone(wzp_group *g)
{
    if (g->todo_count[WZP__TODO_BOX] == 0) {
        promote(g);
    }
}

static bool is_anybody_waiting(const wzp_group *g)
{
    for (size_t i = 0; i < g->n_listed; i++) {
        if (g->list[i]->is_waiting) {
            return true;
        }
    }
    return false;
}

static void rotate(wzp_group *g, wzp_tstamp now)
{
    g->rotate_at = WZP_NEVER;
    g->owes_rotation =
        g->n_silent_holders > 0 && g->n_holders == 0 && !is_anybody_waiting(g);
    if (g->owes_rotation) {
        return;
    }
    if (g->has_next) {
        promote(g); /* two changes in a row: the first is due at the latest */
    }
    const wzp__own_key *old = &g->secret->current;
    wzp__own_key *k = &g->secret->next;
    k->generation = old->generation + 1;
    k->step = 0;
    k->suite = best_suite(g);
    wzp_rng_fill(&g->rng, k->base, WZP_KEY_LEN);
    complete(g, k, now);
    g->has_next = true;
    for (size_t i = 0; i < g->n_listed; i++) {
        wzp__member *m = g->list[i];
        if (m->holds && !m->is_silent) {
            want_box(g, m);
        } else if (m->holds) {
            m->holds = false;
            g->n_silent_holders--;
        }
    }
    box_waiting(g);
    WZP_LOG(&g->log, WZP_LOG_DEBUG, "group", "group.generation",
            "generation=%u suite=%04x members=%zu", k->generation, k->suite,
            g->n_holders);
    promote_if_alone(g);
}

static void step_on(wzp_group *g, wzp_tstamp now)
{
    const wzp__own_key *old = &g->secret->current;
    if (old->step == STEP_MAX || g->rotate_at != WZP_NEVER ||
        g->owes_rotation) {
        rotate(g, now);
        return;
    }
    wzp__own_key *k = &g->secret->next;
    k->generation = old->generation;
    k->step = (uint8_t)(old->step + 1);
    k->suite = old->suite;
    wzp_key_ratchet(old->base, k->base);
    complete(g, k, now);
    k->made_at = old->made_at; /* 60 minutes are of the generation */
    k->is_out = old->is_out;   /* who holds the old one can follow */
    g->has_next = true;
    box_waiting(g);
    promote_if_alone(g);
}

/* --- who gets it --- */

/* A listener gives its key to those it hears, a speaker to everybody. */
static bool is_entitled(const wzp_group *g, const wzp__member *m)
{
    return wzp__member_counts(m) && (g->is_speaker || m->keys != NULL);
}

static void change_suite(wzp_group *g, wzp_tstamp now)
{
    const wzp__own_key *k = wzp__own_newest(g);
    if (k != NULL && !is_kept(g) && k->suite != best_suite(g)) {
        wzp__earlier(&g->rotate_at, now + JOIN_WAIT);
    }
}

/* Who comes can but take 0x0005 away, and each was looked at when it came: no
 * need to look at all of them for every one. */
static bool may_change_suite(wzp_group *g, const wzp__member *m)
{
    const wzp__own_key *k = wzp__own_newest(g);
    return k != NULL &&
           (k->suite != WZP_SUITE_AES || (m->suites & SUITE_AES_BIT) == 0);
}

void wzp__own_grant(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (may_change_suite(g, m)) {
        change_suite(g, now);
    }
    if (!is_entitled(g, m) || m->holds || m->is_waiting ||
        wzp__todo_has(m, WZP__TODO_BOX)) {
        return;
    }
    if (!g->has_current) {
        make_first(g, now);
    }
    const wzp__own_key *k = wzp__own_newest(g);
    if (g->owes_rotation) {
        wzp__earlier(&g->rotate_at, now + CALL);
        wzp__earlier(&g->control_at, now);
    }
    if (g->rotate_at == WZP_NEVER && (k->sframe.ctr == 0 || !g->is_speaker)) {
        want_box(g, m);
        return;
    }
    m->is_waiting = true;
    if (g->rotate_at == WZP_NEVER) {
        wzp__earlier(&g->join_at, now + JOIN_WAIT);
    }
}

void wzp__own_renew(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->holds && wzp__member_counts(m)) {
        want_box(g, m);
    } else {
        wzp__own_grant(g, m, now);
    }
}

void wzp__own_answer(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->was_answered && now - m->answered_at < ANSWER_STEP) {
        g->stats.requests_ignored++;
        return;
    }
    m->was_answered = true;
    m->answered_at = now;
    if (m->pair == WZP__PAIR_OWN && wzp__member_counts(m)) {
        wzp__todo_set(g, m, WZP__TODO_PAIR);
    }
    wzp__own_renew(g, m, now);
}

void wzp__own_forget(wzp_group *g, wzp__member *m)
{
    wzp__todo_clear(g, m, WZP__TODO_BOX);
    m->is_waiting = false;
    m->copies = 0;
    m->copy_at = WZP_NEVER;
}

static void leave(wzp_group *g, wzp_tstamp now)
{
    const wzp_tstamp each = (g->n_capable + 1) * LEAVE_WAIT_EACH;
    wzp__earlier(&g->rotate_at, now + (each > LEAVE_WAIT ? each : LEAVE_WAIT));
}

void wzp__own_revoke(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    wzp__own_forget(g, m);
    if (m->holds) {
        m->holds = false;
        if (m->is_silent) {
            g->n_silent_holders--;
        } else {
            g->n_holders--;
        }
        leave(g, now);
    }
    change_suite(g, now);
}

void wzp__own_speak(wzp_group *g, wzp_tstamp now)
{
    g->is_speaker = true;
    for (size_t i = 0; i < g->n_listed; i++) {
        wzp__own_grant(g, g->list[i], now);
    }
}

/* --- sent, repeated --- */

static void note_sent(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (!m->holds) {
        m->holds = true;
        if (g->n_holders++ == 0) {
            g->control_at = now; /* somebody can hear that we are here */
        }
    }
    const wzp__own_key *k = wzp__own_newest(g);
    if (m->boxed_generation != k->generation || m->boxed_step != k->step) {
        m->boxed_generation = k->generation;
        m->boxed_step = k->step;
        m->repeats = 0;
    } else if (++m->repeats == REPEATS_MAX) {
        wzp__earlier(&g->rotate_at, now);
    }
    if (!m->is_copy) {
        m->copies = g->n_capable <= COPIES_MEMBERS_MAX ? COPIES : 0;
    }
    m->is_copy = false;
    m->copy_at = m->copies > 0 ? now + COPY_STEP : WZP_NEVER;
    wzp__earlier(&g->members_at, m->copy_at);
}

void wzp__own_sent(wzp_group *g, wzp_tstamp now)
{
    for (size_t i = 0; i < g->out.signal.u.e2ee_keys.k.n; i++) {
        note_sent(g, wzp__member_find(g, g->out.boxes[i].to), now);
    }
    wzp__own_key *k = wzp__own_newest(g);
    k->is_out = true;
    if (g->has_next && g->switch_at == WZP_NEVER &&
        g->todo_count[WZP__TODO_BOX] == 0) {
        const bool is_step = k->step != 0;
        g->switch_at = now + (is_step ? SWITCH_STEP : SWITCH_GENERATION);
    }
}

wzp_tstamp wzp__copy_expire(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (now < m->copy_at) {
        return m->copy_at;
    }
    m->copy_at = WZP_NEVER; /* until this one is sent */
    if (m->copies > 0 && m->holds && wzp__member_counts(m)) {
        m->copies--;
        m->is_copy = !wzp__todo_has(m, WZP__TODO_BOX);
        wzp__todo_set(g, m, WZP__TODO_BOX);
        if (m->pair == WZP__PAIR_OWN && !m->is_confirmed) {
            wzp__todo_set(g, m, WZP__TODO_PAIR);
        }
    }
    return WZP_NEVER;
}

/* --- keep-alives --- */

wzp_tstamp wzp__silence_expire(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->keys == NULL || !wzp__member_counts(m)) {
        return WZP_NEVER;
    }
    const wzp_tstamp at = m->heard_at + SILENT_AFTER * wzp__control_interval(g);
    if (now < at) {
        return at;
    }
    if (m->holds && g->n_holders == 1) { /* the last one: see the top */
        wzp__own_forget(g, m);
        g->n_holders--;
        g->n_silent_holders++;
        g->owes_rotation = true;
    } else {
        wzp__own_revoke(g, m, now);
    }
    m->is_silent = true;
    WZP_LOG(&g->log, WZP_LOG_INFO, "group", "group.silent", "member=%u",
            m->number);
    return WZP_NEVER;
}

void wzp__member_heard(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    m->heard_at = now;
    if (!m->is_silent) {
        return;
    }
    m->is_silent = false;
    wzp__earlier(&g->members_at, now);
    if (m->holds) {
        g->n_silent_holders--;
        g->n_holders++;
        g->owes_rotation = false;
        wzp__earlier(&g->rotate_at, now + JOIN_WAIT);
    }
    wzp__own_grant(g, m, now);
}

/* --- time --- */

void wzp__own_expire(wzp_group *g, wzp_tstamp now)
{
    if (g->has_next && now >= g->switch_at) {
        promote(g);
    }
    if (!g->has_current) {
        g->rotate_at = WZP_NEVER;
        return;
    }
    const wzp__own_key *k = wzp__own_newest(g);
    if (!is_kept(g) &&
        (now >= k->made_at + REKEY || k->sframe.ctr >= WZP__COUNTER_REKEY)) {
        wzp__earlier(&g->rotate_at, now);
    }
    if (now >= g->rotate_at) {
        rotate(g, now);
    }
    if (now >= g->join_at) {
        g->join_at = WZP_NEVER;
        if (g->has_next) {
            box_waiting(g); /* nothing is sealed under it yet */
        } else {
            step_on(g, now);
        }
    }
    if (now >= g->control_at) {
        const bool is_heard = g->n_holders + g->n_silent_holders > 0;
        g->is_control_due = is_heard;
        g->control_at = is_heard ? now + wzp__control_every(g) : WZP_NEVER;
    }
}

wzp_tstamp wzp__own_deadline(const wzp_group *g)
{
    wzp_tstamp at = g->control_at;
    wzp__earlier(&at, g->join_at);
    wzp__earlier(&at, g->rotate_at);
    if (g->has_next) {
        wzp__earlier(&at, g->switch_at);
    }
    if (g->has_current && !is_kept(g)) {
        const wzp__own_key *k =
            g->has_next ? &g->secret->next : &g->secret->current;
        wzp__earlier(&at, k->made_at + REKEY);
    }
    return at;
}
