/* SPDX-License-Identifier: MIT */
/* What an operator says of single rooms: who may come in, and which secret has
 * to be proved. By the room's hash, so that raw and hashed names meet one rule.
 * Source: design/secure-media.md 5 (room secret).
 */
#ifndef WZP_RELAY_ROOM_RULES_H
#define WZP_RELAY_ROOM_RULES_H

#include <wzp/crypto/room.h>
#include <wzp/relay/relay.h>

#define WZP__ROOM_RULES_MAX   65536
#define WZP__ROOM_ALLOWED_MAX 1048576 /* fingerprints, all rooms together */

typedef struct wzp__room_rule {
    char hash[WZP_ROOM_HEX_LEN + 1];
    const uint8_t *access;                /* WZP_KEY_LEN; NULL: no secret */
    const uint8_t (*allowed)[WZP_FP_LEN]; /* with n_allowed 0: everybody */
    size_t n_allowed;
} wzp__room_rule;

/* All zero: no rules. */
typedef struct wzp__room_rules {
    wzp__room_rule *rules; /* ascending by hash */
    size_t n;
    uint8_t (*access)[WZP_KEY_LEN]; /* guarded */
    uint8_t (*allowed)[WZP_FP_LEN];
    size_t n_allowed;
} wzp__room_rules;

/* A copy of all. WZP_ERR_CONFIG, with the room and what is wrong in `why` (may
 * be NULL); WZP_ERR_NOMEM. *out is set on WZP_OK only. */
WZP_NODISCARD wzp_err wzp__room_rules_make(wzp__room_rules *out,
                                           const wzp_mem *mem,
                                           const wzp_room_rule *given, size_t n,
                                           char *why, size_t why_len);
/* Wipes. */
void wzp__room_rules_deinit(wzp__room_rules *t, const wzp_mem *mem);

/* name  lower case, raw or a hash. NULL: there is none for it. */
const wzp__room_rule *wzp__room_rules_find(const wzp__room_rules *t,
                                           const char *name);

/* It keeps somebody out. */
static inline bool wzp__room_rule_restricts(const wzp__room_rule *rule)
{
    return rule->access != NULL || rule->n_allowed > 0;
}

/* fingerprint  of an identity that was proved */
bool wzp__room_rule_allows(const wzp__room_rule *rule,
                           const uint8_t fingerprint[WZP_FP_LEN]);

#endif
