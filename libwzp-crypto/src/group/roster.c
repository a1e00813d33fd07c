/* SPDX-License-Identifier: MIT */
/* What the relay says of who is there, and the packages that prove it: see
 * state.h. The relay's word puts somebody on the list; only a package that
 * checks, and the policy, make it one who gets keys.
 */
#include "state.h"

#include <wzp/crypto/room.h>

#include <sodium.h>

#include <string.h>

/* Timers of this file:
 *   package   1 s, doubled up to 8 s: until KeyPackages answers
 *             KeyPackageRequest (chosen: a round trip and a slow relay); 1 s
 *             while packets of the member come, as we are deaf to it */
static const wzp_tstamp PACKAGE_RETRY = 1 * WZP_S;
enum { PACKAGE_DOUBLINGS = 3 };

/* --- listing --- */

/* At most WZP_ALIAS_MAX − 1 bytes, never half a character. */
static void copy_alias(wzp_str from, char out[WZP_ALIAS_MAX])
{
    size_t n = from.len;
    if (n > WZP_ALIAS_MAX - 1) {
        n = WZP_ALIAS_MAX - 1;
        while (n > 0 && ((uint8_t)from.ptr[n] & 0xC0) == 0x80) {
            n--;
        }
    }
    if (n > 0) {
        memcpy(out, from.ptr, n);
    }
    out[n] = '\0';
}

static bool read_fingerprint(wzp_str text, uint8_t out[WZP_FP_LEN])
{
    size_t n = 0;
    const char *end = NULL;
    return text.len == WZP_FP_TEXT_LEN &&
           sodium_hex2bin(out, WZP_FP_LEN, text.ptr, text.len, ":", &n, &end) ==
               0 &&
           n == WZP_FP_LEN && end == text.ptr + text.len;
}

static void refuse(wzp_group *g, wzp__member *m, wzp_err why)
{
    m->state = WZP_MEMBER_REFUSED;
    m->why = why;
    m->package_at = WZP_NEVER;
    wzp__todo_clear(g, m, WZP__TODO_PACKAGE);
    if (m->is_listed) { /* of who left that was told last */
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
    }
    WZP_LOG(&g->log, WZP_LOG_INFO, "group", "group.member_refused",
            "member=%u why=%s", m->number, wzp_err_name(why));
}

static void depart(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->pair == WZP__PAIR_AGREED) {
        return; /* a call ends otherwise: see agreed.c */
    }
    wzp__member_list(g, m, false);
    wzp__own_revoke(g, m, now);
    m->left_at = now;
    m->is_silent = false;
    m->package_at = WZP_NEVER;
    for (unsigned t = 0; t < WZP__TODOS; t++) {
        wzp__todo_clear(g, m, (wzp__todo)t);
    }
    wzp__todo_set(g, m, WZP__TODO_GONE);
}

/* A departed member is listed again. */
static void come_back(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    wzp__member_list(g, m, true);
    wzp__todo_clear(g, m, WZP__TODO_GONE);
    m->heard_at = now;
    if (m->state == WZP_MEMBER_UNKNOWN) {
        wzp__todo_set(g, m, WZP__TODO_PACKAGE);
    }
    wzp__own_grant(g, m, now);
}

static wzp__member *find_legacy(const wzp_group *g, const wzp_participant *p)
{
    uint8_t fp[WZP_FP_LEN];
    char alias[WZP_ALIAS_MAX];
    const bool has_fp = read_fingerprint(p->fingerprint, fp);
    copy_alias(p->alias, alias);
    for (size_t i = 0; i < g->n_listed; i++) {
        wzp__member *m = g->list[i];
        if (m->is_legacy && !m->is_seen && m->has_fp == has_fp &&
            (!has_fp || memcmp(m->listed_fp, fp, sizeof fp) == 0) &&
            strcmp(m->alias, alias) == 0) {
            return m;
        }
    }
    return NULL;
}

/* The relay's word on who it is, which the package must bear out. */
static void take_names(wzp_group *g, wzp__member *m, const wzp_participant *p)
{
    m->has_fp = read_fingerprint(p->fingerprint, m->listed_fp);
    m->has_kph = p->kph.len == WZP_HASH_LEN;
    if (m->has_kph) {
        memcpy(m->kph, p->kph.ptr, WZP_HASH_LEN);
    }
    if (g->is_call) {
        refuse(g, m, WZP_ERR_NOT_ALLOWED);
    } else if (m->has_kph && memcmp(m->kph, m->mid, WZP_MID_LEN) != 0) {
        refuse(g, m, WZP_ERR_MALFORMED);
    } else {
        wzp__todo_set(g, m, WZP__TODO_PACKAGE);
    }
}

