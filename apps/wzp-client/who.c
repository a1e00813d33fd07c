/* SPDX-License-Identifier: MIT */
/* See who.h. */
#include "who.h"

#include <wzp/crypto/wipe.h>

#include <string.h>
#include <unistd.h>

int who_file(const settings *s, char own[HOME_PATH_MAX], app_identity_file *out)
{
    *out = (app_identity_file){
        .path = s->identity, .passphrase_file = s->passphrase, .may_ask = true};
    if (out->path == NULL) {
        if (!home_path("identity", own)) {
            fprintf(stderr, "wzp-client: the path of the home folder is too "
                            "long\n");
            return 1;
        }
        out->path = own;
    }
    return 0;
}

void who_tell(const app_identity_file *f)
{
    if (f->is_new) {
        fprintf(stderr, "a new identity is in %s\n", f->path);
    }
    if (f->is_exposed) {
        fprintf(stderr,
                "wzp-client: warning: others can read %s; chmod 600 it\n",
                f->path);
    }
}

static int from_file(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    char own[HOME_PATH_MAX];
    app_identity_file f;
    const wzp_rng rng = wzp_rng_system();
    int status = who_file(s, own, &f);
    if (status != 0) {
        return status;
    }
    if (s->wants_new && access(f.path, F_OK) == 0) {
        fprintf(stderr, "wzp-client: %s is there already and is not replaced\n",
                f.path);
        return 1;
    }
    if (!app_identity_load(&f, &rng, seed)) {
        fprintf(stderr, "wzp-client: %s\n", f.why);
        return 1;
    }
    who_tell(&f);
    if (s->passphrase != NULL && !f.is_sealed) {
        fprintf(stderr,
                "wzp-client: warning: %s is not under a passphrase; "
                "'wzp-client identity --encrypt' puts it there\n",
                f.path);
    }
    return 0;
}

static int from_text(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    const char *text = s->seed != NULL ? s->seed : s->mnemonic;
    const wzp_err e = s->seed != NULL
                          ? wzp_seed_from_hex(text, strlen(text), seed)
                          : wzp_mnemonic_decode(text, strlen(text), seed);
    settings_forget(text);
    if (e == WZP_OK) {
        return 0;
    }
    return settings_refuse(s->seed != NULL
                               ? "--seed takes 64 hexadecimal digits"
                               : "--mnemonic takes the 24 words of an "
                                 "identity, in quotes");
}

int who_seed(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    int ways =
        (s->seed != NULL) + (s->mnemonic != NULL) + (s->identity != NULL);
    if (ways > 1) {
        return settings_refuse(
            "--seed, --mnemonic and --identity exclude each other");
    }
    if (s->seed == NULL && s->mnemonic == NULL) {
        return from_file(s, seed);
    }
    if (s->wants_new) {
        return settings_refuse("--new makes a file; it takes no seed");
    }
    if (s->passphrase != NULL) {
        return settings_refuse("--passphrase-file opens a file; it takes no "
                               "seed");
    }
    return from_text(s, seed);
}

int who_open(const settings *s, wzp_seed_identity **out)
{
    uint8_t seed[WZP_SEED_LEN];
    int status = who_seed(s, seed);
    if (status == 0 && wzp_seed_identity_new(out, seed) != WZP_OK) {
        fprintf(stderr, "wzp-client: out of memory\n");
        status = 1;
    }
    wzp_wipe(seed, sizeof seed);
    return status;
}
