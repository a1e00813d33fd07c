/* SPDX-License-Identifier: MIT */
/* Signatures that tie a handshake to its connection: see binding.h.
 */
#include "sha256.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/wipe.h>

enum {
    BINDING_MAX_LEN = 14 + 1 + 3 * WZP_HASH_LEN,
    LEGACY_MAX_LEN = WZP_KEY_LEN + 11,
    REGISTER_LEN = 17 + WZP_KEY_LEN,
};

static size_t binding_text(const wzp_binding_input *in,
                           uint8_t out[BINDING_MAX_LEN])
{
    const uint8_t kind = (uint8_t)in->kind;
    uint8_t kph[WZP_HASH_LEN];
    wzp__sha256_parts(WZP__PARTS({in->kp.ptr, in->kp.len}), kph);
    return wzp__join(out, WZP__PARTS(WZP__LABEL("wzp-binding-v1"), {&kind, 1},
                                     {in->exporter, WZP_EXPORTER_LEN},
                                     {in->server_cert_hash, WZP_HASH_LEN},
                                     {kph, WZP_HASH_LEN}));
}

wzp_err wzp_binding_sign(const wzp_identity *id, const wzp_binding_input *in,
                         uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[BINDING_MAX_LEN];
    const size_t len = binding_text(in, text);
    const wzp_err e = id->sign(id->user, text, len, sig);
    wzp_wipe(text, sizeof text); /* the exporter value is in it */
    return e;
}

wzp_err wzp_binding_verify(const uint8_t public_key[WZP_KEY_LEN],
                           const wzp_binding_input *in, const uint8_t *sig,
                           size_t sig_len)
{
    uint8_t text[BINDING_MAX_LEN];
    const size_t len = binding_text(in, text);
    const wzp_err e = wzp_identity_verify(public_key, text, len, sig, sig_len);
    wzp_wipe(text, sizeof text);
    return e;
}

static size_t legacy_text(bool is_offer, const uint8_t eph_pub[WZP_KEY_LEN],
                          uint8_t out[LEGACY_MAX_LEN])
{
    const char *what = is_offer ? "call-offer" : "call-answer";
    return wzp__join(out,
                     WZP__PARTS({eph_pub, WZP_KEY_LEN}, {what, strlen(what)}));
}

wzp_err wzp_legacy_sign(const wzp_identity *id, bool is_offer,
                        const uint8_t eph_pub[WZP_KEY_LEN],
                        uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[LEGACY_MAX_LEN];
    const size_t len = legacy_text(is_offer, eph_pub, text);
    return id->sign(id->user, text, len, sig);
}

wzp_err wzp_legacy_verify(const uint8_t public_key[WZP_KEY_LEN], bool is_offer,
                          const uint8_t eph_pub[WZP_KEY_LEN],
                          const uint8_t *sig, size_t sig_len)
{
    uint8_t text[LEGACY_MAX_LEN];
    const size_t len = legacy_text(is_offer, eph_pub, text);
    return wzp_identity_verify(public_key, text, len, sig, sig_len);
}

static size_t register_text(const uint8_t public_key[WZP_KEY_LEN],
                            uint8_t out[REGISTER_LEN])
{
    return wzp__join(out, WZP__PARTS(WZP__LABEL("register-presence"),
                                     {public_key, WZP_KEY_LEN}));
}

wzp_err wzp_register_sign(const wzp_identity *id, uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[REGISTER_LEN];
    const size_t len = register_text(id->public_key, text);
    return id->sign(id->user, text, len, sig);
}

wzp_err wzp_register_verify(const uint8_t public_key[WZP_KEY_LEN],
                            const uint8_t *sig, size_t sig_len)
{
    uint8_t text[REGISTER_LEN];
    const size_t len = register_text(public_key, text);
    return wzp_identity_verify(public_key, text, len, sig, sig_len);
}
