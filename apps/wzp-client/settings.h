/* SPDX-License-Identifier: MIT */
/* What the command line says: one option table per subcommand, from which
 * parsing and --help both come.
 */
#ifndef WZP_APP_CLIENT_SETTINGS_H
#define WZP_APP_CLIENT_SETTINGS_H

#include "common/options.h"

#include <wzp/proto/env.h>

typedef struct settings {
    const char *relay, *room;
    const char *seed, *mnemonic, *identity;  /* at most one */
    const char *passphrase, *new_passphrase; /* files */
    const char *alias, *pin;
    const char *in, *out, *stats;
    bool live; /* the machine's devices */
    const char *input, *output, *backend;
    bool no_echo_cancel, denoise, no_gain, push_to_talk;
    const char *record_mic;
    const char *quality, *network;
    unsigned long tone_s; /* --send-tone; 0: none */
    const char *send_file, *record;
    bool is_old;              /* the command line without a subcommand */
    unsigned long duration_s; /* 0: none */
    const char *policy, *allow, *allow_file;
    const char *room_secret; /* file, or "-" */
    bool public_name;
    bool loop, words, accept_new_key;
    bool allow_legacy; /* and accepts clear media, wherever it is asked */
    bool wants_new, wants_mnemonic, wants_sealed, wants_clear;
    bool undo; /* of contacts verify */
    bool wants_version, wants_help;
    bool wants_relay_version; /* --version-check */
    const char *log_text;
    wzp_log log; /* from log_text */
    app_words arguments;
    char old_words[512]; /* --mnemonic given as 24 arguments, as one text */
} settings;

typedef struct command {
    const char *name;      /* NULL: the command line without a subcommand */
    const char *arguments; /* for the help */
    const char *summary;   /* one line */
    const app_option *options;
    size_t n_options;
    int (*run)(settings *s); /* returns the exit status */
    const char *more;        /* for the command's own help; NULL: no more */
} command;

/* False: wrong usage, `why` is one sentence without full stop. */
bool settings_parse(settings *s, const command *c, int argc, char **argv,
                    char *why, size_t why_len);

/* Wrong usage: prints "wzp-client: …" and returns 2. */
int settings_refuse(const char *fmt, ...) WZP_PRINTF(1, 2);

/* Overwrite a secret of the command line: other users of the machine see it
 * there for as long as it stands. */
void settings_forget(const char *text);

/* The last one, whose name is NULL, is the command line without any. */
extern const command COMMANDS[];

#endif
