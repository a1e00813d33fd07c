/* SPDX-License-Identifier: MIT */
/* The subcommand join: be in a room until told to leave. What is wrong with
 * the command line is said here; the rest is call.c.
 */
#include "call.h"
#include "commands.h"
#include "terms.h"
#include "who.h"

#include <string.h>

static int check(const settings *s)
{
    if (s->arguments.n != 1) {
        return settings_refuse(s->arguments.n == 0
                                   ? "join needs the name of a room"
                                   : "join takes one room, not several");
    }
    if (s->relay == NULL) {
        return settings_refuse("join needs --relay HOST:PORT");
    }
    if (s->alias != NULL && strlen(s->alias) >= WZP_ALIAS_MAX) {
        return settings_refuse("--alias takes at most %d bytes",
                               WZP_ALIAS_MAX - 1);
    }
    if (s->pin != NULL && s->accept_new_key) {
        return settings_refuse("--pin and --accept-new-key exclude each other");
    }
    if (s->loop && s->in == NULL) {
        return settings_refuse("--loop needs --in FILE");
    }
    return 0;
}

int join_run(settings *s)
{
    wzp_seed_identity *identity = NULL;
    terms t;
    int status = check(s);
    if (status == 0) {
        status = terms_open(s, &t);
    }
    if (status != 0) {
        return status;
    }
    status = who_open(s, &identity);
    if (status != 0) {
        terms_free(&t);
        return status;
    }
    const call_options o = {.room = s->arguments.v[0],
                            .relay = s->relay,
                            .alias = s->alias,
                            .pin = s->pin,
                            .in = s->in,
                            .out = s->out,
                            .stats = s->stats,
                            .loop = s->loop,
                            .words = s->words,
                            .accept_new_key = s->accept_new_key,
                            .allow_legacy = s->allow_legacy,
                            .duration_s = s->duration_s,
                            .log = s->log,
                            .identity = wzp_seed_identity_table(identity),
                            .terms = &t};
    status = call_run(&o);
    terms_free(&t);
    wzp_seed_identity_free(identity);
    return status;
}
