/* SPDX-License-Identifier: MIT */
/* See encrypt.h. --passphrase-file is of the file as it is: of one that is in
 * clear, or not there yet, it is the new one, unless that is given by itself.
 */
#include "encrypt.h"

#include "common/passphrase.h"
#include "who.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/wipe.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *why)
{
    fprintf(stderr, "wzp-client: %s\n", why);
    return 1;
}

static bool is_missing(const app_identity_file *f)
{
    return access(f->path, F_OK) != 0 && errno == ENOENT;
}

/* `buffer` is guarded, APP_PASSPHRASE_MAX. */
static int choose(const settings *s, const app_identity_file *f, char *buffer,
                  wzp_str *pass)
{
    char prompt[APP_PATH_MAX + 32], why[APP_PATH_MAX + 200];
    const char *file = s->new_passphrase;
    if (file == NULL && !f->is_sealed) {
        file = s->passphrase;
    }
    (void)snprintf(prompt, sizeof prompt, "New passphrase of %s: ", f->path);
    pass->ptr = buffer;
    const app_ask ask = {
        "new passphrase",
        f->is_sealed ? "--new-passphrase-file" : "--passphrase-file", prompt};
    return app_passphrase_choose(file, &ask, buffer, APP_PASSPHRASE_MAX,
                                 &pass->len, why, sizeof why)
               ? 0
               : fail(why);
}

static int make(const settings *s, app_identity_file *f, char *buffer,
                uint8_t seed[WZP_SEED_LEN])
{
    const wzp_rng rng = wzp_rng_system();
    wzp_str pass;
    if (s->wants_clear) {
        fprintf(stderr, "wzp-client: there is no %s\n", f->path);
        return 1;
    }
    int status = choose(s, f, buffer, &pass);
    if (status == 0 && !app_identity_make(f, &rng, pass, seed)) {
        status = fail(f->why);
    }
    return status;
}

static int change(const settings *s, app_identity_file *f, char *buffer,
                  uint8_t seed[WZP_SEED_LEN])
{
    const wzp_rng rng = wzp_rng_system();
    const bool was_sealed = f->is_sealed;
    wzp_str pass = {NULL, 0};
    if (s->wants_clear && !was_sealed) {
        fprintf(stderr, "%s is not under a passphrase\n", f->path);
        return 0;
    }
    int status = s->wants_sealed ? choose(s, f, buffer, &pass) : 0;
    if (status == 0 && !app_identity_replace(f, &rng, pass, seed)) {
        status = fail(f->why);
    }
    if (status == 0) {
        fprintf(stderr, "%s is under %s passphrase now\n", f->path,
                s->wants_clear ? "no"
                : was_sealed   ? "another"
                               : "a");
    }
    return status;
}

static int run(const settings *s, app_identity_file *f, char *buffer,
               uint8_t seed[WZP_SEED_LEN])
{
    const wzp_rng rng = wzp_rng_system();
    int status = 0;
    if (is_missing(f)) {
        status = make(s, f, buffer, seed);
    } else if (s->wants_new) {
        fprintf(stderr, "wzp-client: %s is there already and is not replaced\n",
                f->path);
        return 1;
    } else {
        status = app_identity_load(f, &rng, seed) ? change(s, f, buffer, seed)
                                                  : fail(f->why);
    }
    if (status == 0) {
        who_tell(f);
    }
    return status;
}

int encrypt_seed(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    char own[HOME_PATH_MAX];
    app_identity_file f;
    int status = who_file(s, own, &f);
    if (status != 0) {
        return status;
    }
    char *buffer = wzp_guarded_new(APP_PASSPHRASE_MAX);
    if (buffer == NULL) {
        return fail("no memory for the passphrase");
    }
    status = run(s, &f, buffer, seed);
    wzp_guarded_free(buffer);
    return status;
}
