/* SPDX-License-Identifier: MIT */
/* The subcommand devices: which microphones and speakers there are. */
#include "commands.h"

#include <wzp/client/audio.h>

#include <stdio.h>
#include <string.h>

static void print_device(void *user, const wzp_audio_device_info *d)
{
    size_t *n = user;
    (*n)++;
    printf("%-6s  %s  %s\n", d->is_input ? "input" : "output",
           d->is_default ? "*" : " ", d->name);
    if (strcmp(d->id, d->name) != 0) {
        printf("           %s\n", d->id);
    }
}

int devices_run(settings *s)
{
    size_t n = 0;
    if (s->arguments.n != 0) {
        return settings_refuse("devices takes no arguments");
    }
    const wzp_err e = wzp_audio_device_list(s->backend, print_device, &n);
    if (e == WZP_ERR_NOT_FOUND) {
        fprintf(stderr, "wzp-client: there is no sound system%s%s\n",
                s->backend == NULL ? "" : " called ",
                s->backend == NULL ? "" : s->backend);
        return 1;
    }
    if (e != WZP_OK) {
        fprintf(stderr, "wzp-client: cannot list the devices: %s\n",
                wzp_strerror(e));
        return 1;
    }
    if (n == 0) {
        fprintf(stderr, "wzp-client: there are no devices\n");
    }
    fflush(stdout);
    return 0;
}
