/* SPDX-License-Identifier: MIT */
/* wzp-client: find the subcommand, read its options, run it. */
#include "commands.h"
#include "common/harden.h"

#include <wzp/client/client.h>

#include <string.h>

static void print_help(const command *c)
{
    if (c->name != NULL) {
        printf("usage: wzp-client %s %s\n\n%s\n\n", c->name, c->arguments,
               c->summary);
        if (c->more != NULL) {
            printf("%s\n\n", c->more);
        }
        app_options_help(stdout, c->options, c->n_options);
        return;
    }
    printf("usage: wzp-client COMMAND [option...]\n"
           "End-to-end encrypted voice in rooms.\n\n");
    for (const command *each = COMMANDS; each->name != NULL; each++) {
        printf("  %-12s %s\n", each->name, each->summary);
    }
    printf("\nwzp-client COMMAND --help tells more. Files are in ~/.wzp, or "
           "where WZP_HOME says.\n\n"
           "Without a command, as the earlier client had it:\n"
           "       wzp-client %s\n",
           c->arguments);
    app_options_help(stdout, c->options, c->n_options);
}

/* NULL: no such subcommand. */
static const command *find(const char *first)
{
    const command *c = COMMANDS;
    while (c->name != NULL && strcmp(c->name, first) != 0) {
        c++;
    }
    bool is_old = first[0] == '-' || strchr(first, ':') != NULL;
    return c->name != NULL || is_old ? c : NULL;
}

static int run(const command *c, settings *s)
{
    if (wzp_global_init() != WZP_OK) {
        fprintf(stderr, "wzp-client: cannot set up the cryptography\n");
        return 1;
    }
    int status = c->run(s);
    wzp_global_deinit();
    return status;
}

int main(int argc, char **argv)
{
    char why[512];
    app_harden("wzp-client");
    if (argc < 2) {
        return settings_refuse("a command is missing: join, devices, identity, "
                               "ping, contacts or room-secret (see --help)");
    }
    const command *c = find(argv[1]);
    if (c == NULL) {
        return settings_refuse("there is no command '%s' (see --help)",
                               argv[1]);
    }
    int skipped = c->name != NULL ? 1 : 0;
    settings s;
    if (!settings_parse(&s, c, argc - skipped, argv + skipped, why,
                        sizeof why)) {
        return settings_refuse("%s", why);
    }
    if (s.wants_help) {
        print_help(c);
        return 0;
    }
    if (s.wants_version) {
        printf("wzp-client %s\n", wzp_version());
        return 0;
    }
    return run(c, &s);
}
