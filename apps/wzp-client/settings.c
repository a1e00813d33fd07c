/* SPDX-License-Identifier: MIT */
/* The subcommands and their options, see settings.h. The last table is the
 * command line of the reference client, which had no subcommands
 * (spec/client.md 5.1).
 */
#include "settings.h"

#include "commands.h"
#include "common/log_stderr.h"

#include <wzp/crypto/wipe.h>

#include <stdarg.h>
#include <string.h>

#define DURATION_MAX 604800 /* a week */

/* clang-format off */
#define FLAG(name, into, help) \
    {name, 0, APP_OPTION_FLAG, NULL, help, offsetof(settings, into), 0, 0}
#define TEXT(name, value, into, help) \
    {name, 0, APP_OPTION_TEXT, value, help, offsetof(settings, into), 0, 0}
#define ABSENT(name) {name, 0, APP_OPTION_ABSENT, NULL, NULL, 0, 0, 0}

#define SEED     TEXT("seed", "HEX", seed, \
                      "be this identity: 64 hex digits, which other users of this machine can see")
#define MNEMONIC TEXT("mnemonic", "WORDS", mnemonic, \
                      "be this identity: 24 words in quotes; seen as those of --seed")
#define IDENTITY TEXT("identity", "FILE", identity, \
                      "be the one in FILE (default ~/.wzp/identity, made when missing)")
#define PASSPHRASE TEXT("passphrase-file", "FILE", passphrase, \
                        "its first line opens the identity (default: asked at the terminal)")
#define LOG      TEXT("log-level", "LEVEL", log_text, \
                      "error, warn, info, debug or off (default error)")
#define HELP     {"help", 'h', APP_OPTION_FLAG, NULL, "print this and exit", \
                  offsetof(settings, wants_help), 0, 0}

#define ROOM_SECRET(help) \
    TEXT("room-secret-file", "FILE", room_secret, help)

#define BACKEND  TEXT("audio", "SYSTEM", backend, \
                      "pulseaudio, alsa, jack, null, ... (default: the first that works)")
#define QUALITY \
    TEXT("quality", "HOW", quality, \
         "auto (default), studio-64k, studio-48k, studio-32k, good, degraded, codec2-3200, catastrophic"), \
    TEXT("network", "KIND", network, "wifi (default) or cellular, where quality gives way sooner")

#define LEGACY   FLAG("allow-legacy", allow_legacy, \
                      "talk NOT ENCRYPTED where somebody, or the relay, cannot encrypt")

static const app_option JOIN_OPTIONS[] = {
    TEXT("relay", "HOST:PORT", relay, "through this relay (port 4433)"),
    SEED, MNEMONIC, IDENTITY, PASSPHRASE,
    TEXT("alias", "NAME", alias, "how others see you (default: from your key)"),
    FLAG("live", live, "microphone and speaker (default at a terminal, without --in and --out)"),
    TEXT("input", "DEVICE", input, "this microphone; or none"),
    TEXT("output", "DEVICE", output, "this speaker; or none"),
    BACKEND,
    FLAG("no-echo-cancel", no_echo_cancel, "devices: the speaker cannot be heard by the microphone"),
    FLAG("denoise", denoise, "take noise away; costs 10 to 20 ms"),
    FLAG("no-gain", no_gain, "devices: leave the loudness as it is"),
    FLAG("push-to-talk", push_to_talk, "speak only after a space, until the next one"),
    TEXT("record-mic", "FILE", record_mic, "WAV file of what you say, as it is sent"),
    QUALITY,
    TEXT("in", "FILE", in, "WAV file to speak, in place of a microphone"),
    FLAG("loop", loop, "speak it again and again"),
    TEXT("out", "FILE", out, "WAV file of what is heard, in place of a speaker"),
    {"duration", 0, APP_OPTION_NUMBER, "SECONDS", "leave so long after joining",
     offsetof(settings, duration_s), 1, DURATION_MAX},
    TEXT("stats", "FILE", stats, "a line of JSON per second"),
    FLAG("words", words, "print the check words when somebody can be heard"),
    TEXT("pin", "HASH", pin, "the relay has this certificate and no other"),
    FLAG("accept-new-key", accept_new_key,
         "remember the certificate also where it has changed"),
    TEXT("policy", "WHO", policy,
         "who may hear you: open (default), contacts or list; others are shown"),
    TEXT("allow", "FP[,FP...]", allow, "for --policy list or contacts: these fingerprints as well"),
    TEXT("allow-file", "FILE", allow_file, "a file of fingerprints, one a line"),
    ROOM_SECRET("its first line is the room's secret; - asks at the terminal"),
    FLAG("public-name", public_name,
         "show the room's name to the network, not its hash"),
    LEGACY, LOG, HELP,
};

