/* SPDX-License-Identifier: MIT */
/* What is to be sent and told, made at the moment it is polled: see state.h.
 * Nothing is queued but a bit per member, so that nothing overflows, and a key
 * that changed meanwhile goes out in its newest form.
 */
#include "state.h"

#include <sodium.h>

#include <string.h>

enum {
    PAIRS_IN_A_ROW = 16, /* chosen: then a batch of boxes, so that the first
                            members of a large room need not wait for all */
};

static bool tell(wzp_group_action *out, wzp_group_action_kind kind,
                 uint32_t member)
{
    *out = (wzp_group_action){.kind = kind, .u.member = member};
    return true;
}

static bool send(wzp_group *g, wzp_group_action *out)
{
    *out =
        (wzp_group_action){.kind = WZP_GROUP_SEND, .u.signal = &g->out.signal};
    return true;
}

/* Who was told to be gone and left nothing that matters. */
static void forget_gone(wzp_group *g)
{
    if (!g->out.has_gone) {
        return;
    }
    g->out.has_gone = false;
    wzp__member *m = g->slots[g->out.gone];
    if (m != NULL && !m->is_listed && m->todo == 0 &&
        m->pair == WZP__PAIR_NONE && !m->has_high) {
        wzp__member_remove(g, m);
    }
}

static bool poll_told(wzp_group *g, wzp_group_action *out)
{
    static const struct {
        wzp__todo what;
        wzp_group_action_kind kind;
    } told[] = {
        {WZP__TODO_GONE, WZP_GROUP_MEMBER_GONE},
        {WZP__TODO_MEMBER, WZP_GROUP_MEMBER},
        {WZP__TODO_KEYS, WZP_GROUP_KEYS_CHANGED},
    };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        wzp__member *m = wzp__todo_next(g, told[i].what);
        if (m == NULL) {
            continue;
        }
        const uint32_t number = m->number;
        wzp__todo_clear(g, m, told[i].what);
        if (told[i].what == WZP__TODO_GONE) {
            g->out.has_gone = true;
            g->out.gone = number;
        }
        return tell(out, told[i].kind, number);
    }
    return false;
}

static bool poll_packages(wzp_group *g, wzp_tstamp now, wzp_group_action *out)
{
    size_t n = 0;
    for (wzp__member *m;
         n < WZP__BATCH && (m = wzp__todo_next(g, WZP__TODO_PACKAGE)) != NULL;
         n++) {
        wzp__package_asked(g, m, now);
        g->out.mids[n] = (wzp_bytes){m->mid, WZP_MID_LEN};
    }
    if (n == 0) {
        return false;
    }
    g->out.signal = (wzp_signal){
        .kind = WZP_SIG_KEY_PACKAGE_REQUEST,
        .u.key_package_request.mids = {g->out.mids, n},
    };
    return send(g, out);
}

/* --- pairs --- */

static bool send_pair(wzp_group *g, wzp__member *m, wzp_group_action *out)
{
    wzp__todo_clear(g, m, WZP__TODO_PAIR);
    g->out.signal = (wzp_signal){.kind = WZP_SIG_E2EE_PAIR};
    wzp_sig_e2ee_pair *p = &g->out.signal.u.e2ee_pair;
    memcpy(p->from, g->mid, WZP_MID_LEN);
    memcpy(p->to, m->mid, WZP_MID_LEN);
    p->ct = (wzp_bytes){m->ct, sizeof m->ct};
    p->sig = (wzp_bytes){m->sig, sizeof m->sig};
    return send(g, out);
}

/* The pair of somebody who is to get a box and has none. */
static bool make_pair(wzp_group *g)
{
    for (size_t left = g->n_listed; left > 0; left--) {
        g->pair_from = g->pair_from < g->n_listed ? g->pair_from : 0;
        wzp__member *m = g->list[g->pair_from++];
        if (!wzp__todo_has(m, WZP__TODO_BOX) || m->pair != WZP__PAIR_NONE) {
            continue;
        }
        const wzp_err e = wzp__pair_make(g, m);
        if (e == WZP_OK) {
            return true;
        }
        wzp__own_forget(g, m);
        m->state = WZP_MEMBER_REFUSED;
        m->why = e;
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
    }
    return false;
}

