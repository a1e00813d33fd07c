/* SPDX-License-Identifier: MIT */
/* See home.h. */
#include "home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool home_open(wzp_store_file **out)
{
    const wzp_mem mem = wzp_mem_default();
    char dir[HOME_PATH_MAX];
    if (!home_path("", dir)) {
        fprintf(stderr,
                "wzp-client: the path of the home folder is too long\n");
        return false;
    }
    const wzp_err e = wzp_store_file_new(out, &mem, dir);
    if (e == WZP_ERR_EXISTS) {
        fprintf(stderr,
                "wzp-client: another wzp-client is using %s; let it end first, "
                "or set WZP_HOME to another folder\n",
                dir);
    } else if (e != WZP_OK) {
        fprintf(stderr, "wzp-client: cannot use the folder %s: %s\n", dir,
                strerror(errno));
    }
    return e == WZP_OK;
}

int home_refuse(const char *name, wzp_err e)
{
    char path[HOME_PATH_MAX];
    const bool is_there = home_path(name, path);
    fprintf(stderr, "wzp-client: %s cannot be %s; it is left as it is\n",
            is_there ? path : name,
            e == WZP_ERR_MALFORMED ? "understood" : "read");
    return 1;
}
