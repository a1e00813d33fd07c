/* SPDX-License-Identifier: MIT */
/* Proof that a handshake message belongs to this TLS connection.
 * Source: design/secure-media.md 3.
 */
#ifndef WZP_CRYPTO_BINDING_H
#define WZP_CRYPTO_BINDING_H

#include <wzp/crypto/identity.h>

#define WZP_EXPORTER_LEN 32
/* TLS 1.3 exporter label, with an empty context. */
#define WZP_EXPORTER_LABEL "EXPORTER-wzp-binding"

typedef enum wzp_binding_kind {
    WZP_BINDING_CALL_OFFER = 1,
    WZP_BINDING_CALL_ANSWER = 2,
    WZP_BINDING_REGISTER = 3,
} wzp_binding_kind;

typedef struct wzp_binding_input {
    wzp_binding_kind kind;
    uint8_t exporter[WZP_EXPORTER_LEN];
    uint8_t server_cert_hash[WZP_HASH_LEN]; /* of the leaf DER as sent */
    wzp_bytes kp; /* key package of the same message, or absent */
} wzp_binding_input;

WZP_NODISCARD wzp_err wzp_binding_sign(const wzp_identity *id,
                                       const wzp_binding_input *in,
                                       uint8_t sig[WZP_SIG_LEN]);

/* WZP_ERR_SIGNATURE (also for a sig that is not 64 bytes). */
WZP_NODISCARD wzp_err wzp_binding_verify(const uint8_t public_key[WZP_KEY_LEN],
                                         const wzp_binding_input *in,
                                         const uint8_t *sig, size_t sig_len);

/* Legacy handshake signatures (spec/wire.md 3.3): over eph_pub ‖ "call-offer"
 * or "call-answer". */
WZP_NODISCARD wzp_err wzp_legacy_sign(const wzp_identity *id, bool is_offer,
                                      const uint8_t eph_pub[WZP_KEY_LEN],
                                      uint8_t sig[WZP_SIG_LEN]);
WZP_NODISCARD wzp_err wzp_legacy_verify(const uint8_t public_key[WZP_KEY_LEN],
                                        bool is_offer,
                                        const uint8_t eph_pub[WZP_KEY_LEN],
                                        const uint8_t *sig, size_t sig_len);

/* The signature of RegisterPresence (spec/relay.md 4.1): over
 * "register-presence" ‖ the signer's public key. Anybody who saw it can repeat
 * it: only the binding proves that the registration is its owner's. */
WZP_NODISCARD wzp_err wzp_register_sign(const wzp_identity *id,
                                        uint8_t sig[WZP_SIG_LEN]);
WZP_NODISCARD wzp_err wzp_register_verify(const uint8_t public_key[WZP_KEY_LEN],
                                          const uint8_t *sig, size_t sig_len);

#endif
