/* SPDX-License-Identifier: MIT */
/* Where this program keeps files: $WZP_HOME, else ~/.wzp, else ./.wzp. */
#ifndef WZP_APP_CLIENT_HOME_H
#define WZP_APP_CLIENT_HOME_H

#include <wzp/client/store.h>

#include <stdbool.h>

#define HOME_PATH_MAX 4096

/* `name` in that folder; "" is the folder itself. False:
 * the path is too long. */
bool home_path(const char *name, char out[HOME_PATH_MAX]);

/* The store in that folder, to be freed. False: a sentence on stderr said why.
 */
bool home_open(wzp_store_file **out);

/* The file `name` of the store could not be loaded: says so on stderr and
 * returns 1. */
int home_refuse(const char *name, wzp_err e);

#endif
