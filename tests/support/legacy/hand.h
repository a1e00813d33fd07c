/* SPDX-License-Identifier: MIT */
/* What both sides of the old handshake need: an identity, an endpoint, a signed
 * ephemeral key (spec/wire.md 3.3). Aborts where it cannot.
 */
#ifndef WZP_TEST_LEGACY_HAND_H
#define WZP_TEST_LEGACY_HAND_H

#include <wzp/crypto/identity.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp_legacy_hand {
    uint8_t identity[32];
    uint8_t ephemeral[32]; /* nobody derives anything from it */
    uint8_t signature[64];
} wzp_legacy_hand;

wzp_seed_identity *wzp_legacy_identity(uint8_t seed_byte);

/* tls_seed NULL: only dials. */
wzp_endpoint *wzp_legacy_endpoint(wzp_pkt_pool **pool, size_t packets,
                                  const wzp_rng *rng, const uint8_t *tls_seed,
                                  wzp_tstamp now);

/* label: "call-offer", "call-answer" */
void wzp_legacy_hand_make(wzp_legacy_hand *hand, const wzp_seed_identity *id,
                          const wzp_rng *rng, const char *label);
bool wzp_legacy_hand_is_good(const wzp_legacy_hand *hand, const char *label);

/* "xxxx:xxxx:…" of a public key, 39 characters; upper case on request. */
void wzp_legacy_fingerprint(const uint8_t identity_pub[32], bool upper,
                            char out[40]);

#endif
