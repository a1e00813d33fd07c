/* SPDX-License-Identifier: MIT */
/* An identity seed in a file: 64 hexadecimal digits, mode 0600. Made when it
 * is not there; never written over. Source: spec/relay.md 1.3, and
 * weaknesses-relay.md (the earlier relay replaced a file it could not read).
 */
#ifndef WZP_APPS_IDENTITY_FILE_H
#define WZP_APPS_IDENTITY_FILE_H

#include <wzp/crypto/identity.h>

#define APP_PATH_MAX 1024

/* $HOME/.wzp/<name>, or ./.wzp/<name> without HOME. False: too long. */
bool app_identity_default_path(const char *name, char out[APP_PATH_MAX]);

/* Read the seed; where no file is, make it and its folders (0700).
 *
 * seed        secret; wipe it
 * is_new      it was made now
 * is_exposed  others than the owner may read the file
 *
 * False: `why` is one sentence without full stop, and the file is as it was. */
bool app_identity_load(const char *path, const wzp_rng *rng,
                       uint8_t seed[WZP_SEED_LEN], bool *is_new,
                       bool *is_exposed, char *why, size_t why_len);

#endif
