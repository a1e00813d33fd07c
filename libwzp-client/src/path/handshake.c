/* SPDX-License-Identifier: MIT */
/* CallOffer and CallAnswer, see handshake.h. The session key of the legacy
 * handshake is never used: it is between client and relay, and the relay must
 * not hold a key that opens media. The ephemeral key is sent because a legacy
 * parser requires the field.
 */
#include "path/handshake.h"

#include <wzp/codec/codec.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>

#include <string.h>

uint16_t wzp__client_package_caps(void)
{
    uint32_t caps =
        WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_PARITY1 | WZP_CAP_BUNDLE2;
    unsigned dred = wzp_dred_version();
    if (dred == 10) {
        caps |= WZP_CAP_DRED_10;
    }
    if (dred == 12) {
        caps |= WZP_CAP_DRED_12;
    }
    return (uint16_t)caps;
}

static wzp_binding_input binding_of(const wzp__handshake *h,
                                    wzp_binding_kind kind, wzp_bytes kp)
{
    wzp_binding_input in = {.kind = kind, .kp = kp};
    memcpy(in.exporter, h->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, h->server_cert, sizeof in.server_cert_hash);
    return in;
}

/* Good on this connection and for this package only. */
static wzp_bytes prove(const wzp__handshake *h, const wzp_group *group,
                       uint8_t proof[WZP_HASH_LEN])
{
    uint8_t kph[WZP_HASH_LEN];
    if (h->access == NULL) {
        return (wzp_bytes){NULL, 0};
    }
    wzp_group_own_kph(group, kph);
    wzp_room_proof(h->access, h->exporter, kph, proof);
    return (wzp_bytes){proof, WZP_HASH_LEN};
}

wzp_err wzp__handshake_offer(const wzp__handshake *h, const wzp_group *group,
                             const wzp_rng *rng, wzp_arena *arena, wzp_str *out)
{
    static const wzp_tier best_first[WZP_TIER_COUNT] = {
        WZP_TIER_STUDIO_64K, WZP_TIER_STUDIO_48K, WZP_TIER_STUDIO_32K,
        WZP_TIER_GOOD,       WZP_TIER_DEGRADED,   WZP_TIER_CATASTROPHIC,
    };
    wzp_profile profiles[WZP_TIER_COUNT];
    for (size_t i = 0; i < WZP_TIER_COUNT; i++) {
        profiles[i] = wzp_tier_profile(best_first[i]);
    }
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    wzp_sig_call_offer *offer = &sig.u.call_offer;
    memcpy(offer->identity_pub, h->identity.public_key, WZP_KEY_LEN);
    uint8_t secret[WZP_KEY_LEN];
    wzp_rng_fill(rng, secret, sizeof secret);
    wzp_legacy_public(secret, offer->ephemeral_pub);
    wzp_wipe(secret, sizeof secret);

    uint8_t signature[WZP_SIG_LEN];
    uint8_t bound[WZP_SIG_LEN];
    uint8_t proof[WZP_HASH_LEN];
    offer->kp = wzp_group_package_view(group);
    wzp_binding_input in = binding_of(h, WZP_BINDING_CALL_OFFER, offer->kp);
    wzp_err e = wzp_binding_sign(&h->identity, &in, bound);
    wzp_wipe(&in, sizeof in);
    WZP_TRY(e);
    WZP_TRY(
        wzp_legacy_sign(&h->identity, true, offer->ephemeral_pub, signature));
    offer->signature = (wzp_bytes){signature, sizeof signature};
    offer->binding = (wzp_bytes){bound, sizeof bound};
    offer->room_proof = prove(h, group, proof);
    offer->supported_profiles = (wzp_profile_list){profiles, WZP_TIER_COUNT};
    offer->alias = (wzp_str){h->alias, strlen(h->alias)};
    offer->caps = WZP__CLIENT_HOP_CAPS | wzp__client_package_caps();
    return wzp_signal_encode(arena, &sig, out);
}

wzp_err wzp__handshake_check(const wzp__handshake *h,
                             const wzp_sig_call_answer *answer)
{
    WZP_TRY(wzp_legacy_verify(answer->identity_pub, false,
                              answer->ephemeral_pub, answer->signature.ptr,
                              answer->signature.len));
    uint32_t need = WZP_CAP_E2E1 | WZP_CAP_SIG1;
    if ((answer->caps & need) != need) {
        return WZP_ERR_LEGACY;
    }
    wzp_binding_input in =
        binding_of(h, WZP_BINDING_CALL_ANSWER, (wzp_bytes){NULL, 0});
    wzp_err e = wzp_binding_verify(answer->identity_pub, &in,
                                   answer->binding.ptr, answer->binding.len);
    wzp_wipe(&in, sizeof in);
    return e == WZP_OK ? WZP_OK : WZP_ERR_BINDING;
}