static const app_option IDENTITY_OPTIONS[] = {
    SEED, MNEMONIC, IDENTITY, PASSPHRASE,
    FLAG("new", wants_new, "make one; the file must not be there yet"),
    FLAG("encrypt", wants_sealed,
         "put the file under a passphrase, or under another one"),
    FLAG("decrypt", wants_clear, "keep the file without a passphrase"),
    TEXT("new-passphrase-file", "FILE", new_passphrase,
         "for --encrypt: its first line is the new one (default: asked, twice)"),
    FLAG("show-mnemonic", wants_mnemonic, "print the 24 secret words as well"),
    HELP,
};

static const app_option ROOM_SECRET_OPTIONS[] = {
    ROOM_SECRET("this one instead of six random words; - asks at the terminal"),
    HELP,
};

static const app_option PING_OPTIONS[] = {LOG, HELP};

static const app_option CONTACTS_OPTIONS[] = {
    FLAG("undo", undo, "verify: not verified any more"),
    HELP,
};

static const app_option DEVICES_OPTIONS[] = {BACKEND, HELP};

static const app_option OLD_OPTIONS[] = {
    TEXT("room", "NAME", room, "join this room (default \"default\")"),
    SEED, MNEMONIC, PASSPHRASE,
    TEXT("metrics-file", "FILE", stats, "a line of JSON per second"),
    FLAG("version-check", wants_relay_version, "print the relay's version"),
    {"version", 'V', APP_OPTION_FLAG, NULL, "print the version and exit",
     offsetof(settings, wants_version), 0, 0},
    FLAG("live", live, "microphone and speaker"),
    {"send-tone", 0, APP_OPTION_NUMBER, "SECONDS", "say 440 Hz so long, then leave",
     offsetof(settings, tone_s), 1, DURATION_MAX},
    TEXT("send-file", "FILE", send_file, "say samples without a header (48 kHz, mono, 16 bit), then leave"),
    TEXT("record", "FILE", record, "write what is heard, in the same form"),
    LEGACY, HELP,
    ABSENT("echo-test"), ABSENT("drift-test"), ABSENT("sweep"),
    ABSENT("token"), ABSENT("signal"), ABSENT("call"),
};

#define COUNTED(table) table, sizeof table / sizeof *table

const command COMMANDS[] = {
    {"join", "ROOM --relay HOST:PORT [option...]",
     "be in a room, and talk",
     COUNTED(JOIN_OPTIONS), join_run,
     "While there, a letter and Enter: m mute, h hold, space to talk\n"
     "(--push-to-talk), + and - volume, w check words, q leave."},
    {"devices", "[option...]", "list microphones and speakers; * is the default one",
     COUNTED(DEVICES_OPTIONS), devices_run, NULL},
    {"identity", "[option...]", "show who you are to others",
     COUNTED(IDENTITY_OPTIONS), identity_run, NULL},
    {"ping", "HOST:PORT [option...]",
     "is the relay there, how far, which certificate, which version",
     COUNTED(PING_OPTIONS), ping_run, NULL},
    {"contacts", "[list | add NAME FINGERPRINT | verify WHO | forget WHO] [option...]",
     "people and relays you know; WHO: name, fingerprint, or HOST:PORT to forget",
     COUNTED(CONTACTS_OPTIONS), contacts_run, NULL},
    {"room-secret", "ROOM [option...]",
     "propose a secret for a room, and the line for its relay",
     COUNTED(ROOM_SECRET_OPTIONS), room_secret_run, NULL},
    {NULL, "[option...] [HOST:PORT]",
     "the command line of the earlier client", COUNTED(OLD_OPTIONS), old_run, NULL},
};
/* clang-format on */

bool settings_parse(settings *s, const command *c, int argc, char **argv,
                    char *why, size_t why_len)
{
    const app_options options = {c->options, c->n_options, s};
    wzp_log_level level;
    *s = (settings){.log_text = "error"};
    if (!app_options_parse(&options, argc, argv, &s->arguments, why, why_len)) {
        return false;
    }
    if (wzp_log_level_parse(s->log_text, &level) != WZP_OK) {
        (void)snprintf(why, why_len,
                       "--log-level takes error, warn, info, debug or off, "
                       "not '%s'",
                       s->log_text);
        return false;
    }
    s->log = app_log_stderr(level);
    return true;
}

int settings_refuse(const char *fmt, ...)
{
    va_list args;
    fputs("wzp-client: ", stderr);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return 2;
}

void settings_forget(const char *text)
{
    /* argv is ours to write to, C11 5.1.2.2.1; the parser lends it const. */
    union {
        const char *from;
        char *to;
    } arg = {.from = text};
    wzp_wipe(arg.to, strlen(text));
}
