/* SPDX-License-Identifier: MIT */
/* Keys of others: see state.h. Installed from boxes, or found by ratcheting
 * when a packet of a later step opens; never twice, never backwards.
 */
#include "state.h"

#include <sodium.h>

#include <string.h>

/* Timers of this file:
 *   ask       1 s: secure-media.md 5, E2eeKeyRequest at most once a second
 *   missing   150 ms, and 500 ms after the package: a packet may overtake its
 *             key, and a newcomer gets none before the others took its package
 *             and waited for more newcomers (chosen)
 *   overlap   2.3 s: an older key opens for 2 s after its sender went over to
 *             the new one, which is at most 300 ms after it was sent
 *   trials    1 s: steps tried in vain are counted per second */
static const wzp_tstamp ASK_STEP = 1 * WZP_S;
static const wzp_tstamp MISSING = 150 * WZP_MS;
static const wzp_tstamp MISSING_NEW = 500 * WZP_MS;
static const wzp_tstamp OVERLAP = 2300 * WZP_MS;
static const wzp_tstamp TRIAL_PERIOD = 1 * WZP_S;
enum {
    TRIAL_STEPS = 2048, /* chosen: ≈ 4 ms of a processor per second */
    BOXES_IN_VAIN = 4,  /* chosen: a lost pair explains one or two */
};

static bool is_newer(const wzp__member *m, uint32_t generation, uint8_t step)
{
    return !m->has_high || generation > m->high_generation ||
           (generation == m->high_generation && step > m->high_step);
}

static void free_key(wzp_group *g, wzp__their_key *k)
{
    sodium_memzero(k, sizeof *k);
    wzp_mem_free(&g->mem, k, sizeof *k);
}

void wzp__keys_drop(wzp_group *g, wzp__member *m)
{
    while (m->keys != NULL) {
        wzp__their_key *older = m->keys->older;
        free_key(g, m->keys);
        m->keys = older;
    }
    m->n_keys = 0;
}

/* Wipes the oldest until `keep` are left. */
static void trim(wzp_group *g, wzp__member *m, size_t keep)
{
    while (m->n_keys > keep) {
        wzp__their_key **at = &m->keys;
        while ((*at)->older != NULL) {
            at = &(*at)->older;
        }
        free_key(g, *at);
        *at = NULL;
        m->n_keys--;
    }
}

/* k (taken) becomes the newest. */
static void push(wzp_group *g, wzp__member *m, wzp_tstamp now,
                 wzp__their_key *k)
{
    trim(g, m, WZP__KEYS_MAX - 1);
    if (m->keys != NULL) {
        m->keys->wipe_at = now + OVERLAP;
        wzp__earlier(&g->members_at, m->keys->wipe_at);
    } else {
        m->heard_at = now; /* three keep-alives from here */
        wzp__earlier(&g->members_at, now + 3 * wzp__control_interval(g));
    }
    k->wipe_at = WZP_NEVER;
    k->older = m->keys;
    m->keys = k;
    m->n_keys++;
    m->has_high = true;
    m->high_generation = k->generation;
    m->high_step = k->step;
    m->bad_tags = 0;
    m->bad_boxes = 0;
    m->missed_at = WZP_NEVER;
    if (m->state == WZP_MEMBER_VERIFIED) {
        m->state = WZP_MEMBER_KEYED;
        m->why = WZP_OK;
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
    }
}

static wzp_err new_key(wzp_group *g, const wzp__member *m, uint32_t generation,
                       uint8_t step, uint16_t suite, const uint8_t *base,
                       wzp__their_key **out)
{
    wzp__their_key *k = wzp_mem_new(&g->mem, sizeof *k);
    if (k == NULL) {
        return WZP_ERR_NOMEM;
    }
    k->generation = generation;
    k->step = step;
    k->suite = suite;
    memcpy(k->base, base, WZP_KEY_LEN);
    const wzp_err e = wzp__sframe_key_init(
        &k->sframe, suite, base,
        wzp_sframe_kid(wzp_mid_sid(m->mid), generation, step));
    if (e != WZP_OK) {
        free_key(g, k);
        return e;
    }
    *out = k;
    return WZP_OK;
}

