/* SPDX-License-Identifier: MIT */
/* The file of --rooms, from the disk to the relay.
 */
#ifndef WZP_APPS_RELAY_ROOMS_H
#define WZP_APPS_RELAY_ROOMS_H

#include "rooms_file.h"

/* path  NULL: no rules. False: `why` is one sentence without full stop. */
bool rooms_open(const char *path, const wzp_log *log, rooms_file *out,
                char *why, size_t why_len);

/* Reads it again. With anything wrong in it, or without any rule, the rules
 * there are stay, and the log says why. */
void rooms_reload(const char *path, const wzp_log *log, wzp_relay *relay);

#endif
