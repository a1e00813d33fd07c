/* SPDX-License-Identifier: MIT */
/* See nat.h. Only packets from inside keep a mapping (RFC 4787, REQ-6). */
#include "nat.h"

#include <string.h>

void wzp_nat_init(wzp_nat *nat, const wzp_nat_cfg *cfg, const wzp_addr *outer)
{
    *nat = (wzp_nat){.cfg = *cfg, .outer = *outer};
}

static void expire(wzp_nat *nat, uint64_t now)
{
    for (int i = 0; i < WZP_NAT_MAPPINGS && nat->cfg.idle_ns != 0; i++) {
        if (now - nat->map[i].used_at >= nat->cfg.idle_ns) {
            nat->map[i].is_live = false;
        }
    }
}

/* The mapping of this peer; −1: none. */
static int find(const wzp_nat *nat, const wzp_addr *remote)
{
    for (int i = 0; i < WZP_NAT_MAPPINGS; i++) {
        if (nat->map[i].is_live &&
            wzp_addr_equal(&nat->map[i].remote, remote)) {
            return i;
        }
    }
    return -1;
}

static uint16_t choose_port(wzp_nat *nat)
{
    for (int i = 0; i < WZP_NAT_MAPPINGS; i++) {
        if (nat->map[i].is_live && nat->cfg.kind != WZP_NAT_SYMMETRIC) {
            return nat->map[i].port;
        }
    }
    return nat->outer.port++;
}

/* A free place, or that of the one not used for longest. */
static int insert(wzp_nat *nat, const wzp_addr *remote)
{
    const uint16_t port = choose_port(nat);
    int at = 0;
    for (int i = 0; i < WZP_NAT_MAPPINGS; i++) {
        if (!nat->map[i].is_live) {
            at = i;
            break;
        }
        at = nat->map[i].used_at < nat->map[at].used_at ? i : at;
    }
    nat->map[at].is_live = true;
    nat->map[at].remote = *remote;
    nat->map[at].port = port;
    return at;
}

wzp_addr wzp_nat_out(wzp_nat *nat, uint64_t now, const wzp_addr *remote)
{
    expire(nat, now);
    int i = find(nat, remote);
    i = i >= 0 ? i : insert(nat, remote);
    nat->map[i].used_at = now;
    wzp_addr from = nat->outer;
    from.port = nat->map[i].port;
    return from;
}

static bool may_answer(const wzp_nat *nat, int i, const wzp_addr *remote)
{
    const wzp_addr *known = &nat->map[i].remote;
    switch (nat->cfg.kind) {
    case WZP_NAT_BY_ADDRESS:
        return memcmp(known->ip, remote->ip, sizeof known->ip) == 0;
    case WZP_NAT_SYMMETRIC: return wzp_addr_equal(known, remote);
    default: return true;
    }
}

bool wzp_nat_in(wzp_nat *nat, uint64_t now, const wzp_addr *remote,
                const wzp_addr *to)
{
    expire(nat, now);
    const bool is_here =
        memcmp(nat->outer.ip, to->ip, sizeof nat->outer.ip) == 0;
    for (int i = 0; is_here && i < WZP_NAT_MAPPINGS; i++) {
        if (nat->map[i].is_live && nat->map[i].port == to->port &&
            may_answer(nat, i, remote)) {
            return true;
        }
    }
    nat->refused++;
    return false;
}

void wzp_nat_forget(wzp_nat *nat)
{
    memset(nat->map, 0, sizeof nat->map);
}
