/* SPDX-License-Identifier: MIT */
/* A seed under a passphrase, as a line of text to keep in a file. What a
 * thief of the file has to guess is the passphrase: each guess costs 256 MiB
 * and about half a second.
 *
 *   "wzp-sealed-seed-1:" base64url(            (wzp/proto/b64.h)
 *      passes 4, memory in KiB 4               big endian
 *      salt 16, nonce 24                       random at every sealing
 *      XChaCha20-Poly1305(key, nonce, seed) 48 )
 *   key = Argon2id13(passphrase, salt, passes, memory), 1 lane (RFC 9106)
 *   authenticated beside the seed: all that stands before it, in the bytes
 *   above, after the text up to the colon
 */
#ifndef WZP_CRYPTO_SEALED_SEED_H
#define WZP_CRYPTO_SEALED_SEED_H

#include <wzp/crypto/identity.h>

#define WZP_SEALED_SEED_MAX 147 /* bytes incl. NUL; all are that long */

/* What opening takes from a file: more would be a way to stop the program,
 * less is no protection. Sealing always uses 3 passes over 256 MiB
 * (RFC 9106 section 4 and libsodium's "moderate"). */
#define WZP_SEALED_SEED_PASSES_MAX 16
#define WZP_SEALED_SEED_KIB_MIN    (8u << 10)
#define WZP_SEALED_SEED_KIB_MAX    (1u << 20)

/* It says it is one, of whatever version. Surrounding white space is fine. */
bool wzp_sealed_seed_is(const char *text, size_t len);

/* Takes half a second and 256 MiB: not on a loop that has a call on it.
 *
 * pass  bytes as they are, no normal form of Unicode; not empty
 * out   NUL-terminated, without line end
 *
 * WZP_ERR_PASSPHRASE: an empty one. WZP_ERR_NOMEM: no 256 MiB. out is
 * untouched then. */
WZP_NODISCARD wzp_err wzp_sealed_seed_seal(const uint8_t seed[WZP_SEED_LEN],
                                           const char *pass, size_t pass_len,
                                           const wzp_rng *rng,
                                           char out[WZP_SEALED_SEED_MAX]);

/* Takes what its file says: up to 16 passes over 1 GiB.
 *
 * WZP_ERR_IDENTITY_FILE: not one, a version or a cost that is not taken.
 * WZP_ERR_PASSPHRASE: another passphrase, or a text that was changed: these
 * two cannot be told apart. WZP_ERR_NOMEM. seed is wiped then. */
WZP_NODISCARD wzp_err wzp_sealed_seed_open(const char *text, size_t len,
                                           const char *pass, size_t pass_len,
                                           uint8_t seed[WZP_SEED_LEN]);

#endif
