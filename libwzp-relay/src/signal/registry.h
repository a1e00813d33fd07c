/* SPDX-License-Identifier: MIT */
/* Who is reachable through this relay: one registration for each fingerprint,
 * and the rules by which a newer one takes an older one's place:
 *
 *   older \ newer     verified     not verified
 *   verified          replaced     newer refused (WZP_ERR_UNVERIFIED)
 *   not verified      replaced     replaced
 *
 * A sorted array like the table of rooms: the keys are chosen by clients, and
 * a search tree of keys they choose cannot be made slow. Entries name their
 * connection by number; a connection that ends takes out its own entry only.
 * Source: design/secure-media.md 3; spec/relay.md 4.1; weaknesses-relay.md 1,
 * 77.
 */
#ifndef WZP_RELAY_REGISTRY_H
#define WZP_RELAY_REGISTRY_H

#include <wzp/crypto/identity.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp__registration {
    uint8_t fingerprint[WZP_FP_LEN]; /* the key */
    uint8_t identity[WZP_KEY_LEN];
    wzp_conn_id conn;
    bool is_verified;          /* proved that it has the identity's key */
    uint32_t caps;             /* as announced on the hop */
    char alias[WZP_ALIAS_MAX]; /* "" when none: cut, valid UTF-8; a claim */
} wzp__registration;

typedef struct wzp__registry {
    const wzp_mem *mem;       /* borrowed */
    wzp__registration **regs; /* ascending by fingerprint; owned */
    size_t n, cap, max;
    size_t n_verified; /* of these n */
} wzp__registry;

void wzp__registry_init(wzp__registry *t, const wzp_mem *mem, size_t max);
void wzp__registry_deinit(wzp__registry *t);

/* NULL when nobody registered this fingerprint; valid until the next insert or
 * remove. */
const wzp__registration *wzp__registry_find(const wzp__registry *t,
                                            const uint8_t *fingerprint);

/* reg       copied
 * replaced  out: the connection whose registration this one took the place of;
 *           0 when there was none
 *
 * WZP_ERR_UNVERIFIED (see above), WZP_ERR_ROOM_FULL (max), WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__registry_insert(wzp__registry *t,
                                           const wzp__registration *reg,
                                           wzp_conn_id *replaced);

/* Take out the registration of this fingerprint if it is this connection's;
 * true when it was. */
bool wzp__registry_remove(wzp__registry *t, const uint8_t *fingerprint,
                          wzp_conn_id conn);

#endif
