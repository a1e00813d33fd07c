/* SPDX-License-Identifier: MIT */
/* The command line of the reference client: no subcommand, the relay as an
 * argument, the 24 words of --mnemonic as 24 arguments. Source: spec/client.md
 * 5.1.
 */
#include "commands.h"

#include <string.h>

#define WORDS_AFTER_FIRST 23

/* The words came one by one: the parser gave the first to --mnemonic and left
 * the others among the arguments, before the relay. */
static int collect_words(settings *s)
{
    char *text = s->old_words;
    const size_t cap = sizeof s->old_words;
    app_words *a = &s->arguments;
    if (a->n < WORDS_AFTER_FIRST) {
        return settings_refuse("--mnemonic takes 24 words");
    }
    size_t len = strlen(s->mnemonic);
    if (len >= cap) {
        return settings_refuse("--mnemonic takes 24 words");
    }
    memcpy(text, s->mnemonic, len + 1);
    settings_forget(s->mnemonic);
    for (size_t i = 0; i < WORDS_AFTER_FIRST; i++) {
        int n = snprintf(text + len, cap - len, " %s", a->v[i]);
        if (n < 0 || (size_t)n >= cap - len) {
            return settings_refuse("--mnemonic takes 24 words");
        }
        len += (size_t)n;
        settings_forget(a->v[i]);
    }
    a->n -= WORDS_AFTER_FIRST;
    memmove(a->v, a->v + WORDS_AFTER_FIRST, a->n * sizeof *a->v);
    s->mnemonic = text;
    return 0;
}

int old_run(settings *s)
{
    if (s->mnemonic != NULL && strchr(s->mnemonic, ' ') == NULL) {
        int status = collect_words(s);
        if (status != 0) {
            return status;
        }
    }
    if (s->arguments.n > 1) {
        return settings_refuse("'%s' is one argument too many",
                               s->arguments.v[1]);
    }
    s->relay = s->arguments.n == 1 ? s->arguments.v[0] : "127.0.0.1:4433";
    if (s->wants_relay_version) {
        return ping_version(s);
    }
    s->arguments.v[0] = s->room != NULL ? s->room : "default";
    s->arguments.n = 1;
    s->is_old = true;
    return join_run(s);
}
