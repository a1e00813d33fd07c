/* SPDX-License-Identifier: MIT */
/* Two members of a room in one process, who have given each other keys. */
#ifndef WZP_BENCH_TWO_GROUPS_H
#define WZP_BENCH_TWO_GROUPS_H

#include <wzp/crypto/group.h>
#include <wzp/crypto/identity.h>
#include <wzp/crypto/room.h>

#include <string.h>

enum { TWO_GROUPS_UNIX = 1800000000 };

static inline wzp_err two_groups_make(uint8_t seed_byte, wzp_group **out)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id = NULL;
    wzp_group_config cfg;
    memset(seed, seed_byte, sizeof seed);
    WZP_TRY(wzp_seed_identity_new(&id, seed));
    wzp_group_config_default(&cfg);
    cfg.identity = wzp_seed_identity_table(id);
    cfg.now_unix = TWO_GROUPS_UNIX;
    wzp_room_id(WZP_STR("bench"), cfg.room_id);
    return wzp_group_new(out, &cfg);
}

static inline wzp_err two_groups_list(wzp_group *at, wzp_group *other)
{
    uint8_t mid[WZP_MID_LEN];
    wzp_group_own_mid(other, mid);
    const wzp_participant p = {.fingerprint = WZP_STR(""),
                               .mid = {mid, sizeof mid}};
    return wzp_group_roster(at, 0, (wzp_participant_list){&p, 1});
}

static inline void two_groups_hand_over(wzp_group *from, wzp_group *to,
                                        wzp_tstamp now)
{
    wzp_group_action a;
    while (wzp_group_poll(from, now, &a)) {
        if (a.kind != WZP_GROUP_SEND) {
            continue;
        }
        const wzp_bytes kp = wzp_group_package_view(to);
        const wzp_signal answer = {.kind = WZP_SIG_KEY_PACKAGES,
                                   .u.key_packages.kps = {&kp, 1}};
        const bool asks = a.u.signal->kind == WZP_SIG_KEY_PACKAGE_REQUEST;
        wzp_ignore(wzp_group_recv(asks ? from : to, now, TWO_GROUPS_UNIX,
                                  asks ? &answer : a.u.signal),
                   "seen when sealing fails");
    }
}

/* g[0] speaks, g[1] listens; both live as long as the program. *now moves on
 * by the second that it takes them to meet. */
static inline wzp_err two_groups_new(wzp_group *g[2], wzp_tstamp *now)
{
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    uint8_t none[1];
    size_t len;
    WZP_TRY(two_groups_make(1, &g[0]));
    WZP_TRY(two_groups_make(2, &g[1]));
    WZP_TRY(two_groups_list(g[0], g[1]));
    WZP_TRY(two_groups_list(g[1], g[0]));
    for (int i = 0; i < 100; i++, *now += 10 * WZP_MS) {
        for (int k = 0; k < 2; k++) {
            wzp_group_expire(g[k], *now);
            two_groups_hand_over(g[k], g[1 - k], *now);
        }
        wzp_ignore(wzp_group_seal(g[0], *now, &hdr, WZP_FORM_FRAME, none, 1,
                                  none, 0, &len),
                   "makes it a speaker");
    }
    return WZP_OK;
}

#endif
