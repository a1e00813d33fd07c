/* SPDX-License-Identifier: MIT */
/* How a sender's base key travels: boxed per member under a chain of one-time
 * keys that starts at the pair's direction key; and the ratchet on a join.
 * When and to whom is group.h. Source: design/secure-media.md 5.
 */
#ifndef WZP_CRYPTO_SENDER_KEY_H
#define WZP_CRYPTO_SENDER_KEY_H

#include <wzp/crypto/pair.h>

#define WZP_KEY_BOX_LEN   (WZP_KEY_LEN + 16)
#define WZP_KEY_AHEAD_MAX 1024 /* steps a receiver goes forward at most */

/* One direction of a pair. Secret. Starts as {pair key, 0}. */
typedef struct wzp_key_chain {
    uint8_t pk[WZP_KEY_LEN]; /* pk_n */
    uint32_t n;              /* next one, never used before */
} wzp_key_chain;

/* Which key is in a box. */
typedef struct wzp_key_name {
    const wzp_pair_names *names; /* from: whose key it is */
    uint32_t generation;
    uint8_t step;
    uint16_t suite;
} wzp_key_name;

/* Box under pk_n, then wipe it and step on. *n: the n used. WZP_ERR_COUNTER
 * when 2^32 boxes were made. */
WZP_NODISCARD wzp_err wzp_key_box_seal(wzp_key_chain *chain,
                                       const wzp_key_name *name,
                                       const uint8_t base_key[WZP_KEY_LEN],
                                       uint32_t *n,
                                       uint8_t box[WZP_KEY_BOX_LEN]);

/* The chain moves to n + 1 only when the tag verified. WZP_ERR_LENGTH,
 * WZP_ERR_KEY_REPLAYED (n passed), WZP_ERR_KEY_AHEAD (more than 1024),
 * WZP_ERR_TAG. Wipe base_key after use. */
WZP_NODISCARD wzp_err wzp_key_box_open(wzp_key_chain *chain,
                                       const wzp_key_name *name, uint32_t n,
                                       wzp_bytes box,
                                       uint8_t base_key[WZP_KEY_LEN]);

/* The base key one step on. out may be the same buffer. */
void wzp_key_ratchet(const uint8_t base_key[WZP_KEY_LEN],
                     uint8_t out[WZP_KEY_LEN]);

#endif
