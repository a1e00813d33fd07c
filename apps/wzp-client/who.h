/* SPDX-License-Identifier: MIT */
/* Who the user is: the identity that --seed, --mnemonic, --identity or the
 * default file name.
 */
#ifndef WZP_APP_CLIENT_WHO_H
#define WZP_APP_CLIENT_WHO_H

#include "common/identity_file.h"
#include "home.h"
#include "settings.h"

#include <wzp/crypto/identity.h>

/* The seed, secret: wipe it. Makes the file where there is none. A seed or
 * words on the command line are gone from there afterwards. Returns the exit
 * status: 0, 1 the file cannot be used, 2 the text is not a seed; both have
 * been told on stderr. */
int who_seed(const settings *s, uint8_t seed[WZP_SEED_LEN]);

/* The same as an identity; free it. */
int who_open(const settings *s, wzp_seed_identity **out);

/* The file of --identity, or the default one, whose path goes into `own`. */
int who_file(const settings *s, char own[HOME_PATH_MAX],
             app_identity_file *out);

/* What is to be said of a file that was read or made. */
void who_tell(const app_identity_file *f);

#endif
