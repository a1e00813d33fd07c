/* SPDX-License-Identifier: MIT */
/* Certificates of relays seen before: trust on first use, and loudly not on
 * change. Kept under the name "pins" in the store: a line per relay,
 * "HOST:PORT SHA256HEX FIRST_SEEN LAST_SEEN" (unix seconds), and where the
 * relay announced a successor, " SHA256HEX NOT_BEFORE" of that.
 * Source: design/secure-media.md 1, 3.
 */
#ifndef WZP_CLIENT_PINS_H
#define WZP_CLIENT_PINS_H

#include <wzp/client/store.h>

#define WZP__PINS_MAX     1024 /* relays kept; the longest unseen goes first */
#define WZP__PIN_NAME_MAX 271

typedef struct wzp__pins wzp__pins;

/* Loads. A store that cannot be read or parsed is an error, never an empty
 * table. store.load NULL: nothing is kept. */
WZP_NODISCARD wzp_err wzp__pins_new(wzp__pins **out, const wzp_mem *mem,
                                    const wzp_store *store);
void wzp__pins_free(wzp__pins *pins);

/* WZP_ERR_NOT_FOUND when this relay was never seen. */
WZP_NODISCARD wzp_err wzp__pins_get(const wzp__pins *pins, const char *relay,
                                    uint8_t out[WZP_HASH_LEN]);
/* Insert, replace or touch, and save. WZP_ERR_IO: kept in memory only. */
WZP_NODISCARD wzp_err wzp__pins_set(wzp__pins *pins, const char *relay,
                                    const uint8_t hash[WZP_HASH_LEN],
                                    wzp_unix_s now);

/* The successor this relay announces at present (sha256 NULL: none), checked
 * by the caller. It goes when the pin changes. Saves if that is news.
 * WZP_ERR_NOT_FOUND without a pin, WZP_ERR_IO as above. */
WZP_NODISCARD wzp_err wzp__pins_set_next(wzp__pins *pins, const char *relay,
                                         const uint8_t *sha256,
                                         wzp_unix_s not_before);
/* Is `seen` the announced successor, and may it be shown now? */
bool wzp__pins_is_next(const wzp__pins *pins, const char *relay,
                       const uint8_t seen[WZP_HASH_LEN], wzp_unix_s now);

#endif