static bool poll_pair(wzp_group *g, wzp_group_action *out)
{
    if (g->todo_count[WZP__TODO_PAIR] == 0 &&
        (g->todo_count[WZP__TODO_BOX] == 0 || !make_pair(g))) {
        return false;
    }
    return send_pair(g, wzp__todo_next(g, WZP__TODO_PAIR), out);
}

/* --- boxes --- */

static wzp_err put_box(wzp_group *g, wzp__member *m, const wzp__own_key *k,
                       size_t n)
{
    const wzp_pair_names names = wzp__pair_names(g, m, true);
    const wzp_key_name name = {
        .names = &names,
        .generation = k->generation,
        .step = k->step,
        .suite = k->suite,
    };
    wzp_e2ee_box *b = &g->out.boxes[n];
    memcpy(b->to, m->mid, WZP_MID_LEN);
    b->box = (wzp_bytes){g->out.sealed[n], WZP_KEY_BOX_LEN};
    return wzp_key_box_seal(&m->tx, &name, k->base, &b->n, g->out.sealed[n]);
}

static size_t fill_boxes(wzp_group *g, const wzp__own_key *k)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_listed && n < WZP__BATCH; i++) {
        wzp__member *m = g->list[i];
        if (!wzp__todo_has(m, WZP__TODO_BOX) || m->pair == WZP__PAIR_NONE ||
            wzp__todo_has(m, WZP__TODO_PAIR)) {
            continue; /* its pair goes first */
        }
        wzp__todo_clear(g, m, WZP__TODO_BOX);
        if (put_box(g, m, k, n) == WZP_OK) {
            n++;
        } else {
            wzp__own_forget(g, m);
        }
    }
    return n;
}

static bool poll_boxes(wzp_group *g, wzp_tstamp now, wzp_group_action *out)
{
    const wzp__own_key *k = wzp__own_newest(g);
    if (k == NULL || g->todo_count[WZP__TODO_BOX] == 0) {
        return false;
    }
    const size_t n = fill_boxes(g, k);
    if (n == 0) {
        return false;
    }
    g->out.signal = (wzp_signal){.kind = WZP_SIG_E2EE_KEYS};
    wzp_sig_e2ee_keys *keys = &g->out.signal.u.e2ee_keys;
    memcpy(keys->from, g->mid, WZP_MID_LEN);
    keys->gen = k->generation;
    keys->step = k->step;
    keys->suite = k->suite;
    keys->k = (wzp_e2ee_box_list){g->out.boxes, n};
    wzp__own_sent(g, now);
    return send(g, out);
}

static bool poll_ask(wzp_group *g, wzp_group_action *out)
{
    wzp__member *m = wzp__todo_next(g, WZP__TODO_ASK);
    if (m == NULL) {
        return false;
    }
    wzp__todo_clear(g, m, WZP__TODO_ASK);
    g->out.signal = (wzp_signal){.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(g->out.signal.u.e2ee_key_request.from, g->mid, WZP_MID_LEN);
    memcpy(g->out.signal.u.e2ee_key_request.to, m->mid, WZP_MID_LEN);
    return send(g, out);
}

bool wzp__outbox_poll(wzp_group *g, wzp_tstamp now, wzp_group_action *out)
{
    forget_gone(g);
    if (poll_told(g, out) || poll_packages(g, now, out)) {
        return true;
    }
    if (g->out.pairs_in_a_row < PAIRS_IN_A_ROW && poll_pair(g, out)) {
        g->out.pairs_in_a_row++;
        return true;
    }
    g->out.pairs_in_a_row = 0;
    if (poll_boxes(g, now, out) || poll_pair(g, out) || poll_ask(g, out)) {
        return true;
    }
    if (g->is_control_due) {
        g->is_control_due = false;
        return tell(out, WZP_GROUP_CONTROL_DUE, 0);
    }
    return false;
}
