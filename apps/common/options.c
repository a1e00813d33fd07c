/* SPDX-License-Identifier: MIT */
/* Parsing by table, see options.h.
 */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 28 };

typedef struct line {
    const app_options *options;
    int argc, at;
    char **argv;
    char *why;
    size_t why_len;
} line;

__attribute__((format(printf, 2, 3))) static bool refuse(line *l,
                                                         const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(l->why, l->why_len, fmt, args);
    va_end(args);
    return false;
}

static const app_option *find(const line *l, const char *name, size_t len)
{
    for (size_t i = 0; i < l->options->n; i++) {
        const app_option *o = &l->options->table[i];
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) {
            return o;
        }
    }
    return NULL;
}

static const app_option *find_letter(const line *l, char letter)
{
    for (size_t i = 0; i < l->options->n; i++) {
        const app_option *o = &l->options->table[i];
        if (o->letter != 0 && o->letter == letter) {
            return o;
        }
    }
    return NULL;
}

static void *value_of(const line *l, const app_option *o)
{
    return (char *)l->options->settings + o->at;
}

static bool set_number(line *l, const app_option *o, const char *value)
{
    char *end = NULL;
    errno = 0;
    unsigned long v = strtoul(value, &end, 10);
    bool is_number = value[0] >= '0' && value[0] <= '9' && *end == '\0';
    if (!is_number || errno != 0 || v < o->min || v > o->max) {
        return refuse(l, "--%s takes a number from %lu to %lu, not '%s'",
                      o->name, o->min, o->max, value);
    }
    *(unsigned long *)value_of(l, o) = v;
    return true;
}

/* value is NULL when it is to be the next word. */
static bool apply(line *l, const app_option *o, const char *value)
{
    if (o->kind == APP_OPTION_ABSENT) {
        return refuse(l, "--%s is not available in this version", o->name);
    }
    if (o->kind == APP_OPTION_FLAG) {
        if (value != NULL) {
            return refuse(l, "--%s takes no value", o->name);
        }
        *(bool *)value_of(l, o) = true;
        return true;
    }
    if (value == NULL) {
        if (l->at + 1 >= l->argc) {
            return refuse(l, "--%s needs a value: %s", o->name, o->value_name);
        }
        l->at++;
        value = l->argv[l->at];
    }
    if (o->kind == APP_OPTION_NUMBER) {
        return set_number(l, o, value);
    }
    if (*value == '\0') {
        return refuse(l, "--%s needs a value: %s", o->name, o->value_name);
    }
    *(const char **)value_of(l, o) = value;
    return true;
}

static bool take_long(line *l, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const app_option *o = find(l, word, len);
    if (o == NULL) {
        return refuse(l, "unknown option --%.*s", (int)len, word);
    }
    return apply(l, o, equals != NULL ? equals + 1 : NULL);
}

static bool take_short(line *l, const char *word)
{
    const app_option *o = find_letter(l, word[0]);
    if (o == NULL || word[1] != '\0') {
        return refuse(l, "unknown option -%s", word);
    }
    return apply(l, o, NULL);
}

bool app_options_parse(const app_options *options, int argc, char **argv,
                       app_words *words, char *why, size_t why_len)
{
    line l = {.options = options,
              .argc = argc,
              .argv = argv,
              .why = why,
              .why_len = why_len};
    bool is_open = true; /* no "--" yet */
    words->n = 0;
    for (l.at = 1; l.at < argc; l.at++) {
        const char *word = argv[l.at];
        bool ok = true;
        if (is_open && strcmp(word, "--") == 0) {
            is_open = false;
        } else if (is_open && word[0] == '-' && word[1] == '-') {
            ok = take_long(&l, word + 2);
        } else if (is_open && word[0] == '-' && word[1] != '\0') {
            ok = take_short(&l, word + 1);
        } else if (words->n < sizeof words->v / sizeof words->v[0]) {
            words->v[words->n] = word;
            words->n++;
        } else {
            ok = refuse(&l, "too many arguments");
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

void app_options_help(FILE *out, const app_option *table, size_t n)
{
    fprintf(out, "Options:\n");
    for (size_t i = 0; i < n; i++) {
        const app_option *o = &table[i];
        if (o->kind == APP_OPTION_ABSENT) {
            continue;
        }
        const char letter[] = {'-', o->letter, ',', '\0'};
        int width =
            fprintf(out, "  %s %s%s%s%s", o->letter != 0 ? letter : "   ", "--",
                    o->name, o->value_name != NULL ? " " : "",
                    o->value_name != NULL ? o->value_name : "");
        if (width >= HELP_COLUMN) {
            fprintf(out, "\n");
            width = 0;
        }
        fprintf(out, "%*s%s\n", HELP_COLUMN - width, "", o->help);
    }
}
