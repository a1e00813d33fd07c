/* SPDX-License-Identifier: MIT */
/* The door, see admit.h.
 */
#include "admit.h"

#include <wzp/crypto/legacy.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/room_name.h>

#include <string.h>

enum { CALL_PREFIX_LEN = sizeof WZP_CALL_ROOM_PREFIX - 1 };

static wzp_binding_input binding_of(const wzp__admit_rules *rules,
                                    const uint8_t *exporter,
                                    wzp_binding_kind kind, wzp_bytes kp)
{
    wzp_binding_input in = {.kind = kind, .kp = kp};
    memcpy(in.exporter, exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, rules->cert_hash, sizeof in.server_cert_hash);
    return in;
}

static wzp_err check_binding(const wzp__admit_rules *rules,
                             const uint8_t *exporter, wzp_binding_kind kind,
                             const uint8_t *identity, wzp_bytes kp,
                             wzp_bytes binding)
{
    wzp_binding_input in = binding_of(rules, exporter, kind, kp);
    wzp_err e = wzp_binding_verify(identity, &in, binding.ptr, binding.len);
    wzp_wipe(&in, sizeof in);
    return e == WZP_OK ? WZP_OK : WZP_ERR_BINDING;
}

/* A package is made for this room, or for the call whose room it is. Which call
 * that is nobody can tell from a name that came as a hash: the two in it know
 * each other's package, and others get no keys. */
static bool is_made_for(const uint8_t made_for[WZP_HASH_LEN], wzp_str room)
{
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t ctx[WZP_HASH_LEN];
    wzp_room_id(room, room_id);
    wzp_room_ctx(room_id, ctx);
    if (memcmp(made_for, ctx, WZP_HASH_LEN) == 0) {
        return true;
    }
    if (room.len <= CALL_PREFIX_LEN ||
        memcmp(room.ptr, WZP_CALL_ROOM_PREFIX, CALL_PREFIX_LEN) != 0) {
        return wzp_room_name_kind(room.ptr, room.len) == WZP_ROOM_HASHED;
    }
    wzp_call_ctx(
        (wzp_str){room.ptr + CALL_PREFIX_LEN, room.len - CALL_PREFIX_LEN}, ctx);
    return memcmp(made_for, ctx, WZP_HASH_LEN) == 0;
}

static wzp_err check_package(const wzp__admit_client *client,
                             const wzp_sig_call_offer *offer, wzp_kp *kp)
{
    const wzp_str room = {client->room, strlen(client->room)};
    uint8_t fingerprint[WZP_FP_LEN];
    wzp_identity_fingerprint(offer->identity_pub, fingerprint);
    WZP_TRY(wzp_kp_decode(offer->kp.ptr, offer->kp.len, client->now, NULL,
                          fingerprint, 0, kp));
    if (memcmp(kp->id, offer->identity_pub, sizeof kp->id) != 0) {
        return WZP_ERR_FINGERPRINT;
    }
    return is_made_for(kp->ctx, room) ? WZP_OK : WZP_ERR_KP_CONTEXT;
}

static wzp_err by_rule(wzp__verdict *out, wzp_err e, const char *reason)
{
    out->is_by_rule = true;
    out->reason = reason;
    return e;
}

static wzp_err check_rule(const wzp__room_rule *rule,
                          const wzp__admit_client *client,
                          const wzp_sig_call_offer *offer, wzp__verdict *out)
{
    uint8_t fingerprint[WZP_FP_LEN];
    const wzp_bytes proof = offer->room_proof;
    if (rule->access != NULL &&
        wzp_room_proof_check(rule->access, client->exporter, out->kp.kph,
                             proof.ptr, proof.len) != WZP_OK) {
        return by_rule(out, WZP_ERR_ROOM_PROOF,
                       proof.ptr == NULL
                           ? "this room has a secret, and none was given"
                           : "the secret given is not that of this room");
    }
    wzp_identity_fingerprint(offer->identity_pub, fingerprint);
    if (!wzp__room_rule_allows(rule, fingerprint)) {
        return by_rule(out, WZP_ERR_NOT_ALLOWED,
                       "this identity is not on the list of this room");
    }
    return WZP_OK;
}

/* Its signature is good on any connection: it could be anybody's. */
static wzp_err check_legacy(const wzp__admit_rules *rules,
                            const wzp__room_rule *rule, wzp__verdict *out)
{
    if (!rules->allow_legacy) {
        return WZP_ERR_LEGACY;
    }
    if (rule != NULL && wzp__room_rule_restricts(rule)) {
        return by_rule(out, WZP_ERR_LEGACY,
                       "this room admits only clients that prove who they are "
                       "(e2e1)");
    }
    return WZP_OK;
}

