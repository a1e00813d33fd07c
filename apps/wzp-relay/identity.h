/* SPDX-License-Identifier: MIT */
/* The relay's identity out of its file.
 */
#ifndef WZP_APPS_RELAY_IDENTITY_H
#define WZP_APPS_RELAY_IDENTITY_H

#include <wzp/crypto/identity.h>

/* path             NULL: ~/.wzp/relay-identity
 * passphrase_file  of one under a passphrase; NULL: the terminal is asked,
 *                  where stdin is one
 *
 * NULL: `why` is one sentence without full stop. */
wzp_seed_identity *identity_open(const char *path, const char *passphrase_file,
                                 const wzp_log *log, char *why, size_t why_len);

#endif
