/* SPDX-License-Identifier: MIT */
/* The relay's configuration: defaults (public, relay.h), completing a caller's
 * older struct, and checking.
 */
#ifndef WZP_RELAY_CONFIG_H
#define WZP_RELAY_CONFIG_H

#include <wzp/relay/relay.h>

/* A whole roster must fit one message of 1 MiB: at most 640 bytes for each
 * member (an alias of escapes only). */
#define WZP__MEMBERS_MAX 1600

/* Only the first cfg->size bytes are the caller's; the rest are defaults. */
wzp_relay_config wzp__config_complete(const wzp_relay_config *cfg);

/* "max_rooms: at least 1", or NULL when all is well. */
const char *wzp__config_wrong(const wzp_relay_config *cfg);

#endif
