/* SPDX-License-Identifier: MIT */
/* Points are kept as the time until which there are any (source.h): a point is
 * so much time later, and nothing has to be counted down.
 */
#include "quic/share.h"

enum {
    V4_LEN = 4,
    V6_LEN = 8,      /* /64: what one host is given, RFC 4291 2.5.4 */
    V6_SITE_LEN = 6, /* /48 */
    SITE_TIMES = 2,  /* chosen: half of all, where one address has a quarter */
    LEVELS = 2,
    SHARE_PART = 4, /* chosen: after ten greedy addresses 5 % are left */
    CONNS_PART = 4, /* chosen */
    /* chosen: below, all may come from one address, as behind a translator */
    CONNS_LEAST = 256,
    STRANGERS = 256, /* chosen: as many as may shake hands before a Retry */
    /* chosen: a thousand who join at once, as after a restart, then ten more a
     * second, at about a millisecond of ours each */
    POINTS = 2048,
    POINTS_PER_S = 20,
    /* chosen: a handshake that ends after the limit was reached, and one point
     * for what its peer says then */
    POINTS_UNDER_WAY = 2,
};

void wzp__share_init(wzp_endpoint_config *cfg)
{
    if (cfg->max_source_conns == 0) {
        cfg->max_source_conns = cfg->max_conns / CONNS_PART;
        if (cfg->max_source_conns < CONNS_LEAST) {
            cfg->max_source_conns = CONNS_LEAST;
        }
    }
    if (cfg->max_source_strangers == 0) {
        cfg->max_source_strangers = STRANGERS;
    }
    if (cfg->source_points == 0) {
        cfg->source_points = POINTS;
    }
    if (cfg->source_points_per_s == 0) {
        cfg->source_points_per_s = POINTS_PER_S;
    }
}

static wzp__cid key_of(const wzp_addr *addr)
{
    return wzp__cid_of(addr->ip,
                       addr->family == WZP_FAMILY_V4 ? V4_LEN : V6_LEN);
}

/* The address itself, and its site if it is an IPv6 one; how many. */
static size_t levels_of(const wzp__cid *key, wzp__cid out[LEVELS])
{
    out[0] = *key;
    if (key->len != V6_LEN) {
        return 1;
    }
    out[1] = wzp__cid_of(key->data, V6_SITE_LEN);
    return LEVELS;
}

/* --- may it? --- */

bool wzp__share_is_pressed(const wzp__env *env)
{
    return env->stats.half_open * 2 >= env->cfg.max_half_open ||
           env->strangers * 2 >= env->cfg.max_conns;
}

/* What the strangers of an address may hold now. */
static size_t strangers_max(const wzp__env *env)
{
    if (!wzp__share_is_pressed(env)) {
        return env->cfg.max_source_strangers;
    }
    const size_t handshakes = env->cfg.max_half_open - env->stats.half_open;
    const size_t conns = env->cfg.max_conns - env->stats.conns;
    const size_t left = handshakes < conns ? handshakes : conns;
    const size_t part = left / SHARE_PART;
    return part < env->cfg.max_source_strangers ? (part > 0 ? part : 1)
                                                : env->cfg.max_source_strangers;
}

static wzp_tstamp points_time(const wzp__env *env, uint64_t points)
{
    return points * WZP_S / env->cfg.source_points_per_s;
}

static wzp_err check_rate(const wzp__env *env, wzp_tstamp now,
                          const wzp__source *s, uint64_t all)
{
    const wzp_tstamp most = points_time(env, all - 1); /* one must be left */
    return s->until > now && s->until - now > most ? WZP_ERR_RATE : WZP_OK;
}

wzp_err wzp__share_check(const wzp__env *env, wzp_tstamp now,
                         const wzp_addr *remote)
{
    const wzp__cid key = key_of(remote);
    wzp__cid levels[LEVELS];
    const size_t n = levels_of(&key, levels);
    for (size_t i = 0, times = 1; i < n; i++, times = SITE_TIMES) {
        const wzp__source *s = wzp__sources_find(&env->sources, &levels[i]);
        if (s == NULL) {
            continue;
        }
        if (s->conns >= times * env->cfg.max_source_conns ||
            s->strangers >= times * strangers_max(env)) {
            return WZP_ERR_FULL;
        }
        WZP_TRY(
            check_rate(env, now, s, (uint64_t)times * env->cfg.source_points));
    }
    return WZP_OK;
}

/* --- counting --- */

typedef struct change {
    int32_t conns, strangers;
    uint32_t points;
} change;

static void apply(wzp__env *env, wzp_tstamp now, const wzp__cid *key,
                  const change *by)
{
    wzp__cid levels[LEVELS];
    const size_t n = levels_of(key, levels);
    for (size_t i = 0; i < n; i++) {
        wzp__source *s = wzp__sources_find(&env->sources, &levels[i]);
        s->conns += (uint32_t)by->conns;
        s->strangers += (uint32_t)by->strangers;
        s->until =
            (s->until > now ? s->until : now) + points_time(env, by->points);
        wzp__sources_settle(&env->sources, now, s);
    }
    env->strangers += (size_t)(ptrdiff_t)by->strangers;
}

void wzp__share_take(wzp__conn *c)
{
    wzp__env *env = c->env;
    if (c->source.len > 0) {
        return;
    }
    const wzp__cid key = key_of(&c->remote);
    wzp__cid levels[LEVELS];
    const size_t n = levels_of(&key, levels);
    for (size_t i = 0; i < n; i++) {
        wzp__source *s = wzp__sources_enter(&env->sources, &levels[i]);
        if (s == NULL) {
            if (i > 0) {
                wzp__sources_settle(
                    &env->sources, c->now,
                    wzp__sources_find(&env->sources, &levels[0]));
            }
            return;
        }
    }
    c->source = key;
    c->is_stranger = true;
    apply(env, c->now, &key, &(change){1, 1, 1});
}

void wzp__share_trust(wzp__conn *c)
{
    if (c->is_stranger) {
        c->is_stranger = false;
        apply(c->env, c->now, &c->source, &(change){0, -1, 0});
    }
}

void wzp__share_give(wzp__conn *c)
{
    if (c->source.len > 0) {
        wzp__share_trust(c);
        apply(c->env, c->now, &c->source, &(change){-1, 0, 0});
        c->source.len = 0;
    }
}

wzp_err wzp__share_charge(wzp__conn *c, wzp_tstamp now, uint32_t points)
{
    wzp__cid levels[LEVELS];
    if (c->source.len == 0) {
        return WZP_OK; /* there was no memory to count it */
    }
    const wzp_endpoint_config *cfg = &c->env->cfg;
    const uint64_t more = POINTS_UNDER_WAY * (uint64_t)cfg->max_half_open;
    const size_t n = levels_of(&c->source, levels);
    for (size_t i = 0, times = 1; i < n; i++, times = SITE_TIMES) {
        WZP_TRY(check_rate(c->env, now,
                           wzp__sources_find(&c->env->sources, &levels[i]),
                           (uint64_t)times * cfg->source_points + more));
    }
    apply(c->env, now, &c->source, &(change){0, 0, points});
    return WZP_OK;
}
