/* SPDX-License-Identifier: MIT */
/* The subcommand join: be in a room until told to leave. What is wrong with
 * the command line is said here; the rest is call.c.
 */
#include "call.h"
#include "commands.h"
#include "terms.h"
#include "who.h"

#include <string.h>
#include <unistd.h>

static bool asks_for_devices(const settings *s)
{
    return s->live || s->input != NULL || s->output != NULL ||
           s->backend != NULL;
}

static int check_sound(const settings *s)
{
    if (asks_for_devices(s) && (s->in != NULL || s->out != NULL)) {
        return settings_refuse("--live, --input, --output and --audio are for "
                               "devices; --in and --out for files");
    }
    if (s->live &&
        (s->tone_s > 0 || s->send_file != NULL || s->record != NULL)) {
        return settings_refuse("--live excludes --send-tone, --send-file and "
                               "--record");
    }
    if (s->tone_s > 0 && s->send_file != NULL) {
        return settings_refuse("--send-tone and --send-file exclude each "
                               "other");
    }
    return 0;
}

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
    return check_sound(s);
}

/* Without a word about sound, somebody at a terminal wants to talk. */
static bool has_devices(const settings *s)
{
    const bool has_files = s->in != NULL || s->out != NULL;
    return asks_for_devices(s) ||
           (!s->is_old && !has_files && isatty(STDIN_FILENO) == 1);
}

/* Files are spoken as they are; a microphone is cleaned. */
static sound_options sound_of(const settings *s)
{
    sound_options o = {.has_devices = has_devices(s),
                       .input = s->input,
                       .output = s->output,
                       .backend = s->backend,
                       .in = s->in,
                       .out = s->out,
                       .loop = s->loop,
                       .tone_s = s->tone_s,
                       .send_file = s->send_file,
                       .record = s->record,
                       .record_mic = s->record_mic};
    o.parts = (wzp_capture_parts){.echo = o.has_devices && !s->no_echo_cancel,
                                  .denoise = s->denoise,
                                  .gain = o.has_devices && !s->no_gain,
                                  .vad = o.has_devices};
    return o;
}

int join_run(settings *s)
{
    wzp_seed_identity *identity = NULL;
    terms t;
    quality q;
    const char *option;
    const char *words;
    int status = check(s);
    if (status == 0 &&
        !quality_parse(&q, s->quality, s->network, &option, &words)) {
        status = settings_refuse("%s takes %s", option, words);
    }
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
                            .stats = s->stats,
                            .sound = sound_of(s),
                            .quality = q,
                            .push_to_talk = s->push_to_talk,
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
