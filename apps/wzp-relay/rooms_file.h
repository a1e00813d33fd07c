/* SPDX-License-Identifier: MIT */
/* The file of --rooms: a line a room.
 *
 *   NAME [access=HEX] [allow=FP,FP…]    # comment
 *
 * NAME is the room's name, or its hash (wzp-client room-secret prints the line
 * for a name with white space); HEX are the 64 digits that room-secret prints;
 * FP are fingerprints of identities.
 */
#ifndef WZP_APPS_RELAY_ROOMS_FILE_H
#define WZP_APPS_RELAY_ROOMS_FILE_H

#include <wzp/relay/relay.h>

typedef struct rooms_file {
    wzp_room_rule *rules; /* in guarded memory; names point into text */
    size_t n;
    char *text;                     /* a copy; guarded */
    uint8_t (*allowed)[WZP_FP_LEN]; /* lists point into it */
} rooms_file;

/* False: `why` is one sentence without full stop, with the line's number, and
 * never with what stands there: that may be a key. *out needs no free then. */
bool rooms_file_parse(rooms_file *out, const char *text, size_t len, char *why,
                      size_t why_len);

/* The same from a file; the sentence begins with its path. */
bool rooms_file_load(rooms_file *out, const char *path, bool *is_exposed,
                     char *why, size_t why_len);

/* Wipes. */
void rooms_file_free(rooms_file *f);

#endif
