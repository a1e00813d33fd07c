/* SPDX-License-Identifier: MIT */
/* Who the user is: the identity that --seed, --mnemonic, --identity or the
 * default file name.
 */
#ifndef WZP_APP_CLIENT_WHO_H
#define WZP_APP_CLIENT_WHO_H

#include "settings.h"

#include <wzp/crypto/identity.h>

/* The seed, secret: wipe it. Makes the file where there is none. Returns the
 * exit status: 0, 1 the file cannot be used, 2 the text is not a seed; both
 * have been told on stderr. */
int who_seed(const settings *s, uint8_t seed[WZP_SEED_LEN]);

/* The same as an identity; free it. */
int who_open(const settings *s, wzp_seed_identity **out);

#endif
