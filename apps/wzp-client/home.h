/* SPDX-License-Identifier: MIT */
/* Where this program keeps files: $WZP_HOME, else ~/.wzp, else ./.wzp. */
#ifndef WZP_APP_CLIENT_HOME_H
#define WZP_APP_CLIENT_HOME_H

#include <stdbool.h>

#define HOME_PATH_MAX 4096

/* `name` in that folder; "" is the folder itself. False:
 * the path is too long. */
bool home_path(const char *name, char out[HOME_PATH_MAX]);

#endif
