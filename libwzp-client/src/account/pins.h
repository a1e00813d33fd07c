/* SPDX-License-Identifier: MIT */
/* What the client itself does with <wzp/client/pins.h>. */
#ifndef WZP_CLIENT_ACCOUNT_PINS_H
#define WZP_CLIENT_ACCOUNT_PINS_H

#include <wzp/client/pins.h>

#define WZP__PINS_MAX     1024 /* relays kept; the longest unseen goes first */
#define WZP__PIN_NAME_MAX 271

/* WZP_ERR_NOT_FOUND when this relay was never seen. */
WZP_NODISCARD wzp_err wzp__pins_get(const wzp_pins *pins, const char *relay,
                                    uint8_t out[WZP_HASH_LEN]);
/* Insert, replace or touch, and save. WZP_ERR_IO: kept in memory only. */
WZP_NODISCARD wzp_err wzp__pins_set(wzp_pins *pins, const char *relay,
                                    const uint8_t hash[WZP_HASH_LEN],
                                    wzp_unix_s now);

/* The successor this relay announces at present (sha256 NULL: none), checked
 * by the caller. It goes when the pin changes. Saves if that is news.
 * WZP_ERR_NOT_FOUND without a pin, WZP_ERR_IO as above. */
WZP_NODISCARD wzp_err wzp__pins_set_next(wzp_pins *pins, const char *relay,
                                         const uint8_t *sha256,
                                         wzp_unix_s not_before);
/* Is `seen` the announced successor, and may it be shown now? */
bool wzp__pins_is_next(const wzp_pins *pins, const char *relay,
                       const uint8_t seen[WZP_HASH_LEN], wzp_unix_s now);

#endif
