/* SPDX-License-Identifier: MIT */
/* See legacy_roster.h. */
#include "call/legacy_roster.h"

#include <wzp/crypto/identity.h>
#include <wzp/proto/fingerprint.h>

#include <string.h>

static bool is_own(const wzp_participant *p, const uint8_t own[WZP_FP_LEN])
{
    uint8_t fp[WZP_FP_LEN];
    return wzp_fingerprint_decode(p->fingerprint.ptr, p->fingerprint.len, fp) ==
               WZP_OK &&
           memcmp(fp, own, sizeof fp) == 0;
}

wzp_err wzp__legacy_roster(wzp_arena *arena, const uint8_t own_key[WZP_KEY_LEN],
                           wzp_participant_list list, wzp_participant_list *out)
{
    uint8_t own[WZP_FP_LEN];
    wzp_identity_fingerprint(own_key, own);
    *out = (wzp_participant_list){NULL, 0};
    if (list.n == 0) {
        return WZP_OK;
    }
    wzp_participant *v = wzp_arena_alloc(arena, list.n * sizeof *v);
    if (v == NULL) {
        return WZP_ERR_NOMEM;
    }
    bool is_found = false;
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) {
        if (!is_found && is_own(&list.v[i], own)) {
            is_found = true;
            continue;
        }
        v[n++] = (wzp_participant){.fingerprint = list.v[i].fingerprint,
                                   .alias = list.v[i].alias,
                                   .relay_label = list.v[i].relay_label};
    }
    *out = (wzp_participant_list){v, n};
    return WZP_OK;
}