static bool is_other_name(const wzp__member *m, const wzp_participant *p)
{
    uint8_t fp[WZP_FP_LEN];
    const bool has_fp = read_fingerprint(p->fingerprint, fp);
    const bool has_kph = p->kph.len == WZP_HASH_LEN;
    return has_fp != m->has_fp || has_kph != m->has_kph ||
           (has_fp && memcmp(fp, m->listed_fp, sizeof fp) != 0) ||
           (has_kph && memcmp(p->kph.ptr, m->kph, WZP_HASH_LEN) != 0);
}

/* Before its package was taken, another word of the relay counts, and ends a
 * refusal for which only the relay's word was the reason: its lie must not
 * outlive it. */
static void name_again(wzp_group *g, wzp__member *m, const wzp_participant *p)
{
    const bool is_misnamed =
        m->state == WZP_MEMBER_REFUSED &&
        (m->why == WZP_ERR_FINGERPRINT || m->why == WZP_ERR_MALFORMED);
    if ((m->state != WZP_MEMBER_UNKNOWN && !is_misnamed) ||
        !is_other_name(m, p)) {
        return;
    }
    m->state = WZP_MEMBER_UNKNOWN;
    m->why = WZP_OK;
    m->tries = 0;
    take_names(g, m, p);
    wzp__todo_set(g, m, WZP__TODO_MEMBER);
}

static wzp_err list_new(wzp_group *g, const wzp_participant *p, bool is_legacy,
                        wzp__member **out)
{
    wzp__member *m;
    WZP_TRY(wzp__member_insert(g, is_legacy ? NULL : p->mid.ptr, &m));
    copy_alias(p->alias, m->alias);
    wzp__todo_set(g, m, WZP__TODO_MEMBER);
    *out = m;
    if (!is_legacy) {
        take_names(g, m, p);
        return WZP_OK;
    }
    m->has_fp = read_fingerprint(p->fingerprint, m->listed_fp);
    if (g->is_call) {
        refuse(g, m, WZP_ERR_LEGACY);
    }
    return WZP_OK;
}

static wzp_err list_one(wzp_group *g, wzp_tstamp now, const wzp_participant *p)
{
    const bool is_legacy = p->mid.len != WZP_MID_LEN;
    wzp__member *m =
        is_legacy ? find_legacy(g, p) : wzp__member_find(g, p->mid.ptr);
    if (m == NULL) {
        WZP_TRY(list_new(g, p, is_legacy, &m));
    } else if (!m->is_listed) {
        if (g->n_listed >= g->max_members) {
            g->stats.members_ignored++;
            return WZP_ERR_FULL;
        }
        come_back(g, m, now);
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
        name_again(g, m, p);
    } else {
        name_again(g, m, p);
        if (m->pair == WZP__PAIR_AGREED) {
            wzp__earlier(&g->control_at, now); /* it may have come just now */
        }
        char alias[WZP_ALIAS_MAX];
        copy_alias(p->alias, alias);
        if (strcmp(alias, m->alias) != 0) {
            memcpy(m->alias, alias, sizeof alias);
            wzp__todo_set(g, m, WZP__TODO_MEMBER);
        }
    }
    m->is_seen = true;
    return WZP_OK;
}

static bool is_own(const wzp_group *g, const wzp_participant *p)
{
    return p->mid.len == WZP_MID_LEN &&
           memcmp(p->mid.ptr, g->mid, WZP_MID_LEN) == 0;
}

wzp_err wzp_group_roster(wzp_group *g, wzp_tstamp now,
                         wzp_participant_list list)
{
    wzp_err e = WZP_OK;
    for (size_t i = 0; i < g->n_listed; i++) {
        g->list[i]->is_seen = false;
    }
    /* Who left makes room first. */
    for (size_t i = 0; i < list.n; i++) {
        const wzp_participant *p = &list.v[i];
        wzp__member *m = p->mid.len == WZP_MID_LEN
                             ? wzp__member_find(g, p->mid.ptr)
                             : find_legacy(g, p);
        if (m != NULL) {
            m->is_seen = true;
        }
    }
    for (size_t i = g->n_listed; i-- > 0;) {
        if (!g->list[i]->is_seen) {
            depart(g, g->list[i], now);
        }
    }
    for (size_t i = 0; i < g->n_listed; i++) {
        g->list[i]->is_seen = false;
    }
    for (size_t i = 0; i < list.n; i++) {
        if (!is_own(g, &list.v[i])) {
            const wzp_err one = list_one(g, now, &list.v[i]);
            e = e == WZP_OK ? one : e;
        }
    }
    return e;
}

