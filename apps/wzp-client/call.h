/* SPDX-License-Identifier: MIT */
/* Being in a room until told to leave. call.c owns what lives as long as the
 * call; what people see is view.c, what they type is keyboard.c, what programs
 * read is stats_file.c.
 */
#ifndef WZP_APP_CLIENT_CALL_H
#define WZP_APP_CLIENT_CALL_H

#include "quality.h"
#include "sound.h"
#include "terms.h"

#include <wzp/client/client.h>

#include <stdbool.h>

/* As given; NULL and 0 are "not given". */
typedef struct call_options {
    const char *room, *relay, *alias, *pin;
    const char *stats;
    bool words, accept_new_key, allow_legacy, push_to_talk;
    sound_options sound;
    quality quality;
    unsigned long duration_s;
    wzp_log log;
    wzp_identity identity;
    terms *terms; /* its secret is forgotten when it has been told */
} call_options;

/* Returns the exit status: 0 left normally, 1 ended with an error, 2 a text
 * in the options is not what it should be. */
int call_run(const call_options *o);

#endif
