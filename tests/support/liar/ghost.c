/* SPDX-License-Identifier: MIT */
/* Members that the lying relay plays itself: a group each, and no connection,
 * see liar.h. */
#include "liar_state.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/control.h>
#include <wzp/proto/pkt.h>

#include <stdio.h>
#include <string.h>

void wzp_liar_tell_ghost(wzp_liar *l, int to, const wzp_signal *sig)
{
    wzp_group *g = l->m[to]->group;
    const wzp_tstamp now = wzp_world_now(l->w);
    l->has_work = true;
    if (sig->kind == WZP_SIG_ROOM_UPDATE) {
        wzp_ignore(wzp_group_roster(g, now, sig->u.room_update.participants),
                   "the test looks at its group");
    } else {
        wzp_ignore(wzp_group_recv(g, now, wzp_liar_unix(l), sig),
                   "the test looks at its group");
    }
}

static void ghost_keeps_alive(wzp_liar *l, int i)
{
    uint8_t plain[8];
    uint8_t out[WZP_PKT_CAP];
    size_t n = 0;
    size_t len = 0;
    const wzp_control_item item = {.type = WZP_CONTROL_KEEPALIVE};
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_COMFORT_NOISE};
    wzp_liar_must(wzp_control_encode(&item, 1, plain, sizeof plain, &n),
                  "control");
    if (wzp_group_seal(l->m[i]->group, wzp_world_now(l->w), &hdr,
                       WZP_FORM_CONTROL, plain, n, out, sizeof out,
                       &len) == WZP_OK) {
        wzp_liar_pass_dgram(l, i, out, len);
    }
}

bool wzp_liar_ghosts_act(wzp_liar *l)
{
    bool any = false;
    for (int i = 0; i < l->n; i++) {
        wzp_group_action a;
        while (l->m[i]->group != NULL &&
               wzp_group_poll(l->m[i]->group, wzp_world_now(l->w), &a)) {
            any = true;
            if (a.kind == WZP_GROUP_SEND) {
                wzp_liar_serve(l, i, a.u.signal);
            } else if (a.kind == WZP_GROUP_CONTROL_DUE) {
                ghost_keeps_alive(l, i);
            }
        }
    }
    return any;
}

static int add_ghost(wzp_liar *l, uint8_t identity, wzp_agree *agreed)
{
    const int i = wzp_liar_add(l);
    inside *m = l->m[i];
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    m->seed = wzp_liar_identity(identity);
    cfg.identity = wzp_seed_identity_table(m->seed);
    cfg.rng = l->rng;
    cfg.now = wzp_world_now(l->w);
    cfg.now_unix = wzp_liar_unix(l);
    cfg.agreed = agreed;
    memcpy(cfg.room_id, l->room_id, WZP_HASH_LEN);
    wzp_liar_must(wzp_group_new(&m->group, &cfg), "ghost");
    wzp_liar_set_names(&m->pub, cfg.identity.public_key,
                       wzp_group_package_view(m->group).ptr);
    (void)snprintf(m->pub.alias, sizeof m->pub.alias, "ghost");
    m->pub.is_ghost = true;
    memcpy(m->pub.room_id, l->room_id, WZP_HASH_LEN);
    m->pub.caps = WZP_LIAR_CAPS;
    wzp_liar_roster(l);
    return i;
}

int wzp_liar_ghost(wzp_liar *l, uint8_t identity)
{
    return add_ghost(l, identity, NULL);
}

int wzp_liar_ghost_in_call(wzp_liar *l, uint8_t identity, wzp_str call_id,
                           wzp_agree *agreed)
{
    char room[WZP_CALL_ID_MAX + sizeof "call-"];
    const int len =
        snprintf(room, sizeof room, "call-%.*s", (int)call_id.len, call_id.ptr);
    wzp_room_id((wzp_str){room, (size_t)len}, l->room_id);
    return add_ghost(l, identity, agreed);
}

wzp_group *wzp_liar_group(wzp_liar *l, int ghost)
{
    return l->m[ghost]->group;
}

uint64_t wzp_liar_opened(const wzp_liar *l, int ghost)
{
    return l->m[ghost]->opened;
}
