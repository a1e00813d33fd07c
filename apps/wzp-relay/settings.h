/* SPDX-License-Identifier: MIT */
/* What the command line of wzp-relay says.
 */
#ifndef WZP_APPS_RELAY_SETTINGS_H
#define WZP_APPS_RELAY_SETTINGS_H

#include <wzp/proto/addr.h>
#include <wzp/proto/env.h>

typedef struct settings {
    const char *listen_text;
    const char *identity;      /* path */
    const char *next_identity; /* path; NULL: none */
    const char *passphrase;    /* path; NULL: none */
    const char *next_from_text;
    const char *log_text;
    const char *rooms; /* path; NULL: no rules */
    bool allow_legacy, is_closed;
    unsigned long max_members;
    bool wants_version, wants_help;
    /* out of the above */
    wzp_addr listen;
    wzp_log_level log_level;
    wzp_unix_s next_from; /* 0: not said */
} settings;

/* False: `why` is one sentence without full stop. */
bool settings_parse(settings *s, int argc, char **argv, char *why,
                    size_t why_len);
void settings_help(void);

#endif
