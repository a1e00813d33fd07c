/* SPDX-License-Identifier: MIT */
/* identity --encrypt and --decrypt: the same seed, kept in another way. */
#ifndef WZP_APP_CLIENT_ENCRYPT_H
#define WZP_APP_CLIENT_ENCRYPT_H

#include "settings.h"

#include <wzp/crypto/identity.h>

/* Does it and gives the seed: secret, wipe it. Returns the exit status. */
int encrypt_seed(const settings *s, uint8_t seed[WZP_SEED_LEN]);

#endif
