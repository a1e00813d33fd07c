/* SPDX-License-Identifier: MIT */
/* A call: a group of two that begins from a key agreement, see state.h. Its
 * pair and both keys of generation 0 are here before anybody is listed.
 *
 * The peer is a member from the beginning to the end. The relay's rosters
 * neither bring it nor take it away: nobody else can have its keys, and the
 * word that an older connection of it is gone can come after the newer one.
 * Whether it is there is what its sealed packets say (schedule.c, silence).
 */
#include "agree.h"
#include "state.h"

#include <wzp/crypto/room.h>

#include <string.h>

static void room_of(wzp_str call_id, uint8_t room_id[WZP_HASH_LEN])
{
    enum { PREFIX_LEN = sizeof WZP_CALL_ROOM_PREFIX - 1 };
    char name[PREFIX_LEN + WZP_CALL_ID_MAX] = WZP_CALL_ROOM_PREFIX;
    memcpy(name + PREFIX_LEN, call_id.ptr, call_id.len);
    wzp_room_id((wzp_str){name, PREFIX_LEN + call_id.len}, room_id);
}

static wzp_err add_peer(wzp_group *g, const wzp_kp *kp, wzp_tstamp now,
                        wzp__member **out)
{
    uint8_t mid[WZP_MID_LEN];
    wzp__member *m;
    wzp_kp_mid(kp->kph, mid);
    WZP_TRY(wzp__member_insert(g, mid, &m));
    m->state = WZP_MEMBER_VERIFIED;
    memcpy(m->kph, kp->kph, WZP_HASH_LEN);
    m->has_kph = true;
    memcpy(m->identity, kp->id, WZP_KEY_LEN);
    m->caps = kp->caps;
    m->suites = kp->suites;
    m->verified_at = now;
    *out = m;
    return WZP_OK;
}

wzp_err wzp__agreed_begin(wzp_group *g, const wzp_group_config *cfg)
{
    wzp__agreed a;
    wzp__member *m;
    WZP_TRY(wzp__agreed_get(cfg->agreed, &a));
    const wzp_call_keys *keys = &a.secret->keys;
    if (memcmp(g->identity.public_key, a.id, WZP_KEY_LEN) != 0) {
        return WZP_ERR_CONFIG;
    }
    g->is_call = true;
    room_of(a.call_id, g->room_id);
    memcpy(g->package, a.package, WZP_KP_LEN);
    memcpy(g->kph, a.kph, WZP_HASH_LEN);
    wzp_kp_mid(g->kph, g->mid);
    g->sid = wzp_mid_sid(g->mid);
    WZP_TRY(wzp__table_init(g, WZP__CALL_MEMBERS));
    WZP_TRY(add_peer(g, a.peer, cfg->now, &m));
    wzp__pair_agreed(m, &keys->pair, a.is_caller);
    WZP_TRY(
        wzp__keys_agreed(g, cfg->now, m, a.suite,
                         a.is_caller ? keys->base_callee : keys->base_caller));
    wzp__own_agreed(g, cfg->now, m, a.suite,
                    a.is_caller ? keys->base_caller : keys->base_callee);
    wzp__agreed_taken(cfg->agreed);
    return WZP_OK;
}
