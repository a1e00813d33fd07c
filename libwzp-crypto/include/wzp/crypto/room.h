/* SPDX-License-Identifier: MIT */
/* Names of rooms as hashes, and what is derived from a room's name or secret.
 * Source: spec/wire.md 1.8, 3.8; design/secure-media.md 4, 5.
 */
#ifndef WZP_CRYPTO_ROOM_H
#define WZP_CRYPTO_ROOM_H

#include <wzp/proto/err.h>

#define WZP_ROOM_HEX_LEN 32
#define WZP_ROOM_WORDS   8
/* The room of a direct call is named this and the call's id. */
#define WZP_CALL_ROOM_PREFIX "call-"

/* SHA-256, for hashes that are part of the protocol. */
void wzp_sha256(const void *data, size_t len, uint8_t out[WZP_HASH_LEN]);

/* spec/wire.md 3.8: 32 lower-case hex characters of
 * SHA-256("featherchat-group:" ‖ name). NUL-terminated. The name is taken as
 * given (callers lower-case it). */
void wzp_room_hash(wzp_str name, char out[WZP_ROOM_HEX_LEN + 1]);

/* spec/wire.md 1.8: first 8 bytes of SHA-256(name). */
void wzp_room_federation_tag(wzp_str name, uint8_t out[8]);

/* secure-media.md 4: lower-cases A–Z; a name of 32 hex characters is taken as
 * the hash itself. */
void wzp_room_id(wzp_str name, uint8_t out[WZP_HASH_LEN]);

/* Context of a key package: H("wzp-ctx-room-v1" ‖ room_id) and
 * H("wzp-ctx-call-v1" ‖ call_id). */
void wzp_room_ctx(const uint8_t room_id[WZP_HASH_LEN],
                  uint8_t out[WZP_HASH_LEN]);
void wzp_call_ctx(wzp_str call_id, uint8_t out[WZP_HASH_LEN]);

/* R, access and psk of a room secret (secure-media.md 5). Slow: 256 MiB,
 * Argon2id. WZP_ERR_NOMEM. Wipe access and psk after use. */
WZP_NODISCARD wzp_err wzp_room_secret_derive(
    const char *secret, size_t len, const uint8_t room_id[WZP_HASH_LEN],
    uint8_t access[WZP_KEY_LEN], uint8_t psk[WZP_KEY_LEN]);

/* HMAC-SHA256(access, exporter ‖ kph). */
void wzp_room_proof(const uint8_t access[WZP_KEY_LEN],
                    const uint8_t exporter[32], const uint8_t kph[WZP_HASH_LEN],
                    uint8_t out[WZP_HASH_LEN]);

/* Constant time. WZP_ERR_ROOM_PROOF. */
WZP_NODISCARD wzp_err wzp_room_proof_check(const uint8_t access[WZP_KEY_LEN],
                                           const uint8_t exporter[32],
                                           const uint8_t kph[WZP_HASH_LEN],
                                           const uint8_t *proof, size_t len);

/* Room check code: 8 indices 0 … 2047 into the word list. keys: `n` distinct
 * Ed25519 keys in any order. Slow: 64 MiB, Argon2id; call it off the loop.
 * WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_room_words(const uint8_t room_id[WZP_HASH_LEN],
                                     const uint8_t (*keys)[WZP_KEY_LEN],
                                     size_t n, uint16_t out[WZP_ROOM_WORDS]);

/* The word at an index 0 … 2047. */
const char *wzp_word(uint16_t index);

#endif
