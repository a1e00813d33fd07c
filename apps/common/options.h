/* SPDX-License-Identifier: MIT */
/* Command line options: one table says what there is, parses it, and prints
 * the help. Long options take "--name value" and "--name=value", short ones
 * "-n value"; "--" ends them. No protocol here.
 */
#ifndef WZP_APPS_OPTIONS_H
#define WZP_APPS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum app_option_kind {
    APP_OPTION_FLAG,   /* bool */
    APP_OPTION_TEXT,   /* const char *, borrowed from argv */
    APP_OPTION_NUMBER, /* unsigned long, min … max */
    APP_OPTION_ABSENT, /* known from the earlier program, not here: refused
                        * with a sentence, and not in the help */
} app_option_kind;

typedef struct app_option {
    const char *name; /* without dashes */
    char letter;      /* short form, or 0 */
    app_option_kind kind;
    const char *value_name; /* "ADDR:PORT"; NULL for flags */
    const char *help;       /* one line */
    size_t at;              /* offset of its value in the settings struct */
    unsigned long min, max;
} app_option;

/* What is no option, in order: borrowed from argv. */
typedef struct app_words {
    const char *v[32];
    size_t n;
} app_words;

typedef struct app_options {
    const app_option *table;
    size_t n;
    void *settings; /* the struct that `at` points into */
} app_options;

/* argv[0] is skipped. False: `why` is one sentence without full stop. */
bool app_options_parse(const app_options *options, int argc, char **argv,
                       app_words *words, char *why, size_t why_len);

/* "Options:" and a line for each. */
void app_options_help(FILE *out, const app_option *table, size_t n);

#endif
