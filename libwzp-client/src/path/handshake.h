/* SPDX-License-Identifier: MIT */
/* CallOffer and CallAnswer as a client makes and checks them.
 * Source: spec/wire.md 3.3; design/secure-media.md 2–4.
 */
#ifndef WZP_CLIENT_HANDSHAKE_H
#define WZP_CLIENT_HANDSHAKE_H

#include <wzp/crypto/binding.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/arena.h>

/* Capabilities this client announces on the hop. */
#define WZP__CLIENT_HOP_CAPS                                                   \
    (WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1 | WZP_CAP_DGRAM1)

typedef struct wzp__handshake {
    wzp_identity identity;
    const char *alias;
    uint8_t exporter[WZP_EXPORTER_LEN];
    uint8_t server_cert[WZP_HASH_LEN];
    const uint8_t *access; /* of a room with a secret: borrowed; or NULL */
} wzp__handshake;

/* Package capabilities of this build (bits 0 … 5). */
uint16_t wzp__client_package_caps(void);

/* JSON of a CallOffer with the group's package, and the proof that the room's
 * secret is known, in the arena. */
WZP_NODISCARD wzp_err wzp__handshake_offer(const wzp__handshake *h,
                                           const wzp_group *group,
                                           const wzp_rng *rng, wzp_arena *arena,
                                           wzp_str *out);

/* WZP_ERR_SIGNATURE, WZP_ERR_LEGACY (relay without `e2e1`),
 * WZP_ERR_BINDING. */
WZP_NODISCARD wzp_err wzp__handshake_check(const wzp__handshake *h,
                                           const wzp_sig_call_answer *answer);

#endif