static wzp_err check(const wzp__admit_rules *rules,
                     const wzp__admit_client *client,
                     const wzp_sig_call_offer *offer, wzp__verdict *out)
{
    const wzp__room_rule *rule =
        wzp__room_rules_find(&rules->rooms, client->room);
    if (rule == NULL && rules->is_closed) {
        return by_rule(out, WZP_ERR_NOT_ALLOWED,
                       "there is no such room on this relay");
    }
    WZP_TRY(wzp_legacy_verify(offer->identity_pub, true, offer->ephemeral_pub,
                              offer->signature.ptr, offer->signature.len));
    if ((offer->caps & WZP_CAP_E2E1) == 0) {
        return check_legacy(rules, rule, out);
    }
    if ((offer->caps & WZP_CAP_SIG1) == 0) {
        return WZP_ERR_PROTOCOL; /* keys travel in sig1 messages */
    }
    WZP_TRY(check_binding(rules, client->exporter, WZP_BINDING_CALL_OFFER,
                          offer->identity_pub, offer->kp, offer->binding));
    WZP_TRY(check_package(client, offer, &out->kp));
    if (rule != NULL) {
        WZP_TRY(check_rule(rule, client, offer, out));
    }
    out->is_capable = true;
    return WZP_OK;
}

void wzp__admit_check(const wzp__admit_rules *rules,
                      const wzp__admit_client *client,
                      const wzp_sig_call_offer *offer, wzp__verdict *out)
{
    memset(out, 0, sizeof *out);
    const wzp_err e = check(rules, client, offer, out);
    const char *why = out->reason;
    wzp__admit_refusal(e, out);
    out->reason = out->is_by_rule ? why : out->reason;
}

void wzp__admit_refusal(wzp_err e, wzp__verdict *out)
{
    out->err = e;
    out->reason = wzp_strerror(e);
    switch (e) {
    case WZP_OK: out->code = WZP_CLOSE_NORMAL; break;
    case WZP_ERR_LEGACY:
        out->code = WZP_CLOSE_LEGACY;
        out->reason =
            "this relay admits only clients that seal their media (e2e1)";
        break;
    case WZP_ERR_ROOM_FULL: out->code = WZP_CLOSE_FULL; break;
    case WZP_ERR_SID:
        out->code = WZP_CLOSE_FULL;
        out->reason = "stream id in use: join again with a fresh key package";
        break;
    case WZP_ERR_RATE:
        out->code = WZP_CLOSE_FULL;
        out->reason = "too much from this address: try again later";
        break;
    case WZP_ERR_NOMEM:
        out->code = WZP_CLOSE_FULL;
        out->reason = "relay is out of memory";
        break;
    case WZP_ERR_NOT_ALLOWED: out->code = WZP_CLOSE_NOT_ALLOWED; break;
    case WZP_ERR_PROTOCOL: out->code = WZP_CLOSE_PROTOCOL; break;
    case WZP_ERR_IO:
        out->code = WZP_CLOSE_SHUTDOWN;
        out->reason = "relay cannot sign";
        break;
    default: out->code = WZP_CLOSE_AUTH; break;
    }
}

static bool is_nobody(const uint8_t identity[WZP_KEY_LEN])
{
    static const uint8_t zeros[WZP_KEY_LEN];
    return memcmp(identity, zeros, WZP_KEY_LEN) == 0;
}

wzp_err wzp__admit_registration(const wzp__admit_rules *rules,
                                const uint8_t *exporter,
                                const wzp_sig_register_presence *reg,
                                wzp__admit_sort *out)
{
    if (reg->signature.len > 0) {
        WZP_TRY(wzp_register_verify(reg->identity_pub, reg->signature.ptr,
                                    reg->signature.len));
    }
    if (reg->binding.len > 0 || (reg->caps & WZP_CAP_E2E1) != 0) {
        WZP_TRY(check_binding(rules, exporter, WZP_BINDING_REGISTER,
                              reg->identity_pub, (wzp_bytes){NULL, 0},
                              reg->binding));
        *out = WZP__ADMIT_VERIFIED;
        return WZP_OK;
    }
    if (!rules->allow_legacy) {
        return WZP_ERR_LEGACY;
    }
    *out =
        is_nobody(reg->identity_pub) ? WZP__ADMIT_PROBE : WZP__ADMIT_UNVERIFIED;
    return WZP_OK;
}

wzp_err wzp__admit_answer(const wzp__admit_rules *rules, const wzp_rng *rng,
                          const uint8_t *exporter, bool with_extras,
                          wzp__answer *out)
{
    memset(out, 0, sizeof *out);
    out->sig.kind = WZP_SIG_CALL_ANSWER;
    wzp_sig_call_answer *answer = &out->sig.u.call_answer;
    memcpy(answer->identity_pub, rules->identity.public_key, WZP_KEY_LEN);
    /* A legacy client derives a session key from this and never uses it. */
    uint8_t secret[WZP_KEY_LEN];
    wzp_rng_fill(rng, secret, sizeof secret);
    wzp_legacy_public(secret, answer->ephemeral_pub);
    wzp_wipe(secret, sizeof secret);
    WZP_TRY(wzp_legacy_sign(&rules->identity, false, answer->ephemeral_pub,
                            out->signature));
    answer->signature = (wzp_bytes){out->signature, sizeof out->signature};
    answer->chosen_profile = wzp_tier_profile(WZP_TIER_GOOD);
    if (!with_extras) {
        return WZP_OK;
    }
    wzp_binding_input in = binding_of(rules, exporter, WZP_BINDING_CALL_ANSWER,
                                      (wzp_bytes){NULL, 0});
    wzp_err e = wzp_binding_sign(&rules->identity, &in, out->binding);
    wzp_wipe(&in, sizeof in);
    answer->binding = (wzp_bytes){out->binding, sizeof out->binding};
    answer->caps = WZP__RELAY_CAPS;
    answer->next_tls = rules->next_tls;
    return e;
}