wzp_err wzp_group_delta(wzp_group *g, wzp_tstamp now,
                        wzp_participant_list joined, wzp_bytes_list left)
{
    wzp_err e = WZP_OK;
    for (size_t i = 0; i < left.n; i++) {
        wzp__member *m = left.v[i].len == WZP_MID_LEN
                             ? wzp__member_find(g, left.v[i].ptr)
                             : NULL;
        if (m != NULL && m->is_listed) {
            depart(g, m, now);
        }
    }
    for (size_t i = 0; i < joined.n; i++) {
        if (!is_own(g, &joined.v[i])) {
            const wzp_err one = list_one(g, now, &joined.v[i]);
            e = e == WZP_OK ? one : e;
        }
    }
    return e;
}

/* --- packages --- */

/* NULL: it is not on the list. */
static uint8_t *on_list(const wzp_group *g, const uint8_t fp[WZP_FP_LEN])
{
    for (size_t i = 0; i < g->n_allowed; i++) {
        if (memcmp(g->allowed[i], fp, WZP_FP_LEN) == 0) {
            return g->allowed[i];
        }
    }
    return NULL;
}

static bool is_allowed(const wzp_group *g, const uint8_t key[WZP_KEY_LEN])
{
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(key, fp);
    return g->policy == WZP_POLICY_OPEN || on_list(g, fp) != NULL;
}

static wzp_err check(const wzp_group *g, const wzp__member *m, wzp_bytes data,
                     wzp_unix_s now_unix, wzp_kp *kp)
{
    WZP_TRY(wzp_kp_decode(data.ptr, data.len, now_unix, g->ctx,
                          m->has_fp ? m->listed_fp : NULL, g->own_suites, kp));
    if (m->has_kph && memcmp(m->kph, kp->kph, WZP_HASH_LEN) != 0) {
        return WZP_ERR_MALFORMED;
    }
    return WZP_OK;
}

/* It is to have keys, and to be heard. */
static void admit(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    wzp__earlier(&g->idle_at, now + 100 * WZP_MS);
    wzp__pair_early(g, now, m);
    wzp__keys_early(g, now, m);
    wzp__own_grant(g, m, now);
}

static void verified(wzp_group *g, wzp__member *m, const wzp_kp *kp,
                     wzp_tstamp now)
{
    m->state = WZP_MEMBER_VERIFIED;
    m->package_at = WZP_NEVER;
    wzp__todo_clear(g, m, WZP__TODO_PACKAGE);
    wzp__todo_set(g, m, WZP__TODO_MEMBER);
    memcpy(m->identity, kp->id, WZP_KEY_LEN);
    memcpy(m->kph, kp->kph, WZP_HASH_LEN);
    memcpy(m->kem, kp->kem, WZP_KEM_PK_LEN);
    m->has_kph = true;
    m->caps = kp->caps;
    m->suites = kp->suites;
    m->verified_at = now;
    if (is_allowed(g, kp->id)) {
        admit(g, m, now);
    } else {
        refuse(g, m, WZP_ERR_NOT_ALLOWED);
    }
}

/* Refused for nothing but the policy, which is another one now. Members that
 * left are looked at too: they may come back. */
static void allow_again(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->state != WZP_MEMBER_REFUSED || m->why != WZP_ERR_NOT_ALLOWED ||
        !is_allowed(g, m->identity)) {
        return;
    }
    m->state = WZP_MEMBER_VERIFIED;
    m->why = WZP_OK;
    m->verified_at = m->heard_at = now; /* as one that has just come */
    m->is_silent = false;
    if (m->is_listed) {
        wzp__todo_set(g, m, WZP__TODO_MEMBER);
        admit(g, m, now);
    }
}

/* Nobody has it: the place of one that was taken off. */
static const uint8_t NOBODY[WZP_FP_LEN];

/* A place for one more, or NULL. */
static uint8_t *make_room(wzp_group *g)
{
    uint8_t *at = on_list(g, NOBODY);
    if (at != NULL) {
        return at;
    }
    void *grown = wzp_mem_resize(&g->mem, g->allowed, g->n_allowed * WZP_FP_LEN,
                                 (g->n_allowed + 1) * WZP_FP_LEN);
    if (grown == NULL) {
        return NULL;
    }
    g->allowed = grown;
    return g->allowed[g->n_allowed++];
}

