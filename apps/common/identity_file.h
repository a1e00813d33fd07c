/* SPDX-License-Identifier: MIT */
/* An identity seed in a file, mode 0600: 64 hexadecimal digits, or a line of
 * wzp/crypto/sealed_seed.h under a passphrase. Made when it is not there; never
 * written over unread. Source: spec/relay.md 1.3, and weaknesses-relay.md (the
 * earlier relay replaced a file it could not read).
 */
#ifndef WZP_APPS_IDENTITY_FILE_H
#define WZP_APPS_IDENTITY_FILE_H

#include <wzp/crypto/identity.h>

#define APP_PATH_MAX 1024

typedef struct app_identity_file {
    /* asked */
    const char *path;
    const char *passphrase_file; /* its passphrase; NULL: the terminal is */
    bool may_ask;                /* asked, where it may be */
    /* told */
    bool is_new;                  /* it was made now */
    bool is_sealed;               /* under a passphrase */
    bool is_exposed;              /* others than the owner may read it */
    char why[APP_PATH_MAX + 200]; /* after false: a sentence, no full stop */
} app_identity_file;

/* $HOME/.wzp/<name>, or ./.wzp/<name> without HOME. False: too long. */
bool app_identity_default_path(const char *name, char out[APP_PATH_MAX]);

/* Read the seed. Where no file is, make it and its folders (0700), sealed if
 * there is a passphrase file. A sealed one takes half a second and the 256 MiB
 * that it says.
 *
 * seed  secret; wipe it
 *
 * False: the file is as it was. */
bool app_identity_load(app_identity_file *f, const wzp_rng *rng,
                       uint8_t seed[WZP_SEED_LEN]);

/* The first half of that: make one with a new seed, but only where there is no
 * file. pass: seal it under this, ptr NULL: in clear. */
bool app_identity_make(app_identity_file *f, const wzp_rng *rng, wzp_str pass,
                       uint8_t seed[WZP_SEED_LEN]);

/* Put a seed that was read from f->path there again, under `pass`, or in clear
 * where its ptr is NULL. Who opens it finds the old file or the new one; the
 * bytes of the old one are then written over, as well as the disk lets us. Not
 * where the file has a second name, which would keep it.
 *
 * False: the file is as it was, unless only its being on the disk is in doubt.
 */
bool app_identity_replace(app_identity_file *f, const wzp_rng *rng,
                          wzp_str pass, const uint8_t seed[WZP_SEED_LEN]);

#endif
