/* SPDX-License-Identifier: MIT */
/* A relay as a user gives it, on its way to an engine: its pin as text, its
 * name as text again, the addresses the system found for it.
 */
#ifndef WZP_CLIENT_UV_LOOKUP_H
#define WZP_CLIENT_UV_LOOKUP_H

#include "path/relay_name.h"

#include <wzp/client/engine.h>

struct addrinfo;

#define WZP__RELAY_TEXT_MAX (WZP__RELAY_HOST_MAX + 16) /* with NUL */

/* 64 hex digits, with or without colons between pairs. WZP_ERR_ARG. */
WZP_NODISCARD wzp_err wzp__lookup_pin(const char *text,
                                      uint8_t out[WZP_HASH_LEN]);

/* "HOST:PORT", "[v6]:PORT": the key of its pin. */
void wzp__lookup_text(const wzp__relay_name *relay,
                      char out[WZP__RELAY_TEXT_MAX]);

/* Those of IPv4 and IPv6, in their order; returns how many. */
size_t wzp__lookup_addresses(const struct addrinfo *list,
                             wzp_addr out[WZP_RELAY_ADDRS_MAX]);

#endif
