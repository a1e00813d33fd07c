/* SPDX-License-Identifier: MIT */
/* Life of the group machine, its five verbs and its queries: see group.h. The
 * work is in the files that state.h lists.
 */
#include "own_package.h"
#include "state.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/sized.h>

#include <sodium.h>

#include <string.h>

enum {
    MEMBERS_DEFAULT = 1024,
    MEMBERS_MIN = 2,
    MEMBERS_MAX = 4096,
};

void wzp_group_config_default_sized(wzp_group_config *cfg, size_t size)
{
    const wzp_group_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .rng = wzp_rng_system(),
        .log = wzp_log_none(),
        .policy = WZP_POLICY_OPEN,
        .max_members = MEMBERS_DEFAULT,
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err check_config(const wzp_group_config *cfg)
{
    if (cfg->max_members < MEMBERS_MIN || cfg->max_members > MEMBERS_MAX ||
        cfg->identity.sign == NULL || cfg->rng.fill == NULL ||
        cfg->mem.resize == NULL ||
        (cfg->n_allowed > 0 && cfg->allowed == NULL) ||
        cfg->policy > WZP_POLICY_LIST) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

static wzp_err make_package(wzp_group *g, const wzp_group_config *cfg)
{
    wzp_kp kp = {.caps = cfg->caps};
    memcpy(kp.tls, cfg->tls_hash, WZP_HASH_LEN);
    memcpy(kp.ctx, g->ctx, WZP_HASH_LEN);
    WZP_TRY(wzp__own_package_make(&g->identity, &g->rng, cfg->now_unix, &kp,
                                  &g->secret->kem, g->package));
    memcpy(g->kph, kp.kph, WZP_HASH_LEN);
    wzp_kp_mid(g->kph, g->mid);
    g->sid = wzp_mid_sid(g->mid);
    return WZP_OK;
}

static wzp_err copy_allowed(wzp_group *g, const wzp_group_config *cfg)
{
    if (cfg->n_allowed == 0) {
        return WZP_OK;
    }
    g->allowed = wzp_mem_array(&g->mem, cfg->n_allowed, WZP_FP_LEN);
    if (g->allowed == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(g->allowed, cfg->allowed, cfg->n_allowed * WZP_FP_LEN);
    g->n_allowed = cfg->n_allowed;
    return WZP_OK;
}

static wzp_err set_up(wzp_group *g, const wzp_group_config *cfg)
{
    g->secret = sodium_malloc(sizeof *g->secret);
    if (g->secret == NULL) {
        return WZP_ERR_NOMEM;
    }
    memset(g->secret, 0, sizeof *g->secret);
    if (cfg->agreed != NULL) {
        return wzp__agreed_begin(g, cfg);
    }
    memcpy(g->secret->psk, cfg->psk, WZP_KEY_LEN);
    memcpy(g->room_id, cfg->room_id, WZP_HASH_LEN);
    wzp_room_ctx(g->room_id, g->ctx);
    WZP_TRY(wzp__table_init(g, cfg->max_members));
    WZP_TRY(copy_allowed(g, cfg));
    return make_package(g, cfg);
}

wzp_err wzp_group_new(wzp_group **out, const wzp_group_config *given)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    wzp_sized_take(&cfg, sizeof cfg, given);
    wzp_err e = check_config(&cfg);
    wzp_group *g = NULL;
    if (e != WZP_OK) {
        goto done;
    }
    g = wzp_mem_new(&cfg.mem, sizeof *g);
    if (g == NULL) {
        e = WZP_ERR_NOMEM;
        goto done;
    }
    g->mem = cfg.mem;
    g->rng = cfg.rng;
    g->log = cfg.log;
    g->identity = cfg.identity;
    g->policy = cfg.policy;
    g->has_psk = cfg.has_psk;
    g->own_suites = wzp__own_suites();
    g->join_at = g->rotate_at = g->switch_at = WZP_NEVER;
    g->control_at = g->idle_at = g->members_at = WZP_NEVER;
    e = set_up(g, &cfg);
    if (e != WZP_OK) {
        wzp_group_free(g);
        goto done;
    }
    *out = g;
done:
    sodium_memzero(&cfg, sizeof cfg);
    return e;
}

void wzp_group_free(wzp_group *g)
{
    if (g == NULL) {
        return;
    }
    wzp__table_deinit(g);
    wzp_mem_free(&g->mem, g->allowed, g->n_allowed * WZP_FP_LEN);
    sodium_free(g->secret);
    const wzp_mem mem = g->mem;
    sodium_memzero(g, sizeof *g);
    wzp_mem_free(&mem, g, sizeof *g);
}

wzp_bytes wzp_group_package_view(const wzp_group *g)
{
    return (wzp_bytes){g->package, WZP_KP_LEN};
}

void wzp_group_own_mid(const wzp_group *g, uint8_t mid[WZP_MID_LEN])
{
    memcpy(mid, g->mid, WZP_MID_LEN);
}

void wzp_group_own_kph(const wzp_group *g, uint8_t kph[WZP_HASH_LEN])
{
    memcpy(kph, g->kph, WZP_HASH_LEN);
}

/* --- verbs --- */

/* A repeat of the key that is held is how lost boxes are made good, not an
 * attack: counted apart. */
static void count_keys(wzp_group *g, const wzp_sig_e2ee_keys *msg, wzp_err e)
{
    const wzp__member *m = wzp__member_find(g, msg->from);
    if (e == WZP_ERR_ROLLBACK && m->high_generation == msg->gen &&
        m->high_step == msg->step) {
        g->stats.keys_repeated++;
    } else if (e != WZP_OK) {
        g->stats.keys_refused++;
    }
}

wzp_err wzp_group_recv(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                       const wzp_signal *sig)
{
    wzp_err e;
    switch (sig->kind) {
    case WZP_SIG_KEY_PACKAGES:
        if (g->is_call) {
            g->stats.packages_refused += sig->u.key_packages.kps.n;
            return WZP_ERR_PROTOCOL; /* none is asked for */
        }
        return wzp__recv_packages(g, now, now_unix, &sig->u.key_packages);
    case WZP_SIG_E2EE_PAIR:
        e = wzp__recv_pair(g, now, &sig->u.e2ee_pair);
        g->stats.pairs_refused += e != WZP_OK;
        return e;
    case WZP_SIG_E2EE_KEYS:
        e = wzp__recv_keys(g, now, &sig->u.e2ee_keys);
        count_keys(g, &sig->u.e2ee_keys, e);
        return e;
    case WZP_SIG_E2EE_KEY_REQUEST:
        e = wzp__recv_key_request(g, now, &sig->u.e2ee_key_request);
        g->stats.keys_refused += e != WZP_OK;
        return e;
    default: return WZP_ERR_PROTOCOL;
    }
}

static void expire_members(wzp_group *g, wzp_tstamp now)
{
    wzp_tstamp next = WZP_NEVER;
    g->members_at = WZP_NEVER;
    for (size_t i = 0; i < g->n_members; i++) {
        wzp__member *m = g->list[i];
        wzp__earlier(&next, wzp__package_expire(g, m, now));
        wzp__earlier(&next, wzp__keys_expire(g, m, now));
        wzp__earlier(&next, wzp__copy_expire(g, m, now));
        wzp__earlier(&next, wzp__silence_expire(g, m, now));
    }
    wzp__earlier(&g->members_at, next);
}

void wzp_group_expire(wzp_group *g, wzp_tstamp now)
{
    if (now >= g->members_at) {
        expire_members(g, now);
    }
    wzp__own_expire(g, now);
    if (now >= g->idle_at) {
        wzp__pair_idle(g, now);
    }
}

bool wzp_group_poll(wzp_group *g, wzp_tstamp now, wzp_group_action *out)
{
    return wzp__outbox_poll(g, now, out);
}

wzp_tstamp wzp_group_deadline(const wzp_group *g)
{
    wzp_tstamp at = wzp__own_deadline(g);
    wzp__earlier(&at, g->members_at);
    wzp__earlier(&at, g->idle_at);
    return at;
}

/* --- queries --- */

size_t wzp_group_member_count(const wzp_group *g)
{
    return g->n_listed;
}

static void describe(const wzp__member *m, wzp_member_info *out)
{
    *out = (wzp_member_info){
        .member = m->number,
        .state = m->state,
        .why = m->why,
        .caps = m->caps,
    };
    memcpy(out->mid, m->mid, WZP_MID_LEN);
    memcpy(out->identity, m->identity, WZP_KEY_LEN);
    memcpy(out->fingerprint, m->listed_fp, WZP_FP_LEN);
    if (m->state == WZP_MEMBER_VERIFIED || m->state == WZP_MEMBER_KEYED) {
        wzp_identity_fingerprint(m->identity, out->fingerprint);
    }
    memcpy(out->alias, m->alias, WZP_ALIAS_MAX);
}

wzp_err wzp_group_member_at(const wzp_group *g, size_t i, wzp_member_info *out)
{
    if (i >= g->n_listed) {
        return WZP_ERR_NOT_FOUND;
    }
    describe(g->list[i], out);
    return WZP_OK;
}

wzp_err wzp_group_member_get(const wzp_group *g, uint32_t member,
                             wzp_member_info *out)
{
    if (member >= g->cap || g->slots[member] == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    describe(g->slots[member], out);
    return WZP_OK;
}

size_t wzp_group_identities(const wzp_group *g, uint8_t (*out)[WZP_KEY_LEN],
                            size_t cap)
{
    size_t n = 0;
    if (cap > 0) {
        memcpy(out[n++], g->identity.public_key, WZP_KEY_LEN);
    }
    for (size_t i = 0; i < g->n_listed && n < cap; i++) {
        const wzp__member *m = g->list[i];
        if (m->state == WZP_MEMBER_VERIFIED || m->state == WZP_MEMBER_KEYED) {
            memcpy(out[n++], m->identity, WZP_KEY_LEN);
        }
    }
    return n;
}

void wzp_group_stats_get(const wzp_group *g, wzp_group_stats *out)
{
    wzp_group_stats s = g->stats;
    if (g->has_current) {
        s.generation = g->secret->current.generation;
        s.step = g->secret->current.step;
        s.suite = g->secret->current.suite;
    }
    wzp_sized_give(out, out->size, &s, sizeof s);
}
