/* SPDX-License-Identifier: MIT */
/* The option table of wzp-relay. Options of the earlier relay stay valid where
 * the feature exists (design/architecture.md 6; spec/relay.md 1.1).
 */
#include "settings.h"

#include "common/options.h"

#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(settings, member)
#define ABSENT(option)                                                         \
    {                                                                          \
        .name = (option), .kind = APP_OPTION_ABSENT                            \
    }

/* clang-format off */
static const app_option TABLE[] = {
    {.name = "listen", .kind = APP_OPTION_TEXT, .value_name = "ADDR:PORT",
     .help = "UDP address to listen on (default 0.0.0.0:4433)",
     .at = AT(listen_text)},
    {.name = "identity", .letter = 'i', .kind = APP_OPTION_TEXT,
     .value_name = "FILE",
     .help = "identity seed, made when missing (default ~/.wzp/relay-identity)",
     .at = AT(identity)},
    {.name = "passphrase-file", .kind = APP_OPTION_TEXT, .value_name = "FILE",
     .help = "its first line opens the identities, or seals those made now",
     .at = AT(passphrase)},
    {.name = "next-identity", .kind = APP_OPTION_TEXT, .value_name = "FILE",
     .help = "announce this identity's certificate as the next one "
             "(made when missing)",
     .at = AT(next_identity)},
    {.name = "next-from", .kind = APP_OPTION_TEXT, .value_name = "YYYY-MM-DD",
     .help = "clients take it for 90 days from this day, UTC (default now)",
     .at = AT(next_from_text)},
    {.name = "allow-legacy", .kind = APP_OPTION_FLAG,
     .help = "admit clients that cannot seal their media or prove who they are",
     .at = AT(allow_legacy)},
    {.name = "rooms", .kind = APP_OPTION_TEXT, .value_name = "FILE",
     .help = "secrets and lists of rooms, a line each (read again on SIGHUP)",
     .at = AT(rooms)},
    {.name = "closed", .kind = APP_OPTION_FLAG,
     .help = "there are no rooms but those in that file",
     .at = AT(is_closed)},
    {.name = "max-members", .kind = APP_OPTION_NUMBER, .value_name = "N",
     .help = "members per room (default 1024)",
     .at = AT(max_members), .min = 2, .max = 1600},
    {.name = "log-level", .kind = APP_OPTION_TEXT, .value_name = "LEVEL",
     .help = "error, warn, info, debug or off (default info)",
     .at = AT(log_text)},
    {.name = "version", .letter = 'V', .kind = APP_OPTION_FLAG,
     .help = "print the version and exit", .at = AT(wants_version)},
    {.name = "help", .letter = 'h', .kind = APP_OPTION_FLAG,
     .help = "print this and exit", .at = AT(wants_help)},
    {.name = "config", .letter = 'c', .kind = APP_OPTION_ABSENT},
    ABSENT("remote"), ABSENT("auth-url"), ABSENT("metrics-port"),
    ABSENT("probe"), ABSENT("probe-mesh"), ABSENT("trunking"),
    ABSENT("ws-port"), ABSENT("static-dir"), ABSENT("global-room"),
    ABSENT("debug-tap"), ABSENT("event-log"), ABSENT("mesh-status"),
};
/* clang-format on */

enum { N_OPTIONS = sizeof TABLE / sizeof TABLE[0] };

/* Days from 1970-01-01 in the Gregorian calendar; y >= 1970. */
static unsigned long days_of(unsigned y, unsigned m, unsigned d)
{
    static const unsigned before[] = {0,   31,  59,  90,  120, 151,
                                      181, 212, 243, 273, 304, 334};
    const unsigned full = m > 2 ? y : y - 1; /* years whose February is over */
    const unsigned leaps = full / 4 - full / 100 + full / 400 - 477;
    return (y - 1970) * 365UL + leaps + before[m - 1] + d - 1;
}

static bool is_leap(unsigned y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* %u takes a minus and makes a large number of it. */
static bool parse_day(const char *text, wzp_unix_s *out)
{
    static const unsigned length[] = {31, 28, 31, 30, 31, 30,
                                      31, 31, 30, 31, 30, 31};
    unsigned y, m, d;
    int end = 0;
    if (strspn(text, "0123456789-") != 10 ||
        sscanf(text, "%4u-%2u-%2u%n", &y, &m, &d, &end) != 3 || end != 10 ||
        text[10] != '\0' || y < 1970 || y > 9999 || m < 1 || m > 12 || d < 1 ||
        d > length[m - 1] + (m == 2 && is_leap(y))) {
        return false;
    }
    *out = days_of(y, m, d) * 86400ULL;
    return *out > 0;
}

static bool check_next(settings *s, char *why, size_t why_len)
{
    if (s->next_from_text == NULL) {
        return true;
    }
    if (s->next_identity == NULL) {
        (void)snprintf(why, why_len, "--next-from needs --next-identity FILE");
        return false;
    }
    if (!parse_day(s->next_from_text, &s->next_from)) {
        (void)snprintf(why, why_len,
                       "--next-from takes a day as in 2027-01-31, not '%s'",
                       s->next_from_text);
        return false;
    }
    return true;
}

static bool check(settings *s, char *why, size_t why_len)
{
    if (wzp_addr_decode(s->listen_text, strlen(s->listen_text), &s->listen) !=
        WZP_OK) {
        (void)snprintf(why, why_len,
                       "--listen takes an address and a port, as in "
                       "0.0.0.0:4433 or [::]:4433, not '%s'",
                       s->listen_text);
        return false;
    }
    if (wzp_log_level_parse(s->log_text, &s->log_level) != WZP_OK) {
        (void)snprintf(why, why_len,
                       "--log-level is one of error, warn, info, debug, off, "
                       "not '%s'",
                       s->log_text);
        return false;
    }
    if (s->is_closed && s->rooms == NULL) {
        (void)snprintf(why, why_len, "--closed needs --rooms FILE");
        return false;
    }
    return check_next(s, why, why_len);
}

bool settings_parse(settings *s, int argc, char **argv, char *why,
                    size_t why_len)
{
    app_words words;
    const app_options options = {TABLE, N_OPTIONS, s};
    *s = (settings){
        .listen_text = "0.0.0.0:4433", .log_text = "info", .max_members = 1024};
    if (!app_options_parse(&options, argc, argv, &words, why, why_len)) {
        return false;
    }
    if (s->wants_help || s->wants_version) {
        return true;
    }
    if (words.n > 0) {
        (void)snprintf(why, why_len, "unexpected argument '%s'", words.v[0]);
        return false;
    }
    return check(s, why, why_len);
}

void settings_help(void)
{
    printf("wzp-relay: forwards encrypted voice between the members of rooms, "
           "without hearing it.\n\nUsage: wzp-relay [OPTIONS]\n\n");
    app_options_help(stdout, TABLE, N_OPTIONS);
}
