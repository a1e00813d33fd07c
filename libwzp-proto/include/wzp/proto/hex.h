/* SPDX-License-Identifier: MIT */
/* Hexadecimal text. Not for secrets that an attacker can time; seeds in files
 * are read once at start.
 */
#ifndef WZP_PROTO_HEX_H
#define WZP_PROTO_HEX_H

#include <wzp/proto/err.h>

/* Writes 2 × len lower-case digits, no NUL. */
void wzp_hex_encode(const uint8_t *data, size_t len, char *out);

/* Value of one digit of either case, or −1. */
int wzp_hex_digit(char c);

/* Exactly 2 × out_len digits of either case and nothing else.
 * WZP_ERR_LENGTH for another length, WZP_ERR_MALFORMED for other characters;
 * `out` is zeroed then. */
WZP_NODISCARD wzp_err wzp_hex_decode(const char *text, size_t len, uint8_t *out,
                                     size_t out_len);

#endif
