/* SPDX-License-Identifier: MIT */
/* Relays seen before, and the certificate each of them showed: trust on first
 * use, and loudly not on change. A client keeps them by itself; this is for
 * programs that list them, or forget one while no client runs. Kept under the
 * name "pins" in the store: a line per relay,
 * "HOST:PORT SHA256HEX FIRST_SEEN LAST_SEEN" (unix seconds), and where the
 * relay announced a successor, " SHA256HEX NOT_BEFORE" of that.
 * Source: design/secure-media.md 1, 3.
 */
#ifndef WZP_CLIENT_PINS_H
#define WZP_CLIENT_PINS_H

#include <wzp/client/store.h>

typedef struct wzp_pin {
    size_t size;
    char relay[272];            /* HOST:PORT, lower case */
    uint8_t hash[WZP_HASH_LEN]; /* SHA-256 of its certificate */
    wzp_unix_s first_seen;      /* with this certificate */
    wzp_unix_s last_seen;
    bool has_next; /* a successor was announced: */
    uint8_t next[WZP_HASH_LEN];
    wzp_unix_s next_not_before;
} wzp_pin;

typedef struct wzp_pins wzp_pins;

/* Loads. A store that cannot be read (WZP_ERR_IO) or parsed
 * (WZP_ERR_MALFORMED) is an error, never an empty table, and is not written
 * over. store.load NULL: nothing is kept. */
WZP_NODISCARD wzp_err wzp_pins_new(wzp_pins **out, const wzp_mem *mem,
                                   const wzp_store *store);
void wzp_pins_free(wzp_pins *pins);

size_t wzp_pins_count(const wzp_pins *pins);

/* i = 0 … count − 1, in no particular order. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_pins_at_sized(const wzp_pins *pins, size_t i,
                                        wzp_pin *out, size_t size);
WZP_NODISCARD static inline wzp_err wzp_pins_at(const wzp_pins *pins, size_t i,
                                                wzp_pin *out)
{
    return wzp_pins_at_sized(pins, i, out, sizeof *out);
}

/* The next time this relay is seen is the first time; saves. WZP_ERR_NOT_FOUND,
 * WZP_ERR_IO: forgotten in memory only. */
WZP_NODISCARD wzp_err wzp_pins_forget(wzp_pins *pins, const char *relay);

#endif
