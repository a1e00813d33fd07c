/* SPDX-License-Identifier: MIT */
/* On which terms a client is in its room: who may have its keys, and the room's
 * secret, of which one half goes to the relay as a proof and the other into the
 * pairs. Source: design/secure-media.md 5.
 */
#ifndef WZP_CLIENT_ACCESS_H
#define WZP_CLIENT_ACCESS_H

#include <wzp/client/engine.h>

typedef struct wzp__access_secret {
    uint8_t access[WZP_KEY_LEN];
    uint8_t psk[WZP_KEY_LEN];
} wzp__access_secret;

/* All zero: an open room without a secret. */
typedef struct wzp__access {
    wzp_room_policy policy;
    uint8_t (*allowed)[WZP_FP_LEN];
    size_t n_allowed;
    wzp__access_secret *secret; /* guarded; NULL: the room has none */
} wzp__access;

/* The terms of this join in place of those before. WZP_ERR_ARG, WZP_ERR_NOMEM:
 * those before stay. */
WZP_NODISCARD wzp_err wzp__access_take(wzp__access *a, const wzp_mem *mem,
                                       const wzp_join *join);
/* Wipes the secret; an open room is left. */
void wzp__access_clear(wzp__access *a, const wzp_mem *mem);
/* One more, or one less. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__access_allow(wzp__access *a, const wzp_mem *mem,
                                        const uint8_t fingerprint[WZP_FP_LEN]);
void wzp__access_disallow(wzp__access *a,
                          const uint8_t fingerprint[WZP_FP_LEN]);

/* What a key group is told: cfg->allowed is borrowed, cfg->psk is a copy that
 * the caller wipes. */
void wzp__access_tell(const wzp__access *a, wzp_group_config *cfg);

/* Nobody is kept out: who cannot prove who it is may be talked to. */
static inline bool wzp__access_is_open(const wzp__access *a)
{
    return a->policy == WZP_POLICY_OPEN && a->secret == NULL;
}

#endif