wzp_err wzp__keys_agreed(wzp_group *g, wzp_tstamp now, wzp__member *m,
                         uint16_t suite, const uint8_t base[WZP_KEY_LEN])
{
    wzp__their_key *k;
    WZP_TRY(new_key(g, m, 0, 0, suite, base, &k));
    push(g, m, now, k);
    wzp__todo_set(g, m, WZP__TODO_KEYS);
    return WZP_OK;
}

/* --- E2eeKeys --- */

static wzp_err open_box(wzp_group *g, wzp__member *m, wzp_tstamp now,
                        const wzp_sig_e2ee_keys *msg, uint32_t n, wzp_bytes box)
{
    const wzp_pair_names names = wzp__pair_names(g, m, false);
    const wzp_key_name name = {
        .names = &names,
        .generation = msg->gen,
        .step = msg->step,
        .suite = msg->suite,
    };
    uint8_t base[WZP_KEY_LEN];
    wzp_key_chain chain = m->rx; /* kept when all has worked */
    wzp__their_key *k = NULL;
    wzp_err e = wzp_key_box_open(&chain, &name, n, box, base);
    if (e == WZP_OK) {
        e = new_key(g, m, msg->gen, msg->step, msg->suite, base, &k);
    }
    if (e == WZP_OK) {
        m->rx = chain;
        m->is_confirmed = true;
        push(g, m, now, k);
    }
    sodium_memzero(base, sizeof base);
    sodium_memzero(&chain, sizeof chain);
    return e;
}

/* Boxed under another pair than ours. When it never ends, the host is told
 * once: one of the two has another room secret, or somebody changes messages.
 */
static void box_in_vain(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->pair == WZP__PAIR_OWN && !m->is_confirmed) {
        wzp__todo_set(g, m, WZP__TODO_PAIR); /* ours was lost */
    }
    wzp__keys_ask(g, m, now);
    m->bad_boxes++;
    if (m->bad_boxes == BOXES_IN_VAIN && m->state == WZP_MEMBER_VERIFIED) {
        m->why = WZP_ERR_TAG;
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
    }
}

static wzp_err take(wzp_group *g, wzp__member *m, wzp_tstamp now,
                    const wzp_sig_e2ee_keys *msg, uint32_t n, wzp_bytes box)
{
    if (!is_newer(m, msg->gen, msg->step)) {
        return WZP_ERR_ROLLBACK;
    }
    if (!wzp_suite_is_available(msg->suite)) {
        return WZP_ERR_KP_SUITE;
    }
    if (m->pair == WZP__PAIR_NONE) {
        wzp__keys_ask(g, m, now); /* its E2eePair was lost */
        return WZP_ERR_KEY_UNKNOWN;
    }
    const wzp_err e = open_box(g, m, now, msg, n, box);
    if (e == WZP_ERR_TAG) {
        box_in_vain(g, m, now);
    }
    WZP_TRY(e);
    wzp__todo_set(g, m, WZP__TODO_KEYS);
    wzp__member_heard(g, m, now);
    wzp__own_grant(g, m, now); /* a listener's answer */
    return WZP_OK;
}

static const wzp_e2ee_box *own_box(const wzp_group *g,
                                   const wzp_sig_e2ee_keys *msg)
{
    for (size_t i = 0; i < msg->k.n; i++) {
        if (memcmp(msg->k.v[i].to, g->mid, WZP_MID_LEN) == 0) {
            return &msg->k.v[i];
        }
    }
    return NULL;
}

wzp_err wzp__recv_keys(wzp_group *g, wzp_tstamp now,
                       const wzp_sig_e2ee_keys *msg)
{
    wzp__member *m = wzp__member_find(g, msg->from);
    const wzp_e2ee_box *b = own_box(g, msg);
    if (m == NULL || !m->is_listed) {
        return WZP_ERR_NOT_FOUND;
    }
    if (b == NULL) {
        return WZP_OK; /* for others */
    }
    if (m->state == WZP_MEMBER_REFUSED) {
        return WZP_ERR_NOT_ALLOWED;
    }
    if (m->state != WZP_MEMBER_UNKNOWN) {
        return take(g, m, now, msg, b->n, b->box);
    }
    if (b->box.len != WZP_KEY_BOX_LEN) {
        return WZP_ERR_LENGTH;
    }
    m->early.has_box = true;
    m->early.generation = msg->gen;
    m->early.step = msg->step;
    m->early.suite = msg->suite;
    m->early.n = b->n;
    memcpy(m->early.box, b->box.ptr, WZP_KEY_BOX_LEN);
    return WZP_OK;
}

