/* SPDX-License-Identifier: MIT */
/* Seal and open: see group.h. The keys of a packet's stream id are tried in
 * turn; a step nobody holds yet is tried on a copy.
 */
#include "state.h"

#include <string.h>

/* Timers of this file:
 *   after     2 s: packets of a departed member that were on the way */
static const wzp_tstamp AFTER_LEAVING = 2 * WZP_S;
enum {
    BAD_TAGS_ASK = 16, /* in a row under a key that is held: it may be another
                          one with the same low bytes (chosen) */
};

/* --- seal --- */

static wzp_err sealable(wzp_group *g, wzp_tstamp now, bool is_control)
{
    if (!is_control && !g->is_speaker) {
        wzp__own_speak(g, now);
    }
    if (g->has_next && now >= g->switch_at) {
        wzp__own_expire(g, now);
    }
    const wzp__own_key *k = &g->secret->current;
    const size_t n = g->n_holders + (is_control ? g->n_silent_holders : 0);
    return g->has_current && k->is_out && n > 0 ? WZP_OK : WZP_ERR_AGAIN;
}

wzp_err wzp_group_seal(wzp_group *g, wzp_tstamp now, const wzp_media_hdr *hdr,
                       wzp_plain_form form, const uint8_t *plain, size_t len,
                       uint8_t *out, size_t cap, size_t *out_len)
{
    const wzp_seal_input in = {
        .hdr = hdr,
        .form = form,
        .plain = {plain, len},
    };
    WZP_TRY(sealable(g, now, form == WZP_FORM_CONTROL));
    wzp_sframe_key *key = &g->secret->current.sframe;
    WZP_TRY(wzp_sframe_seal(key, &in, out, cap, out_len));
    if (key->ctr >= WZP__COUNTER_REKEY && !g->has_next) {
        wzp__earlier(&g->rotate_at, now);
    }
    if (form == WZP_FORM_CONTROL) {
        g->is_control_due = false;
        g->control_at = now + wzp__control_every(g);
    }
    g->stats.sealed++;
    return WZP_OK;
}

/* --- open --- */

static bool may_send(const wzp__member *m, uint16_t sid, wzp_tstamp now)
{
    return wzp_mid_sid(m->mid) == sid &&
           (m->is_listed || now - m->left_at < AFTER_LEAVING) &&
           m->state != WZP_MEMBER_REFUSED;
}

/* TAG where nothing else is known: the worst of what the keys said. */
static wzp_err try_keys(wzp__member *m, const wzp_sealed_view *view,
                        uint8_t *plain, size_t cap, size_t *len)
{
    wzp_err e = WZP_ERR_KEY_UNKNOWN;
    for (wzp__their_key *k = m->keys; k != NULL; k = k->older) {
        const wzp_err one = wzp_sframe_open(&k->sframe, view, plain, cap, len);
        if (one == WZP_ERR_KEY_UNKNOWN) {
            continue;
        }
        e = one;
        if (one != WZP_ERR_TAG && one != WZP_ERR_REPLAY) {
            return one;
        }
    }
    return e;
}

/* A packet of a key that is gone is not missed. */
static bool is_stale(const wzp__member *m, uint32_t kid)
{
    const int8_t ahead = (int8_t)(uint8_t)((kid >> 8) - m->high_generation);
    return m->has_high &&
           (ahead < 0 || (ahead == 0 && (uint8_t)kid <= m->high_step));
}

static void missed(wzp_group *g, wzp_tstamp now, const wzp_sealed_view *view)
{
    const uint16_t sid = (uint16_t)(view->kid >> 16);
    /* A listener's frames are for speakers only. */
    if (view->form == WZP_FORM_CONTROL && !g->is_speaker) {
        return;
    }
    for (wzp__member *m = g->buckets[sid & 0xFF]; m != NULL; m = m->bucket) {
        if (may_send(m, sid, now) && !is_stale(m, view->kid)) {
            wzp__keys_missed(g, m, now);
            wzp__package_wanted(g, m, now);
        }
    }
}

static bool is_final(wzp_err e)
{
    return e != WZP_ERR_KEY_UNKNOWN && e != WZP_ERR_TAG && e != WZP_ERR_REPLAY;
}

/* The member whose key opened it, and what it said. REPLAY counts more than
 * TAG, TAG more than KEY_UNKNOWN. */
static wzp_err find_sender(wzp_group *g, wzp_tstamp now,
                           const wzp_sealed_view *view, uint8_t *plain,
                           size_t cap, size_t *len, wzp__member **out)
{
    const uint16_t sid = (uint16_t)(view->kid >> 16);
    wzp_err e = WZP_ERR_KEY_UNKNOWN;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (wzp__member *m = g->buckets[sid & 0xFF]; m != NULL;
             m = m->bucket) {
            if (!may_send(m, sid, now)) {
                continue;
            }
            const wzp_err one =
                pass == 0 ? try_keys(m, view, plain, cap, len)
                          : wzp__keys_ratchet(g, m, now, view, plain, cap, len);
            if (is_final(one)) {
                *out = m;
                return one;
            }
            if (pass == 0 && one == WZP_ERR_TAG &&
                ++m->bad_tags % BAD_TAGS_ASK == 0) {
                wzp__keys_ask(g, m, now);
            }
            if (e == WZP_ERR_KEY_UNKNOWN || one == WZP_ERR_REPLAY) {
                e = one;
            }
        }
    }
    return e;
}

static void count(wzp_group *g, wzp_err e)
{
    switch (e) {
    case WZP_OK: g->stats.opened++; break;
    case WZP_ERR_NOT_SEALED: g->stats.not_sealed++; break;
    case WZP_ERR_KEY_UNKNOWN: g->stats.unknown_key++; break;
    case WZP_ERR_TAG: g->stats.bad_tag++; break;
    case WZP_ERR_REPLAY: g->stats.replayed++; break;
    default: g->stats.malformed++; break;
    }
}

static wzp_err open_view(wzp_group *g, wzp_tstamp now,
                         const wzp_sealed_view *view, uint8_t *plain,
                         size_t cap, wzp_opened *out)
{
    wzp__member *m = NULL;
    size_t len = 0;
    const wzp_err e = find_sender(g, now, view, plain, cap, &len, &m);
    if (e == WZP_ERR_KEY_UNKNOWN) {
        missed(g, now, view);
    }
    WZP_TRY(e);
    m->bad_tags = 0;
    m->is_speaker |= view->form != WZP_FORM_CONTROL;
    wzp__member_heard(g, m, now);
    memcpy(out->mid, m->mid, WZP_MID_LEN);
    out->member = m->number;
    out->hdr = view->hdr;
    out->form = view->form;
    out->len = len;
    return WZP_OK;
}

wzp_err wzp_group_open(wzp_group *g, wzp_tstamp now, const uint8_t *data,
                       size_t len, uint8_t *plain, size_t cap, wzp_opened *out)
{
    wzp_sealed_view view;
    wzp_err e = wzp_sealed_view_decode(data, len, &view);
    if (e == WZP_OK) {
        e = open_view(g, now, &view, plain, cap, out);
    }
    count(g, e);
    return e;
}
