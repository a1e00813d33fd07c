/* SPDX-License-Identifier: MIT */
/* The seed's session: X25519 key, 4-digit code, AEAD, rekey, window of 1024.
 * Library functions for vectors and old peers only; nothing of ours is sealed
 * with them. Source: spec/wire.md 3.4–3.6.
 */
#ifndef WZP_CRYPTO_LEGACY_H
#define WZP_CRYPTO_LEGACY_H

#include <wzp/proto/err.h>

#define WZP_LEGACY_ID_LEN    4
#define WZP_LEGACY_NONCE_LEN 12
#define WZP_LEGACY_TAG_LEN   16
#define WZP_LEGACY_WINDOW    1024

/* Secret. */
typedef struct wzp_legacy_session {
    uint8_t key[WZP_KEY_LEN];
    uint8_t id[WZP_LEGACY_ID_LEN];
} wzp_legacy_session;

/* X25519 public key of a secret. */
void wzp_legacy_public(const uint8_t secret[WZP_KEY_LEN],
                       uint8_t out[WZP_KEY_LEN]);

/* Session key, id and 4-digit code (0 … 9999). WZP_ERR_WEAK_KEY. */
WZP_NODISCARD wzp_err wzp_legacy_derive(const uint8_t eph_secret[WZP_KEY_LEN],
                                        const uint8_t peer_pub[WZP_KEY_LEN],
                                        wzp_legacy_session *out,
                                        unsigned *code);

/* New key and id from the old key and a new exchange. In place is fine.
 * WZP_ERR_WEAK_KEY. */
WZP_NODISCARD wzp_err wzp_legacy_rekey(const wzp_legacy_session *old,
                                       const uint8_t eph_secret[WZP_KEY_LEN],
                                       const uint8_t peer_pub[WZP_KEY_LEN],
                                       wzp_legacy_session *out);

/* session id ‖ counter ‖ direction ‖ 0 0 0; the seed always used direction
 * 0. */
void wzp_legacy_nonce(const wzp_legacy_session *s, uint32_t counter,
                      uint8_t direction, uint8_t out[WZP_LEGACY_NONCE_LEN]);

/* ChaCha20-Poly1305. out: plain.len + 16. */
void wzp_legacy_seal(const wzp_legacy_session *s, uint32_t counter,
                     wzp_bytes ad, wzp_bytes plain, uint8_t *out);
/* out: sealed.len − 16. WZP_ERR_LENGTH, WZP_ERR_TAG. */
WZP_NODISCARD wzp_err wzp_legacy_open(const wzp_legacy_session *s,
                                      uint32_t counter, wzp_bytes ad,
                                      wzp_bytes sealed, uint8_t *out);

/* A value: zero-initialised it is empty. */
typedef struct wzp_legacy_window {
    uint16_t highest;
    bool is_started;
    uint64_t seen[WZP_LEGACY_WINDOW / 64];
} wzp_legacy_window;

/* Checks and marks a sequence number. WZP_ERR_REPLAY. */
WZP_NODISCARD wzp_err wzp_legacy_window_accept(wzp_legacy_window *w,
                                               uint16_t seq);

#endif
