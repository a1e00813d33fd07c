/* SPDX-License-Identifier: MIT */
/* The subcommands, one file each; each returns the exit status. */
#ifndef WZP_APP_CLIENT_COMMANDS_H
#define WZP_APP_CLIENT_COMMANDS_H

#include "settings.h"

int join_run(settings *s);
int identity_run(settings *s);
int ping_run(settings *s);
int contacts_run(settings *s);
int devices_run(settings *s);
int room_secret_run(settings *s);

/* "ADDRESS BUILD" of s->relay. */
int ping_version(const settings *s);

/* The command line without a subcommand: [option…] [HOST:PORT]. */
int old_run(settings *s);

#endif