void wzp__keys_early(wzp_group *g, wzp_tstamp now, wzp__member *m)
{
    if (!m->early.has_box) {
        return;
    }
    m->early.has_box = false;
    const wzp_sig_e2ee_keys msg = {
        .gen = m->early.generation,
        .step = m->early.step,
        .suite = m->early.suite,
    };
    const wzp_err e = take(g, m, now, &msg, m->early.n,
                           (wzp_bytes){m->early.box, WZP_KEY_BOX_LEN});
    if (e != WZP_OK) {
        g->stats.keys_refused++;
    }
}

/* --- E2eeKeyRequest --- */

void wzp__keys_ask(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    const bool is_known =
        m->state == WZP_MEMBER_VERIFIED || m->state == WZP_MEMBER_KEYED;
    if (now >= m->ask_at && m->is_listed && is_known) {
        m->ask_at = now + ASK_STEP;
        wzp__todo_set(g, m, WZP__TODO_ASK);
    }
}

void wzp__keys_missed(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->missed_at != WZP_NEVER) {
        return;
    }
    wzp_tstamp at = now + MISSING;
    at = at > m->verified_at + MISSING_NEW ? at : m->verified_at + MISSING_NEW;
    m->missed_at = at > m->ask_at ? at : m->ask_at;
    wzp__earlier(&g->members_at, m->missed_at);
}

wzp_err wzp__recv_key_request(wzp_group *g, wzp_tstamp now,
                              const wzp_sig_e2ee_key_request *msg)
{
    wzp__member *m;
    WZP_TRY(wzp__member_speaks(g, msg->from, msg->to, &m));
    if (m->state == WZP_MEMBER_UNKNOWN || m->is_legacy) {
        return WZP_ERR_KEY_UNKNOWN;
    }
    /* Not signed: it does not bring a silent member back. */
    wzp__own_answer(g, m, now);
    return WZP_OK;
}

/* --- ratchet --- */

/* True while m has not made us try too much in this second. */
static bool may_try(wzp__member *m, wzp_tstamp now, unsigned steps)
{
    if (now - m->ratchet_since >= TRIAL_PERIOD) {
        m->ratchet_since = now;
        m->ratchet_steps = 0;
    }
    m->ratchet_steps += steps;
    return m->ratchet_steps <= TRIAL_STEPS;
}

wzp_err wzp__keys_ratchet(wzp_group *g, wzp__member *m, wzp_tstamp now,
                          const wzp_sealed_view *view, uint8_t *plain,
                          size_t cap, size_t *len)
{
    const wzp__their_key *from = m->keys;
    const uint8_t step = (uint8_t)view->kid;
    if (from == NULL || step <= from->step ||
        (uint8_t)(view->kid >> 8) != (uint8_t)from->generation ||
        !may_try(m, now, (unsigned)(step - from->step))) {
        return WZP_ERR_KEY_UNKNOWN;
    }
    uint8_t base[WZP_KEY_LEN];
    wzp__their_key *k = NULL;
    memcpy(base, from->base, sizeof base); /* on a copy */
    for (uint8_t s = from->step; s < step; s++) {
        wzp_key_ratchet(base, base);
    }
    wzp_err e = new_key(g, m, from->generation, step, from->suite, base, &k);
    sodium_memzero(base, sizeof base);
    if (e != WZP_OK) {
        return e;
    }
    e = wzp_sframe_open(&k->sframe, view, plain, cap, len);
    if (e == WZP_ERR_TAG || e == WZP_ERR_SPACE) {
        free_key(g, k);
        return e;
    }
    m->ratchet_steps = 0;
    push(g, m, now, k); /* its tag verified, whatever is inside */
    return e;
}

wzp_tstamp wzp__keys_expire(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (now >= m->missed_at) {
        m->missed_at = WZP_NEVER;
        wzp__keys_ask(g, m, now);
    }
    wzp_tstamp next = m->missed_at;
    wzp__their_key **at = &m->keys;
    while (*at != NULL) {
        wzp__their_key *k = *at;
        if (now >= k->wipe_at) {
            *at = k->older;
            free_key(g, k);
            m->n_keys--;
            continue;
        }
        wzp__earlier(&next, k->wipe_at);
        at = &k->older;
    }
    return next;
}
