/* SPDX-License-Identifier: MIT */
/* See home.h. */
#include "home.h"

#include <stdio.h>
#include <stdlib.h>

static const char *env_or_null(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || *value == '\0' ? NULL : value;
}

bool home_path(const char *name, char out[HOME_PATH_MAX])
{
    const char *own = env_or_null("WZP_HOME");
    const char *home = env_or_null("HOME");
    const char *base = own != NULL ? own : home != NULL ? home : ".";
    int n =
        snprintf(out, HOME_PATH_MAX, "%s%s%s%s", base,
                 own != NULL ? "" : "/.wzp", *name == '\0' ? "" : "/", name);
    return n > 0 && n < HOME_PATH_MAX;
}
