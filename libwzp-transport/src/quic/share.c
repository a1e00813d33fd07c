/* SPDX-License-Identifier: MIT */
/* The counts are in a table of the same kind as connection ids: its keyed hash
 * is one that an attacker cannot aim at. */
#include "quic/share.h"

enum {
    V4_LEN = 4,
    V6_LEN = 8,     /* /64: what one host is given, RFC 4291 2.5.4 */
    SHARE_PART = 4, /* chosen: after ten greedy addresses 5 % are left */
};

static wzp__cid key_of(const wzp_addr *addr)
{
    return wzp__cid_of(addr->ip,
                       addr->family == WZP_FAMILY_V4 ? V4_LEN : V6_LEN);
}

static uint32_t held_by(const wzp__env *env, const wzp__cid *key)
{
    uint32_t n = 0;
    (void)wzp__cidmap_get(&env->shares, key, &n);
    return n;
}

bool wzp__share_is_pressed(const wzp__env *env)
{
    return env->stats.half_open * 2 >= env->cfg.max_half_open ||
           env->strangers * 2 >= env->cfg.max_conns;
}

bool wzp__share_allows(const wzp__env *env, const wzp_addr *remote)
{
    const wzp__cid key = key_of(remote);
    const size_t handshakes = env->cfg.max_half_open - env->stats.half_open;
    const size_t conns = env->cfg.max_conns - env->stats.conns;
    const size_t left = handshakes < conns ? handshakes : conns;
    const size_t part = left / SHARE_PART;
    return held_by(env, &key) < (part > 0 ? part : 1);
}

void wzp__share_take(wzp__conn *c)
{
    wzp__env *env = c->env;
    if (c->share.len > 0) {
        return;
    }
    const wzp__cid key = key_of(&c->remote);
    if (wzp__cidmap_set(&env->shares, &key, held_by(env, &key) + 1) == WZP_OK) {
        c->share = key;
        env->strangers++;
    }
}

void wzp__share_give(wzp__conn *c)
{
    wzp__env *env = c->env;
    if (c->share.len == 0) {
        return;
    }
    const uint32_t n = held_by(env, &c->share);
    if (n > 1) {
        wzp_ignore(wzp__cidmap_set(&env->shares, &c->share, n - 1),
                   "replaces what is there: needs no memory");
    } else {
        wzp__cidmap_remove(&env->shares, &c->share, n);
    }
    c->share.len = 0;
    env->strangers--;
}