wzp_err wzp_group_allow(wzp_group *g, wzp_tstamp now,
                        const uint8_t fingerprint[WZP_FP_LEN])
{
    if (g->policy == WZP_POLICY_OPEN || on_list(g, fingerprint) != NULL) {
        return WZP_OK;
    }
    uint8_t *at = make_room(g);
    if (at == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(at, fingerprint, WZP_FP_LEN);
    for (size_t i = 0; i < g->cap; i++) {
        if (g->slots[i] != NULL) {
            allow_again(g, g->slots[i], now);
        }
    }
    return WZP_OK;
}

/* The hash of what came says whose package it claims to be. */
static wzp_err take(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                    wzp_bytes data)
{
    uint8_t kph[WZP_HASH_LEN];
    wzp_kp kp;
    wzp_sha256(data.ptr, data.len, kph);
    wzp__member *m = wzp__member_find(g, kph);
    if (m == NULL) {
        /* Nobody's. Name what is wrong with it, if anything is. */
        WZP_TRY(wzp_kp_decode(data.ptr, data.len, now_unix, g->ctx, NULL,
                              g->own_suites, &kp));
        return WZP_ERR_NOT_FOUND;
    }
    if (m->state != WZP_MEMBER_UNKNOWN) {
        return WZP_OK; /* asked for twice */
    }
    const wzp_err e = check(g, m, data, now_unix, &kp);
    if (e != WZP_OK) {
        refuse(g, m, e);
        return e;
    }
    verified(g, m, &kp, now);
    return WZP_OK;
}

/* Its pair stays, if there is one: it must not begin anew. */
wzp_err wzp_group_refuse(wzp_group *g, wzp_tstamp now, uint32_t member,
                         wzp_err why)
{
    wzp__member *m = member < g->cap ? g->slots[member] : NULL;
    if (m == NULL || m->is_legacy) {
        return WZP_ERR_NOT_FOUND;
    }
    for (unsigned t = 0; t < WZP__TODOS; t++) {
        if (t != WZP__TODO_GONE) {
            wzp__todo_clear(g, m, (wzp__todo)t);
        }
    }
    m->early = (wzp__early){0};
    refuse(g, m, why);
    wzp__own_revoke(g, m, now);
    wzp__keys_drop(g, m);
    return WZP_OK;
}

void wzp_group_disallow(wzp_group *g, wzp_tstamp now,
                        const uint8_t fingerprint[WZP_FP_LEN])
{
    uint8_t *at = on_list(g, fingerprint);
    if (at == NULL) {
        return;
    }
    memcpy(at, NOBODY, WZP_FP_LEN);
    for (size_t i = 0; i < g->cap; i++) {
        const wzp__member *m = g->slots[i];
        if (m != NULL &&
            (m->state == WZP_MEMBER_VERIFIED || m->state == WZP_MEMBER_KEYED) &&
            !is_allowed(g, m->identity)) {
            wzp_ignore(wzp_group_refuse(g, now, m->number, WZP_ERR_NOT_ALLOWED),
                       "it is there");
        }
    }
}

wzp_err wzp__recv_packages(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                           const wzp_sig_key_packages *msg)
{
    wzp_err e = WZP_OK;
    for (size_t i = 0; i < msg->kps.n; i++) {
        const wzp_err one = take(g, now, now_unix, msg->kps.v[i]);
        if (one != WZP_OK) {
            g->stats.packages_refused++;
            e = e == WZP_OK ? one : e;
        }
    }
    return e;
}

wzp_tstamp wzp__package_expire(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (now >= m->package_at) {
        m->package_at = WZP_NEVER;
        wzp__todo_set(g, m, WZP__TODO_PACKAGE);
    }
    return m->package_at;
}

void wzp__package_asked(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    wzp__todo_clear(g, m, WZP__TODO_PACKAGE);
    m->package_at = now + (PACKAGE_RETRY << m->tries);
    m->tries += m->tries < PACKAGE_DOUBLINGS;
    wzp__earlier(&g->members_at, m->package_at);
}

void wzp__package_wanted(wzp_group *g, wzp__member *m, wzp_tstamp now)
{
    if (m->package_at != WZP_NEVER) {
        wzp__earlier(&m->package_at, now + PACKAGE_RETRY);
        wzp__earlier(&g->members_at, m->package_at);
    }
}
